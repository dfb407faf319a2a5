"""Counts of trials that a statement makes, over the trials of the store.

Printed trials count as the review counted them, others by what their registry says. Records of one trial count once.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence

from livingreview.config import Rule, Statement
from livingreview.config.count import TrialChoice
from livingreview.records.trial_standing import Posting
from livingreview.statements.parts import asked_parts
from livingreview.statements.proposals import Counted
from livingreview.statements.view import RecordView


def count_trials(statement: Statement, views: Sequence[RecordView]) -> Counted:
    """The count of a statement today.

    A trial that was withdrawn or terminated is still a registered one; a record that its registry took back is none.

    Args:
        statement: a statement with a count.
        views: every stored trial.

    Raises:
        ValueError: the statement makes no count.
    """
    count = statement.count
    if count is None:
        raise ValueError(f"{statement.id} counts nothing")
    is_chosen = _chooser(statement, count.trials)
    printed = {view.state.work_id for view in views if view.printed is not None}
    works: dict[str, list[RecordView]] = defaultdict(list)
    for view in views:
        if view.state.work_id not in printed and is_chosen(view):
            works[view.state.work_id].append(view)
    missed = [found for found in works.values() if _was_posted(found, Posting.BEFORE_REVIEW)]
    others = [found for found in works.values() if found not in missed]
    n_new = sum(_was_posted(found, Posting.AFTER_REVIEW) for found in others)
    now = [count.print[-1] + len(works)]
    if count.condition is not None:
        is_part = _chooser(statement, count.condition)
        now.insert(0, count.print[0] + sum(any(map(is_part, found)) for found in works.values()))
    values = {
        "print": list(count.print),
        "now": now,
        "n_new": n_new,
        "n_missed": len(missed),
        "n_undated": len(others) - n_new,
    }
    keys = {"outdates": others, "already_so": missed}
    return Counted(
        values,
        {effect: frozenset(view.record.key for found in these for view in found) for effect, these in keys.items()},
    )


def _was_posted(views: Sequence[RecordView], posting: Posting) -> bool:
    return any(view.posting == posting for view in views)


def _chooser(statement: Statement, choice: TrialChoice) -> Callable[[RecordView], bool]:
    rule = Rule(effect="extends", why="counted", **choice.parts())
    parts = asked_parts(rule)

    def is_chosen(view: RecordView) -> bool:
        is_in_scope = not rule.scopes or view.state.score.scope in rule.scopes
        return is_in_scope and all(is_met(statement, rule, view) for is_met in parts)

    return is_chosen
