"""What is suggested for statements of the review: what waits for a person's decision, and what was decided."""

from typing import Any

from livingreview.records.evidence import WaitingProposal
from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.text import wording
from livingreview.text.links import url_of
from livingreview.text.published import shown

CAP = 10
"""Pieces of evidence that are printed a proposal; the JSON holds them all."""


def waiting(frame: Frame) -> dict[str, Any]:
    """What nobody has decided on, whichever run proposed it, by effect: how much, since when, on what it is based."""
    found, now, year = frame.material.waiting, frame.material.now, _year(frame)
    days = max((proposal.days(now) for proposal in found), default=0)
    rows = [_row(frame, proposal) for proposal in found]
    effects = [row["effect"] for row in rows]
    return {
        "n": len(rows),
        "days": days,
        "since": min((row["since"] for row in rows), default=""),
        "words": wording.waiting_words(len(rows), days) if rows else "",
        "counts": wording.effect_counts(effects, year),
        "cap": CAP,
        "groups": [
            {
                "effect": effect,
                "heading": wording.effect_heading(effect, year),
                "proposals": [row for row in rows if row["effect"] == effect],
            }
            for effect in wording.EFFECTS
            if effect in effects
        ],
    }


def decided(frame: Frame) -> list[dict[str, Any]]:
    """Every decision on a statement, the last one first: who made it, when, why, and the wording that was suggested."""
    return [
        _statement(frame, decision.statement_id)
        | {
            "effect": decision.effect,
            "verdict": clean(decision.verdict),
            "verdict_words": wording.verdict_words(decision.effect, decision.verdict, _year(frame)),
            "person": clean(decision.person),
            "decided_at": wording.moment(decision.decided_at),
            "reason": clean(decision.reason),
            "wording": clean(decision.wording),
        }
        for decision in reversed(frame.material.statement_decisions)
        if decision.effect in wording.EFFECTS
    ]


def _row(frame: Frame, proposal: WaitingProposal) -> dict[str, Any]:
    found, after = proposal.found, proposal.found.change.after
    return _statement(frame, proposal.statement_id) | {
        "effect": proposal.effect,
        "is_new": any(found.id == change.id for change in frame.changes),
        "since": proposal.since.date().isoformat(),
        "days": proposal.days(frame.material.now),
        "n_works": int(after.get("n_works") or 0),
        "basis": wording.based_on(after),
        "evidence": [_evidence(piece) for piece in after.get("evidence", ())],
    }


def _statement(frame: Frame, statement_id: str) -> dict[str, Any]:
    """A statement of the review, as it is printed; a decision may outlive its statement."""
    found = next((one for one in frame.material.review.statements if one.id == statement_id), None)
    says = shown(found, frame.published) if found else None
    return {
        "id": clean(statement_id),
        "section": clean(says.section) if says else "",
        "text": clean(found.text) if found else "",
        "sentence": clean(says.text) if says else "",
        "is_paraphrase": not (says and says.is_own),
        "words": clean(says.words) if says else "",
    }


def _evidence(piece: dict[str, Any]) -> dict[str, Any]:
    source, source_id = str(piece.get("source", "")), str(piece.get("source_id", ""))
    return {
        "source": source,
        "source_id": clean(source_id),
        "label": wording.named(source, source_id, piece.get("title")),
        "url": url_of(source, source_id),
        "why": clean(piece.get("why")),
        "facts": wording.telling_facts(piece.get("facts", ())),
        "quotes": [clean(quote) for quote in piece.get("quotes", ())],
    }


def _year(frame: Frame) -> int:
    return frame.material.review.published_date.year
