"""A living review played again: it begins with what a published review cites, and records arrive week by week."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from threadpoolctl import threadpool_limits

from livingreview.config import RankerParameters
from livingreview.screening.explore import order
from livingreview.screening.ranker import Ranker
from livingreview.screening.simulation.dataset import Dataset

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """What one week brought.

    Attributes:
        week: its Monday.
        n_arrived: records that came in this week.
        n_relevant: the relevant ones among them.
        n_screened: records that were screened in this week.
        n_found: the relevant ones among those.
        n_waiting: records left unscreened at its end.
        recall: relevant records found so far, as a share of those that arrived so far; None while none has.
        recall_in_order: the same, had as many been screened in the order in which they arrived.
    """

    week: date
    n_arrived: int
    n_relevant: int
    n_screened: int
    n_found: int
    n_waiting: int
    recall: float | None
    recall_in_order: float | None


def play(baseline: Dataset, stream: Dataset, parameters: RankerParameters, budget: int) -> Iterator[Week]:
    """Screen so many records a week, each label a fit; what is not screened waits for the next week.

    Nothing of later weeks is known in an earlier one, the weights of words included.

    Args:
        baseline: labelled records to begin with.
        stream: labelled records with dates, in any order.
        parameters: of the ranker.
        budget: records a week.
    """
    arrival = np.argsort(np.array([day.toordinal() for day in stream.dates]), kind="stable")
    days = [stream.dates[row] for row in arrival]
    texts = [stream.texts[row] for row in arrival]
    flags = stream.are_relevant[arrival]
    n_before = len(baseline.texts)
    screened: list[int] = []
    n_arrived = 0
    week = days[0] - timedelta(days=days[0].weekday())
    while week <= days[-1]:
        n_old = n_arrived
        while n_arrived < len(days) and days[n_arrived] < week + _WEEK:
            n_arrived += 1
        ranker = Ranker.of_texts([*baseline.texts, *texts[:n_arrived]], parameters)
        ranker.label(np.arange(n_before), baseline.are_relevant)
        ranker.label(np.array(screened, dtype=np.int64) + n_before, flags[screened])
        is_waiting = np.ones(n_before + n_arrived, dtype=bool)
        is_waiting[ranker.labelled] = False
        today: list[int] = []
        with threadpool_limits(1):  # as in a replay
            for _ in range(min(budget, int(is_waiting.sum()))):
                done = len(screened) + len(today)
                row = next(order(ranker, is_waiting, parameters.explore_share, n_done=done))
                ranker.label([row], [bool(flags[row - n_before])])
                is_waiting[row] = False
                today.append(row - n_before)
        screened += today
        n_known = int(flags[:n_arrived].sum())
        yield Week(
            week=week,
            n_arrived=n_arrived - n_old,
            n_relevant=int(flags[n_old:n_arrived].sum()),
            n_screened=len(today),
            n_found=int(flags[today].sum()),
            n_waiting=n_arrived - len(screened),
            recall=float(flags[screened].sum()) / n_known if n_known else None,
            recall_in_order=float(flags[: len(screened)].sum()) / n_known if n_known else None,
        )
        week += _WEEK
