"""The rules of statements, evaluated on one state of a record -> evidence, with its facts and quotations.

Pure: what a state says, what the model says of it and what changed with it go in. Whether enough evidence has come
together for a proposal is counted over the store afterwards (:mod:`.proposals`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from livingreview.changes.derive import Context
from livingreview.config import Rule, Statement
from livingreview.records import Baseline, Kind
from livingreview.records.evidence import Evidence, RecordState
from livingreview.statements.counts import count_trials
from livingreview.statements.facts import facts, quotes
from livingreview.statements.parts import Check, IsMet, asked_parts, checks
from livingreview.statements.proposals import Counted
from livingreview.statements.view import Background, RecordView


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One rule, with the parts that it asks besides kind and scope."""

    statement: Statement
    number: int
    rule: Rule
    rule_hash: str
    parts: tuple[IsMet, ...]


class RuleSet:
    """The rules of a review's statements, ready to be evaluated on states of records.

    Args:
        context: the review and what it cites.
        baseline: what it printed.
    """

    def __init__(self, context: Context, baseline: Baseline) -> None:
        self._background = Background(context, baseline)
        self._rules = [
            _Chosen(statement, number, rule, rule_hash, asked_parts(rule))
            for statement in context.review.statements
            for number, (rule, rule_hash) in enumerate(
                zip(statement.rules, statement.rule_hashes, strict=True), start=1
            )
        ]
        self._of_statement: dict[str, list[_Chosen]] = defaultdict(list)
        for one in self._rules:
            self._of_statement[one.statement.id].append(one)
        self._chosen: dict[tuple[AbstractSet[str], Kind, str], list[_Chosen]] = {}

    def wanted_scopes(self, rule_hashes: AbstractSet[str]) -> tuple[str, ...] | None:
        """The scopes whose records these rules may speak of, besides what the review cites; None for every scope."""
        scopes: set[str] = set()
        for one in self._rules:
            if one.rule_hash in rule_hashes and not one.rule.cited and not one.rule.standing:
                if not one.rule.scopes:
                    return None
                scopes.update(one.rule.scopes)
        return tuple(sorted(scopes))

    def _rules_for(self, rule_hashes: frozenset[str], kind: Kind, scope: str) -> list[_Chosen]:
        """Those of these rules that apply to records of a kind and scope, in the order of the statements."""
        key = (rule_hashes, kind, scope)
        if key not in self._chosen:
            self._chosen[key] = [
                one
                for one in self._rules
                if one.rule_hash in rule_hashes
                and (not one.rule.kinds or kind in one.rule.kinds)
                and (not one.rule.scopes or scope in one.rule.scopes)
            ]
        return self._chosen[key]

    def evidence(self, state: RecordState, rule_hashes: frozenset[str]) -> Iterator[Evidence]:
        """What a state means for the statements: one piece a rule that it meets, in the order of the statements.

        Args:
            state: the current state of a record.
            rule_hashes: only these rules are evaluated on it.
        """
        view = RecordView(state, self._background)
        for one in self._rules_for(rule_hashes, state.record.kind, state.score.scope):
            if self._is_met(one, view) and not self._says_less(one, view):
                yield Evidence(
                    statement_id=one.statement.id,
                    rule=one.number,
                    rule_hash=one.rule_hash,
                    effect=one.rule.effect,
                    source=state.record.source,
                    source_id=state.record.source_id,
                    work_id=state.work_id,
                    version=state.version,
                    why=one.rule.why,
                    facts=tuple(facts(one.rule, view)),
                    quotes=quotes(one.rule, view),
                )

    @staticmethod
    def _is_met(one: _Chosen, view: RecordView) -> bool:
        return all(is_met(one.statement, one.rule, view) for is_met in one.parts)

    def _says_less(self, one: _Chosen, view: RecordView) -> bool:
        """Whether a record that would only extend a statement meets a rule that judges it: that says it all."""
        if one.rule.effect != "extends" or one.rule.at_least > 1:
            # A rule that counts works counts them all.
            return False
        record, scope = view.state.record, view.state.score.scope
        return any(
            other.rule.effect != "extends"
            and (not other.rule.kinds or record.kind in other.rule.kinds)
            and (not other.rule.scopes or scope in other.rule.scopes)
            and self._is_met(other, view)
            for other in self._of_statement[one.statement.id]
        )

    def count(self, statement: Statement, states: Sequence[RecordState]) -> Counted:
        """The count of a statement over the trials of the store.

        Args:
            statement: a statement with a count.
            states: the current state of every stored trial.
        """
        return count_trials(statement, [RecordView(state, self._background) for state in states])

    def checks(self, state: RecordState, statement: Statement) -> list[tuple[Rule, tuple[Check, ...]]]:
        """Each rule of a statement with every part that it asks, held against a state of a record."""
        view = RecordView(state, self._background)
        return [(rule, tuple(checks(statement, rule, view))) for rule in statement.rules]
