"""Metrics: by hand, and as asreview-insights 1.6.1 computes them on the same rankings."""

import numpy as np
import pytest

from livingreview.screening.simulation.metrics import loss, measure, recall_at, recall_curve, work_saved

SHORT = [1, 0, 1, 1, 0, 0, 0, 1, 0, 0]
LONG = [0, 0, 1] + [0] * 17 + [1] * 19 + [0] * 20 + [1] + [0] * 39


def ranking(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("values", "wss95", "wss100", "recall", "expected_loss", "mean_place"),
    [
        (SHORT, 0.3, 0.1, 0.25, 0.25, 4.0),
        ([1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], 0.4166666666666667, 1 / 3, 1 / 3, 0.14814814814814814, 10 / 3),
        (LONG, 0.5050505050505051, 0.37373737373737376, 0.047619047619047616, 0.2454212454212454, 30.142857142857142),
        ([0, 1], 0.0, 0.0, 0.0, 1.0, 2.0),
    ],
)
def test_the_figures_are_those_of_asreview_insights(
    values: list[int], wss95: float, wss100: float, recall: float, expected_loss: float, mean_place: float
) -> None:
    found = measure(ranking(values))
    assert found.wss95 == pytest.approx(wss95) and found.wss100 == pytest.approx(wss100)
    assert found.recall_at_10pct == pytest.approx(recall)
    assert found.loss == pytest.approx(expected_loss)
    assert found.atd == pytest.approx(mean_place / len(values))


def test_by_hand() -> None:
    found = measure(ranking(SHORT))
    assert found.last_place == 8
    assert found.wss95_cohen == pytest.approx(1 - 8 / 10 - 0.05)  # 95 % of four are all four
    assert measure(ranking(LONG)).wss95_cohen == pytest.approx(1 - 39 / 99 - 0.05)  # 20 of 21
    assert recall_curve(ranking(SHORT)).tolist() == [0.25, 0.25, 0.5, 0.75, 0.75, 0.75, 0.75, 1, 1, 1]
    assert recall_at(ranking(SHORT), 0.05) == 0 and recall_at(ranking(SHORT), 1) == 1
    assert loss(ranking([1, 1, 0, 0])) == 0 and loss(ranking([0, 0, 1, 1])) == 1
    assert work_saved(ranking([1, 1, 0, 0, 0, 0, 0, 0]), 1.0) == pytest.approx((6 - 1) / 8)


def test_nineteen_of_twenty_are_95_percent() -> None:
    """In floating point 0.95 * 20 is a hair off."""
    values = ranking([1] * 19 + [0] * 10 + [1])
    assert measure(values).wss95_cohen == pytest.approx(1 - 19 / 30 - 0.05)


@pytest.mark.parametrize("values", [[0, 0], [1, 1], []])
def test_a_ranking_needs_both_kinds(values: list[int]) -> None:
    with pytest.raises(ValueError, match="both"):
        measure(ranking(values))
