"""How early a ranking finds what is relevant, in the definitions of asreview-insights 1.6.

A *ranking* is a vector of 0 and 1, shape ``(n_records,)``: whether the record in each place is relevant, in the order
of screening, records that were labelled beforehand left out.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ranking = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """One ranking in numbers.

    Attributes:
        recall_at_10pct: share of the relevant records among the first tenth of all.
        wss95: work saved over sampling at 95 % recall, as asreview-insights reads it off: at the last relevant record
            that does not go beyond 95 %.
        wss95_cohen: the same by its first definition (Cohen et al. 2006): the records that need not be read once at
            least 95 % are found, as a share of all, less 5 %.
        wss100: work saved over sampling when all are found, as asreview-insights has it.
        atd: average time to discovery: the mean place of the relevant records, as a share of all.
        loss: 0 when every relevant record comes first, 1 when every one comes last, linear in their mean place.
        last_place: place of the last relevant record, counted from 1.
    """

    recall_at_10pct: float
    wss95: float
    wss95_cohen: float
    wss100: float
    atd: float
    loss: float
    last_place: int


def measure(ranking: Ranking) -> Metrics:
    """All of :class:`Metrics`.

    Raises:
        ValueError: all records are relevant, or none is.
    """
    n_records, n_relevant = len(ranking), int(ranking.sum())
    if not 0 < n_relevant < n_records:
        raise ValueError("a ranking needs both relevant and irrelevant records")
    places = np.flatnonzero(ranking) + 1
    return Metrics(
        recall_at_10pct=recall_at(ranking, 0.1),
        wss95=work_saved(ranking, 0.95),
        wss95_cohen=1 - float(places[int(np.ceil(0.95 * n_relevant - 1e-9)) - 1]) / n_records - 0.05,
        wss100=work_saved(ranking, 1.0),
        atd=float(places.mean()) / n_records,
        loss=loss(ranking),
        last_place=int(places[-1]),
    )


def recall_curve(ranking: Ranking) -> Floats:
    """Share of the relevant records found after each record, shape ``(n_records,)``."""
    return np.cumsum(ranking) / max(int(ranking.sum()), 1)


def recall_at(ranking: Ranking, share: float) -> float:
    """Recall after this share of the records; 0 when that is less than one record."""
    shares = np.arange(1, len(ranking) + 1) / len(ranking)
    place = int(np.searchsorted(shares, share, side="right"))
    return float(recall_curve(ranking)[place - 1]) if place else 0.0


def work_saved(ranking: Ranking, recall: float) -> float:
    """How much earlier than by chance that recall is reached, as a share of all records.

    By chance the relevant records come at even distances, the number found rounded to a whole one. Where a recall lies
    between two records, the earlier one counts; below the first, the last one, as asreview-insights has it.
    """
    n_relevant = int(ranking.sum())
    counts = np.arange(1, n_relevant + 1)
    by_chance = np.round(np.linspace(0, n_relevant, len(ranking)))
    earlier = np.searchsorted(by_chance, counts) - np.searchsorted(np.cumsum(ranking), counts)
    place = int(np.searchsorted(counts / n_relevant, recall, side="right")) - 1
    return float(earlier[place]) / len(ranking)


def loss(ranking: Ranking) -> float:
    """Area between the best possible recall curve and this one, over that between the best and the worst."""
    n_records, n_relevant = len(ranking), int(ranking.sum())
    best = n_relevant * (n_records - (n_relevant - 1) / 2)
    return float((best - np.cumsum(ranking).sum()) / (n_relevant * (n_records - n_relevant)))
