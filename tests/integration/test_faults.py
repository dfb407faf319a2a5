"""Every fault upon every channel at every place: a retry or the next run overcomes it, and the store loses nothing."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fault_bench import Bench, bench
from support.fault_table import CHANNELS, LASTING, NEXT, ONCE, PLACES, Trial, cells, table, trials

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("faults")) as made:
        yield made


def marked() -> list[object]:
    """Every trial. One a fault runs in the default suite, in turn from each end of its places; the others are slow."""
    by_fault: dict[str, list[Trial]] = {}
    for trial in trials():
        by_fault.setdefault(trial.fault.name, []).append(trial)
    quick = {found[number % len(found)].name for number, found in enumerate(by_fault.values())}
    return [
        pytest.param(trial, id=trial.name, marks=() if trial.name in quick else pytest.mark.slow) for trial in trials()
    ]


@pytest.mark.parametrize("trial", marked())
def test_nothing_is_lost(workbench: Bench, tmp_path: Path, trial: Trial) -> None:
    expected = {channel.name: trial.fault.expected(channel.name, trial.place, trial.mode) for channel in trial.channels}
    assert workbench.play(trial, tmp_path / "project") == expected


def test_every_channel_meets_both_kinds_of_fault_at_every_place() -> None:
    found = Counter((channel.name, trial.place, trial.mode) for trial, channel in cells())
    for channel in CHANNELS.values():
        for place in range(1, channel.places + 1):
            assert found[channel.name, place, ONCE] > 20
            assert found[channel.name, place, LASTING] > 6
    assert len(cells()) > 500


def test_the_bench_sees_a_loss(workbench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that takes every answer for a good one is found out."""
    trial = next(one for one in trials() if one.fault.name.startswith("empty result") and one.mode == LASTING)
    monkeypatch.setattr("livingreview.acquisition.services._note_emptiness", lambda *_: None)
    assert any("lost without a word" in words for words in workbench.play(trial, tmp_path / "project").values())


def test_the_document_shows_these_faults() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert table() in text
    assert f"{len(cells())} cells" in text
    assert NEXT
    assert all(place in text for place in PLACES)
