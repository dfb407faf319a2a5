"""Six dated rounds: every type of change, each report and all changes byte by byte, and the same once more.

After a wanted change, ``python tests/integration/renew_rounds.py`` writes the golden files anew; read their diff before
you commit it.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livingreview.records.change_types import ChangeType
from support import rounds, shared
from support.lab import Lab
from support.rounds import ROUNDS, Round, golden, without_port
from support.server import serve

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "rounds"


def played(root: Path) -> Iterator[Lab]:
    """A project in which every round has been played."""
    with serve() as server, pytest.MonkeyPatch.context() as patch, shared.figures():
        for name, value in rounds.environment(server).items():
            patch.setenv(name, value)
        lab = Lab(rounds.prepare(root), server, rounds.run_cli)
        for _one in rounds.play(lab):
            pass
        yield lab


@pytest.fixture(scope="module")
def _first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from played(tmp_path_factory.mktemp("rounds"))


@pytest.fixture
def lab(_first: Lab, monkeypatch: pytest.MonkeyPatch, _figures_are_drawn_once: None) -> Lab:
    """Every round has been played; nobody changes the store."""
    for name, value in rounds.environment(_first.server).items():
        monkeypatch.setenv(name, value)
    return _first


@pytest.mark.parametrize(("number", "one"), list(enumerate(ROUNDS, start=1)))
def test_a_round_is_the_golden_one(lab: Lab, number: int, one: Round) -> None:
    for name, text in golden(lab, one).items():
        assert text == (GOLDEN / str(number) / name).read_text(encoding="utf-8"), name


def test_every_type_of_change_happens() -> None:
    lines = [line for path in sorted(GOLDEN.rglob("changes.jsonl")) for line in path.read_text("utf-8").splitlines()]
    assert {json.loads(line)["type"] for line in lines} == set(ChangeType)


@pytest.mark.parametrize("one", ROUNDS, ids=lambda one: one.name)
def test_a_round_is_replayed_byte_by_byte(lab: Lab, one: Round) -> None:
    lab.server.forget()
    ended = lab("run", "--replay", one.name, now="2025-01-01")
    assert (ended.code, ended.lines[-1]) == (0, f"{one.name}: identical"), ended.out + ended.err
    assert lab.server.seen == []


@pytest.mark.slow
def test_the_same_rounds_in_another_store_are_the_same(lab: Lab, tmp_path: Path) -> None:
    for other in played(tmp_path):
        for one in ROUNDS:
            assert rounds.changes_of(other, one) == rounds.changes_of(lab, one)
            for form in ("report.md", "report.html", "report.json"):
                pages = [
                    without_port(each, (each.root / "out" / one.name / form).read_text("utf-8"))
                    for each in (lab, other)
                ]
                assert pages[0] == pages[1], (one.name, form)


def without_model(page: Any) -> Any:
    """A report as JSON without the probabilities, which a model that was trained since gives anew."""
    if isinstance(page, dict):
        return {name: without_model(part) for name, part in page.items() if name != "probability"}
    return [without_model(part) for part in page] if isinstance(page, list) else page


def report(lab: Lab, *arguments: str) -> Any:
    ended = lab("report", *arguments, "--json", now="2025-01-01")
    assert ended.code == 0, ended.err
    return without_model(json.loads(ended.out))


@pytest.mark.parametrize("one", ROUNDS, ids=lambda one: one.name)
def test_the_report_of_a_round_that_has_passed_is_what_it_was(lab: Lab, one: Round) -> None:
    before = (lab.root / "out" / one.name / "report.json").read_bytes()
    assert report(lab, "--run", one.name) == without_model(json.loads(before))


def test_a_period_shows_its_changes_and_the_state_at_its_end(lab: Lab) -> None:
    page = report(lab, "--since", "2022-06-02", "--until", "2023-02-01")
    then = without_model(json.loads((lab.root / "out" / ROUNDS[2].name / "report.json").read_bytes()))
    assert page["run"]["name"] == ROUNDS[2].name
    assert page["previous_run"]["name"] == ROUNDS[0].name
    counted = sum(len(rounds.changes_of(lab, one).splitlines()) for one in ROUNDS[1:3])
    assert page["sections"]["headline"]["n_changes"] == counted
    assert "since 2022-06-02" in page["sections"]["headline"]["sentences"]["changed"]
    for name in ("gaps", "searches"):
        assert page["sections"][name] == then["sections"][name]
    for kind in ("printed", "others"):
        states = [
            [(row["source_id"], row["status"], row["as_of"], row["overdue"], row["results"]) for row in sorted_rows]
            for sorted_rows in (
                sorted(one["sections"]["trials"][kind], key=lambda row: str(row["source_id"])) for one in (page, then)
            )
        ]
        assert states[0] == states[1], kind


def test_since_the_review_for_any_two_moments(lab: Lab) -> None:
    lines = [
        json.loads(line) for line in lab("changes", "--since", "2022-06-02", "--until", "2023-02-01", "--json").lines
    ]
    assert {line["run"] for line in lines} == {ROUNDS[1].name, ROUNDS[2].name}
    everything = lab("changes", "--json").lines
    assert len(everything) == sum(len(rounds.changes_of(lab, one).splitlines()) for one in ROUNDS)
    whole = report(lab, "--since", "2022-01-10")
    assert whole["sections"]["headline"]["n_changes"] == len(everything)
    assert whole["run"]["name"] == ROUNDS[-1].name


def test_a_period_that_nobody_can_report(lab: Lab) -> None:
    assert lab("report", "--until", "2022-01-31").code == 2
    assert lab("report", "--run", ROUNDS[0].name, "--until", "2023-01-31").code == 2


def test_the_report_of_a_period_has_a_folder_of_its_own(lab: Lab) -> None:
    before = {one.name: (lab.root / "out" / one.name / "report.md").read_bytes() for one in ROUNDS}
    made = []
    for _ in "12":  # The second finds what the first has kept, and looks up the rest.
        ended = lab("report", "--since", "2022-06-02", "--until", "2023-02-01", now="2025-01-01")
        assert ended.code == 0, ended.err
        made.append((lab.root / "out" / "2022-06-02_2023-02-01" / "report.md").read_bytes())
    assert made[0] == made[1]
    assert before == {one.name: (lab.root / "out" / one.name / "report.md").read_bytes() for one in ROUNDS}


def test_a_restored_store_reports_nothing_twice(lab: Lab, tmp_path: Path) -> None:
    """What no version brings is known to be told by the changes, which a snapshot keeps."""
    folder = tmp_path / "snapshot"
    assert lab("snapshot", "export", folder).code == 0
    other = Lab(rounds.prepare(tmp_path / "other"), lab.server, rounds.run_cli)
    assert other("snapshot", "restore", folder).code == 0
    ended = other("run", "--json", now="2024-09-22T05:00:00Z")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["changes"] == 0
    assert len(other("changes", "--json").lines) == len(lab("changes", "--json").lines)
    assert (
        report(other, "--run", ROUNDS[3].name)["sections"]["trials"]
        == report(lab, "--run", ROUNDS[3].name)["sections"]["trials"]
    )
