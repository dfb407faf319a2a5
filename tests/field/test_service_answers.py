"""What the services really answered, as other projects recorded it."""

import contextlib
import io
import re
from collections import Counter
from pathlib import Path
from unittest.mock import patch

import pytest

from livingreview.errors import InputError
from livingreview.records import Deletion, Kind, Problem, Record
from livingreview.sources.pubmed import articles, fields
from livingreview.sources.pubmed.source import read_search

pytestmark = pytest.mark.field


def test_every_recorded_efetch_answer_is_read_or_refused(field_data: Path) -> None:
    found = Counter[str]()
    for path in sorted((field_data / "services" / "efetch").rglob("*.xml")):
        body = path.read_bytes()
        with path.open("rb") as document:
            try:
                items = list(articles.parse(document))
            except InputError:
                # Only what is no set of articles at all: an error body, or one of other databases.
                assert b"<PubmedArticle>" not in body or b"</PubmedArticleSet>" not in body, path.name
                found["refused"] += 1
                continue
        said = [item for item in items if not isinstance(item, Deletion)]
        assert len(said) == body.count(b"<PubmedArticle>") + body.count(b"<PubmedBookArticle>"), path.name
        problems = [item for item in items if isinstance(item, Problem)]
        # One recorded file holds a bare ampersand; its article is named.
        assert bool(problems) == path.name.endswith("special_characters.xml"), path.name
        found["records"] += sum(isinstance(item, Record) for item in items)
        found["with notices"] += sum(bool(item.notices) for item in items if isinstance(item, Record))
    assert found["records"] > 100
    assert found["with notices"] > 0
    assert found["refused"] < 10


_ARTICLE = re.compile(rb"<(PubmedArticle|PubmedBookArticle)[ >].*?</\1>", re.DOTALL)
_ABSTRACT = re.compile(rb"<Abstract>.*?</Abstract>", re.DOTALL)


def test_what_real_records_are_made_of_is_kept(field_data: Path) -> None:
    kept = Counter[str]()
    for path in sorted((field_data / "services" / "efetch").rglob("*.xml")):
        for match in _ARTICLE.finditer(path.read_bytes()):
            xml = match.group()
            (item,) = articles.parse(io.BytesIO(xml))
            if not isinstance(item, Record):
                continue
            abstract = _ABSTRACT.search(xml)
            labels = re.findall(
                rb'<AbstractText[^>]* Label="([^"]+)"[^>]*>\s*[^\s<]', abstract.group() if abstract else b""
            )
            assert len([part for part in item.abstract if part.label]) >= len(labels), path.name
            checks = {
                "structured abstract": (bool(labels), bool(item.abstract)),
                "MathML": (b"<mml:" in xml.split(b"<ReferenceList")[0], "<" not in item.title.replace(" < ", "")),
                "vernacular title": (bool(re.search(rb"<VernacularTitle>[^<]", xml)), bool(item.vernacular_title)),
                "book": (match[1] == b"PubmedBookArticle", item.kind is Kind.BOOK),
                "collective author": (b"<CollectiveName>" in xml, any(person.collective for person in item.persons)),
                "MedlineDate": (b"<MedlineDate>" in xml, bool(item.publication_date)),
                "PMID version": (bool(re.search(rb'<PMID Version="[2-9]', xml)), bool(item.source_version)),
            }
            for name, (is_there, is_kept) in checks.items():
                kept[name] += is_there
                assert is_kept or not is_there, (path.name, name)
    assert all(kept[name] for name in ("structured abstract", "book", "collective author", "MedlineDate")), kept


def test_recorded_articles_are_read_as_lxml_reads_them(field_data: Path) -> None:
    for path in sorted((field_data / "services" / "efetch").rglob("*.xml")):
        with contextlib.suppress(InputError), path.open("rb") as document:
            items = list(articles.parse(document))
            document.seek(0)
            with patch.object(fields, "plain", lambda _piece: ""):
                assert list(articles.parse(document)) == items, path.name


def test_every_recorded_esearch_answer_is_read_or_refused(field_data: Path) -> None:
    read = complaints = 0
    for path in sorted((field_data / "services" / "eutils").rglob("*")):
        body = path.read_bytes() if path.is_file() else b""
        if b"<eSearchResult" not in body or not body.lstrip().startswith(b"<"):
            continue
        try:
            found = read_search(body)
        except InputError:
            assert b"<ERROR>" in body or b"<Count>" not in body, path.name
            continue
        read += 1
        complaints += bool(found.complaints)
        assert found.complaints or not (b"<PhraseNotFound>" in body or b"<FieldNotFound>" in body), path.name
    assert read > 0
    assert complaints > 0
