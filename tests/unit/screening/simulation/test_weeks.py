"""A living review week by week, and the pictures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from livingreview.config import RankerParameters
from livingreview.errors import InputError, StoreError
from livingreview.screening.simulation.dataset import Dataset
from livingreview.screening.simulation.plots import check_name, plot_replays, plot_weeks
from livingreview.screening.simulation.simulate import Simulator
from livingreview.screening.simulation.weeks import play

PARAMETERS = RankerParameters()


@pytest.fixture
def stream(make: Callable[..., Dataset]) -> Dataset:
    """Sixty records in three weeks and one without any, in no order."""
    dataset = make(60, 15)
    days = [date(2024, 1, 3) + timedelta(days=7 * (place % 3) + (7 if place % 3 == 2 else 0)) for place in range(60)]
    return replace(dataset, dates=tuple(days))


def test_records_wait_for_the_week_in_which_they_come(make: Callable[..., Dataset], stream: Dataset) -> None:
    weeks = list(play(make(40, 20, seed=1), stream, PARAMETERS, budget=16))
    assert [week.week.isoformat() for week in weeks] == ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-22"]
    assert [week.n_arrived for week in weeks] == [20, 20, 0, 20]
    assert [week.n_screened for week in weeks] == [16, 16, 8, 16]
    assert [week.n_waiting for week in weeks] == [4, 8, 0, 4]
    assert sum(week.n_relevant for week in weeks) == 15
    assert weeks[2].recall == 1.0 and weeks[2].recall_in_order == 1.0  # nothing waits: order is all the same


def test_a_small_budget_is_spent_on_the_best(make: Callable[..., Dataset], stream: Dataset) -> None:
    last = list(play(make(40, 20, seed=1), stream, PARAMETERS, budget=5))[-1]
    assert last.recall is not None and last.recall_in_order is not None
    assert last.recall > last.recall_in_order
    assert last.n_waiting == 40


def test_nothing_relevant_yet_is_no_recall(make: Callable[..., Dataset], stream: Dataset) -> None:
    none = replace(stream, are_relevant=stream.are_relevant & False)
    assert {week.recall for week in play(make(40, 20, seed=1), none, PARAMETERS, budget=5)} == {None}


def test_a_baseline_of_relevant_records_alone_is_a_start(make: Callable[..., Dataset], stream: Dataset) -> None:
    week = next(play(make(20, 20, seed=1), stream, PARAMETERS, budget=5))
    assert week.recall is not None and week.recall_in_order is not None and week.recall >= week.recall_in_order


def test_the_same_curves_are_the_same_bytes(make: Callable[..., Dataset], tmp_path: Path) -> None:
    replays = [Simulator(make(60, 10), PARAMETERS).replay(seed) for seed in (0, 1)]
    replays += [replace(replay, file=name) for replay in replays[:1] for name in ("b", "c", "d")]
    for name in ("1.svg", "2.svg"):
        plot_replays(replays, tmp_path / name)
    first = (tmp_path / "1.svg").read_bytes()
    assert first == (tmp_path / "2.svg").read_bytes()
    assert first.startswith(b"<?xml") and b"dc:date" not in first
    plot_replays(replays, tmp_path / "1.png")
    assert (tmp_path / "1.png").read_bytes().startswith(b"\x89PNG")


def test_weeks_are_drawn(make: Callable[..., Dataset], stream: Dataset, tmp_path: Path) -> None:
    weeks = list(play(make(40, 20, seed=1), stream, PARAMETERS, budget=5))
    for name in ("1.svg", "2.svg"):
        plot_weeks(weeks, tmp_path / name)
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()


def test_pictures_that_cannot_be(make: Callable[..., Dataset], tmp_path: Path) -> None:
    check_name(Path("a.png"))
    with pytest.raises(InputError, match=r"named .svg or .png"):
        check_name(Path("a.pdf"))
    replay = Simulator(make(60, 10), PARAMETERS).replay(0)
    with pytest.raises(StoreError, match="cannot be written to"):
        plot_replays([replay], tmp_path / "nowhere" / "a.svg")
