"""The rules of statements, evaluated on one state of a record -> evidence, with its facts and quotations.

Pure: what a state says, what the model says of it and what changed with it go in. Whether enough evidence has come
together for a proposal is counted over the store afterwards (:func:`propose`).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from livingreview.changes.derive import Context
from livingreview.config import Review, Rule, Statement
from livingreview.records import Baseline, Change, Kind, Record, Reference, Score, Severity
from livingreview.records.change_types import DISCREDITING_TYPES, STATEMENT_TYPES
from livingreview.records.evidence import Evidence, RecordState
from livingreview.records.identifiers import is_before, normal_status
from livingreview.records.notices import is_retracted
from livingreview.text.normalise import FIELDS, fields, plain_text

QUOTE_CHARS = 160
"""A quotation is no longer: enough to judge, little enough to be one."""
_SEVERITY = {
    "challenges": Severity.ALERT,
    "outdates": Severity.ALERT,
    "confirms": Severity.NOTABLE,
    "extends": Severity.NOTABLE,
}


_Chosen = tuple[Statement, int, Rule, str]
"""A statement, the number of one of its rules, the rule and its hash."""


class RuleSet:
    """The rules of a review's statements, ready to be evaluated on states of records.

    Args:
        context: the review and what it cites.
        baseline: what it printed.
    """

    def __init__(self, context: Context, baseline: Baseline) -> None:
        self._context = context
        self._baseline = baseline
        self._parents = context.review.area_parents()
        self._chosen: dict[tuple[AbstractSet[str], Kind, str], list[_Chosen]] = {}
        self._printed = {trial.nct_id: trial.status for trial in baseline.trials if trial.nct_id}

    def wanted_scopes(self, rule_hashes: AbstractSet[str]) -> tuple[str, ...] | None:
        """The scopes whose records these rules may speak of, besides what the review cites; None for every scope."""
        scopes: set[str] = set()
        for statement in self._context.review.statements:
            for rule, rule_hash in zip(statement.rules, statement.rule_hashes, strict=True):
                if rule_hash in rule_hashes and not rule.cited:
                    if not rule.scopes:
                        return None
                    scopes.update(rule.scopes)
        return tuple(sorted(scopes))

    def _rules_for(self, rule_hashes: frozenset[str], kind: Kind, scope: str) -> list[_Chosen]:
        """Those of these rules that apply to records of a kind and scope, in the order of the statements."""
        key = (rule_hashes, kind, scope)
        if key not in self._chosen:
            self._chosen[key] = [
                (statement, number, rule, rule_hash)
                for statement in self._context.review.statements
                for number, (rule, rule_hash) in enumerate(
                    zip(statement.rules, statement.rule_hashes, strict=True), start=1
                )
                if rule_hash in rule_hashes
                and (not rule.kinds or kind in rule.kinds)
                and (not rule.scopes or scope in rule.scopes)
            ]
        return self._chosen[key]

    def evidence(self, state: RecordState, rule_hashes: frozenset[str]) -> Iterator[Evidence]:
        """What a state means for the statements: one piece a rule that it meets, in the order of the statements.

        Args:
            state: the current state of a record.
            rule_hashes: only these rules are evaluated on it.
        """
        # What was retracted supports nothing but the rules that ask whether it was.
        is_discredited = state.is_withdrawn or is_retracted(state.record)
        reference = self._context.reference_of(state.record)
        text = ""
        for statement, number, rule, rule_hash in self._rules_for(rule_hashes, state.record.kind, state.score.scope):
            if is_discredited and DISCREDITING_TYPES.isdisjoint(rule.changes):
                continue
            if not self._is_met(statement, rule, state, reference):
                continue
            text = text or _text(state.record)
            quotes = _quotes(rule, text)
            if quotes is None:
                continue
            yield Evidence(
                statement_id=statement.id,
                rule=number,
                rule_hash=rule_hash,
                effect=rule.effect,
                source=state.record.source,
                source_id=state.record.source_id,
                work_id=state.work_id,
                version=state.version,
                why=rule.why,
                facts=tuple(self._facts(rule, state)),
                quotes=quotes,
            )

    def _is_met(self, statement: Statement, rule: Rule, state: RecordState, reference: Reference | None) -> bool:
        """Everything but kind and scope, which are looked at before, and the words, which are dear to look for."""
        record, score = state.record, state.score
        trial = record.trial
        if not self._is_cited_as(statement, rule, state.record, reference):
            return False
        if rule.areas and not self._areas(score).intersection(rule.areas):
            return False
        if rule.changes and not state.changes.intersection(rule.changes):
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
        return not rule.is_unlike_print or self._is_unlike_print(record)

    def _is_unlike_print(self, record: Record) -> bool:
        """Whether the registry says another status than the review did, and says so since the review appeared."""
        status = record.trial.status if record.trial else ""
        printed = normal_status(self._printed.get(record.source_id, ""))
        if not printed or not status or printed == status:
            return False
        return not is_before(record.source_date, self._baseline.published_date)

    def _is_cited_as(self, statement: Statement, rule: Rule, record: Record, reference: Reference | None) -> bool:
        if rule.cited == "refs":
            return reference is not None and reference.ref_no in statement.refs
        named = {record.source_id, *record.nct_ids}
        if rule.cited == "nct_ids":
            return not named.isdisjoint(statement.nct_ids)
        if rule.cited == "printed":
            return not named.isdisjoint(self._printed)
        if reference is not None or record.source_id in self._printed:
            return False
        # A paper that was there before the review is no news; a trial is: the review counts what is registered.
        return record.kind == Kind.TRIAL or not is_before(record.publication_date, self._baseline.published_date)

    def _areas(self, score: Score) -> set[str]:
        return {slug for area in score.areas for slug in (area, self._parents.get(area, area))}

    def _facts(self, rule: Rule, state: RecordState) -> Iterator[str]:
        """The facts besides words that made the rule fire, in the form ``name: value``."""
        trial, score = state.record.trial, state.score
        if rule.scopes:
            yield f"scope: {score.scope}"
        if rule.areas:
            yield f"areas: {', '.join(score.areas)}"
        for facet, values in rule.facets.items():
            found = [f"{value} ({words})" for value, words in score.facets.get(facet, ()) if value in values]
            yield f"{facet}: {', '.join(found)}"
        if rule.changes:
            yield f"change: {', '.join(sorted(state.changes.intersection(rule.changes)))}"
        if trial is None:
            return
        if rule.is_unlike_print:
            yield f"status: printed {self._printed.get(state.record.source_id)}, now {trial.status}"
        elif trial.status and (rule.status or rule.changes):
            yield f"status: {trial.status}"
        if rule.phases:
            yield f"phases: {', '.join(trial.phases)}"
        if rule.has_results is not None:
            yield f"results posted: {'yes' if trial.has_results else 'no'}"


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


def propose(
    review: Review, evidence: Sequence[tuple[Evidence, bool]], titles: Mapping[tuple[str, str], str], now: datetime
) -> tuple[list[Change], list[str]]:
    """Proposals for the statements that new evidence has reached.

    A rule speaks when some of its evidence is new and the distinct works that meet it are as many as it asks for. One
    change a statement and effect, with every piece of the evidence of the rules that speak, new ones first.

    Args:
        review: its rules say how many works they ask for.
        evidence: every piece in the store with whether it is new, in the order in which it came.
        titles: (source, source_id) -> title.
        now: the moment that the changes bear.

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
        for rule, rule_hash in zip(statement.rules, statement.rule_hashes, strict=True):
            found = by_rule.get(rule_hash, [])
            if any(is_new for _, is_new in found) and len({piece.work_id for piece, _ in found}) >= rule.at_least:
                by_effect[rule.effect].extend(found)
                spoke.append(rule_hash)
        changes.extend(_proposal(statement, effect, found, titles, now) for effect, found in by_effect.items())
    return changes, spoke


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
