"""RSS and Atom feeds."""

import io
import json
import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.config import Query
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError
from livingreview.records import Fidelity, Kind, Problem, Record
from livingreview.records.exchange import Payload, Request
from livingreview.sources import feeds
from livingreview.sources.base import Item, Kept, Source, Window
from livingreview.sources.http import Check

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "tests" / "fixtures" / "feeds"
FIELD = Path(os.environ.get("LIVINGREVIEW_FIELD_DATA") or ROOT.parent / "shared" / "data") / "services" / "feeds"
QUICK = settings(max_examples=40, deadline=None, database=None)
URL = "https://feeds.example.org/rss"
QUERY = Query(name="journal", source="feeds", parameters={"url": URL})


def items(data: bytes) -> list[Item]:
    return list(feeds.parse(io.BytesIO(data)))


def fixture(name: str) -> list[Item]:
    return items((FIXTURES / name).read_bytes())


class Server:
    """Answers once, and keeps what it was asked."""

    def __init__(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.body, self.status, self.headers = body, status, headers or {}
        self.requests: list[Request] = []

    def __call__(self, request: Request, check: Check | None = None) -> Kept:
        self.requests.append(request)
        payload = Payload(
            request=request,
            status=self.status,
            body=self.body,
            headers=self.headers,
            retrieved_at=datetime(2024, 5, 1, tzinfo=UTC),
        )
        if check is not None:
            check(payload)
        return Kept(key=f"key-{len(self.requests)}", payload=payload)


def window(stamp: str = "") -> Window:
    return Window(since=date(2024, 4, 1), until=date(2024, 5, 1), stamp=stamp)


def test_saved_pubmed_search() -> None:
    first, second = fixture("pubmed.rss")
    assert isinstance(first, Record)
    assert first.key == ("pubmed", "90000001")
    assert first.doi == "10.5555/invented.2024.001"
    assert first.title == "Vesicles of invented cells & more"
    assert first.journal == "Journal of invented research"
    assert first.fidelity is Fidelity.FACTS
    assert first.abstract == ()
    assert isinstance(second, Record)
    assert (second.key, second.doi) == (("pubmed", "90000002"), "")


def test_preprints_and_a_journal_of_the_same_prefix() -> None:
    preprint, article, news = fixture("preprints.rdf")
    assert isinstance(preprint, Record)
    assert (preprint.key, preprint.kind) == (("crossref", "10.1101/2025.01.02.900001"), Kind.PREPRINT)
    assert preprint.title == "Vesicles at p < 0.05 in CO2"
    assert (preprint.journal, preprint.publication_date) == ("bioRxiv", "2025-01-02")
    assert isinstance(article, Record)
    assert (article.source_id, article.kind) == ("10.1101/gr.900001.125", Kind.ARTICLE)
    assert news == Problem(
        source="feeds", source_id="https://www.example.org/news/1", reason="no pmid or doi: A call for papers"
    )


def test_atom() -> None:
    first, second = fixture("journal.atom")
    assert isinstance(first, Record)
    assert (first.source_id, first.title) == ("10.5555/invented.2024.001", "Invented vesicles")
    assert isinstance(second, Record)
    assert second.source_id == "10.5555/invented.2024.002"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("doi:10.5555/X", "10.5555/x"),
        ("https://dx.doi.org/10.5555/x?rft_dat=source%3Drss", "10.5555/x"),
        ("https://dx.doi.org/10.5555%2Fx#abstract", "10.5555/x"),
        ("https://example.org/doi/full/10.5555/x", "10.5555/x"),
        ("https://example.org/articles/10.5555/x/full", "10.5555/x"),
        ("https://www.biorxiv.org/content/10.1101/2025.01.02.900001v12.full.pdf", "10.1101/2025.01.02.900001"),
        ("10.5555/chapterv2", "10.5555/chapterv2"),
        ("https://example.org/article/17", ""),
        ("", ""),
    ],
)
def test_dois_in_addresses(text: str, doi: str) -> None:
    assert feeds.doi_of(text) == doi


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("CO<sub>2</sub> and <jats:italic>x</jats:italic>", "CO2 and x"),
        ("p &lt; 0.05 &amp;amp; p < 0.1 > 0", "p < 0.05 & p < 0.1 > 0"),
        ("&lt;i&gt;In vitro&lt;/i&gt;", "In vitro"),
        ("a<!-- no -->b", "a b"),
        ("", ""),
    ],
)
def test_plain_text(markup: str, text: str) -> None:
    assert feeds.plain_text(markup) == text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Sorry</body></html>",
        b'{"version": "https://jsonfeed.org/version/1", "items": []}',
        b"Not a feed at all",
    ],
)
def test_what_is_no_feed(body: bytes) -> None:
    with pytest.raises(InputError, match="neither RSS nor Atom"):
        items(body)
    with pytest.raises(ServiceFaultError, match="no feed"):
        feeds.FeedsSource().retrieve(QUERY, window(), Server(body))


def test_a_feed_without_items() -> None:
    assert items(b'<rss version="2.0"><channel><title>x</title></channel></rss>') == []
    assert items(b'<feed xmlns="http://www.w3.org/2005/Atom"/>') == []


def test_malformed_xml_is_read_on() -> None:
    body = (FIXTURES / "pubmed.rss").read_bytes().replace(b"&amp;amp; more", b"& less")
    assert [item.source_id for item in items(body)] == ["90000001", "90000002"]


def test_control_characters_that_feedparser_lets_through_are_dropped() -> None:
    body = (
        b"<rss version='2.0'><channel><item><title>Vesicles <\0b>of\x1b yarn</title>"
        b"<link>https://doi.org/10.5555/yarn%00x</link></item></channel></rss>"
    )
    (found,) = items(body)
    assert isinstance(found, Record)
    assert (found.doi, found.title) == ("10.5555/yarn", "Vesicles of yarn")


def test_a_feed_that_breaks_off() -> None:
    body = (FIXTURES / "pubmed.rss").read_bytes()[:-40]
    parser = feeds.parse(io.BytesIO(body))
    assert next(parser).source_id == "90000001"
    with pytest.raises(InputError, match="breaks off"):
        list(parser)
    with pytest.raises(ServiceFaultError, match="broke off"):
        feeds.FeedsSource().retrieve(QUERY, window(), Server(body))


def test_a_feed_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MAX_FEED_BYTES", 100)
    with pytest.raises(InputError, match="larger than"):
        fixture("pubmed.rss")


def test_what_feedparser_itself_breaks_on() -> None:
    with pytest.raises(InputError, match="damaged beyond reading"):
        items(b'<?xml version="1.0" encoding="utf-8\x00x"?><rss version="2.0"><channel/></rss>')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_not_expanded(encoding: str) -> None:
    body = (
        '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY c SYSTEM "file:///etc/passwd">]>'
        '<rss version="2.0"><channel><item><title>&a;&c;</title></item></channel></rss>'
    )
    with pytest.raises(InputError, match="entities"):
        items(body.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("attributes", "is_read"),
    [
        ('xml:base="https://journal.example.org/"', True),
        (f"xml:base='https://journal.example.org/{'a' * 20_000}/'", False),
        ("><x xml:base='a/'" * 10_001, False),
        ("type='html'", True),
        (f'type="{"a" * 300}"', False),
        ("\r\n" * 2_000, True),
        ("\r\n" * 200_000, False),
        (">\n" + "\n<!DOCTYPE" * 100_000 + "\n<x", False),
    ],
    ids=["base", "long base", "many bases", "type", "long type", "blank lines", "nothing but blank lines", "doctypes"],
)
def test_what_would_take_feedparser_for_ever_are_refused(attributes: str, is_read: bool, encoding: str) -> None:
    entry = "<entry><title>x</title><id>doi:10.5555/x</id></entry>"
    head = f'<?xml version="1.0" encoding="{encoding}"?><feed xmlns="http://www.w3.org/2005/Atom"'
    body = f"{head} {attributes}>{entry}</feed>".encode(encoding)
    if is_read:
        assert next(feeds.parse(io.BytesIO(body))).source_id == "10.5555/x"
    else:
        with pytest.raises(InputError, match="beyond all measure"):
            items(body)


def test_a_first_reading_is_unconditional_and_gives_a_stamp() -> None:
    server = Server(
        (FIXTURES / "pubmed.rss").read_bytes(),
        headers={"etag": '"v1"', "last-modified": "Wed, 01 May 2024 00:00:00 GMT"},
    )
    source: Source = feeds.FeedsSource()
    found = source.retrieve(QUERY, window(), server)
    assert (server.requests[0].url, dict(server.requests[0].headers)) == (URL, {})
    assert (found.keys, found.requests, found.is_unchanged, found.announced) == (("key-1",), 1, False, None)
    assert json.loads(found.stamp) == {"etag": '"v1"', "last_modified": "Wed, 01 May 2024 00:00:00 GMT"}
    again = Server(b"", status=304)
    unchanged = source.retrieve(QUERY, window(found.stamp), again)
    assert dict(again.requests[0].headers) == {
        "If-None-Match": '"v1"',
        "If-Modified-Since": "Wed, 01 May 2024 00:00:00 GMT",
    }
    assert (unchanged.keys, unchanged.is_unchanged, unchanged.stamp) == ((), True, found.stamp)
    assert [item.source_id for item in source.parse(io.BytesIO(server.body))] == ["90000001", "90000002"]


@pytest.mark.parametrize("stamp", ["", "not json", "[1]", '{"etag": ""}'])
def test_a_stamp_that_is_not_ours(stamp: str) -> None:
    server = Server((FIXTURES / "pubmed.rss").read_bytes())
    assert feeds.FeedsSource().retrieve(QUERY, window(stamp), server).stamp == ""
    assert dict(server.requests[0].headers) == {}


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "rss.xml"])
def test_no_address(url: str) -> None:
    query = Query(name="journal", source="feeds", parameters={"url": url})
    with pytest.raises(QueryRejectedError, match="journal has no address"):
        feeds.FeedsSource().retrieve(query, window(), Server(b""))


def test_items_cannot_be_asked_for() -> None:
    source = feeds.FeedsSource()
    assert source.retrieve_ids([], Server(b"")).requests == 0
    with pytest.raises(QueryRejectedError):
        source.retrieve_ids(["1"], Server(b""))


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for body in (data, b'<rss version="2.0"><channel><item><title>' + data + b"</title></item></channel></rss>"):
        try:
            items(body)
        except InputError as error:
            assert "\n" not in str(error)


TITLE = st.text(st.sampled_from("abcäé 0123456789.,:()-"), min_size=1, max_size=30).filter(str.strip)


@QUICK
@given(st.lists(st.tuples(st.integers(1, 10**9), TITLE), max_size=6))
def test_written_and_read_again(rows: list[tuple[int, str]]) -> None:
    body = "".join(
        f"<item><title>{title}</title><link>https://pubmed.ncbi.nlm.nih.gov/{pmid}/?x=y</link></item>"
        for pmid, title in rows
    )
    found = items(f'<rss version="2.0"><channel>{body}</channel></rss>'.encode())
    wanted = [(str(pmid), " ".join(title.split())) for pmid, title in rows]
    assert [(item.pmid, item.title) for item in found if isinstance(item, Record)] == wanted
