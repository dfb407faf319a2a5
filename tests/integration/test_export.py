"""An export that comes back: the same facts in an empty store, nothing new in the one that it came from."""

import csv
import io
import json
from pathlib import Path

import pytest

from livingreview.records import StoredRecord
from livingreview.sources.formats import recognise
from support import tiny_review
from support.lab import Cli, Lab, Once

FIXTURES = Path(__file__).parents[1] / "fixtures"
FOLDERS = {"facts_csv": "facts"}
LATER = "2022-06-08T05:00:00Z"


@pytest.fixture
def filled(lab: Lab, once: Once) -> Lab:
    """A store with what the examples of every format hold."""

    def read() -> None:
        for name in recognise.PARSERS:
            assert lab("run", "--from", FIXTURES / FOLDERS.get(name, name)).code == 0

    once("examples", read)
    return lab


def records(lab: Lab) -> dict[tuple[str, str], StoredRecord]:
    store = lab.open()
    try:
        return {stored.record.key: stored for stored in store.records() if not stored.is_withdrawn}
    finally:
        store.close()


@pytest.mark.parametrize("suffix", ["ris", "nbib"])
def test_coming_back_changes_nothing(filled: Lab, suffix: str) -> None:
    before = records(filled)
    path = filled.root / f"all.{suffix}"
    assert filled("export", "--records", "-o", path).code == 0
    assert filled("run", "--from", path, now=LATER).code == 0
    assert records(filled) == before
    assert filled("changes", "--since", LATER, "--json").out == ""


@pytest.mark.parametrize("suffix", ["ris", "nbib"])
def test_an_empty_store_learns_the_same_facts(filled: Lab, cli: Cli, suffix: str, tmp_path: Path) -> None:
    before = records(filled)
    path = filled.root / f"all.{suffix}"
    filled("export", "--records", "-o", path)
    other = Lab(tiny_review.write(tmp_path / "other"), filled.server, cli)
    assert other("run", "--from", path).code == 0
    after = records(other)
    told = {key for key, stored in before.items() if key[0] not in ("retraction_watch", "ictrp")}
    assert set(after) == told
    for key in told:
        one, again = before[key].record, after[key].record
        for name in ("kind", "title", "doi", "pmid", "pmcid"):
            assert (key, getattr(again, name)) == (key, " ".join(str(getattr(one, name)).split()))
        if one.trial is None:
            for name in ("volume", "issue", "publication_date", "journal_abbreviation"):
                assert (key, getattr(again, name)) == (key, getattr(one, name))
            assert [person.family for person in again.persons] == [person.family for person in one.persons]


def test_the_same_store_gives_the_same_bytes(filled: Lab) -> None:
    for form in ("ris", "nbib", "bibtex", "csv", "jsonl"):
        one, other = (filled("export", "--format", form) for _ in range(2))
        assert one.code == 0 and one.out
        assert one.out == other.out


def test_a_table_holds_every_record(filled: Lab) -> None:
    rows = list(csv.DictReader(io.StringIO(filled("export", "--format", "csv", "--records").out)))
    lines = [json.loads(line) for line in filled("export", "--format", "jsonl", "--records").lines]
    keys = set(records(filled))
    assert {(row["source"], row["source_id"]) for row in rows} == keys
    assert {(line["record"]["source"], line["record"]["source_id"]) for line in lines} == keys
    assert len({row["work_id"] for row in rows}) == len(filled("export", "--format", "jsonl").lines)


@pytest.mark.parametrize("form", ["ris", "nbib", "bibtex", "csv", "jsonl"])
def test_nothing_selected_is_an_empty_file_and_no_error(filled: Lab, form: str) -> None:
    path = filled.root / "none"
    ended = filled("export", "--format", form, "--since", "2030-01-01", "-o", path)
    assert (ended.code, ended.err.splitlines()[-1]) == (0, f"0 works in {path}")
    assert len(path.read_text(encoding="utf-8").splitlines()) == (form == "csv")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--scope", "nope"], "nope: no such scope; there are loom_ev, loom, yarn_ev, bobbin_ev, other"),
        (["--area", "nope"], "nope: no such area; there are "),
        (["--decision", "nope"], "nope: no such decision; there are include, exclude, maybe, none"),
        (["--stage", "nope"], "nope: no such stage; there are title_abstract, full_text"),
        (["--source", "nope"], "nope: no such source; there are "),
        (["--since", "nope"], "'nope': not a date"),
        (["--format", "nope"], "nope: no such format; there are ris, nbib, bibtex, csv, jsonl"),
        (["-o", "x.docx"], "x.docx: its extension says no format; give --format, one of ris,"),
        ([], "which format? give --format, one of ris, nbib, bibtex, csv, jsonl, or a file whose extension says it"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_known_is_said_in_one_line(lab: Lab, arguments: list[str], words: str) -> None:
    form = [] if any(name in arguments for name in ("--format", "-o")) or not arguments else ["--format", "ris"]
    ended = lab("export", *form, *arguments)
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (2, "", 1)
    assert words in ended.err


def test_a_file_that_cannot_be_written(lab: Lab) -> None:
    ended = lab("export", "-o", lab.root / "no" / "such.ris")
    assert ended.code == 2
    assert "such.ris: cannot be written to" in ended.err
