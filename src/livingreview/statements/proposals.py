"""Evidence for the statements of a review -> proposals, once as many studies have come together as a rule asks for."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from livingreview.config import Review, Rule, Statement
from livingreview.config.count import MISSED_WHY, NEW_WHY
from livingreview.records import Change, Severity
from livingreview.records.change_types import STATEMENT_TYPES
from livingreview.records.evidence import Evidence

_SEVERITY: Final = {
    "challenges": Severity.ALERT,
    "outdates": Severity.ALERT,
    "already_so": Severity.NOTABLE,
    "confirms": Severity.NOTABLE,
    "extends": Severity.NOTABLE,
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A count of trials over the store.

    Attributes:
        values: JSON-ready: ``print`` and ``now`` as (part and) total, and how many of the trials that the review does
            not print are new (``n_new``), were missed by it (``n_missed``) or are of unknown date (``n_undated``).
        keys: effect -> (source, source_id) of the trials that it rests on.
    """

    values: dict[str, Any]
    keys: Mapping[str, AbstractSet[tuple[str, str]]]


def propose(
    review: Review,
    evidence: Sequence[tuple[Evidence, bool]],
    titles: Mapping[tuple[str, str], str],
    now: datetime,
    counts: Mapping[str, Counted] | None = None,
) -> tuple[list[Change], list[str]]:
    """Proposals for the statements that new evidence has reached.

    A rule speaks when some of its evidence is new and the distinct works that meet it are as many as it asks for. One
    change a statement and effect, with every piece of the evidence of the rules that speak, new ones first.

    Args:
        review: its rules say how many works they ask for.
        evidence: every piece in the store with whether it is new, in the order in which it came.
        titles: (source, source_id) -> title.
        now: the moment that the changes bear.
        counts: statement -> its count of today; evidence of its rules that no longer counts is left out.

    Returns:
        The changes in the order of the statements, and the hashes of the rules that spoke.
    """
    by_rule: dict[str, list[tuple[Evidence, bool]]] = defaultdict(list)
    for piece, is_new in evidence:
        by_rule[piece.rule_hash].append((piece, is_new))
    changes: list[Change] = []
    spoke: list[str] = []
    for statement in review.statements:
        by_effect: dict[str, list[tuple[Evidence, bool]]] = defaultdict(list)
        values: dict[str, dict[str, Any] | None] = {}
        for rule, rule_hash in zip(statement.rules, statement.rule_hashes, strict=True):
            found = by_rule.get(rule_hash, [])
            counted = (counts or {}).get(statement.id) if is_of_count(statement, rule) else None
            if counted is not None:
                # Reported or not, what does not count is looked at once.
                spoke.extend([rule_hash] * any(is_new for _, is_new in found))
                counting = counted.keys.get(rule.effect, frozenset())
                found = [(piece, is_new) for piece, is_new in found if (piece.source, piece.source_id) in counting]
            if any(is_new for _, is_new in found) and len({piece.work_id for piece, _ in found}) >= rule.at_least:
                by_effect[rule.effect].extend(found)
                values[rule.effect] = counted.values if counted else values.get(rule.effect)
                spoke.append(rule_hash)
        for effect, found in by_effect.items():
            proposal = _proposal(statement, effect, found, titles, now)
            if count := values.get(effect):
                proposal = replace(proposal, after=proposal.after | {"count": count})
            changes.append(proposal)
    return changes, list(dict.fromkeys(spoke))


def is_of_count(statement: Statement, rule: Rule) -> bool:
    """Whether a rule is one of those that a statement's count brings with it."""
    return statement.count is not None and rule.why in (NEW_WHY, MISSED_WHY)


def _proposal(
    statement: Statement,
    effect: str,
    found: Sequence[tuple[Evidence, bool]],
    titles: Mapping[tuple[str, str], str],
    now: datetime,
) -> Change:
    pieces = [piece for piece, is_new in found if is_new] + [piece for piece, is_new in found if not is_new]
    return Change(
        type=STATEMENT_TYPES[effect],
        severity=_SEVERITY[effect],
        source="review",
        source_id=statement.id,
        work="",
        at=now,
        before={"text": statement.text},
        after={
            "effect": effect,
            "n_new": sum(is_new for _, is_new in found),
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
