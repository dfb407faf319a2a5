"""Relevance feedback over the queue: people's decisions and the labels that a review begins with order what waits.

The ranker is :mod:`livingreview.screening.ranker`. A :class:`Feedback` is built once from the texts of the works and
then takes decisions one by one, in milliseconds; nothing that waits is ever left out of its order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from livingreview import classify
from livingreview.config import Project, RankerParameters, load_baseline
from livingreview.records import Decision
from livingreview.records.decisions import current_decisions
from livingreview.screening.explore import order_after_prior
from livingreview.screening.ranker import Ranker
from livingreview.screening.stopping import Stopping, stopping
from livingreview.text.normalise import title_and_abstract


@dataclass(frozen=True, slots=True)
class Known:
    """A text that has a label before anybody screens."""

    text: str
    is_relevant: bool


def known_labels(project: Project) -> list[Known]:
    """The shipped labels and the references of the baseline: relevant, unless their scope is the irrelevant one.

    Raises:
        ConfigError: a file of the review's data is wrong.
    """
    other = project.review.other_scope
    examples = classify.shipped_examples(project, load_baseline(project))
    return [Known(title_and_abstract(one.record), one.scope != other) for one in examples if one.scope is not None]


def verdicts(decisions: Iterable[Decision]) -> dict[str, bool]:
    """Work -> whether it is relevant by the decision that counts; a maybe says neither.

    Args:
        decisions: oldest first.
    """
    current = current_decisions(decisions)
    return {work: one.decision == "include" for work, one in current.items() if one.decision != "maybe"}


class Feedback:
    """The order of works that wait, by what was decided."""

    def __init__(self, parameters: RankerParameters, known: Sequence[Known], texts: Mapping[str, str]) -> None:
        """Read every text once.

        Args:
            parameters: of the review's ranker.
            known: labels that are there from the start.
            texts: work -> its text, of every work that waits or will be decided on.
        """
        self._parameters = parameters
        self._rows = {work: len(known) + place for place, work in enumerate(texts)}
        self._works = list(texts)
        self._n_known = len(known)
        self._ranker = Ranker.of_texts([*(one.text for one in known), *texts.values()], parameters)
        self._ranker.label(range(len(known)), [one.is_relevant for one in known])

    def decide(self, said: Mapping[str, bool]) -> None:
        """Take decisions: work -> whether it is relevant. A later one replaces an earlier one."""
        self._ranker.label([self._rows[work] for work in said], list(said.values()))

    def order(self, waiting: Sequence[str]) -> list[str]:
        """The same works, best first.

        The order that is given counts as much as ``prior_decisions`` decisions: places in it and places by the
        ranker's scores are averaged with these weights. Some places explore (:mod:`livingreview.screening.explore`).

        Args:
            waiting: works without a decision, best first before anything was decided.
        """
        rows = [self._rows[work] for work in waiting]
        n_decided = len(self._ranker.labelled) - self._n_known
        prior = self._parameters.prior_decisions / (self._parameters.prior_decisions + n_decided)
        found = order_after_prior(self._ranker, rows, prior, self._parameters.explore_share, n_done=n_decided)
        return [self._works[row - self._n_known] for row in found]


def stopping_of(decisions: Sequence[Decision], works: Iterable[str], parameters: RankerParameters) -> Stopping:
    """The stopping report on screening titles and abstracts.

    A work takes the place of its first decision there, with the last one; a maybe counts as relevant, since it goes on
    to the full text.

    Args:
        decisions: oldest first.
        works: every work that was to be screened.
        parameters: with the target and the confidence.
    """
    everything = set(works)
    by_title = current_decisions(decisions, stage="title_abstract")
    return stopping(
        [one.decision != "exclude" for work, one in by_title.items() if work in everything],
        len(everything),
        recall_target=parameters.recall_target,
        confidence=parameters.confidence,
    )


def say_stopping(found: Stopping) -> list[str]:
    """The report for people, a sentence a line; it ends with what it does not say."""
    share = f"{found.recall_target:.0%}"
    lines = [f"Screened {found.n_screened:,} of {found.n_records:,} works, {found.n_relevant:,} of them relevant."]
    if found.p_value is None:
        return [*lines, "No relevant work yet: nothing can be said of what is left."]
    lines.append(
        f"Recall is estimated at {found.recall_estimate:.1%}, and is at least {found.recall_lower:.1%} at "
        f"{found.confidence:.0%} confidence: at most {found.missed_upper:,} relevant works are left."
    )
    verdict = "holds: it would allow to stop here" if found.is_reached else "does not hold yet: go on"
    lines.append(f"The rule for {share} recall {verdict} (p = {found.p_value:.3g} that it is missed).")
    lines.append("By Callaghan and Mueller-Hansen 2020. Nothing stops by itself, and nothing is hidden.")
    return lines
