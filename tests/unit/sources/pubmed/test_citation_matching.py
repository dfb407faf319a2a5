"""Citations -> PMIDs."""

from collections.abc import Iterator
from datetime import date

import pytest

from livingreview.config import Project
from livingreview.errors import SourceError
from livingreview.records import Person, Record, Reference
from livingreview.records.exchange import Request
from livingreview.sources import Getter, Kept
from livingreview.sources.http import Check, Client
from livingreview.sources.pubmed.citation_matching import likeness, match_references
from support import server as faults
from support.server import Server
from support.world import Article


def reference(**values: object) -> Reference:
    given = {
        "ref_no": 1,
        "first_author": "Author",
        "year": 2021,
        "journal": "J. Invent. Res.",
        "title": "Vesicles of yarn cells and the invented retina",
        "volume": "8",
        "page": "21–29",
    }
    return Reference(**(given | values))  # type: ignore[arg-type]


@pytest.fixture
def get(tiny_project: Project) -> Iterator[Getter]:
    client = Client("pubmed", tiny_project.settings.sources.pubmed, sleep=lambda _seconds: None)

    def send(request: Request, check: Check | None = None) -> Kept:
        return Kept(key=str(request.parameters), payload=client.send(request, check))

    yield send
    client.close()


def test_a_citation_is_matched_by_its_numbers(tiny_project: Project, server: Server, get: Getter) -> None:
    wanted = reference()
    server.world.add(Article(pmid="7", title=wanted.title + ".", edat=date(2021, 3, 1), doi="10.5555/seven"))
    (found,) = match_references([wanted], tiny_project.settings.sources.pubmed, get)
    assert (found.pmid, found.doi, found.way, found.confidence) == ("7", "10.5555/seven", "ecitmatch", 1.0)
    (seen,) = server.asked("ecitmatch")
    assert seen.parameters["bdata"] == "J Invent Res|2021|8|21|Author|1|"


def test_a_wrong_match_by_numbers_gives_way_to_one_by_title(tiny_project: Project, server: Server, get: Getter) -> None:
    wanted = reference()
    server.world.add(
        Article(pmid="6", title="Something else entirely, of the same page", edat=date(2021, 3, 1)),
        Article(pmid="7", title=wanted.title, edat=date(2022, 1, 1)),
    )
    (found,) = match_references([wanted], tiny_project.settings.sources.pubmed, get)
    assert (found.pmid, found.way) == ("7", "title")


def test_what_is_not_found_is_said_to_be(tiny_project: Project, server: Server, get: Getter) -> None:
    first, second = match_references(
        [reference(), reference(ref_no=2, title="Another")], tiny_project.settings.sources.pubmed, get
    )
    assert (first.pmid, first.confidence, second.way) == ("", 0.0, "")
    assert match_references([], tiny_project.settings.sources.pubmed, get) == []


@pytest.mark.parametrize("key", ["²", "9" * 5000, "x", ""])
def test_a_line_that_answers_no_reference_is_passed_over(
    tiny_project: Project, server: Server, get: Getter, key: str
) -> None:
    def answer(handler, _answer) -> None:  # type: ignore[no-untyped-def]
        body = f"J|2021|8|21|Author|{key}|7\n".encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    server.spoil(answer, "ecitmatch")
    (found,) = match_references([reference()], tiny_project.settings.sources.pubmed, get)
    assert (found.pmid, found.way) == ("", "")


def test_more_references_than_one_batch(tiny_project: Project, server: Server, get: Getter) -> None:
    many = [reference(ref_no=number, year=1900 + number, title=f"Title {number} of many") for number in range(1, 61)]
    server.world.add(*(Article(pmid=str(100 + one.ref_no), title=one.title, edat=date(one.year, 3, 1)) for one in many))
    found = match_references(many, tiny_project.settings.sources.pubmed, get)
    assert [match.pmid for match in found] == [str(100 + one.ref_no) for one in many]
    assert len(server.asked("ecitmatch")) == 3


@pytest.mark.parametrize("fault", [faults.html_in_200, faults.status(500), faults.reset, faults.truncated])
@pytest.mark.parametrize("path", ["ecitmatch", "esearch"])
def test_a_service_that_fails_is_a_source_error(
    tiny_project: Project, server: Server, get: Getter, fault: faults.Spoil, path: str
) -> None:
    server.spoil(fault, path, times=None)
    with pytest.raises(SourceError):
        match_references([reference()], tiny_project.settings.sources.pubmed, get)


def test_likeness() -> None:
    record = Record(
        source="pubmed",
        source_id="7",
        title=reference().title.upper(),
        publication_date="2021-03",
        persons=(Person(family="Author"),),
    )
    assert likeness(reference(), record) == pytest.approx(1.0)
    assert likeness(reference(year=2015), record) == pytest.approx(0.9)
    assert likeness(reference(first_author="Other"), record) == pytest.approx(0.9)
    assert likeness(reference(title="Entirely different words"), record) < 0.7
