"""RIS."""

import contextlib
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Fidelity, Kind, Person, Problem, Record
from livingreview.sources.base import Item
from livingreview.sources.formats import ris

FIXTURE = Path(__file__).parents[3] / "fixtures" / "ris" / "mixed.ris"
QUICK = settings(max_examples=40, deadline=None, database=None)
WORDS = st.lists(st.from_regex(r"[a-zäé]{1,8}", fullmatch=True), min_size=1, max_size=6).map(" ".join)


def items(text: str | bytes) -> list[Item]:
    return list(ris.parse(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def one(*lines: str) -> Item:
    (item,) = items("\n".join(("TY  - JOUR", *lines, "ER  - ", "")))
    return item


def record(*lines: str) -> Record:
    item = one(*lines)
    assert isinstance(item, Record)
    return item


def test_the_fixture() -> None:
    found = items(FIXTURE.read_bytes())
    assert [item.source_id for item in found] == [
        "90000001",
        "90000002",
        "10.5555/invented.2022.002",
        "10.1101/2025.01.02.900001",
        "NCT09999903",
        "line 55",
    ]
    full, medline, other, preprint, trial, problem = found
    assert isinstance(full, Record)
    assert full.fidelity is Fidelity.CITATION
    assert full.persons[0] == Person(family="Muster", given="Erika A.")
    assert full.persons[2] == Person(collective="Invented Vesicle Study Group")
    assert (full.publication_date, full.pages, full.issn) == ("2024-03-15", "101-112", "1234-567X")
    assert (full.journal, full.journal_abbreviation) == ("Journal of Invented Research", "J Invent Res")
    assert (full.doi, full.pmcid, full.nct_ids) == ("10.5555/invented.2024.001", "PMC9900001", ("NCT09999901",))
    assert [part.label for part in full.abstract] == ["OBJECTIVE", "RESULTS"]
    assert full.keywords == ("invented cell", "vesicle")
    assert isinstance(medline, Record)
    assert (medline.source, medline.publication_date) == ("pubmed", "2023")
    assert isinstance(other, Record)
    assert (other.source, other.pmid) == ("crossref", "")
    assert isinstance(preprint, Record)
    assert preprint.kind is Kind.PREPRINT
    assert isinstance(trial, Record)
    assert (trial.source, trial.kind, trial.fidelity) == ("clinicaltrials", Kind.TRIAL, Fidelity.POINTER)
    assert isinstance(problem, Problem)
    assert problem.reason == "line 55: no pmid, doi or registry number: A chapter without any number"


@pytest.mark.parametrize(
    "lines",
    [
        ("UR  - https://pubmed.ncbi.nlm.nih.gov/77/",),
        ("L2  - https://www.ncbi.nlm.nih.gov/pubmed/77",),
        ("DB  - PubMed", "AN  - 77"),
        ("DP  - NLM", "AN  - 77"),
        ("DB  - MEDLINE", "ID  - 77"),
        ("N1  - PMID: 77 [indexed]",),
        ("AN  - pmid 77",),
    ],
)
def test_where_a_pmid_stands(lines: tuple[str, ...]) -> None:
    assert record(*lines).key == ("pubmed", "77")


@pytest.mark.parametrize(
    "lines",
    [
        ("DO  - 10.5555/X.1",),
        ("M3  - 10.5555/x.1",),
        ("UR  - https://doi.org/10.5555/x.1?nosfx=y",),
        ("L3  - http://dx.doi.org/10.5555/X.1",),
    ],
)
def test_where_a_doi_stands(lines: tuple[str, ...]) -> None:
    assert record(*lines).key == ("crossref", "10.5555/x.1")


@pytest.mark.parametrize(
    "lines", [("AN  - 77",), ("N1  - see NCT09999901",), ("UR  - https://example.org/10.5555/x/full",)]
)
def test_what_names_nothing(lines: tuple[str, ...]) -> None:
    assert isinstance(one("TI  - A title", *lines), Problem)


def test_registry_addresses() -> None:
    assert record("UR  - https://clinicaltrials.gov/ct2/show/nct09999901").source_id == "NCT09999901"


@pytest.mark.parametrize(
    ("lines", "date"),
    [
        (("PY  - 2023", "DA  - 2023/05//"), "2023-05"),
        (("PY  - 2023", "DA  - 2022/05/01/"), "2023"),
        (("PY  - 2023///",), "2023"),
        (("DA  - 2023 Nov-Dec",), "2023-11"),
        ((), ""),
    ],
)
def test_dates(lines: tuple[str, ...], date: str) -> None:
    assert record("DO  - 10.5555/x", *lines).publication_date == date


def test_windows_line_ends_unknown_tags_and_junk_before_the_first_record() -> None:
    text = (
        "\ufeffExported by nobody\r\n\r\nTY  - JOUR\r\nQ9  - ?\r\nTI  - One\r\n  more\r\nDO  - 10.5555/x\r\nER  -\r\n"
    )
    (found,) = items(text)
    assert isinstance(found, Record)
    assert found.title == "One more"


def test_a_missing_end_between_records_loses_none() -> None:
    found = items("TY  - JOUR\nDO  - 10.5555/a\nTY  - JOUR\nDO  - 10.5555/b\nER  - \n")
    assert [item.source_id for item in found] == ["10.5555/a", "10.5555/b"]


def test_a_file_that_breaks_off() -> None:
    parser = ris.parse(io.BytesIO(b"TY  - JOUR\nDO  - 10.5555/a\nER  - \nTY  - JOUR\nDO  - 10.55"))
    assert isinstance(next(parser), Record)
    with pytest.raises(InputError, match="breaks off in the record at line 4"):
        next(parser)


@pytest.mark.parametrize("data", [b"", b"PMID- 1\n", "TY  - JOUR\nTI  - Größe\n".encode("latin-1"), b"TY  - J\0"])
def test_what_is_no_ris(data: bytes) -> None:
    with pytest.raises(InputError, match="RIS"):
        items(data)


def test_a_record_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ris, "MAX_RECORD_CHARS", 50)
    with pytest.raises(InputError, match="larger than any"):
        items("TY  - JOUR\nAB  - " + "word " * 30 + "\nER  - \n")


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    try:
        items(b"TY  - JOUR\n" + data)
    except InputError as error:
        assert "\n" not in str(error)


@QUICK
@given(
    st.lists(
        st.tuples(st.sampled_from(["TY  - ", "AB  - ", "UK  - ", "ER  - ", "ER  -", "T2  - ", "", "TY"]), st.text())
    )
)
def test_any_lines(lines: list[tuple[str, str]]) -> None:
    with contextlib.suppress(InputError):
        items("TY  - JOUR\n" + "\n".join(tag + text for tag, text in lines))


@QUICK
@given(
    number=st.integers(1, 10**6),
    title=WORDS,
    names=st.lists(WORDS, max_size=4, unique=True),
    keywords=st.lists(WORDS, unique=True),
)
def test_written_and_read_again(number: int, title: str, names: list[str], keywords: list[str]) -> None:
    lines = [f"DO  - 10.5555/{number}", f"TI  - {title}", *(f"AU  - {name}, X" for name in names)]
    found = record(*lines, *(f"KW  - {word}" for word in keywords))
    assert (found.doi, found.title, found.keywords) == (f"10.5555/{number}", title, tuple(keywords))
    assert found.persons == tuple(Person(family=name, given="X") for name in names)
