"""The stopping rule against hypergeometric probabilities counted with whole numbers."""

from fractions import Fraction
from math import comb, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.screening.stopping import least_missed, p_missed, stopping, stops_after


def at_most(seen: int, relevant: int, population: int, sample: int) -> Fraction:
    ways = sum(
        comb(relevant, value) * comb(population - relevant, sample - value) for value in range(min(seen, sample) + 1)
    )
    return Fraction(ways, comb(population, sample))


def by_every_sample(labels: list[bool], n_records: int, missed: int) -> float:
    """The least p-value over the last 1, 2, ... records, as buscar has it, in fractions."""
    if missed > n_records - len(labels):
        return 0.0
    values = []
    for size in range(1, len(labels) + 1):
        seen = sum(labels[-size:])
        values.append(at_most(seen, seen + missed, n_records - len(labels) + size, size))
    return float(min(values))


def test_by_hand() -> None:
    """One relevant record, then nine that are not, of twenty: is another one among the ten that are left?

    The last nine as a sample of nineteen that hold one relevant: it is missed with probability 10/19. All ten as a
    sample of twenty that hold two, of which at most one is seen: 1 - C(10,2)/C(20,2) = 145/190. The lesser counts.
    """
    labels = np.array([True] + [False] * 9)
    assert p_missed(labels, 20, 1) == pytest.approx(10 / 19)
    assert p_missed(labels, 20, 2) == pytest.approx((10 * 9) / (19 * 18))
    assert p_missed(labels, 20, 11) == 0  # only ten are left
    found = stopping(labels.tolist(), 20, recall_target=0.95, confidence=0.95)
    assert found.p_value == pytest.approx(10 / 19) and not found.is_reached
    # Of m missed, none in the sample of nine: C(10, m) / C(19, m); 0.0310 at four, 0.1238 at three.
    assert comb(10, 4) / comb(19, 4) < 0.06 and comb(10, 3) / comb(19, 3) > 0.1
    assert found.missed_upper == (4 if comb(10, 4) / comb(19, 4) >= 0.05 else 3)
    assert found.recall_lower == pytest.approx(1 / (1 + found.missed_upper))
    assert found.recall_estimate == pytest.approx(1 / 2)  # one missed at 0.526, two at 0.263


@given(st.lists(st.booleans(), min_size=1, max_size=25), st.integers(0, 30), st.integers(1, 12))
def test_the_longest_samples_are_enough(labels: list[bool], n_left: int, missed: int) -> None:
    expected = by_every_sample(labels, len(labels) + n_left, missed)
    assert p_missed(np.array(labels), len(labels) + n_left, missed) == pytest.approx(expected, abs=1e-9)


@given(st.lists(st.booleans(), min_size=1, max_size=40), st.sampled_from([0.5, 0.8, 0.95]))
def test_it_stops_at_the_first_label_that_allows_it(labels: list[bool], recall_target: float) -> None:
    expected = len(labels)
    for place in range(1, len(labels) + 1):
        if stopping(labels[:place], len(labels), recall_target=recall_target, confidence=0.9).is_reached:
            expected = place
            break
    assert stops_after(np.array(labels), recall_target=recall_target, confidence=0.9) == expected


@given(st.integers(1, 400), st.sampled_from([0.5, 0.7, 0.8, 0.9, 0.95, 0.99]))
def test_the_least_number_that_misses_the_target(found: int, recall_target: float) -> None:
    missed = least_missed(found, recall_target)
    share = Fraction(str(recall_target))
    assert missed == floor(found / share - found) + 1
    assert Fraction(found, found + missed) < share <= Fraction(found, found + missed - 1)


def test_all_screened_is_all_known() -> None:
    found = stopping([True, False, True], 3, recall_target=0.95, confidence=0.95)
    assert (found.p_value, found.recall_lower, found.recall_estimate, found.missed_upper) == (0, 1, 1, 0)
    assert found.is_reached


@pytest.mark.parametrize("labels", [[], [False] * 5])
def test_without_a_relevant_record_nothing_is_said(labels: list[bool]) -> None:
    found = stopping(labels, 10, recall_target=0.95, confidence=0.95)
    assert found.p_value is None and found.recall_lower is None and found.missed_upper is None
    assert not found.is_reached


def test_the_bound_is_where_the_test_turns() -> None:
    labels = [True] * 20 + [False] * 80 + [True] + [False] * 120
    found = stopping(labels, 400, recall_target=0.95, confidence=0.95)
    assert found.missed_upper is not None
    assert p_missed(np.array(labels), 400, found.missed_upper) >= 0.05
    assert p_missed(np.array(labels), 400, found.missed_upper + 1) < 0.05
    assert found.recall_lower is not None and found.recall_estimate is not None
    assert found.recall_lower < found.recall_estimate <= 1
