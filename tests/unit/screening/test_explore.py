"""The order of what waits: everything once, some places for the uncertain and the unlike, the prior fading."""

from collections.abc import Callable

import numpy as np
import pytest

from livingreview.config import RankerParameters
from livingreview.screening.explore import order, order_after_prior
from livingreview.screening.ranker import Ranker
from livingreview.screening.simulation.dataset import Dataset


@pytest.fixture
def ranker(make: Callable[..., Dataset]) -> Ranker:
    dataset = make(80, 20)
    ranker = Ranker.of_texts(dataset.texts, RankerParameters())
    ranker.label(range(10), dataset.are_relevant[:10])
    return ranker


@pytest.fixture
def is_waiting(ranker: Ranker) -> np.ndarray:
    found = np.ones(ranker.n_records, dtype=bool)
    found[ranker.labelled] = False
    return found


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5])
def test_everything_that_waits_comes_once(ranker: Ranker, is_waiting: np.ndarray, share: float) -> None:
    found = list(order(ranker, is_waiting, share))
    assert sorted(found) == np.flatnonzero(is_waiting).tolist()


def test_without_a_share_the_best_score_comes_first(ranker: Ranker, is_waiting: np.ndarray) -> None:
    scores = ranker.scores()[list(order(ranker, is_waiting, 0.0))]
    assert (np.diff(scores) <= 0).all()


def test_every_tenth_place_explores_in_turn(ranker: Ranker, is_waiting: np.ndarray) -> None:
    plain, found = list(order(ranker, is_waiting, 0.0)), list(order(ranker, is_waiting, 0.1))
    assert found[:9] == plain[:9]
    waiting = np.flatnonzero(is_waiting)
    left = np.setdiff1d(waiting, found[:9])
    assert found[9] == left[np.argmax(ranker.novelty()[left])]
    left = np.setdiff1d(waiting, found[:19])
    assert found[19] == left[np.argmin(np.abs(ranker.scores()[left]))]
    assert [row for row in plain if row not in (found[9], found[19])][9:18] == found[10:19]


def test_places_are_counted_on(ranker: Ranker, is_waiting: np.ndarray) -> None:
    plain, found = list(order(ranker, is_waiting, 0.0)), list(order(ranker, is_waiting, 0.1, n_done=9))
    assert found[0] != plain[0] and found[1] == plain[0]


def test_equal_ones_stand_by_number() -> None:
    ranker = Ranker.of_texts(["weft warp"] * 4 + ["anvil"], RankerParameters())
    ranker.label([4], [False])
    assert list(order(ranker, np.array([True] * 4 + [False]), 0.0)) == [0, 1, 2, 3]


def test_the_prior_order_fades(ranker: Ranker, is_waiting: np.ndarray) -> None:
    given = np.flatnonzero(is_waiting)[::-1].tolist()
    by_score = list(order(ranker, is_waiting, 0.0))
    assert list(order_after_prior(ranker, given, 1.0, 0.0, n_done=0)) == given
    assert list(order_after_prior(ranker, given, 0.0, 0.0, n_done=0)) == by_score
    half = list(order_after_prior(ranker, given, 0.5, 0.0, n_done=0))
    sums = [given.index(row) + by_score.index(row) for row in half]
    assert sums == sorted(sums) and sorted(half) == sorted(given)
