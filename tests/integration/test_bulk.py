"""``bulk``: many files, one table."""

import csv
from pathlib import Path

import pytest

from support.lab import Ended, Lab

FIXTURES = Path(__file__).parents[1] / "fixtures"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def inputs(tmp_path: Path) -> list[Path]:
    """A list of facts, MEDLINE text, a file of no format, one that breaks off, and PubMed XML."""
    facts = tmp_path / "1.csv"
    facts.write_text("title,doi\n=loom cells,10.5555/b.1\nVesicles of loom cells,10.5555/b.2\n", encoding="utf-8")
    odd = tmp_path / "2.txt"
    odd.write_text("no format at all\n", encoding="utf-8")
    short = tmp_path / "3.ris"
    short.write_text("TY  - JOUR\nTI  - Whole\nDO  - 10.5555/b.3\nER  - \nTY  - JOUR\nTI  - Half\n", encoding="utf-8")
    return [facts, FIXTURES / "nbib" / "pubmed.nbib", odd, short, FIXTURES / "pubmed_xml" / "set.xml"]


def bulk(lab: Lab, *arguments: str | Path, jobs: int = 1) -> tuple[Ended, Path]:
    path = lab.root / f"out{jobs}.csv"
    return lab("bulk", *arguments, "-o", path, "--jobs", str(jobs)), path


def test_every_record_in_the_order_of_files(lab: Lab, inputs: list[Path]) -> None:
    ended, path = bulk(lab, *inputs)
    rows = table(path)
    assert list(rows[0]) == [
        *("file", "source", "source_id", "pmid", "doi", "nct_ids", "title", "publication_date"),
        *("scope", "p_loom_ev", "p_loom", "p_yarn_ev", "p_bobbin_ev", "p_other", "is_relevant", "areas", "species"),
    ]
    assert list(dict.fromkeys(row["file"] for row in rows)) == [str(path) for path in inputs if path != inputs[2]]
    assert [row["source_id"] for row in rows][:2] == ["10.5555/b.1", "10.5555/b.2"]
    assert rows[0]["title"] == "'=loom cells"
    assert rows[1]["scope"] == "loom_ev" and rows[1]["is_relevant"] == "1"
    assert "10.5555/b.3" in {row["source_id"] for row in rows}
    assert ended.code == 3
    assert "not read to its end: " in ended.err and "2.txt: of no format that is read" in ended.err
    assert "3.ris: RIS: breaks off in the record at line 5" in ended.err
    assert f"{len(rows)} records of 5 files in {path}" in ended.err
    assert not list(lab.root.glob(".part-*"))


def test_two_processes_give_the_same_bytes(lab: Lab, inputs: list[Path]) -> None:
    one, alone = bulk(lab, *inputs)
    other, together = bulk(lab, *inputs, jobs=2)
    assert alone.read_bytes() == together.read_bytes()
    assert one.code == other.code == 3
    assert one.err.replace("out1", "") == other.err.replace("out2", "")


def test_it_says_what_predict_says(lab: Lab, inputs: list[Path]) -> None:
    _, path = bulk(lab, inputs[0])
    titles = lab.root / "titles.csv"
    titles.write_text("title\n=loom cells\nVesicles of loom cells\n", encoding="utf-8")
    lab("predict", "--csv", titles, "-o", lab.root / "predicted.csv")
    for row, said in zip(table(path), table(lab.root / "predicted.csv"), strict=True):
        del said["title"]
        assert {name: row[name] for name in said} == said


def test_what_is_in_a_folder_and_what_cannot_be_read_of_it(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.csv").write_text("title,doi\nGood,10.5555/b.1\nBad,no doi\n", encoding="utf-8")
    ended, path = bulk(lab, folder)
    assert (ended.code, len(table(path))) == (0, 1)
    assert "left out: " in ended.err and "column doi: 'no doi' is none" in ended.err


def test_nothing_read_is_told_by_the_code(lab: Lab, inputs: list[Path]) -> None:
    ended, path = bulk(lab, inputs[2])
    assert (ended.code, table(path)) == (4, [])
    assert bulk(lab, inputs[0].with_name("none.xml"))[0].code == 2


def test_a_place_that_cannot_be_written_to(lab: Lab, inputs: list[Path]) -> None:
    ended = lab("bulk", inputs[0], "-o", inputs[0] / "out.csv")
    assert ended.code == 2
    assert "out.csv: cannot be written to (File exists); give another file" in ended.err
