"""The demonstration records that come with the project: what they say of the shipped review is right, each of it.

Every expectation was read beside the published text and the registries' records.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livingreview.cli import main
from support import shared

ROOT = Path(__file__).resolve().parents[2]
BATCHES = "10.3389/fcell.2023.1282860"
STROKE = "10.3390/biomedicines11092550"
FIRST_EV_TRIAL = "NCT05738629"
NEW_EV_TRIALS = {FIRST_EV_TRIAL, "NCT05787288", "NCT05836883", "NCT06242379", "NCT06431152", "NCT06568653"}
MISSED_EV_TRIALS = {"NCT04270006", "NCT05499156", "ISRCTN33578935"}
CHANGED = {"NCT03437759", "NCT04544215", "NCT04602104", "NCT05125562", "NCT05261360", "NCT05354141"}
SUGGESTED: dict[tuple[str, str], set[str]] = {
    ("S17", "outdates"): NEW_EV_TRIALS | {"NCT05125562"},
    ("S17", "already_so"): MISSED_EV_TRIALS,
    ("S18", "already_so"): {"NCT03857841", "NCT04491240"},
    ("S19", "outdates"): CHANGED,
    ("S19", "already_so"): {"NCT04850469"},
    ("S20", "challenges"): {BATCHES},
    ("S21", "challenges"): {BATCHES},
    ("S46", "challenges"): {BATCHES},
    ("S42", "outdates"): {"NCT05643638"},
    ("S42", "already_so"): {"NCT05165628"},
    ("S44", "outdates"): {"NCT04537351"},
    ("S45", "already_so"): {"ACTRN12620000870954"},
    ("S62", "extends"): {STROKE},
    ("S64", "extends"): {FIRST_EV_TRIAL},
    ("S71", "outdates"): {STROKE},
    ("S73", "outdates"): {FIRST_EV_TRIAL},
}
"""(statement, effect) -> what it rests on. Nothing else is suggested: S02, S33, S43, S74 and S82 have no evidence."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The shipped project after one run on its demonstration records."""
    root = tmp_path_factory.mktemp("demo")
    shutil.copytree(ROOT / "config", root / "config")
    shutil.copytree(ROOT / "data" / "imsc-ev", root / "data" / "imsc-ev")
    with shared.figures():
        assert ended(root, "run", "--from", str(root / "data" / "imsc-ev" / "demo")) == 0
        yield root


def ended(root: Path, *arguments: str) -> int:
    with pytest.raises(SystemExit) as found:
        main(["--config", str(root / "config"), "--now", "2026-11-27T06:00:00Z", *arguments])
    code = found.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def suggested(demo: Path, capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str], dict[str, Any]]:
    """(statement, effect) -> what waits."""
    capsys.readouterr()
    assert ended(demo, "statements", "list", "--open", "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {(row["id"], one["effect"]): one for row in rows for one in row["open"]}


def test_every_suggestion_rests_on_what_it_should(suggested: dict[tuple[str, str], dict[str, Any]]) -> None:
    found = {key: {piece["source_id"] for piece in one["evidence"]} for key, one in suggested.items()}
    assert found == SUGGESTED


def test_counts_say_what_was_printed_what_is_now_and_what_was_missed(
    suggested: dict[tuple[str, str], dict[str, Any]],
) -> None:
    ev_trials, cell_trials = suggested["S17", "outdates"]["count"], suggested["S42", "outdates"]["count"]
    assert (ev_trials["print"], ev_trials["now"], ev_trials["n_missed"]) == ([13, 33], [15, 42], 3)
    assert (cell_trials["print"], cell_trials["now"], cell_trials["n_missed"]) == ([2], [4], 1)


def test_the_report_has_one_number_for_one_thing(demo: Path) -> None:
    (path,) = (demo / "out").rglob("report.json")
    report = json.loads(path.read_text(encoding="utf-8"))
    words = " ".join(report["sections"]["headline"]["sentences"].values())
    assert "6 of 33 trials in the review's table changed since publication" in words
    assert "7 more differ, date of change unknown" in words
    assert "1 was already so at publication" in words
    assert "52 of 74 references can be checked for retractions" in words
    bands = report["sections"]["figures"]["figures"]["trial_flow"]["data"]["flows"]
    assert sum(band["n"] for band in bands if band["n_changed"]) == 6
    assert sum(band["n"] for band in bands) == 33
