"""Rules of the statement ledger upon one state of a record -> evidence, with the facts and words that it rests on.

Pure: what a state says, what the model says of it and what changed with it go in. Whether enough evidence has come
together for a proposal is counted over the store afterwards (:func:`propose`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from livingreview.config import Review, Rule, Statement
from livingreview.evidence import Evidence
from livingreview.identity import is_before, normal_status
from livingreview.records import Baseline, Change, Kind, Record, Reference, Score, Severity
from livingreview.text import FIELDS, fields, plain_text

QUOTE_CHARS = 160
"""A quotation is no longer: enough to judge, little enough to be one."""
_SEVERITY = {
    "challenges": Severity.ALERT,
    "outdates": Severity.ALERT,
    "confirms": Severity.NOTABLE,
    "extends": Severity.NOTABLE,
}
_PAST = {"confirms": "confirmed", "extends": "extended", "challenges": "challenged", "outdates": "outdated"}
_DISCREDITED = frozenset({"RetractionIn", "PartialRetractionIn", "Retracted Publication"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One state of a record, with everything that a rule may ask of it.

    Attributes:
        reference: the baseline reference that the record is, if it is one.
        printed_status: status that the review printed of this trial, in its own words; empty when it printed none.
        changes: types of the changes that this state brought.
        is_withdrawn: its source took the record back.
    """

    record: Record
    work_id: str
    version: int
    score: Score
    reference: Reference | None = None
    printed_status: str = ""
    changes: frozenset[str] = frozenset()
    is_withdrawn: bool = False


@dataclass(slots=True)
class Ledger:
    """The rules of a review, ready to be held against states."""

    review: Review
    baseline: Baseline
    _parents: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._parents = self.review.area_parents()

    def evidence(self, seen: Seen) -> Iterator[Evidence]:
        """What this state means for every statement: one piece a rule that it meets, in the order of the ledger."""
        if seen.is_withdrawn or _is_discredited(seen.record):
            return
        text = ""
        for statement in self.review.statements:
            for number, rule in enumerate(statement.rules, start=1):
                if not self._is_met(statement, rule, seen):
                    continue
                text = text or _text(seen.record)
                quotes = _quotes(rule, text)
                if quotes is None:
                    continue
                yield Evidence(
                    statement_id=statement.id,
                    rule=number,
                    effect=rule.effect,
                    source=seen.record.source,
                    source_id=seen.record.source_id,
                    work_id=seen.work_id,
                    version=seen.version,
                    why=rule.why,
                    facts=tuple(_facts(rule, seen)),
                    quotes=quotes,
                )

    def _is_met(self, statement: Statement, rule: Rule, seen: Seen) -> bool:
        """Everything but the words, which are dear to look for."""
        record, score = seen.record, seen.score
        trial = record.trial
        if not self._is_cited_as(statement, rule, seen):
            return False
        if rule.kinds and record.kind not in rule.kinds:
            return False
        if rule.scopes and score.scope not in rule.scopes:
            return False
        if rule.areas and not self._areas(score).intersection(rule.areas):
            return False
        if rule.changes and not seen.changes.intersection(rule.changes):
            return False
        for facet, values in rule.facets.items():
            if not {value for value, _words in score.facets.get(facet, ())}.intersection(values):
                return False
        if rule.status and (trial is None or trial.status not in rule.status):
            return False
        if rule.phases and (trial is None or not set(trial.phases).intersection(rule.phases)):
            return False
        if rule.has_results is not None and (trial is None or bool(trial.has_results) is not rule.has_results):
            return False
        if not rule.is_unlike_print:
            return True
        return trial is not None and self._is_unlike_print(seen.printed_status, record)

    def _is_unlike_print(self, printed: str, record: Record) -> bool:
        """Whether the registry says another status than the review did, and says so since the review appeared."""
        status = record.trial.status if record.trial else ""
        if not printed or not status or normal_status(printed) == status:
            return False
        return not is_before(record.source_date, self.baseline.published_date)

    def _is_cited_as(self, statement: Statement, rule: Rule, seen: Seen) -> bool:
        is_printed = seen.record.source_id in self.baseline.nct_ids
        if rule.cited == "refs":
            return seen.reference is not None and seen.reference.ref_no in statement.refs
        if rule.cited == "nct_ids":
            return seen.record.source_id in statement.nct_ids
        if rule.cited == "printed":
            return is_printed
        if seen.reference is not None or is_printed:
            return False
        # A paper that was there before the review is no news; a trial is: the review counts what is registered.
        is_older = is_before(seen.record.publication_date, self.baseline.published_date)
        return seen.record.kind == Kind.TRIAL or not is_older

    def _areas(self, score: Score) -> set[str]:
        return {slug for area in score.areas for slug in (area, self._parents.get(area, area))}


def _is_discredited(record: Record) -> bool:
    """What was retracted supports nothing; that it was retracted is a change of its own."""
    kinds = {notice.kind for notice in record.notices} | set(record.publication_types)
    return not _DISCREDITED.isdisjoint(kinds)


def _text(record: Record) -> str:
    parts = fields(record)
    return "\n".join(plain_text(parts[name]) for name in FIELDS if parts[name])


def _quotes(rule: Rule, text: str) -> tuple[str, ...] | None:
    """The words that the rule asks for; None when they are not there."""
    if any(pattern.search(text) for pattern in rule.without_text):
        return None
    found = []
    if rule.text:
        matches = [match for pattern in rule.text if (match := pattern.search(text))]
        if not matches:
            return None
        found.append(min(matches, key=lambda match: (match.start(), -match.end())))
    for pattern in rule.every_text:
        match = pattern.search(text)
        if match is None:
            return None
        found.append(match)
    return tuple(dict.fromkeys(_quote(text, match) for match in found))


def _quote(text: str, match: re.Match[str]) -> str:
    """The matching words with some of their line around them, cut at spaces."""
    start = text.rfind("\n", 0, match.start()) + 1
    end = text.find("\n", match.end())
    end = len(text) if end < 0 else end
    room = max(0, QUOTE_CHARS - (match.end() - match.start())) // 2
    first, last = max(start, match.start() - room), min(end, match.end() + room)
    if first > start:
        first = text.find(" ", first, match.start()) + 1 or match.start()
    if last < end:
        last = text.rfind(" ", match.end(), last)
        last = match.end() if last < 0 else last
    words = text[first:last].strip()[: 2 * QUOTE_CHARS]
    return ("… " if first > start else "") + words + (" …" if last < end else "")


def _facts(rule: Rule, seen: Seen) -> Iterator[str]:
    """The facts besides words that made the rule fire, in the form ``name: value``."""
    trial, score = seen.record.trial, seen.score
    if rule.scopes:
        yield f"scope: {score.scope}"
    if rule.areas:
        yield f"areas: {', '.join(score.areas)}"
    for facet, values in rule.facets.items():
        shown = [f"{value} ({words})" for value, words in score.facets.get(facet, ()) if value in values]
        yield f"{facet}: {', '.join(shown)}"
    if rule.changes:
        yield f"change: {', '.join(sorted(seen.changes.intersection(rule.changes)))}"
    if trial is None:
        return
    if rule.is_unlike_print:
        yield f"status: printed {seen.printed_status}, now {trial.status}"
    elif rule.status or rule.changes:
        yield f"status: {trial.status}"
    if rule.phases:
        yield f"phases: {', '.join(trial.phases)}"
    if rule.has_results is not None:
        yield f"results posted: {'yes' if trial.has_results else 'no'}"


def propose(
    review: Review, evidence: Sequence[tuple[Evidence, bool]], titles: Mapping[tuple[str, str], str], now: datetime
) -> list[Change]:
    """Proposals for the statements that new evidence has reached.

    A rule proposes when some of its evidence is new and the distinct works that meet it are as many as it asks for;
    one change a statement and effect, with every piece of its evidence, the new ones first.

    Args:
        review: its ledger says how many works a rule asks for.
        evidence: every piece in the store with whether it is new, in the order in which it came.
        titles: (source, source_id) -> title.
        now: the moment that the changes bear.
    """
    rules = {
        (statement.id, number): rule
        for statement in review.statements
        for number, rule in enumerate(statement.rules, start=1)
    }
    by_rule: dict[tuple[str, int], list[tuple[Evidence, bool]]] = defaultdict(list)
    for piece, is_new in evidence:
        if (piece.statement_id, piece.rule) in rules:
            by_rule[piece.statement_id, piece.rule].append((piece, is_new))
    ripe: dict[tuple[str, str], list[tuple[Evidence, bool]]] = defaultdict(list)
    for (statement_id, number), found in by_rule.items():
        is_enough = len({piece.work_id for piece, _new in found}) >= rules[statement_id, number].at_least
        if is_enough and any(is_new for _piece, is_new in found):
            ripe[statement_id, rules[statement_id, number].effect].extend(found)
    order = {statement.id: place for place, statement in enumerate(review.statements)}
    changes = []
    for (statement_id, effect), found in sorted(ripe.items(), key=lambda item: (order[item[0][0]], item[0][1])):
        pieces = [piece for piece, is_new in found if is_new] + [piece for piece, is_new in found if not is_new]
        statement = review.statements[order[statement_id]]
        changes.append(
            Change(
                type=f"statement_{_PAST[effect]}",
                severity=_SEVERITY[effect],
                source="review",
                source_id=statement_id,
                work="",
                at=now,
                before={"text": statement.text},
                after={
                    "n_new": sum(is_new for _piece, is_new in found),
                    "n_works": len({piece.work_id for piece in pieces}),
                    "evidence": [
                        {
                            "source": piece.source,
                            "source_id": piece.source_id,
                            "title": titles.get((piece.source, piece.source_id), ""),
                            "why": piece.why,
                            "facts": list(piece.facts),
                            "quotes": list(piece.quotes),
                        }
                        for piece in pieces
                    ],
                },
            )
        )
    return changes
