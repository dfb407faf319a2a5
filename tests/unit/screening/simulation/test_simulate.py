"""Replays: the draw, one label a fit, the numbers that come out, and files that cannot be played."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from livingreview.config import RankerParameters
from livingreview.errors import InputError
from livingreview.screening.ranker import Ranker
from livingreview.screening.simulation.dataset import Dataset, read_dataset
from livingreview.screening.simulation.simulate import Simulator
from livingreview.screening.stopping import stops_after

PARAMETERS = RankerParameters()


def slow_ranking(dataset: Dataset, seed: int) -> list[int]:
    """The same screening with scikit-learn alone."""
    table = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_df=0.95).fit_transform(dataset.texts)
    flags = dataset.are_relevant
    draw = np.random.RandomState(1000 + seed)
    rows = [int(draw.choice(np.flatnonzero(kind))) for kind in (flags, ~flags)]
    while flags[rows].sum() < flags.sum():
        known = flags[rows]
        weights = np.where(known, 1.0, known.sum() / (9.8 * (~known).sum()))
        weights *= len(weights) / weights.sum()
        machine = LinearSVC(C=0.11, tol=1e-7, max_iter=100_000, random_state=0)
        values = machine.fit(table[rows], known, sample_weight=weights).decision_function(table)
        values[rows] = -np.inf
        rows.append(int(values.argmax()))
    return flags[rows[2:]].astype(int).tolist()


def test_the_screening_is_that_of_the_machine(make: Callable[..., Dataset]) -> None:
    dataset = make(90, 12)
    replay = Simulator(dataset, PARAMETERS).replay(0)
    expected = slow_ranking(dataset, 0)
    assert replay.ranking[: len(expected)].tolist() == expected
    assert not replay.ranking[len(expected) :].any() and len(replay.ranking) == 88
    assert replay.n_labels == len(expected) + 2
    assert (replay.n_records, replay.n_relevant, replay.file, replay.seed) == (90, 12, "invented.csv", 0)


def test_a_seed_draws_the_same_and_another_draws_others(make: Callable[..., Dataset]) -> None:
    simulator = Simulator(make(90, 12), PARAMETERS)
    again = Simulator(make(90, 12), PARAMETERS)
    assert simulator.replay(3).ranking.tolist() == again.replay(3).ranking.tolist()
    assert len({tuple(simulator.replay(seed).ranking) for seed in range(4)}) > 1


def test_where_the_rule_would_have_stopped(make: Callable[..., Dataset]) -> None:
    replay = Simulator(make(200, 20), PARAMETERS).replay(0)
    after = stops_after(replay.ranking > 0, recall_target=0.95, confidence=0.95)
    assert replay.n_stop_labels == after + 2
    assert replay.stop_recall == replay.ranking[:after].sum() / 19


def test_exploring_costs_places(make: Callable[..., Dataset]) -> None:
    dataset = make(200, 20)
    share = PARAMETERS.model_copy(update={"explore_share": 0.5})
    assert Simulator(dataset, share).replay(0).metrics.loss > Simulator(dataset, PARAMETERS).replay(0).metrics.loss


def test_a_baseline_stands_in_for_the_draw(make: Callable[..., Dataset]) -> None:
    dataset = make(100, 12)
    baseline = make(40, 20, seed=1)
    replay = Simulator(dataset, PARAMETERS, baseline).replay(None)
    assert replay.seed is None and len(replay.ranking) == 100 and replay.ranking.sum() == 12
    assert replay.n_labels == np.flatnonzero(replay.ranking)[-1] + 1
    ranker = Ranker.of_texts([*baseline.texts, *dataset.texts], PARAMETERS)
    ranker.label(range(40), baseline.are_relevant)
    assert replay.ranking[0] == dataset.are_relevant[ranker.scores()[40:].argmax()]


@pytest.mark.parametrize(("n_relevant", "words"), [(0, "0 relevant"), (1, "1 relevant"), (20, "0 irrelevant")])
def test_sets_without_both_kinds(make: Callable[..., Dataset], n_relevant: int, words: str) -> None:
    with pytest.raises(InputError, match=f"invented.csv: .*{words}.* needs 2 of each"):
        Simulator(make(20, n_relevant), PARAMETERS)


HEADER = "title,abstract,included\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("title,abstract\na,b\n", "column missing: included"),
        ("", "column missing: title, included"),
        (HEADER, "holds no record"),
        (HEADER + "a,b,1\na,b,yes\n", "line 3: included is 'yes'"),
        (HEADER + "a,b\n", "line 2: included is None"),
        (HEADER + 'a,"b,1\n', "line 2: unexpected end"),
        (HEADER + "a," + "b" * 200_000 + ",1\n", "line 2: field larger"),
    ],
)
def test_files_that_are_no_set(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "set.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=f"set.csv.*{words}"):
        read_dataset(path)


def test_a_set_that_is_not_utf8_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_bytes(HEADER.encode() + b"na\xefve,b,1\n")
    with pytest.raises(InputError, match="not UTF-8"):
        read_dataset(path)
    with pytest.raises(InputError, match="none.csv: cannot be read"):
        read_dataset(tmp_path / "none.csv")


def test_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text("\ufeffincluded,title,date,extra\n1,A,2024,x\n0,B,2024-05,y\n1,,2024-05-17,\n", encoding="utf-8")
    found = read_dataset(path, has_dates=True)
    assert (found.name, found.texts, found.are_relevant.tolist()) == ("set.csv", ("A ", "B ", " "), [True, False, True])
    assert found.dates == (date(2024, 1, 1), date(2024, 5, 1), date(2024, 5, 17))
    assert read_dataset(path).dates == ()


@pytest.mark.parametrize("cell", ["", "May 2024", "2024-13"])
def test_dates_that_are_none(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "set.csv"
    path.write_text(f"title,included,date\nA,1,{cell}\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: date is"):
        read_dataset(path, has_dates=True)
