"""Feeds, Crossref answers and Retraction Watch rows as they really were."""

import gzip
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from livingreview.errors import InputError
from livingreview.records import Kind, Problem, Record
from livingreview.sources import crossref, feeds
from livingreview.sources.formats import retraction_watch

pytestmark = pytest.mark.field

_GIVEN = os.environ.get("LIVINGREVIEW_FIELD_DATA", "")
FEEDS = (Path(_GIVEN) if _GIVEN else Path(__file__).parents[3] / "shared" / "data") / "services" / "feeds"


def _read(path: Path) -> tuple[list[Record | Problem], str]:
    """What a feed holds, and the error that it ended with."""
    found: list[Record | Problem] = []
    try:
        for item in feeds.parse(io.BytesIO(path.read_bytes())):
            assert isinstance(item, Record | Problem)
            found.append(item)
    except InputError as error:
        return found, str(error)
    return found, ""


def _feeds() -> Iterator[object]:
    """Every recorded feed, with what it gives in its name."""
    for path in sorted(FEEDS.glob("*/*")):
        found, error = _read(path)
        records = sum(isinstance(item, Record) for item in found)
        ending = ", refused" if error else ""
        yield pytest.param(path, id=f"{path.name[:40]}: {records} records, {len(found) - records} named{ending}")


@pytest.mark.parametrize("path", list(_feeds()))
def test_every_recorded_feed_is_read_or_refused(path: Path) -> None:
    data = path.read_bytes()
    found, error = _read(path)
    if error:
        assert path.suffix == ".json", error
        return
    assert len(found) == len(re.findall(rb"<(?:item|entry)[\s>]", data))
    records = [item for item in found if isinstance(item, Record)]
    assert all(item.title and not re.search(r"</?[a-z]+>", item.title) for item in records)
    assert all(not item.abstract for item in records)
    pmids = re.findall(rb"<guid[^>]*>pubmed:(\d+)</guid>", data)
    assert [item.pmid for item in records if item.pmid] == [pmid.decode() for pmid in pmids]
    named = {doi.decode().lower() for doi in re.findall(rb"<prism:doi>\s*(10\.\d+/[^\s<]+)\s*</prism:doi>", data)}
    assert named <= {item.doi for item in records}


def test_some_feeds_are_there(field_data: Path) -> None:
    assert sum(1 for _ in (field_data / "services" / "feeds").glob("*/*")) > 50


def _crossref_answers(field_data: Path) -> Iterator[tuple[int, str, bytes]]:
    for path in sorted((field_data / "services" / "crossref").rglob("*.yaml")):
        for one in yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]:
            uri, answer = one["request"]["uri"], one["response"]
            if uri.startswith("https://api.crossref.org/works") and "/transform/" not in uri:
                body = answer["body"]["string"]
                data = body.encode() if isinstance(body, str) else body
                yield answer["status"]["code"], uri, gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_every_recorded_crossref_answer_is_read(field_data: Path) -> None:
    read = refused = preprints = links = 0
    for status, uri, body in _crossref_answers(field_data):
        if status == 404:
            assert body == b"Resource not found."
            with pytest.raises(InputError):
                list(crossref.parse(io.BytesIO(body)))
            refused += 1
            continue
        message = json.loads(body)["message"]
        works = message.get("items", [message])
        found = list(crossref.parse(io.BytesIO(body)))
        assert [item.source_id for item in found] == [work["DOI"].lower() for work in works], uri
        for item, work in zip(found, works, strict=True):
            assert isinstance(item, Record), item
            assert item.title and item.journal
            # Some answers were asked for with a few fields only.
            if "issued" in work:
                assert item.publication_date and item.source_date and item.source_stamp
            assert not re.search(r"</?(?:jats:)?[a-z]+>", item.abstract_text)
            read += 1
            preprints += item.kind is Kind.PREPRINT
            links += bool(item.notices)
    assert (read >= 10, refused, preprints > 0, links > 0) == (True, 1, True, True)


def test_the_recorded_retraction_rows(field_data: Path) -> None:
    (path,) = (field_data / "services" / "crossref").glob("*retractions.csv")
    with path.open("rb") as document:
        found = list(retraction_watch.parse(document))
    assert len(found) == 20
    for item in found:
        assert isinstance(item, Record)
        assert item.doi and item.source_date and item.publication_date
        (notice,) = item.notices
        assert notice.kind == "RetractionIn"
        assert notice.doi
    assert sum(bool(item.pmid) for item in found if isinstance(item, Record)) == 7
