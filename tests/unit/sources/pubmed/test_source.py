"""PubMed over the E-utilities."""

import contextlib
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.config import Project, Query
from livingreview.errors import InputError, QueryRejectedError, UnreconciledError
from livingreview.records.exchange import Payload, Request
from livingreview.sources import Getter, Kept, Window
from livingreview.sources.base import ask
from livingreview.sources.http import Check, Client
from livingreview.sources.pubmed.source import PubmedSource, read_search
from support.server import Server
from support.world import Article

QUERY = Query(name="core", source="pubmed", text="vesicles[tiab]")
WINDOW = Window(since=date(2022, 1, 1), until=date(2022, 12, 31))


@pytest.fixture
def source(tiny_project: Project) -> PubmedSource:
    return PubmedSource(tiny_project.settings.sources.pubmed)


@pytest.fixture
def get(tiny_project: Project) -> Iterator[Getter]:
    client = Client("pubmed", tiny_project.settings.sources.pubmed, sleep=lambda _seconds: None)

    def send(request: Request, check: Check | None = None) -> Kept:
        return Kept(key=str(request.parameters), payload=client.send(request, check))

    yield send
    client.close()


def vesicles(pmid: str, **values: object) -> Article:
    return Article(pmid=pmid, title="Vesicles", **values)  # type: ignore[arg-type]


def test_three_windows_are_asked_and_merged(source: PubmedSource, get: Getter, server: Server) -> None:
    server.world.add(
        vesicles("1", edat=date(2022, 5, 1)),
        vesicles("2", edat=date(2019, 5, 1), crdt=date(2022, 5, 1)),
        vesicles("3", edat=date(2019, 5, 1), crdt=date(2019, 5, 1), mdat=date(2022, 5, 1)),
        vesicles("4", edat=date(2019, 5, 1)),
        vesicles("5", edat=date(2023, 1, 1)),
    )
    found = source.retrieve(QUERY, WINDOW, get)
    assert found.ids == {"1", "2", "3"}
    assert found.announced == 3
    assert {seen.parameters["datetype"] for seen in server.asked("esearch")} == {"edat", "crdt", "mdat"}
    assert all("datetype" not in seen.parameters["term"] for seen in server.asked("esearch"))


def test_dois_are_looked_up_and_unknown_ones_are_named(source: PubmedSource, get: Getter, server: Server) -> None:
    server.world.add(vesicles("1", doi="10.5555/One"), vesicles("2", doi="10.5555/two"), vesicles("3"))
    found = source.retrieve_ids(["10.5555/ONE", "3", "10.5555/none", "https://doi.org/10.5555/two"], get)
    assert found.ids == {"1", "2", "3"}
    assert found.missing == {"10.5555/none": "PubMed lists no record with this doi"}
    (asked,) = server.asked("esearch")
    assert asked.parameters["term"] == '"10.5555/none"[doi] OR "10.5555/one"[doi] OR "10.5555/two"[doi]'
    assert "mindate" not in asked.parameters


def test_dois_that_are_not_understood_bring_no_flood(source: PubmedSource, get: Getter, server: Server) -> None:
    server.world.add(*(vesicles(str(number), doi="10.5555/one") for number in range(1, 5)))
    with pytest.raises(UnreconciledError, match="4 records for 1 DOIs"):
        source.retrieve_ids(["10.5555/one"], get)
    assert server.asked("efetch") == []


def test_both_ends_of_a_window_belong_to_it(source: PubmedSource, get: Getter, server: Server) -> None:
    server.world.add(vesicles("1", edat=WINDOW.since), vesicles("2", edat=WINDOW.until))
    assert source.retrieve(QUERY, WINDOW, get).ids == {"1", "2"}


def test_10_000_hits_are_bisected_and_each_read_once(source: PubmedSource, get: Getter, server: Server) -> None:
    server.world.add(
        *(vesicles(str(number), edat=date(2022, 1 + number % 12, 1 + number % 28)) for number in range(1, 10_301))
    )
    listed: list[str] = []
    for part in source._list_ids(
        QUERY, "edat", WINDOW.since, WINDOW.until, lambda request, read: ask(get, request, read)[1]
    ):  # type: ignore[arg-type]
        listed.extend(part)
    assert len(listed) == len(set(listed)) == 10_300
    assert len(server.asked("esearch")) == 3


def test_a_day_with_too_many_revisions_is_cut_by_entry_date(
    source: PubmedSource, get: Getter, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livingreview.sources.pubmed.source._MAX_IDS", 3)
    monkeypatch.setattr("support.services._MAX_LISTED", 3)
    server.world.add(
        *(
            vesicles(str(number), edat=date(1950 + number, 5, 7), mdat=date(2022, 12, 9) if number % 2 else None)
            for number in range(1, 24)
        )
    )
    found = source.retrieve(QUERY, WINDOW, get)
    assert found.ids == {str(number) for number in range(1, 24, 2)}
    assert found.announced == 12
    assert found.missing == {}


def test_a_day_whose_parts_do_not_add_up_is_named(
    source: PubmedSource, get: Getter, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livingreview.sources.pubmed.source._MAX_IDS", 3)
    # One of them bears an entry date after its revision, which no part holds.
    server.world.add(
        *(vesicles(str(n), edat=date(2022 if n < 5 else 2023, 1, n), mdat=date(2022, 5, 7)) for n in range(1, 6))
    )
    with pytest.raises(UnreconciledError, match="mdat 2022-05-07: PubMed counts 5 and 4 by entry date"):
        source.retrieve(QUERY, WINDOW, get)


def test_a_day_with_too_many_hits_is_named(
    source: PubmedSource, get: Getter, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livingreview.sources.pubmed.source._MAX_IDS", 3)
    server.world.add(*(vesicles(str(number), edat=date(2022, 5, 7)) for number in range(1, 6)))
    with pytest.raises(UnreconciledError, match="edat 2022-05-07, entered 2022-05-07: 5 hits, more than the 3"):
        source.retrieve(QUERY, WINDOW, get)


def test_a_complaint_ends_the_query(source: PubmedSource, get: Getter, server: Server) -> None:
    with pytest.raises(QueryRejectedError, match="FieldNotFound: tiba"):
        source.retrieve(Query(name="core", source="pubmed", text="vesicles[tiba]"), WINDOW, get)
    assert len(server.seen) == 1


def test_ids_are_cleaned_and_asked_for_in_batches(source: PubmedSource, get: Getter, server: Server) -> None:
    server.world.add(*(vesicles(str(number)) for number in range(1, 12)))
    found = source.retrieve_ids(["007", "PMID: 3", "3", "no", "99", *map(str, range(1, 12))], get)
    assert found.ids == {*map(str, range(1, 12)), "99"}
    assert list(found.missing) == ["99"]
    assert [seen.parameters["id"] for seen in server.asked("efetch")] == ["1,2,3,4,5", "6,7,8,9,10", "11,99", "99"]


def test_contact_and_key_go_along_by_post(tiny_project: Project, get: Getter, server: Server) -> None:
    settings = tiny_project.settings.sources.pubmed.model_copy(update={"email": "a@example.org"})
    from pydantic import SecretStr

    settings = settings.model_copy(update={"api_key": SecretStr("hush")})
    PubmedSource(settings).retrieve_ids(["1"], get)
    (seen, *_) = server.seen
    assert (seen.method, seen.parameters["email"], seen.parameters["tool"]) == ("POST", "a@example.org", "livingreview")
    assert seen.parameters["api_key"] == "hush"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"words",
        b"<html/>",
        b"<eSearchResult></eSearchResult>",
        b"<eSearchResult><Count>x</Count></eSearchResult>",
        b"<eSearchResult><ERROR>no</ERROR></eSearchResult>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><eSearchResult><Count>1</Count></eSearchResult>",
        b"<eSearchResult><Count>1</Count>",
        "<eSearchResult><Count>²</Count></eSearchResult>".encode(),
        b"<eSearchResult><Count>" + b"9" * 5000 + b"</Count></eSearchResult>",
        b'<?xml version="1.0" encoding="UTF-0"?><eSearchResult><Count>1</Count></eSearchResult>',
        b'<?xml version="1.0" encoding="utf-7"?><eSearchResult><Count>1</Count></eSearchResult>',
        "<!DOCTYPE a [<!ENTITY b 'c'>]><eSearchResult><Count>1</Count></eSearchResult>".encode("utf-16"),
    ],
)
def test_searches_that_are_none(body: bytes) -> None:
    with pytest.raises(InputError):
        read_search(body)


def test_complaints_and_harmless_warnings() -> None:
    body = (
        b"<eSearchResult><Count>7</Count><IdList><Id>1</Id><Id>02</Id></IdList><ErrorList><PhraseNotFound>a b"
        b"</PhraseNotFound></ErrorList><WarningList><QuotedPhraseNotFound>c</QuotedPhraseNotFound>"
        b"<OutputMessage>No items found.</OutputMessage></WarningList></eSearchResult>"
    )
    found = read_search(body)
    assert (found.count, found.ids) == (7, ("1", "2"))
    assert found.complaints == ("PhraseNotFound: a b", "QuotedPhraseNotFound: c")


@given(st.binary(max_size=80) | st.text("<>/eSarchResultCounIdL0123 &;", max_size=80).map(str.encode))
def test_whatever_comes_only_an_input_error_is_raised(body: bytes) -> None:
    with contextlib.suppress(InputError):
        read_search(body)


@pytest.mark.parametrize("retstart_error", ["status", "body"])
def test_the_server_answers_as_pubmed_does(server: Server, get: Getter, retstart_error: str) -> None:
    """The test server itself: clamps silently, refuses a late start, leaves out what it does not know."""
    server.world.retstart_error = retstart_error
    server.world.add(vesicles("1"), vesicles("2"))

    def search(**parameters: str) -> Payload:
        given = {"db": "pubmed", "term": "vesicles", **parameters}
        return get(Request(url=f"{server.url}/entrez/eutils/esearch.fcgi", parameters=given)).payload

    assert read_search(search(retmax="100000").body).ids == ("2", "1")
    assert read_search(search(retmax="1").body).ids == ("2",)
    if retstart_error == "status":
        with pytest.raises(QueryRejectedError, match="400"):
            search(retstart="9999")
    else:
        with pytest.raises(InputError, match="retstart"):
            read_search(search(retstart="9999").body)
    widened = read_search(search(term="vesicles AND sails[tiba]").body)
    assert widened.count == 2
    assert widened.complaints
    assert b"<DbName>pubmed" in get(Request(url=f"{server.url}/entrez/eutils/einfo.fcgi")).payload.body


# By doi, by number


def test_dois_are_asked_for_in_parts_and_told_apart(
    source: PubmedSource, get: Getter, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livingreview.sources.pubmed.source._DOIS_A_SEARCH", 2)
    server.world.add(Article(pmid="1", doi="10.5555/a"), Article(pmid="2", doi="10.5555/c(1)"), Article(pmid="3"))
    found = source.retrieve_dois(["10.5555/a", "10.5555/b", "10.5555/c(1)"], get)
    assert (found.came_as, found.announced) == ({"10.5555/a": "1", "10.5555/c(1)": "2"}, 2)
    assert found.missing == {"10.5555/b": "PubMed lists no record with this doi"}
    assert found.ids == {"1", "2"}
    assert len(server.asked("esearch")) == 2


def test_a_search_for_dois_that_was_widened_is_refused(source: PubmedSource, get: Getter, server: Server) -> None:
    server.world.add(*(Article(pmid=str(number), doi="10.5555/a") for number in range(1, 9)))
    with pytest.raises(UnreconciledError, match="8 records for 2 DOIs"):
        source.retrieve_dois(["10.5555/a", "10.5555/b"], get)


def test_records_are_counted_by_number(
    source: PubmedSource, get: Getter, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livingreview.sources.pubmed.source._IDS_A_SEARCH", 2)
    server.world.add(Article(pmid="1"), Article(pmid="3"))
    found = source.count(["1", "2", "3"], get)
    assert (found.announced, set(found.missing), found.ids, found.requests) == (2, {"2"}, frozenset(), 3)
    # The one that is not there was fetched once more, alone.
    assert [seen.parameters["id"] for seen in server.asked("efetch")] == ["2"]
