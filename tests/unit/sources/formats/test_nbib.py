"""MEDLINE text."""

import contextlib
import io
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Fidelity, Kind, Notice, Person, Problem, Record, Section
from livingreview.sources.base import Item
from livingreview.sources.formats import nbib

ROOT = Path(__file__).parents[4]
FIELD = Path(os.environ.get("LIVINGREVIEW_FIELD_DATA") or ROOT.parent / "shared" / "data") / "services" / "nbib"
FIXTURE = ROOT / "tests" / "fixtures" / "nbib" / "pubmed.nbib"
QUICK = settings(max_examples=60, deadline=None, database=None)
WORDS = st.lists(st.from_regex(r"[a-zäé]{1,8}", fullmatch=True), min_size=1, max_size=6).map(" ".join)


def items(text: str | bytes) -> list[Item]:
    return list(nbib.parse(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def record(text: str) -> Record:
    (item,) = items(text)
    assert isinstance(item, Record)
    return item


@pytest.fixture(scope="module")
def parsed() -> list[Item]:
    return items(FIXTURE.read_bytes())


def test_full_record(parsed: list[Item]) -> None:
    first = parsed[0]
    assert isinstance(first, Record)
    assert first.key == ("pubmed", "90000001")
    assert first.fidelity is Fidelity.CITATION
    assert first.title.endswith("a made-up study in the rat.")
    assert first.vernacular_title == "Vesikel erfundener Zellen."
    assert [part.label for part in first.abstract] == ["BACKGROUND", "METHODS AND RESULTS", "CONCLUSIONS"]
    assert first.abstract[0].text.endswith("were not tried: this is a gap.")
    assert first.language == ("eng", "ger")
    assert (first.journal, first.journal_abbreviation) == ("Journal of invented research", "J Invent Res")
    assert (first.issn, first.nlm_id) == ("1234-567X", "9999999")
    assert (first.volume, first.issue, first.pages) == ("12", "3", "101-12")
    assert (first.publication_date, first.source_date, first.created_date) == ("2024-03-15", "2024-07-12", "2024-03-04")
    assert first.mesh[:2] == ("Exosomes/metabolism", "Exosomes/transplantation")
    assert first.keywords == ("invented cell", "extracellular vesicle")
    assert first.chemicals == ("Invented Protein (1-42), human", "Inventase")
    assert (first.doi, first.pmcid) == ("10.5555/invented.2024.001", "PMC9900001")
    assert first.nct_ids == ("NCT09999902", "NCT09999901")
    assert first.accessions == ("NCT09999902", "XX000001")
    assert first.indexing_status == "MEDLINE"


def test_authors_keep_what_is_theirs(parsed: list[Item]) -> None:
    first = parsed[0]
    assert isinstance(first, Record)
    assert [(one.family, one.orcid, len(one.affiliations)) for one in first.persons] == [
        ("Muster", "0000-0002-1825-0097", 2),
        ("Beispiel", "", 1),
        ("", "", 0),
    ]
    assert first.persons[2] == Person(collective="Invented Vesicle Study Group")


def test_an_address_before_the_first_author_is_the_first_authors() -> None:
    found = record("PMID- 1\nAD  - Nowhere.\nFAU - Muster, E\nAU  - Muster E\nFAU - Beispiel, J\nAU  - Beispiel J\n")
    assert [one.affiliations for one in found.persons] == [("Nowhere.",), ()]


def test_folded_notices_are_one_notice_each(parsed: list[Item]) -> None:
    first, retraction = parsed[:2]
    assert isinstance(first, Record)
    assert isinstance(retraction, Record)
    assert {notice.kind for notice in first.notices} == {"RetractionIn", "ErratumIn", "CommentIn"}
    notice = next(one for one in first.notices if one.kind == "RetractionIn")
    assert (notice.pmid, notice.doi) == ("90000009", "10.5555/invented.2024.777")
    assert retraction.notices == (
        Notice(
            kind="RetractionOf",
            pmid="90000001",
            doi="10.5555/invented.2024.001",
            citation="J Invent Res. 2024 Mar 15;12(3):101-12. doi: 10.5555/invented.2024.001.",
        ),
    )


def test_the_other_records(parsed: list[Item]) -> None:
    book, preprint, nameless = parsed[2:]
    assert isinstance(book, Record)
    assert (book.kind, book.publication_date, book.journal) == (Kind.BOOK, "2021", "The Handbook of Invention")
    assert len(book.abstract) == 1
    assert isinstance(preprint, Record)
    assert (preprint.key, preprint.kind) == (("crossref", "10.5555/invented.pre.1"), Kind.PREPRINT)
    assert isinstance(nameless, Problem)
    assert "A record that nobody can name." in nameless.reason


@pytest.mark.parametrize("tag", sorted(nbib.NOTICE_KINDS))
def test_every_notice_tag(tag: str) -> None:
    found = record(f"PMID- 1\n{tag:<4}- J Invent Res. 2024;1:1. PMID: 22\n")
    assert [(one.kind, one.pmid) for one in found.notices] == [(nbib.NOTICE_KINDS[tag], "22")]


@pytest.mark.parametrize(
    ("printed", "date"),
    [
        ("2021 Mar 15", "2021-03-15"),
        ("2021 Spring", "2021"),
        ("2019 Nov-Dec", "2019-11"),
        ("2019 Dec-2020 Jan", "2019-12"),
        ("2020", "2020"),
        ("2020 Dec", "2020-12"),
        ("soon", ""),
    ],
)
def test_publication_dates(printed: str, date: str) -> None:
    assert record(f"PMID- 1\nDP  - {printed}\n").publication_date == date


def test_windows_line_ends_byte_order_mark_and_missing_gap() -> None:
    text = "\ufeffPMID- 1\r\nTI  - One\r\n      more\r\nPMID- 2\r\nTI  - Two"
    assert [(one.source_id, one.title) for one in items(text) if isinstance(one, Record)] == [
        ("1", "One more"),
        ("2", "Two"),
    ]


def test_a_paragraph_break_within_an_abstract_ends_no_record() -> None:
    found = record("PMID- 1\nAB  - First.\n\n      Second.\nTI  - Title\n")
    assert (found.abstract, found.title) == ((Section(text="First. Second."),), "Title")


@pytest.mark.parametrize("text", ["", "\n\n", "<html>no</html>", "      folded\n"])
def test_what_is_no_medline(text: str) -> None:
    with pytest.raises(InputError, match="MEDLINE text"):
        items(text)


def test_not_utf8_and_nul() -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        items("PMID- 1\nTI  - Größe\n".encode("latin-1"))
    with pytest.raises(InputError, match="NUL"):
        items(b"PMID- 1\nTI  - a\0b\n")


def test_a_record_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nbib, "MAX_RECORD_CHARS", 100)
    with pytest.raises(InputError, match="line 1"):
        items("PMID- 1\nAB  - " + "word " * 30 + "\n")


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("", []),
        ("Plain.", [""]),
        ("AIM one. RESULTS: two.", [""]),
        ("AIMS: One. RESULTS: two.", ["AIMS", "RESULTS"]),
        ("BACKGROUND & AIMS: One. A gene, ABCD: no label.", ["BACKGROUND & AIMS"]),
    ],
)
def test_sections(text: str, labels: list[str]) -> None:
    found = nbib.sections(text)
    assert [part.label for part in found] == labels
    assert " ".join(f"{part.label}: {part.text}" if part.label else part.text for part in found) == text


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    try:
        items(data)
    except InputError as error:
        assert "\n" not in str(error)


@QUICK
@given(
    st.lists(
        st.tuples(st.sampled_from(["PMID- ", "AB  - ", "FAU - ", "AD  - ", "      ", "MH  -", "X", ""]), st.text())
    )
)
def test_any_lines(lines: list[tuple[str, str]]) -> None:
    with contextlib.suppress(InputError):
        items("PMID- 1\n" + "\n".join(tag + text for tag, text in lines))


@QUICK
@given(
    pmid=st.integers(1, 10**9),
    title=WORDS,
    names=st.lists(WORDS, max_size=4, unique=True),
    keywords=st.lists(WORDS, unique=True),
)
def test_written_and_read_again(pmid: int, title: str, names: list[str], keywords: list[str]) -> None:
    lines = [f"PMID- {pmid}", "TI  - " + title.replace(" ", "\n      ")]
    lines += [f"FAU - {name}, X\nAU  - {name} X" for name in names] + [f"OT  - {word}" for word in keywords]
    found = record("\n".join(lines))
    assert (found.pmid, found.title, found.keywords) == (str(pmid), title, tuple(keywords))
    assert found.persons == tuple(Person(family=name, given="X") for name in names)


@pytest.mark.field
@pytest.mark.skipif(not FIELD.is_dir(), reason=f"no real MEDLINE files in {FIELD}")
def test_real_exports() -> None:
    for path in sorted(FIELD.iterdir()):
        data = path.read_bytes()
        with path.open("rb") as document:
            found = list(nbib.parse(document))
        pmids = [pmid.decode() for pmid in re.findall(rb"^PMID- (\d+)", data, re.MULTILINE)]
        assert [one.source_id for one in found] == pmids, path
        assert all(isinstance(one, Record) for one in found), path
        records = [one for one in found if isinstance(one, Record)]
        assert all(one.title and one.publication_date for one in records), path
        assert sum(len(one.persons) for one in records) == len(re.findall(rb"^(?:AU|CN)  -", data, re.MULTILINE))
        wanted = len(re.findall(rb"^(?:" + "|".join(nbib.NOTICE_KINDS).encode() + rb") *- ", data, re.MULTILINE))
        assert sum(len(one.notices) for one in records) == wanted, path
