"""Evaluates the rules of the statements on the store: new evidence, and proposals for the statements of the review.

Each rule remembers up to which stored version it was evaluated, and with the scores of which model. So a run looks at
new states only, an edited rule and a new model at all of them, and a run without news at nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime

from livingreview import changes
from livingreview.acquisition.context import RunContext
from livingreview.config import Project, Review, Rule, Statement
from livingreview.errors import UsageError
from livingreview.records import Baseline, Kind, StoredChange
from livingreview.records.evidence import Evidence, Mark, RecordState, StatementDecision
from livingreview.records.identifiers import normal_doi
from livingreview.statements.parts import Check
from livingreview.statements.proposals import Counted, is_of_count, propose
from livingreview.statements.rules import RuleSet
from livingreview.store.repository import Repository

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
        open: proposals that nobody has decided on since they were last made, newest evidence first.
        decisions: every decision, oldest first.
    """

    statement: Statement
    accepted: tuple[str, ...]
    open: tuple[StoredChange, ...]
    decisions: tuple[StatementDecision, ...]


def statement_states(
    review: Review, proposals: Sequence[StoredChange], decisions: Sequence[StatementDecision]
) -> list[StatementState]:
    """The state of every statement, in the order of the review.

    A decision holds until new evidence proposes the same effect again.

    Args:
        review: its statements.
        proposals: changes ``statement_...``, oldest first; others are passed over.
        decisions: oldest first.
    """
    last: dict[tuple[str, str], StoredChange] = {}
    for found in proposals:
        if found.change.source == "review" and "effect" in found.change.after:
            last[found.change.source_id, str(found.change.after["effect"])] = found
    said: dict[tuple[str, str], StatementDecision] = {}
    for decision in decisions:
        said[decision.statement_id, decision.effect] = decision
    states = []
    for statement in review.statements:
        waiting = [
            found
            for (statement_id, effect), found in last.items()
            if statement_id == statement.id
            and ((word := said.get((statement_id, effect))) is None or word.decided_at < found.change.at)
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
