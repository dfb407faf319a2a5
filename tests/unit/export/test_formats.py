"""RIS, MEDLINE text and BibTeX: other people's readers and our own find in them what was written."""

import io
import re
from dataclasses import replace

import pytest
import rispy
from bibtexparser.bparser import BibTexParser
from Bio import Medline
from hypothesis import given
from hypothesis import strategies as st

from livingreview.export import bibtex, nbib, ris
from livingreview.export.plain import abstract_of
from livingreview.records import Fidelity, Kind, Notice, Person, Record, Section, TrialFacts
from livingreview.records.sanitize import one_line
from livingreview.sources.formats import nbib as nbib_in
from livingreview.sources.formats import ris as ris_in
from unit.export.conftest import articles, trials

PAPER = Record(
    source="pubmed",
    source_id="31000001",
    pmid="31000001",
    title="Vesicles of iMSC: 5% of {loom} cells & α-actin_2 in Torn skin",
    abstract=(Section(label="METHODS", text="We wove."), Section(label="RESULTS", text="It held.")),
    language=("eng",),
    journal="Journal of Invented Research",
    journal_abbreviation="J Invent Res",
    issn="1234-567X",
    volume="12",
    issue="3",
    pages="101-112",
    publication_date="2024-03-05",
    persons=(Person(family="Muster", given="Erika A."), Person(collective="Loom Study Group, Inc.")),
    mesh=("Exosomes/metabolism",),
    keywords=("loom",),
    doi="10.5555/x_1",
    pmcid="PMC7",
    nct_ids=("NCT00000001",),
    notices=(Notice(kind="RetractionIn", pmid="77", citation="J Invent Res. 2025;1:1."),),
)
TRIAL = Record(
    source="clinicaltrials",
    source_id="NCT00000003",
    kind=Kind.TRIAL,
    title="Vesicles for torn skin",
    nct_ids=("NCT00000003",),
    trial=TrialFacts(status="RECRUITING", sponsor="Institute of Looms", first_posted_date="2023-04"),
)


def bib(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = BibTexParser(common_strings=True).parse(text).entries
    return found


def printed(text: str) -> str:
    """What LaTeX prints: braces away, commands as their letters."""
    for char, command in sorted(bibtex.COMMANDS.items(), key=lambda pair: -len(pair[1])):
        text = text.replace(command, f"\0{ord(char)}\0")
    text = text.replace("{", "").replace("}", "")
    return re.sub("\0(\\d+)\0", lambda found: chr(int(found[1])), text)


# What stands there


def test_ris_as_it_stands() -> None:
    assert ris.entry(PAPER).splitlines() == [
        "TY  - JOUR",
        "ID  - pubmed:31000001",
        "TI  - Vesicles of iMSC: 5% of {loom} cells & α-actin_2 in Torn skin",
        "AU  - Muster, Erika A.",
        "AU  - Loom Study Group, Inc.,",
        "PY  - 2024",
        "DA  - 2024/03/05/",
        "T2  - Journal of Invented Research",
        "J2  - J Invent Res",
        "VL  - 12",
        "IS  - 3",
        "SP  - 101",
        "EP  - 112",
        "SN  - 1234-567X",
        "DO  - 10.5555/x_1",
        "DB  - PubMed",
        "AN  - 31000001",
        "C2  - PMC7",
        "UR  - https://pubmed.ncbi.nlm.nih.gov/31000001/",
        "LA  - eng",
        "KW  - loom",
        "KW  - Exosomes/metabolism",
        "AB  - METHODS: We wove. RESULTS: It held.",
        "N1  - Trial registration: NCT00000001",
        "N1  - RetractionIn: pubmed:77",
        "ER  - ",
        "",
    ]


def test_bibtex_as_it_stands() -> None:
    lines = bibtex.entry(PAPER).splitlines()
    assert lines[:10] == [
        "@article{pubmed:31000001,",
        "  author = {Muster, Erika A. and {Loom Study Group, Inc.}},",
        r"  title = {Vesicles of {iMSC:} 5\% of {\textbraceleft{}loom\textbraceright{}} cells \&"
        r" {$\alpha$-actin\_2} in {Torn} skin},",
        "  journal = {Journal of Invented Research},",
        "  year = {2024},",
        "  month = mar,",
        "  volume = {12},",
        "  number = {3},",
        "  pages = {101--112},",
        "  issn = {1234-567X},",
    ]
    assert "  doi = {10.5555/x_1}," in lines and lines[-2:] == ["}", ""]


def test_a_title_in_capitals_says_nothing_of_names() -> None:
    title = bib(bibtex.entry(replace(PAPER, title="Vesicles From Loom Cells Mend Torn RNA Skin")))[0]["title"]
    assert title == "Vesicles From Loom Cells Mend Torn {RNA} Skin"


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (TRIAL, ["TY  - DATA", "AN  - NCT00000003", "DB  - ClinicalTrials.gov", "AU  - Institute of Looms,"]),
        (TRIAL, ["PY  - 2023", "UR  - https://clinicaltrials.gov/study/NCT00000003", "N1  - Status: RECRUITING"]),
        (replace(PAPER, kind=Kind.PREPRINT), ["TY  - UNPB"]),
        (replace(PAPER, kind=Kind.BOOK), ["TY  - BOOK"]),
    ],
)  # fmt: skip
def test_types_of_ris(record: Record, words: list[str]) -> None:
    assert set(words) <= set(ris.entry(record).splitlines())


def test_a_trial_in_bibtex_names_its_registry() -> None:
    (found,) = bib(bibtex.entry(TRIAL))
    assert (found["ENTRYTYPE"], found["ID"], found["howpublished"]) == (
        "misc",
        "clinicaltrials:NCT00000003",
        "ClinicalTrials.gov",
    )
    assert (found["url"], found["note"]) == ("https://clinicaltrials.gov/study/NCT00000003", "NCT00000003")


def test_a_trial_of_another_registry_leads_to_the_search_portal() -> None:
    other = replace(TRIAL, source="drks", source_id="DRKS00012345", nct_ids=())
    assert "UR  - https://trialsearch.who.int/Trial2.aspx?TrialID=DRKS00012345" in ris.entry(other)
    assert "DB  - DRKS" in ris.entry(other)


# Every trap


@given(st.lists(articles | trials, max_size=3))
def test_ris_is_read_by_rispy(records: list[Record]) -> None:
    found = rispy.loads("".join(map(ris.entry, records)))
    assert len(found) == len(records)
    for one, record in zip(found, records, strict=True):
        assert one["id"] == f"{record.source}:{record.source_id}"
        assert one.get("title", "") == one_line(record.title or record.vernacular_title)
        assert one.get("abstract", "") == abstract_of(record)


@given(articles)
def test_our_importer_knows_its_ris_again(record: Record) -> None:
    (found,) = ris_in.parse(io.BytesIO(ris.entry(record).encode()))
    assert isinstance(found, Record)
    assert (found.key, found.kind, found.fidelity) == (record.key, record.kind, Fidelity.FACTS)
    same = ("language", "volume", "issue", "pages", "publication_date", "doi", "pmcid", "pmid")
    assert [getattr(found, name) for name in same] == [getattr(record, name) for name in same]
    assert found.issn == ("" if record.kind == Kind.BOOK else record.issn)
    assert found.title == one_line(record.title or record.vernacular_title)
    assert found.journal == one_line(record.journal)
    assert found.persons == tuple(dict.fromkeys(record.persons))
    assert abstract_of(found) == abstract_of(record)
    if record.nct_ids:
        assert found.nct_ids == record.nct_ids


@given(articles)
def test_nbib_is_read_by_biopython(record: Record) -> None:
    text = nbib.entry(record)
    (found,) = Medline.parse(io.StringIO(text))
    assert found["PMID"] == record.pmid
    assert found.get("TI", "") == one_line(record.title or record.vernacular_title)
    assert found.get("AB", "") == abstract_of(record)
    assert found.get("FAU", []) == [f"{one.family}, {one.given}" for one in record.persons if one.family]
    for line in text.splitlines():
        assert len(line) <= nbib.MAX_LINE_CHARS or " " not in line[6:].strip()


@given(articles)
def test_our_importer_knows_its_nbib_again(record: Record) -> None:
    (found,) = nbib_in.parse(io.BytesIO(nbib.entry(record).encode()))
    assert isinstance(found, Record)
    assert (found.key, found.kind) == (record.key, record.kind)
    same = ("language", "issn", "volume", "issue", "pages", "publication_date", "persons", "mesh", "doi", "pmcid")
    assert [getattr(found, name) for name in same] == [getattr(record, name) for name in same]
    assert found.title == one_line(record.title or record.vernacular_title) or record.kind == Kind.BOOK
    assert found.keywords == tuple(dict.fromkeys(text for one in record.keywords if (text := one_line(one))))
    assert abstract_of(found) == abstract_of(record)
    assert [one.pmid for one in found.notices] == [one.pmid for one in record.notices]
    if record.nct_ids:
        assert found.nct_ids == record.nct_ids


@given(trials, st.sampled_from([(ris, ris_in), (nbib, nbib_in)]))
def test_a_trial_comes_back_as_a_pointer(record: Record, pair: tuple[object, object]) -> None:
    writer, reader = pair
    (found,) = reader.parse(io.BytesIO(writer.entry(record).encode()))
    assert (found.key, found.kind, found.fidelity) == (record.key, Kind.TRIAL, Fidelity.POINTER)


@given(st.lists(articles | trials, max_size=3, unique_by=lambda record: record.key))
def test_bibtex_is_read_by_bibtexparser(records: list[Record]) -> None:
    found = {one["ID"]: one for one in bib("".join(map(bibtex.entry, records)))}
    assert list(found) == [bibtex.key_of(record) for record in records]
    for record in records:
        one = found[bibtex.key_of(record)]
        assert printed(one.get("title", "")) == one_line(record.title or record.vernacular_title)
        assert printed(one.get("abstract", "")) == abstract_of(record)
        for text in one.values():
            assert text.count("{") == text.count("}")
        assert not re.search(r"(?<!\\)[%&#_~^]", one.get("abstract", ""))


@pytest.mark.parametrize("writer", [ris, nbib, bibtex], ids=["ris", "nbib", "bibtex"])
@given(articles | trials)
def test_nothing_unseen_is_exported(writer: object, record: Record) -> None:
    odd = "\u202e10.5555/x\u200b\x1b"
    for one in (record, replace(record, doi=odd, volume=odd, pages=odd, language=(odd,), pmcid=odd, keywords=(odd,))):
        for line in writer.entry(one).split("\n"):
            assert one_line(line) == " ".join(line.split())


@given(st.lists(st.text(min_size=1, max_size=6), min_size=2, max_size=2, unique=True))
def test_two_records_never_share_a_key(ids: list[str]) -> None:
    one, other = (bibtex.key_of(replace(PAPER, source_id=source_id)) for source_id in ids)
    assert one != other
    assert re.fullmatch(r"[\w.:/+-]+", one, re.ASCII)


# Where a record has no number of its own in the format


@pytest.mark.parametrize(
    "record",
    [
        Record(source="europepmc", source_id="PPR700001", kind=Kind.PREPRINT, title="A preprint", doi="10.5555/p.1"),
        Record(source="europepmc", source_id="AGR/IND1234", title="A paper"),
        Record(source="pmc", source_id="PMC77", pmcid="PMC77", title="A paper"),
        Record(source="crossref", source_id="10.5555/c.1", doi="10.5555/c.1", pmid="31", title="A paper"),
        Record(source="anzctr", source_id="ACTRN12620000870954", kind=Kind.TRIAL, title="A trial", trial=TrialFacts()),
    ],
    ids=lambda record: record.source,
)
@pytest.mark.parametrize("pair", [(ris, ris_in), (nbib, nbib_in)], ids=["ris", "nbib"])
def test_the_key_is_known_again(record: Record, pair: tuple[object, object]) -> None:
    writer, reader = pair
    (found,) = reader.parse(io.BytesIO(writer.entry(record).encode()))
    assert (found.key, found.kind, found.title) == (record.key, record.kind, record.title)


@pytest.mark.parametrize(
    "text", ["pubmed:x", "crossref:no doi", "anzctr:NCT00000001", "files:1", "pmc:7", "europepmc:../x"]
)
def test_a_key_that_cannot_be_is_none(text: str) -> None:
    lines = f"TY  - JOUR\nID  - {text}\nDO  - 10.5555/x\nER  - \n"
    (found,) = ris_in.parse(io.BytesIO(lines.encode()))
    assert found.key == ("crossref", "10.5555/x")
