"""One contract for every source that is registered; a source without a recorded example here fails."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from livingreview.acquisition.transport import LiveTransport
from livingreview.config import Project, Query
from livingreview.errors import InputError, QueryRejectedError, SourceError
from livingreview.records import Deletion, Problem, Record
from livingreview.records.exchange import Request
from livingreview.sources import SOURCES, Getter, Kept, Retrieved, Source, Window
from livingreview.sources.http import Check
from livingreview.sources.pubmed import articles
from livingreview.store.repository import Repository
from support import server as faults
from support.server import Seen, Server, Spoil
from support.world import Article, World, preprint, study, work

WINDOW = Window(since=date(2022, 3, 1), until=date(2022, 6, 1))
FEED = "/feeds/journal.rss"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """How a source is put to the test.

    Attributes:
        fill: puts so many matching items into the world; returns their ids.
        query: finds all of them, given the server's address.
        spoiled: part of the path of the requests that bring records.
        malformed: documents that are none of this source's.
        unknown_id: an id of the right form that the world does not have; empty when ids cannot be asked for.
        is_counted: the service announces a count.
    """

    fill: Callable[[World, int], list[str]]
    query: Callable[[Server], Query]
    spoiled: str
    malformed: tuple[bytes, ...]
    unknown_id: str = ""
    is_counted: bool = True


def _articles(world: World, count: int) -> list[str]:
    found = [
        Article(pmid=str(31_000_000 + number), title=f"Vesicles of kind {number}", edat=date(2022, 3, 2 + number))
        for number in range(count)
    ]
    world.add(*found, Article(pmid="31900000", title="Nothing that is asked for", edat=date(2022, 3, 5)))
    world.add(Article(pmid="31900001", title="Vesicles of long ago", edat=date(2019, 3, 5)))
    return [article.pmid for article in found]


def _studies(world: World, count: int) -> list[str]:
    found = [f"NCT9100{number:04d}" for number in range(count)]
    world.register(*(study(number, f"Vesicles of kind {number}") for number in found))
    world.register(study("NCT91999999", "Vesicles of long ago", updated="2021-01-01"))
    return found


def _preprints(world: World, count: int) -> list[str]:
    found = [f"PPR91{number:04d}" for number in range(count)]
    world.publish(*(preprint(number, f"Vesicles of kind {number}") for number in found))
    world.publish(preprint("PPR919999", "Vesicles of long ago", created="2020-01-01"))
    return found


def _works(world: World, count: int) -> list[str]:
    found = [f"10.5555/vesicles.{number:04d}" for number in range(count)]
    world.deposit(*(work(doi, f"Vesicles of kind {doi}") for doi in found))
    world.deposit(work("10.5555/old", "Vesicles of long ago", indexed="2020-01-01"))
    return found


def _feed(world: World, count: int) -> list[str]:
    pmids = [str(31_000_000 + number) for number in range(count)]
    items = "".join(
        f"<item><title>Vesicles of kind {pmid}</title><link>https://pubmed.ncbi.nlm.nih.gov/{pmid}/</link></item>"
        for pmid in pmids
    )
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Invented</title>'
    world.feeds[FEED] = f"{head}{items}</channel></rss>".encode()
    return pmids


EXAMPLES = {
    "pubmed": Example(
        fill=_articles,
        query=lambda _server: Query(name="core", source="pubmed", text="vesicles[tiab]"),
        spoiled="efetch",
        malformed=(b"", b"<html></html>", b"<PubmedArticleSet><PubmedArticle>", b"PK\x03\x04"),
        unknown_id="39999999",
    ),
    "clinicaltrials": Example(
        fill=_studies,
        query=lambda _server: Query(name="core", source="clinicaltrials", parameters={"query.term": "vesicles"}),
        spoiled="/studies",
        malformed=(b"", b"<html></html>", b'{"studies": [', b"[", b"{}", b"3", b"\xff\xfe"),
        unknown_id="NCT99999999",
    ),
    "europepmc": Example(
        fill=_preprints,
        query=lambda _server: Query(name="core", source="europepmc", text='SRC:PPR AND TITLE_ABS:"vesicles"'),
        spoiled="/search",
        malformed=(b"", b"<html></html>", b'{"hitCount": 1', b"[]", b"{}", b"\xff\xfe"),
        unknown_id="PPR999999",
    ),
    "crossref": Example(
        fill=_works,
        query=lambda _server: Query(name="core", source="crossref", text="vesicles"),
        spoiled="/works",
        malformed=(b"", b"<html></html>", b'{"status": "ok"', b"[]", b"{}", b"Resource not found.", b"\xff\xfe"),
        unknown_id="10.5555/unknown",
    ),
    "feeds": Example(
        fill=_feed,
        query=lambda server: Query(name="journal", source="feeds", parameters={"url": server.url + FEED}),
        spoiled=FEED,
        malformed=(b"", b"<html></html>", b"<rss><channel><item><title>x</title></item>"),
        is_counted=False,
    ),
}


@dataclass(slots=True)
class Bench:
    """A source with everything around it."""

    source: Source
    example: Example
    server: Server
    get: Getter
    repository: Repository
    archive: Path

    def retrieve(self, stamp: str = "") -> Retrieved:
        window = Window(since=WINDOW.since, until=WINDOW.until, stamp=stamp)
        return self.source.retrieve(self.example.query(self.server), window, self.get)

    def parsed(self, retrieved: Retrieved) -> list[Record | Deletion | Problem]:
        found = []
        for key in retrieved.keys:
            with self.repository.archive.open(key) as document:
                found.extend(self.source.parse(document))
        return found


@pytest.fixture(params=sorted(SOURCES))
def bench(
    request: pytest.FixtureRequest, tiny_project: Project, server: Server, empty_store: Path, tmp_path: Path
) -> Iterator[Bench]:
    name = request.param
    assert name in EXAMPLES, f"source {name} is registered and has no example here"
    repository = Repository.open(f"sqlite:///{empty_store}", tmp_path / "archive")
    run = repository.start_run("services", datetime(2022, 6, 1, tzinfo=UTC), "0", "")
    transport = LiveTransport(name, tiny_project.settings, repository, run, lambda _seconds: None)
    try:
        yield Bench(
            source=SOURCES[name](tiny_project.settings),
            example=EXAMPLES[name],
            server=server,
            get=transport.get,
            repository=repository,
            archive=tmp_path / "archive",
        )
    finally:
        transport.close()
        repository.close()


def test_every_registered_source_has_an_example() -> None:
    assert set(EXAMPLES) == set(SOURCES)


def test_it_bears_the_name_that_it_is_registered_under(bench: Bench) -> None:
    assert SOURCES[bench.source.name]


def test_what_is_parsed_covers_what_was_listed(bench: Bench) -> None:
    wanted = bench.example.fill(bench.server.world, 12)
    retrieved = bench.retrieve()
    items = bench.parsed(retrieved)
    assert all(isinstance(item, Record) for item in items)
    assert sorted({item.source_id for item in items}) == sorted(wanted)
    assert not retrieved.missing
    assert retrieved.requests == len(bench.server.seen)
    if bench.example.is_counted:
        assert retrieved.ids == set(wanted)
        assert retrieved.announced == len(wanted)


def test_an_empty_answer_is_an_answer(bench: Bench) -> None:
    bench.example.fill(bench.server.world, 0)
    retrieved = bench.retrieve()
    assert retrieved.ids == frozenset()
    assert bench.parsed(retrieved) == []
    assert retrieved.announced == (0 if bench.example.is_counted else None)


def test_the_same_window_again_brings_the_same(bench: Bench) -> None:
    bench.example.fill(bench.server.world, 4)
    first, second = bench.retrieve(), bench.retrieve()
    assert (first.ids, first.keys, first.announced) == (second.ids, second.keys, second.announced)
    assert bench.parsed(first) == bench.parsed(second)


def test_a_stamp_that_has_not_moved_says_so_without_reading(bench: Bench) -> None:
    bench.example.fill(bench.server.world, 4)
    first = bench.retrieve()
    if not first.stamp:
        assert bench.source.name in ("pubmed", "europepmc", "crossref"), "gives no stamp"
        return
    again = bench.retrieve(first.stamp)
    assert again.is_unchanged
    assert again.keys == ()
    assert again.stamp == first.stamp


def test_ids_are_read_whatever_a_query_finds_and_unknown_ones_are_named(bench: Bench) -> None:
    wanted = bench.example.fill(bench.server.world, 7)
    if not bench.example.unknown_id:
        with pytest.raises(QueryRejectedError):
            bench.source.retrieve_ids(wanted, bench.get)
        return
    retrieved = bench.source.retrieve_ids([*wanted, bench.example.unknown_id], bench.get)
    assert sorted({item.source_id for item in bench.parsed(retrieved)}) == sorted(wanted)
    assert set(retrieved.missing) == {bench.example.unknown_id}


def test_no_ids_are_no_request(bench: Bench) -> None:
    assert bench.source.retrieve_ids([], bench.get).keys == ()
    assert bench.server.seen == []


def test_a_malformed_document_is_an_input_error(bench: Bench) -> None:
    for document in bench.example.malformed:
        with pytest.raises(InputError):
            list(bench.source.parse(io.BytesIO(document)))


def test_every_answer_is_archived_before_it_is_handed_over(bench: Bench) -> None:
    bench.example.fill(bench.server.world, 3)
    # A good answer comes, is kept, and then the reading fails: what came is there all the same.
    kept = []

    def keeping(request, check=None):  # type: ignore[no-untyped-def]
        answer = bench.get(request, check)
        with bench.repository.archive.open(answer.key) as document:
            kept.append(document.read() == answer.payload.body)
        return answer

    bench.source.retrieve(bench.example.query(bench.server), WINDOW, keeping)
    assert kept
    assert all(kept)


def test_an_answer_is_read_once_while_it_is_retrieved(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its check; that it is parsed from the archive later is another reading."""
    bench.example.fill(bench.server.world, 3)
    read: Counter[bytes] = Counter()

    def count(module: ModuleType, name: str) -> None:
        plain = getattr(module, name)

        def counting(document: Any, *arguments: Any, **options: Any) -> Any:
            body = document.getvalue() if isinstance(document, io.BytesIO) else document
            read[body.encode() if isinstance(body, str) else body] += 1
            return plain(document, *arguments, **options)

        monkeypatch.setattr(module, name, counting)

    for module, name in ((json, "loads"), (ElementTree, "fromstring"), (articles, "_pieces")):
        count(module, name)
    received: Counter[bytes] = Counter()

    def keeping(request: Request, check: Check | None = None) -> Kept:
        answer = bench.get(request, check)
        received[answer.payload.body] += 1
        return answer

    bench.source.retrieve(bench.example.query(bench.server), WINDOW, keeping)
    assert received
    assert {body: read[body] for body in received if read[body] > received[body]} == {}


TRANSIENT: dict[str, Spoil] = {
    "429": faults.status(429, Retry_After="0"),
    "429 until a date gone by": faults.status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "403": faults.status(403),
    "500": faults.status(500),
    "503": faults.status(503),
    "reset": faults.reset,
    "truncated": faults.truncated,
    "cut short": faults.cut_short,
    "html in a 200": faults.html_in_200,
    "error in a 200": faults.error_in_200,
    "empty body": faults.empty_body,
    "wrong charset": faults.wrong_charset,
}


@pytest.mark.parametrize("fault", TRANSIENT)
def test_a_fault_that_passes_is_asked_again(bench: Bench, fault: str) -> None:
    wanted = bench.example.fill(bench.server.world, 4)
    bench.server.spoil(TRANSIENT[fault], bench.example.spoiled)
    retrieved = bench.retrieve()
    assert sorted({item.source_id for item in bench.parsed(retrieved)}) == sorted(wanted)


@pytest.mark.parametrize("fault", TRANSIENT)
def test_a_fault_that_stays_is_a_source_error(bench: Bench, fault: str) -> None:
    bench.example.fill(bench.server.world, 4)
    bench.server.spoil(TRANSIENT[fault], bench.example.spoiled, times=None)
    if bench.source.name in ("europepmc", "crossref") and fault == "wrong charset":
        assert len(bench.parsed(bench.retrieve())) == 4, "JSON in UTF-16 is read as what it is"
        return
    with pytest.raises(SourceError) as caught:
        bench.retrieve()
    assert "\n" not in str(caught.value)
    assert len(bench.server.asked(bench.example.spoiled)) <= 6


def test_what_the_service_refuses_is_not_asked_again(bench: Bench) -> None:
    bench.example.fill(bench.server.world, 4)
    bench.server.spoil(faults.status(400, "no such field"), bench.example.spoiled, times=None)
    with pytest.raises(QueryRejectedError, match="no such field"):
        bench.retrieve()
    assert len(bench.server.asked(bench.example.spoiled)) == 1


def test_a_bomb_is_refused(bench: Bench, tiny_project: Project) -> None:
    bench.example.fill(bench.server.world, 1)
    bench.server.spoil(faults.gzip_bomb(3), bench.example.spoiled, times=None)
    name = bench.source.name
    limited = tiny_project.settings.service(name).model_copy(update={"max_body_megabytes": 2.0})
    sources = tiny_project.settings.sources.model_copy(update={name: limited})
    settings = tiny_project.settings.model_copy(update={"sources": sources})
    run = bench.repository.runs()[0]
    transport = LiveTransport(name, settings, bench.repository, run, lambda _seconds: None)
    try:
        with pytest.raises(QueryRejectedError, match="larger than 2 MB"):
            bench.source.retrieve(bench.example.query(bench.server), WINDOW, transport.get)
    finally:
        transport.close()


def test_the_middle_and_the_last_page_are_asked_again_too(bench: Bench) -> None:
    def brings_records(seen: Seen) -> bool:
        return bench.example.spoiled in seen.path

    wanted = bench.example.fill(bench.server.world, 12)
    bench.retrieve()
    pages = sum(map(brings_records, bench.server.seen))
    for first in {max(1, pages // 2), pages}:
        bench.server.spoil(faults.truncated, bench.example.spoiled, first=first)
        retrieved = bench.retrieve()
        assert sorted({item.source_id for item in bench.parsed(retrieved)}) == sorted(wanted)
        bench.server.mend()
