"""Evaluates the rules of the statements on the store: new evidence, and proposals for the statements of the review.

Each rule remembers up to which stored version it was evaluated, and with the scores of which model. So a run looks at
new states only, an edited rule and a new model at all of them, and a run without news at nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from livingreview import changes
from livingreview.acquisition.context import RunContext
from livingreview.config import Project, Review, Rule, Statement
from livingreview.errors import UsageError
from livingreview.records import Baseline, Kind, StoredChange
from livingreview.records.change_types import DISCREDITING_TYPES, ChangeType
from livingreview.records.evidence import Evidence, Mark, RecordState, StatementDecision, WaitingProposal
from livingreview.records.identifiers import normal_doi
from livingreview.statements.parts import Check
from livingreview.statements.proposals import Counted, is_of_count, propose
from livingreview.statements.rules import RuleSet
from livingreview.store.repository import Repository
from livingreview.text.wording import EFFECTS

STAGE = "statements"
"""The stage that a watch is given before a run evaluates any rule."""
_KEPT_AT_ONCE = 2_000


def evaluate_rules(context: RunContext) -> int:
    """Finds evidence in every state that a rule has not seen, and stores the proposals that follow from it.

    Args:
        context: the run that proposes; its review has the statements with their rules.

    Returns:
        How many proposals were made.
    """
    review, repository, run = context.project.review, context.repository, context.run
    last, model = repository.last_scored()
    known = repository.rule_marks()
    hashes = [rule_hash for statement in review.statements for rule_hash in statement.rule_hashes]
    behind: dict[int, set[str]] = defaultdict(set)
    for rule_hash in hashes:
        mark = known.get(rule_hash)
        through = mark.through_version_id if mark and mark.model == model else 0
        if through < last:
            behind[through].add(rule_hash)
    if not behind:
        return 0
    rules, cited = _rules(context.project, context.baseline)
    pieces: list[Evidence] = []
    for through, hashes_behind in sorted(behind.items()):
        waiting = frozenset(hashes_behind)
        for state in repository.scored_states(through, scopes=rules.wanted_scopes(waiting), ids=cited):
            pieces.extend(rules.evidence(state, waiting))
            if len(pieces) >= _KEPT_AT_ONCE:
                repository.add_evidence(run, pieces)
                pieces = []
    repository.add_evidence(run, pieces)
    evidence = repository.evidence(is_news_only=True)
    titles = repository.titles(sorted({(piece.source, piece.source_id) for piece, _ in evidence}))
    counts = _counts(context, rules, {piece.rule_hash for piece, is_new in evidence if is_new}, cited)
    proposals, spoke = propose(review, evidence, titles, run.now_at, counts)
    marks = [Mark(rule_hash=rule_hash, model=model, through_version_id=last) for rule_hash in hashes]
    repository.record_proposals(run, proposals, spoke, marks)
    return len(proposals)


def _counts(context: RunContext, rules: RuleSet, news: AbstractSet[str], cited: Sequence[str]) -> dict[str, Counted]:
    """Statement -> its count over the trials of the store, of those to whose count something new has come."""
    counting = [
        statement
        for statement in context.project.review.statements
        if any(
            rule_hash in news and is_of_count(statement, rule)
            for rule, rule_hash in zip(statement.rules, statement.rule_hashes, strict=True)
        )
    ]
    if not counting:
        return {}
    states = list(context.repository.scored_states(0, scopes=None, ids=cited, kind=Kind.TRIAL))
    return {statement.id: rules.count(statement, states) for statement in counting}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementState:
    """One statement with its accepted effects, open proposals and decisions.

    Attributes:
        accepted: what people have accepted, the last decision of each effect counting.
        open: proposals that nobody has decided on since they were last made.
        decisions: every decision, oldest first.
    """

    statement: Statement
    accepted: tuple[str, ...]
    open: tuple[WaitingProposal, ...]
    decisions: tuple[StatementDecision, ...]


def statement_states(
    review: Review,
    proposals: Sequence[StoredChange],
    decisions: Sequence[StatementDecision],
    fallen: AbstractSet[tuple[str, str]] = frozenset(),
) -> list[StatementState]:
    """The state of every statement, in the order of the review.

    A decision holds until new evidence proposes the same effect again. What a rule proposed that is no longer asked, or
    gives another reason now, is nobody's suggestion any more: the rule as it is now proposes for itself.

    Args:
        review: its statements.
        proposals: changes ``statement_...``, oldest first; others are passed over.
        decisions: oldest first.
        fallen: records that support nothing any more; see :func:`fallen_records`.
    """
    said: dict[tuple[str, str], StatementDecision] = {}
    for decision in decisions:
        said[decision.statement_id, decision.effect] = decision
    reasons: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for statement in review.statements:
        for rule in statement.rules:
            reasons[statement.id, rule.effect][rule.why] = rule.is_about_discredit
    made: dict[tuple[str, str], list[StoredChange]] = defaultdict(list)
    counts: dict[str, Any] = {}
    for found in proposals:
        if found.change.source == "review" and "effect" in found.change.after:
            counts[found.change.source_id] = found.change.after.get("count") or counts.get(found.change.source_id)
            key = found.change.source_id, str(found.change.after["effect"])
            is_decided = (word := said.get(key)) is not None and word.decided_at >= found.change.at
            if not is_decided and (asked := _still_asked(found, reasons[key], fallen)) is not None:
                made[key].append(asked)
    states = []
    for statement in review.statements:
        waiting = [
            WaitingProposal(found=_with_all_evidence(found, counts[statement_id]), since=found[0].change.at)
            for (statement_id, _effect), found in made.items()
            if statement_id == statement.id
        ]
        accepted = [
            effect
            for (statement_id, effect), word in said.items()
            if statement_id == statement.id and word.verdict == "accepted"
        ]
        own = tuple(decision for decision in decisions if decision.statement_id == statement.id)
        states.append(
            StatementState(statement=statement, accepted=tuple(sorted(accepted)), open=tuple(waiting), decisions=own)
        )
    return states


def waiting(review: Review, repository: Repository) -> tuple[WaitingProposal, ...]:
    """What waits for a person's decision: the gravest effect first, within it in the order of the statements."""
    states = statement_states(
        review, repository.changes(source="review"), repository.statement_decisions(), fallen_records(repository)
    )
    found = [proposal for state in states for proposal in state.open]
    return tuple(sorted(found, key=lambda proposal: EFFECTS.index(proposal.effect)))


def fallen_records(repository: Repository) -> frozenset[tuple[str, str]]:
    """(source, source_id) of what was withdrawn, and of every text of a study that was retracted, unless reinstated."""
    types = sorted({*DISCREDITING_TYPES, ChangeType.REINSTATED, ChangeType.BASELINE_REFERENCE_REINSTATED})
    said = sorted((found for type_ in types for found in repository.changes(type_=type_)), key=lambda found: found.id)
    last = {(found.change.source, found.change.source_id): found.change for found in said}
    fallen = {key: change for key, change in last.items() if change.type in DISCREDITING_TYPES}
    # Whichever copy told of a retraction, it is about the text; that one source lost its copy is about the copy alone.
    works = {change.work for change in fallen.values() if ChangeType(change.type).bare == ChangeType.RETRACTED}
    members = repository.records(work_ids=sorted(works)) if works else ()
    return frozenset(fallen) | {stored.record.key for stored in members if stored.record.kind != Kind.TRIAL}


def _still_asked(
    found: StoredChange, reasons: Mapping[str, bool], fallen: AbstractSet[tuple[str, str]]
) -> StoredChange | None:
    """A proposal with the evidence that stands and for which a rule still gives its reason; None when none is left.

    Args:
        found: the proposal.
        reasons: what rules give as their reason today -> whether they ask for records that fell.
        fallen: records that support nothing any more.
    """
    pieces = found.change.after.get("evidence", ())
    kept = [
        piece
        for piece in pieces
        if (is_about_fall := reasons.get(str(piece.get("why")))) is not None
        and (is_about_fall or (piece.get("source"), piece.get("source_id")) not in fallen)
    ]
    if len(kept) == len(pieces):
        return found
    if not kept:
        return None
    after = found.change.after | {"evidence": kept, "n_works": len({_key(piece)[:2] for piece in kept})}
    return replace(found, change=replace(found.change, after=after))


def _with_all_evidence(made: Sequence[StoredChange], count: Any) -> StoredChange:
    """The last of the changes that made a proposal, with the evidence of the earlier ones behind its own.

    The count of a statement is its last one, whichever of its effects brought it: two would contradict each other.
    """
    *earlier, last = made
    after = last.change.after
    pieces, works = [*after.get("evidence", ())], int(after.get("n_works") or 0)
    known = {_key(piece) for piece in pieces}
    for found in reversed(earlier):
        older = [piece for piece in found.change.after.get("evidence", ()) if _key(piece) not in known]
        works += len({_key(piece)[:2] for piece in older} - {key[:2] for key in known})
        known |= {_key(piece) for piece in older}
        pieces += older
    after = after | {"evidence": pieces, "n_works": works} | ({"count": count} if after.get("count") else {})
    return replace(last, change=replace(last.change, after=after))


def _key(piece: Mapping[str, Any]) -> tuple[str, str, str]:
    """The record of a piece of evidence and the reason; its title and its words may have been revised."""
    return str(piece.get("source")), str(piece.get("source_id")), str(piece.get("why"))


def tried(project: Project, repository: Repository, baseline: Baseline, statement_ids: Sequence[str]) -> list[Evidence]:
    """Which stored records meet the rules of these statements today, and why; stores nothing.

    Raises:
        UsageError: the review has no such statement.
    """
    statements = [statement_of(project.review, statement_id) for statement_id in statement_ids]
    hashes = frozenset(rule_hash for statement in statements for rule_hash in statement.rule_hashes)
    rules, cited = _rules(project, baseline)
    states = repository.scored_states(0, scopes=rules.wanted_scopes(hashes), ids=cited)
    return [piece for state in states for piece in rules.evidence(state, hashes)]


def near_misses(
    project: Project, repository: Repository, baseline: Baseline, statement_ids: Sequence[str], name: str
) -> list[tuple[RecordState, Statement, list[tuple[Rule, tuple[Check, ...]]]]]:
    """Every part of every rule of these statements, held against one stored record; stores nothing.

    Args:
        project: its review has the statements.
        repository: the store.
        baseline: what the review printed.
        statement_ids: which statements.
        name: ``source:source_id``, an NCT number, a PMID or a doi; a copy of each source that has it is looked at.

    Raises:
        UsageError: there is no such statement, or no such record that was classified.
    """
    statements = [statement_of(project.review, statement_id) for statement_id in statement_ids]
    source, _, number = name.strip().rpartition(":") if not name.strip().startswith("10.") else ("", "", name.strip())
    found = repository.scored_states(0, scopes=(), ids=sorted({number, number.upper(), normal_doi(number)} - {""}))
    states = [state for state in found if source in ("", "pmid", "doi", state.record.source)]
    if not states:
        raise UsageError(
            f"--record: {name}: no classified record of that name in the store; `run` reads and classifies"
        )
    rules, _ = _rules(project, baseline)
    return [(state, statement, rules.checks(state, statement)) for statement in statements for state in states]


def statement_of(review: Review, statement_id: str) -> Statement:
    """A statement by its id.

    Raises:
        UsageError: the review has no such statement.
    """
    for statement in review.statements:
        if statement.id.casefold() == statement_id.casefold():
            return statement
    raise UsageError(f"{statement_id}: no such statement; `livingreview statements list` names them")


def _rules(project: Project, baseline: Baseline) -> tuple[RuleSet, list[str]]:
    """The rules, and the identifiers of everything that the review cites or prints."""
    # No rule asks what time it is; the context's moment is that of changes alone.
    context = changes.Context.of(project.review, baseline, project.settings.trials, datetime.min.replace(tzinfo=UTC))
    return RuleSet(context, baseline), sorted(baseline.nct_ids | baseline.pmids | baseline.dois)
