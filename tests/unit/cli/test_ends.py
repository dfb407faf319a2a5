"""``queue``, ``digest``, ``snapshot``, ``schedule``, ``init`` as they are typed."""

import csv
import json
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from support.lab import Cli, Lab

PAPERS = """\
title,doi,year,journal
Vesicles of loom cells mend the torn cornea of invented mice,10.5555/tiny.9001,2022,J Inv
Bobbins in the weaving trade of an invented town and its people,10.5555/tiny.9002,2022,J Inv
"""


@pytest.fixture
def filled(lab: Lab, tmp_path: Path) -> Lab:
    """A store with two papers, read from a file."""
    path = tmp_path / "papers.csv"
    path.write_text(PAPERS, encoding="utf-8")
    assert lab("run", "--from", path).code == 0
    return lab


def queued(lab: Lab, *options: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in lab("queue", "list", "--json", *options).lines]


def fill_in(path: Path, **cells: str) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= cells
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_decisions_go_out_and_come_back(filled: Lab, tmp_path: Path) -> None:
    first, second = queued(filled)
    assert [first["work_id"], second["work_id"]] == ["crossref:10.5555/tiny.9001", "crossref:10.5555/tiny.9002"]
    path = tmp_path / "queue.csv"
    assert "2 works" in filled("queue", "export", "-o", path).err
    fill_in(path, decision="include", person="A. Reader", decided_at="2022-06-02T09:00+00:00")
    assert filled("queue", "import", path).lines == ["1 decisions added, 0 known already, 1 rows without a decision"]
    assert filled("queue", "import", path).lines == ["0 decisions added, 1 known already, 1 rows without a decision"]
    assert [row["work_id"] for row in queued(filled)] == [second["work_id"]]
    assert [row["decision"] for row in queued(filled, "--decided")] == ["", "include"]
    assert [row["work_id"] for row in queued(filled, "--stage", "full_text")] == [first["work_id"]]


def test_the_queue_goes_to_standard_output_without_a_file(filled: Lab) -> None:
    rows = list(csv.DictReader(filled("queue", "export").lines))
    assert [row["rank"] for row in rows] == ["1", "2"]


def test_who_and_when_can_be_said_for_the_whole_file(filled: Lab, tmp_path: Path) -> None:
    path = tmp_path / "queue.csv"
    filled("queue", "export", "-o", path)
    fill_in(path, decision="exclude")
    ended = filled("queue", "import", path)
    assert ended.code == 2 and "nothing was stored" in ended.err and "person is empty" in ended.err
    assert filled("queue", "import", path, "--person", "A. Reader", "--decided-at", "2022-06-02").code == 0
    assert len(queued(filled)) == 1


def test_a_file_of_decisions_that_is_not_there(filled: Lab, tmp_path: Path) -> None:
    ended = filled("queue", "import", tmp_path / "none.csv")
    assert ended.code == 2 and "none.csv: cannot be read" in ended.err and ended.err.count("\n") == 1


def test_a_place_that_cannot_be_written_to(filled: Lab, tmp_path: Path) -> None:
    ended = filled("queue", "export", "-o", tmp_path / "nowhere" / "queue.csv")
    assert ended.code == 2 and "cannot be written to" in ended.err and ended.err.count("\n") == 1


def test_a_record_found_by_hand(filled: Lab) -> None:
    typed = ("queue", "add", "--title", "Vesicles of loom cells calm invented joints", "--doi", "10.5555/tiny.9003")
    assert filled(*typed).lines[-1] == "1 changes"
    assert filled(*typed).lines[-1] == "0 changes"
    assert len(queued(filled)) == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--title", "x"], "needs a pmid, a doi or an nct_id"),
        (["--title", "x", "--pmid", "abc"], "pmid: 'abc' is none"),
        (["--title", " ", "--pmid", "123"], "title: empty"),
        (["--title", "x", "--pmid", "123", "--year", "soon"], "year: 'soon'"),
    ],
)
def test_a_record_by_hand_that_cannot_be_believed(filled: Lab, options: list[str], words: str) -> None:
    ended = filled("queue", "add", *options)
    assert ended.code == 2 and words in ended.err and ended.err.count("\n") == 1
    assert len(queued(filled)) == 2


def test_a_digest_is_shown_sent_once_and_not_again(filled: Lab) -> None:
    shown = filled("digest", "preview").out
    assert "loom cells" in shown and not (filled.root / "var" / "mail").exists()
    assert "folder var/mail" in filled("digest", "send").out
    assert filled("digest", "send").lines == ["Nothing to send: every change has been delivered."]
    (mail,) = (filled.root / "var" / "mail").glob("*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    never = "ClinicalTrials.gov and PubMed have never been searched"
    assert message["Subject"] == f"Nobody 2022, 1 Jun: 2 new papers and trials; {never}"
    (picture,) = (part for part in message.walk() if part.get_content_type() == "image/png")
    assert picture.get_content().startswith(b"\x89PNG")
    assert "PUBLICATIONS OVER TIME" in message.get_body(("plain",)).get_content()


@pytest.mark.parametrize("text", [None, "no json", "{}", '{"sections": {"headline": {}}}'])
def test_a_digest_goes_without_a_picture_where_the_report_has_none(filled: Lab, text: str | None) -> None:
    (path,) = (filled.root / "out").glob("*/report.json")
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert "folder var/mail" in filled("digest", "send").out
    (mail,) = (filled.root / "var" / "mail").glob("*.eml")
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_a_picture_that_cannot_be_drawn_does_not_cost_the_mail(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_arguments: object) -> bytes:
        raise RuntimeError("no canvas")

    monkeypatch.setattr("livingreview.report.drawing.canvas.draw_png", failing)
    with pytest.warns(RuntimeWarning, match="over_time cannot be drawn .*no canvas"):
        assert "folder var/mail" in filled("digest", "send").out
    (mail,) = (filled.root / "var" / "mail").glob("*.eml")
    assert b"image/png" not in mail.read_bytes()


def test_a_quiet_digest_is_sent_when_asked_for(filled: Lab) -> None:
    filled("digest", "send")
    out = filled("digest", "send", "--even-if-quiet", now="2022-06-02T05:00:00Z").out
    # No service was ever asked, so that silence is no news.
    assert (
        "2 Jun: ClinicalTrials.gov and PubMed have never been searched" in out and "new" not in out.partition("->")[0]
    )
    assert len(list((filled.root / "var" / "mail").glob("*.eml"))) == 2


def test_a_snapshot_there_and_back(filled: Lab, tmp_path: Path) -> None:
    filled("digest", "send")
    folder = filled.root / "data" / "tiny" / "snapshot"
    assert filled("snapshot", "export").lines[0].endswith(str(folder))
    refused = filled("snapshot", "restore")
    assert refused.code == 2 and "the store is not empty" in refused.err
    for path in (filled.root / "var").glob("tiny.db*"):
        path.unlink()
    assert filled("snapshot", "restore").code == 0
    again = tmp_path / "again"
    assert filled("snapshot", "export", again).code == 0
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert all((again / path).read_bytes() == (folder / path).read_bytes() for path in files)
    # What was mailed is known to the restored store, too.
    assert filled("digest", "send").lines == ["Nothing to send: every change has been delivered."]


def test_the_next_times_are_printed(lab: Lab) -> None:
    lines = lab("schedule", "--dry-run").lines
    assert len(lines) == 3 and all(line.startswith("Next: Mon ") and line.endswith(" 05:00 UTC") for line in lines)


def test_a_day_that_is_none(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_SCHEDULE__DAY_OF_WEEK", "someday")
    ended = lab("schedule", "--dry-run")
    assert ended.code == 2 and "schedule.day_of_week" in ended.err


def test_a_working_set_is_laid_out(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert cli("init", folder).code == 0
    assert cli("--config", folder / "config", "baseline", "check").code == 0
    again = cli("init", folder)
    assert again.code == 2 and "is there already" in again.err


def test_doctor_names_what_is_wrong(lab: Lab) -> None:
    assert lab("doctor", now="2026-06-01").code == 0
    assert lab("doctor", "--live", now="2026-06-01").code == 0
    assert "clock" in lab("doctor", now="1970-01-01").out
    settings = lab.config / "settings.toml"
    settings.write_text("nonsense = 1\n" + settings.read_text(encoding="utf-8"), encoding="utf-8")
    ended = lab("doctor", "--json")
    (finding,) = json.loads(ended.out)["checks"]
    assert ended.code == 2 and finding["name"] == "settings" and "nonsense: unknown key" in finding["words"]
