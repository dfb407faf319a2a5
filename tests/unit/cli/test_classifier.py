"""``predict``, ``evaluate``, ``evidence`` as they are typed."""

import csv
import io
from pathlib import Path

import pytest

from support.lab import Lab

PAPER = "Vesicles of loom cells mend the torn cornea of invented mice"


@pytest.fixture
def titles(tmp_path: Path) -> Path:
    path = tmp_path / "titles.csv"
    path.write_text(f"n,title\n1,{PAPER}\n2,Weather in an invented town\n", encoding="utf-8")
    return path


def test_a_table_is_tagged_without_a_store(lab: Lab, titles: Path, tmp_path: Path) -> None:
    ended = lab("predict", "--csv", titles)
    assert ended.code == 0
    first, second = csv.DictReader(io.StringIO(ended.out))
    assert (first["n"], first["scope"], first["is_relevant"]) == ("1", "loom_ev", "1")
    assert (second["n"], second["scope"], second["is_relevant"]) == ("2", "other", "0")
    assert "training on" in ended.err
    assert not (lab.root / "var" / "tiny.db").exists()
    target = tmp_path / "tagged.csv"
    assert lab("predict", "--csv", titles, "-o", target).code == 0
    assert target.read_text(encoding="utf-8") == ended.out


def test_the_kept_model_is_used(lab: Lab, titles: Path) -> None:
    assert lab("train").code == 0
    assert "training on" not in lab("predict", "--csv", titles).err


@pytest.mark.parametrize("options", [["--csv", "none.csv"], ["--csv", "{titles}", "-o", "{titles}/x.csv"]])
def test_a_table_that_cannot_be_read_or_written(lab: Lab, titles: Path, options: list[str]) -> None:
    ended = lab("predict", *[option.format(titles=titles) for option in options])
    assert ended.code == 2
    assert len(ended.err.splitlines()) <= 2 and "Traceback" not in ended.err


def test_a_card_with_figures_is_written(lab: Lab, tmp_path: Path) -> None:
    ended = lab("evaluate", "-o", tmp_path / "card")
    assert ended.code == 0
    assert "missing" in ended.out or "macro" in ended.out
    names = {
        "card.md",
        "evaluation.json",
        "calibration.svg",
        "confusion.svg",
        "learning-curve.svg",
        "precision-recall.svg",
    }
    assert {path.name for path in (tmp_path / "card").iterdir()} == names
    assert (tmp_path / "card" / "card.md").read_text(encoding="utf-8").startswith("# Model card: ")
    (tmp_path / "file").touch()
    assert lab("evaluate", "-o", tmp_path / "file").code == 2


def test_an_evidence_table_goes_out(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "papers.csv").write_text(f"title,doi\n{PAPER},10.5555/tiny.9001\n", encoding="utf-8")
    lab("run", "--from", tmp_path / "papers.csv")
    ended = lab("evidence")
    [row] = csv.DictReader(io.StringIO(ended.out))
    assert (row["title"], row["scope"]) == (PAPER, "loom_ev")
    assert ended.err == "1 studies\n"
    assert lab("evidence", "--scope", "nonsense").code == 2
    assert lab("evidence", "-o", tmp_path / "none" / "x.csv").code == 2
    assert lab("evidence", "-o", tmp_path / "x.csv").code == 0
    assert (tmp_path / "x.csv").read_text(encoding="utf-8") == ended.out
