"""A finished screening played again: what would have been found when, had the ranker chosen the order."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from livingreview.config import RankerParameters
from livingreview.errors import InputError
from livingreview.screening.explore import order
from livingreview.screening.features import tfidf
from livingreview.screening.ranker import Ranker
from livingreview.screening.simulation.dataset import Dataset
from livingreview.screening.simulation.metrics import Metrics, Ranking, measure, recall_curve
from livingreview.screening.stopping import stops_after

_FIRST_SEED = 1000
"""Seeds of the draw begin here, so that seed 0 is not the one that everybody uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One screening of one set.

    Attributes:
        file: name of the set.
        seed: of the two records that were labelled beforehand; None where a baseline was.
        n_records: all of the set, those labelled beforehand included.
        n_relevant: the relevant ones among them.
        n_labels: labels until every relevant record is found, those given beforehand included.
        ranking: relevance in the order of screening, those labelled beforehand left out. Once all are found nobody
            screens on: the rest is 0.
        metrics: of the ranking.
        n_stop_labels: labels after which the stopping rule holds, counted as ``n_labels``. A rule that has not held
            when all are found goes on wanting labels.
        stop_recall: recall then, those given beforehand left out.
    """

    file: str
    seed: int | None
    n_records: int
    n_relevant: int
    n_labels: int
    ranking: Ranking
    metrics: Metrics
    n_stop_labels: int
    stop_recall: float


class Simulator:
    """Replays of one set; its texts are read once."""

    def __init__(self, dataset: Dataset, parameters: RankerParameters, baseline: Dataset | None = None) -> None:
        """Take a set and, for a start from what is known already, a baseline.

        Args:
            dataset: every record of it labelled.
            parameters: of the ranker.
            baseline: labelled records that are no part of the set.

        Raises:
            InputError: the set has not enough relevant or irrelevant records to be ranked.
        """
        n_relevant = int(dataset.are_relevant.sum())
        n_irrelevant = len(dataset.are_relevant) - n_relevant
        least = 2 if baseline is None else 1
        if n_relevant < least or n_irrelevant < least:
            raise InputError(
                f"{dataset.name}: {n_relevant} relevant and {n_irrelevant} irrelevant records; a simulation needs "
                f"{least} of each"
            )
        self._dataset = dataset
        self._parameters = parameters
        self._baseline = baseline
        texts = [*(baseline.texts if baseline else ()), *dataset.texts]
        self._table: sparse.csr_array = tfidf(texts, ngram_max=parameters.ngram_max, max_df=parameters.max_df)

    def replay(self, seed: int | None) -> Replay:
        """Screen the set, one label a fit, until every relevant record is found.

        Args:
            seed: for the draw of one relevant and one irrelevant record that are labelled beforehand, by
                ``numpy.random.RandomState(1000 + seed)``; None with a baseline, whose labels stand in.
        """
        flags = self._dataset.are_relevant
        ranker = Ranker(self._table, self._parameters)
        n_before = 0
        if self._baseline is not None:
            n_before = len(self._baseline.texts)
            ranker.label(np.arange(n_before), self._baseline.are_relevant)
            priors: list[int] = []
        else:
            draw = np.random.RandomState(_FIRST_SEED + (seed or 0))
            priors = [int(draw.choice(np.flatnonzero(kind))) for kind in (flags, ~flags)]
            ranker.label(priors, flags[priors])
        is_waiting = np.concatenate([np.zeros(n_before, dtype=bool), np.ones(len(flags), dtype=bool)])
        is_waiting[priors] = False
        n_wanted = int(flags.sum()) - int(flags[priors].sum())
        ranking = np.zeros(len(flags) - len(priors), dtype=np.int64)
        place = 0
        with threadpool_limits(1):  # products this small only make threads wait for each other
            while ranking.sum() < n_wanted:
                row = next(order(ranker, is_waiting, self._parameters.explore_share, n_done=place))
                is_relevant = bool(flags[row - n_before])
                ranker.label([row], [is_relevant])
                is_waiting[row] = False
                ranking[place] = is_relevant
                place += 1
        return self._replay_of(seed, ranking, place, len(priors))

    def _replay_of(self, seed: int | None, ranking: Ranking, n_screened: int, n_priors: int) -> Replay:
        stop_after = stops_after(
            ranking > 0, recall_target=self._parameters.recall_target, confidence=self._parameters.confidence
        )
        return Replay(
            file=self._dataset.name,
            seed=seed,
            n_records=len(self._dataset.are_relevant),
            n_relevant=int(self._dataset.are_relevant.sum()),
            n_labels=n_screened + n_priors,
            ranking=ranking,
            metrics=measure(ranking),
            n_stop_labels=stop_after + n_priors,
            stop_recall=float(recall_curve(ranking)[stop_after - 1]),
        )
