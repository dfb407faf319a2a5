"""CSV of facts, and how text is read."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Fidelity, Kind, Problem, Record
from livingreview.records.identifiers import is_preprint_doi
from livingreview.sources.base import Item
from livingreview.sources.formats import facts_csv, tables
from livingreview.sources.values.dates import loose_date

ROOT = Path(__file__).parents[4]
FIXTURES = ROOT / "tests" / "fixtures" / "facts"
DEMO = ROOT / "data" / "imsc-ev" / "demo"
QUICK = settings(max_examples=60, deadline=None, database=None)


def items(text: str | bytes) -> list[Item]:
    return list(facts_csv.parse(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def one(header: str, row: str) -> Item:
    (item,) = items(f"{header}\n{row}\n")
    return item


def test_papers() -> None:
    found = items((FIXTURES / "papers.csv").read_bytes())
    records = [item for item in found if isinstance(item, Record)]
    assert [record.key for record in records] == [
        ("pubmed", "90000001"),
        ("crossref", "10.1101/2025.01.02.900001"),
        ("pmc", "PMC9900003"),
    ]
    assert records[0].title == 'Vesicles, and "more"'
    assert (records[0].doi, records[0].publication_date) == ("10.5555/invented.2024.001", "2024")
    assert records[1].kind is Kind.PREPRINT
    assert {record.fidelity for record in records} == {Fidelity.FACTS}
    assert [item.reason for item in found if isinstance(item, Problem)] == [
        "line 6: column year: '2024-13' is no date like 2024, 2024-05 or 2024-05-01",
        "line 7: column pmid: '90x' is none",
        "line 8: no pmid, doi or PMC id: Without any id",
        "line 9: 8 cells where the header has 7",
        "line 10: column title: empty",
    ]


def test_trials() -> None:
    found = items((FIXTURES / "trials.csv").read_bytes())
    first, second, other, unknown, *problems = found
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert first.trial is not None
    assert second.trial is not None
    assert first.key == second.key == ("clinicaltrials", "NCT09999901")
    assert first.order_key < second.order_key
    assert (first.trial.status, second.trial.status) == ("RECRUITING", "TERMINATED")
    assert (first.trial.enrollment_count, first.trial.enrollment_type) == (12, "ESTIMATED")
    assert (second.trial.phases, second.trial.why_stopped) == (("PHASE1", "PHASE2"), "No money")
    assert (first.trial.has_results, second.trial.has_results) == (None, False)
    assert first.trial.conditions == ("Invented Disease", "Rare Disease")
    assert isinstance(other, Record)
    assert other.trial is not None
    assert (other.key, other.trial.status, other.trial.phases) == (
        ("anzctr", "ACTRN99999999999999"),
        "ACTIVE_NOT_RECRUITING",
        ("NA",),
    )
    assert isinstance(unknown, Record)
    assert unknown.trial is not None
    assert (unknown.trial.status, unknown.trial.has_results) == ("Resting for a while", True)
    reasons = [item.reason for item in problems if isinstance(item, Problem)]
    assert len(reasons) == len(problems) == 6
    columns = ("nct_id", "as_of", "enrollment", "has_results", "enrollment_type")
    for line, column, reason in zip(range(6, 11), columns, reasons, strict=False):
        assert reason.startswith(f"line {line}: column {column}: ")
    assert reasons[5] == "line 11: neither nct_id nor source_id"
    assert problems[1].source_id == "NCT09999903"


def test_when_a_trial_was_first_posted_and_of_which_type_it_is() -> None:
    found = one("nct_id,title,study_type,first_posted", "NCT09999901,A title,observational,2020-02")
    assert isinstance(found, Record)
    assert found.trial is not None
    assert (found.trial.study_type, found.trial.first_posted_date) == ("OBSERVATIONAL", "2020-02")
    shifted = one("nct_id,title,study_type,first_posted", "NCT09999901,A title,2020-02,OBSERVATIONAL")
    assert isinstance(shifted, Problem)
    assert "column study_type: '2020_02'" in shifted.reason


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("10.5555/X", ("crossref", "10.5555/x")),
        ("https://doi.org/10.5555/X", ("crossref", "10.5555/x")),
        ("PMC77", ("pmc", "PMC77")),
    ],
)
def test_a_column_id(value: str, key: tuple[str, str]) -> None:
    found = one("id,title,year,journal,source_url", f"{value},A title,2024,,")
    assert isinstance(found, Record)
    assert found.key == key


def test_a_bare_number_as_id_is_no_pmid() -> None:
    assert isinstance(one("id,title", "77,A title"), Problem)


def test_what_else_a_paper_may_say() -> None:
    found = one("PMID, Title ,abstract,keywords,nct_id", "077,A  title,Text.,a; b|a,NCT09999901")
    assert isinstance(found, Record)
    assert (found.pmid, found.title, found.abstract_text) == ("77", "A title", "Text.")
    assert (found.keywords, found.nct_ids) == (("a", "b"), ("NCT09999901",))


@pytest.mark.parametrize("column", ["doi", "pmcid"])
def test_an_id_that_is_none(column: str) -> None:
    found = one(f"pmid,{column},title", "77,nonsense,A title")
    assert isinstance(found, Problem)
    assert f"column {column}" in found.reason


def test_enrolment_in_british_spelling_and_a_wrong_nct_number_beside_another_registry() -> None:
    header = "nct_id,source,source_id,title,enrolment"
    found = one(header, ",isrctn,ISRCTN1,A trial,64")
    assert isinstance(found, Record)
    assert found.trial is not None
    assert found.trial.enrollment_count == 64
    assert isinstance(one(header, "x,isrctn,ISRCTN1,A trial,64"), Problem)


@pytest.mark.parametrize(
    ("header", "shape"),
    [
        ("doi,title", "papers"),
        ("ref_no,title,PMID", "papers"),
        ("id,title", "papers"),
        ("nct_id,status", "trials"),
        ("source,source_id,title", "trials"),
        ("nct_id,title,pmid", "papers"),
        ("nct_id,what_is_known", None),
        ("title,year", None),
        ("doi,year", None),
        ("", None),
    ],
)
def test_shapes(header: str, shape: str | None) -> None:
    assert facts_csv.shape_of(header.split(",")) == shape


def test_quoted_line_breaks_windows_line_ends_and_line_numbers() -> None:
    text = '\ufeffpmid,title\r\n1,"A title\r\nover two lines"\r\n\r\nx,Wrong\r\n'
    record, problem = items(text)
    assert isinstance(record, Record)
    assert record.title == "A title over two lines"
    assert isinstance(problem, Problem)
    assert problem.reason.startswith("line 5: ")


def test_a_bad_quotation_mark_costs_one_row() -> None:
    bad, good = items('pmid,title\n1,"A" title\n2,Good\n')
    assert isinstance(bad, Problem)
    assert isinstance(good, Record)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("a,b\n1,2\n", "header"),
        ("pmid,pmid,title\n", "twice: pmid"),
        ('pmid,title\n1,"never closed\n2,x\n', "line 2"),
        ('pmid,"title\n', "line 1"),
        ("pmid,title\n1,a\0b\n", "NUL"),
    ],
)
def test_what_is_no_csv_of_facts(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        items(text)


def test_not_utf8() -> None:
    with pytest.raises(InputError, match="not UTF-8 after line 0"):
        items("pmid,title\n1,Größe\n".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8"):
        items("pmid,title\n1,Größe".encode()[:-2])


def test_lines_across_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_CHUNK_BYTES", 3)
    text = "\ufeffäöü\r\n\nß€\r\n𝄞"
    assert list(tables.text_lines(io.BytesIO(text.encode()), "text")) == ["äöü", "", "ß€", "𝄞"]


def test_a_line_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_LINE_CHARS", 10)
    monkeypatch.setattr(tables, "_CHUNK_BYTES", 8)
    with pytest.raises(InputError, match="line 2 has more than 10"):
        list(tables.text_lines(io.BytesIO(b"short\n" + b"x" * 30), "text"))


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("20181113", "2018-11-13"),
        ("2002/09/17 10:00", "2002-09-17"),
        ("2021-12", "2021-12"),
        ("2021-12-31T00:00:00.000Z", "2021-12-31"),
        ("2019-2020", "2019"),
        ("2021", "2021"),
        ("2021 Mar 15", "2021-03-15"),
        ("2019 Nov-Dec", "2019-11"),
        ("", ""),
        ("never", ""),
    ],
)
def test_loose_dates(text: str, date: str) -> None:
    assert loose_date(text) == date


@pytest.mark.parametrize(
    ("doi", "is_preprint"),
    [
        ("10.1101/2025.01.02.900001", True),
        ("10.64898/2026.01.02.900001", True),
        ("10.1101/123456", True),
        ("10.1101/gr.900001.125", False),
        ("10.5555/2025.01.02.900001", False),
        ("", False),
    ],
)
def test_preprints_by_their_doi(doi: str, is_preprint: bool) -> None:
    assert is_preprint_doi(doi) is is_preprint


@pytest.mark.skipif(not DEMO.is_dir(), reason=f"no demo records in {DEMO}")
def test_the_demo_records_are_all_read() -> None:
    for path in sorted(DEMO.glob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        with path.open("rb") as document:
            found = list(facts_csv.parse(document))
        assert len(found) == len(rows), path
        assert [item for item in found if not isinstance(item, Record)] == [], path


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for header in (b"pmid,doi,title,year\n", b"nct_id,title,as_of,enrollment\n", b""):
        try:
            items(header + data)
        except InputError as error:
            assert "\n" not in str(error)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@QUICK
@given(st.lists(st.tuples(st.integers(1, 10**9), CELL), max_size=8))
def test_written_and_read_again(rows: list[tuple[int, str]]) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["pmid", "title"])
    writer.writerows(rows)
    found = items(buffer.getvalue())
    assert len(found) == len(rows)
    for (pmid, title), item in zip(rows, found, strict=True):
        if title.split():
            assert isinstance(item, Record)
            assert (item.pmid, item.title) == (str(pmid), " ".join(title.split()))
        else:
            assert isinstance(item, Problem)
