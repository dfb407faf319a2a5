"""Files that people drop: read once, never lost, and never the end of a run."""

import gzip
import os
import shutil
from pathlib import Path

import pytest

from livingreview.sources.formats import recognise
from livingreview.store.repository import Repository
from support import server as faults
from support.lab import Lab

FIXTURES = Path(__file__).parents[1] / "fixtures"
FOLDERS = {"facts_csv": "facts"}
SECOND = "2022-06-08T05:00:00Z"
THIRD = "2022-06-15T05:00:00Z"


@pytest.fixture
def inbox(lab: Lab) -> Path:
    """An inbox with a document of every format, one of them in a folder."""
    folder = lab.root / "inbox"
    for name in recognise.PARSERS:
        for path in (FIXTURES / FOLDERS.get(name, name)).iterdir():
            target = folder / ("from Utopia" if name == "ris" else "") / f"{name}-{path.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def counts(lab: Lab) -> dict[str, int]:
    store = lab.open()
    try:
        return store.counts()
    finally:
        store.close()


def report(lab: Lab, name: str) -> str:
    return (lab.root / "out" / name / "report.md").read_text(encoding="utf-8")


def test_no_inbox_is_nothing_and_none_is_made(lab: Lab) -> None:
    assert lab("run").code == 0
    assert not (lab.root / "inbox").exists()
    (lab.root / "inbox").mkdir()
    (lab.root / "inbox" / "README.md").write_text("Put files here.")
    ended = lab("run", now=SECOND)
    assert (ended.code, "inbox" in ended.err) == (0, False)


def test_every_format_is_read_once_and_stays_where_it_is(lab: Lab, inbox: Path) -> None:
    before = contents(inbox)
    assert len(before) >= len(recognise.PARSERS)
    first = lab("run")
    assert first.code == 0
    for name in before:
        assert f"inbox/{name}: " in first.err
    stored, rows = counts(lab), lab.rows()
    assert {"pubmed", "crossref", "clinicaltrials", "anzctr", "isrctn", "chictr", "jrct", "ictrp"} <= set(stored)
    assert contents(inbox) == before

    shutil.move(inbox / "nbib-pubmed.nbib", inbox / "renamed.txt")
    second = lab("run", now=SECOND)
    assert second.code == 0
    assert second.err.count("read before, passed over") == len(before)
    assert "inbox/renamed.txt: read before" in second.err
    assert (counts(lab), lab.rows()["record_version"]) == (stored, rows["record_version"])


def test_a_file_read_by_name_is_not_read_again(lab: Lab, inbox: Path) -> None:
    path = inbox / "facts_csv-papers.csv"
    assert lab("run", "--from", path).code == 0
    assert "inbox/facts_csv-papers.csv: read before" in lab("run", now=SECOND).err


def test_what_cannot_be_read_is_named_until_it_is_mended(lab: Lab, inbox: Path) -> None:
    broken = inbox / "broken.csv"
    broken.write_bytes("pmid,title\n1,Größe\n".encode("latin-1"))
    cut = inbox / "cut.ris"
    cut.write_bytes(b"TY  - JOUR\nDO  - 10.5555/cut\nTI  - A title\n")
    ended = lab("run")
    assert ended.code == 3
    for line in ("inbox/broken.csv", "not UTF-8", "inbox/cut.ris", "breaks off"):
        assert line in ended.err
        assert line in report(lab, "20220601T050000Z")
    assert counts(lab)["anzctr"]
    again = lab("run", now=SECOND)
    assert again.code == 3
    assert "not UTF-8" in again.err
    broken.write_text("pmid,title\n1,Größe\n", encoding="utf-8")
    cut.unlink()
    mended = lab("run", now=THIRD)
    assert mended.code == 0
    assert "inbox/broken.csv: 1 items of facts_csv (1 new)" in mended.err


def test_files_are_read_when_no_service_answers(lab: Lab, inbox: Path) -> None:
    lab.server.spoil(faults.reset, "", times=None)
    assert lab("run").code == 3
    assert counts(lab)["anzctr"]


def test_an_inbox_that_is_a_file_is_read_as_one(lab: Lab) -> None:
    shutil.copy(FIXTURES / "facts" / "papers.csv", lab.root / "inbox")
    ended = lab("run")
    assert ended.code == 0
    assert "inbox: " in ended.err


def test_what_was_read_is_known_after_a_restore(lab: Lab, inbox: Path, tmp_path: Path) -> None:
    assert lab("run").code == 0
    store = lab.open()
    store.export_snapshot(tmp_path / "snapshot")
    store.close()
    (lab.root / "var" / "tiny.db").unlink()
    store = lab.open()
    store.restore_snapshot(tmp_path / "snapshot")
    store.close()
    ended = lab("run", now=SECOND)
    assert ended.err.count("read before, passed over") == len(contents(inbox))


def test_a_reading_that_failed_is_no_reading(lab: Lab, empty_store: Path, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from livingreview.store.ingest import Tally

    store = Repository.open(f"sqlite:///{empty_store}", tmp_path / "archive")
    try:
        run = store.start_run("services", datetime(2022, 6, 1, tzinfo=UTC), "", "")
        for name, error in (("a.csv", "breaks off"), ("b.csv", "")):
            store.log_document(run, "files", name, name * 2, 1, datetime(2022, 6, 1, tzinfo=UTC))
            values = {"source": "files", "name": name, "role": "file", "query_hash": "", "text": "", "error": error}
            with store.writing(run) as writing:
                writing.log_query(values, Tally())
        assert [store.has_read_file(name * 2) for name in ("a.csv", "b.csv", "c.csv")] == [False, True, False]
    finally:
        store.close()


# What was put there by somebody who may put files there, but not read ours


def archived(lab: Lab) -> list[bytes]:
    return [gzip.decompress(path.read_bytes()) for path in (lab.root / "var" / "archive").rglob("*.gz")]


@pytest.fixture
def hostile(lab: Lab, tmp_path: Path) -> Path:
    """An inbox with links to what nobody meant to give, of a format that is read and of none, and with odd things."""
    folder = lab.root / "inbox"
    folder.mkdir()
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "papers.csv").write_text("pmid,title\n31999999,Not for your eyes\n", encoding="utf-8")
    (tmp_path / "private" / "shadow").write_text("root:$6$not for your eyes\n", encoding="utf-8")
    (folder / "link.csv").symlink_to(tmp_path / "private" / "papers.csv")
    (folder / "link.xml").symlink_to(tmp_path / "private" / "shadow")
    (folder / "links").symlink_to(tmp_path / "private")
    (folder / "diary.txt").write_text("Dear diary, not for your eyes\n", encoding="utf-8")
    os.mkfifo(folder / "pipe.csv")
    (folder / "a\n::error title=x::injected\x1b[31m\u202e.csv").write_text("pmid,title\n1,Good\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("channel", ["services", "files"])
def test_nothing_that_was_not_given_comes_into_the_archive(lab: Lab, hostile: Path, channel: str) -> None:
    arguments = ["--from", hostile] if channel == "files" else []
    ended = lab("run", *arguments)
    assert ended.code == 3
    assert not any(b"not for your eyes" in body.lower() for body in archived(lab))
    name = "20220601T050000Z"
    for one, words in (
        *((link, "a symbolic link, which is not followed") for link in ("link.csv", "link.xml", "links")),
        ("diary.txt", "of no format that is read"),
        ("pipe.csv", "neither a file nor a folder"),
    ):
        (line,) = [line for line in ended.out.splitlines() if line.startswith("FAILED") and one in line]
        assert words in line
        assert words.split()[-1] in report(lab, name) and one in report(lab, name)
    assert "a ::error title=x::injected [31m .csv: 1 items of facts_csv (1 new)" in ended.err
    assert not any(line.strip().startswith("::") for line in (ended.out + ended.err).splitlines())
    assert not any(char in ended.out + ended.err for char in "\x1b\u202e")
    again = lab("run", "--replay", name)
    assert (again.code, again.out.splitlines()[-1:]) == (0, [f"{name}: identical"]), again.err


def test_a_file_that_a_person_names_may_be_a_link(lab: Lab, hostile: Path) -> None:
    ended = lab("run", "--from", hostile / "link.csv")
    assert ended.code == 0
    assert "link.csv: 1 items of facts_csv (1 new)" in ended.err
