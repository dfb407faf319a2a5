"""Europe PMC."""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.config import Query, ServiceSettings
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.records import Fidelity, Kind, Notice, Person, Problem, Record, Section
from livingreview.records.exchange import Payload, Request
from livingreview.sources import europepmc
from livingreview.sources.base import Item, Kept, Source, Window
from livingreview.sources.http import Check

FIXTURES = Path(__file__).parents[2] / "fixtures" / "europepmc"
QUICK = settings(max_examples=60, deadline=None, database=None)
QUERY = Query(name="core", source="europepmc", text='invented AND SRC:"PPR"')
WINDOW = Window(since=date(2025, 2, 1), until=date(2025, 3, 1))


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def items(body: bytes) -> list[Item]:
    return list(europepmc.parse(io.BytesIO(body)))


def page(ids: list[str], hit_count: int, cursor: str = "") -> bytes:
    results = [{"id": one, "source": "PPR" if one.startswith("PPR") else "MED"} for one in ids]
    values: dict[str, Any] = {"hitCount": hit_count, "resultList": {"result": results}}
    return json.dumps(values | ({"nextCursorMark": cursor} if cursor else {})).encode()


class Server:
    """Answers by a function of the request; the check sees every answer, as with the real client."""

    def __init__(self, answer: Callable[[Request], bytes]) -> None:
        self.answer = answer
        self.requests: list[Request] = []

    def __call__(self, request: Request, check: Check | None = None) -> Kept:
        self.requests.append(request)
        body = self.answer(request)
        payload = Payload(request=request, status=200, body=body, retrieved_at=datetime(2025, 3, 1, tzinfo=UTC))
        assert check is not None
        check(payload)
        return Kept(key=f"key-{len(self.requests)}", payload=payload)


def cursors(pages: dict[str, bytes]) -> Server:
    return Server(lambda request: pages[request.parameters["cursorMark"]])


def source(page_size: int = 2) -> Source:
    base = "https://epmc.example.org/rest/"
    return europepmc.EuropepmcSource(ServiceSettings(base_url=base, requests_per_second=5, page_size=page_size))


def test_a_preprint() -> None:
    found = items(fixture("page1.json"))[0]
    assert isinstance(found, Record)
    assert (found.key, found.kind, found.fidelity) == (("europepmc", "PPR900001"), Kind.PREPRINT, Fidelity.FULL)
    assert found.title == "Vesicles of invented cells, p < 0.05."
    assert found.abstract == (
        Section(label="BACKGROUND", text="Invented cells are plentiful."),
        Section(label="RESULTS", text="CO2 rose at p < 0.05 in NCT09999901."),
    )
    assert found.persons == (
        Person(
            family="Muster",
            given="Erika A",
            orcid="0000-0002-1825-0097",
            affiliations=("University of Nowhere, Utopia.",),
        ),
        Person(collective="Invented Vesicle Study Group"),
    )
    assert (found.journal, found.doi, found.nct_ids) == ("bioRxiv", "10.1101/2025.01.02.900001", ("NCT09999901",))
    assert (found.publication_date, found.source_date, found.created_date) == ("2025-02-03", "2025-02-06", "2025-02-04")
    assert (found.source_version, found.accessions) == (2, ("PPR900000",))
    (link,) = found.notices
    assert (link.kind, link.pmid, link.doi) == ("PreprintOf", "90000001", "10.5555/invented.2025.001")


def test_a_pubmed_record() -> None:
    found = items(fixture("page1.json"))[1]
    assert isinstance(found, Record)
    assert (found.key, found.kind, found.fidelity) == (("pubmed", "90000001"), Kind.ARTICLE, Fidelity.CITATION)
    assert (found.journal, found.journal_abbreviation) == ("Journal of invented research", "J Invent Res")
    assert (found.issn, found.nlm_id) == ("1234-567X", "9999999")
    assert (found.volume, found.issue, found.pages) == ("12", "3", "101-112")
    assert found.mesh == ("Animals", "Exosomes/metabolism", "Exosomes/transplantation")
    assert (found.keywords, found.chemicals) == (("Invented Cell", "Vesicle"), ("Inventase",))
    assert (found.doi, found.pmcid, found.pmid) == ("10.5555/invented.2025.001", "PMC9900001", "90000001")
    assert found.source_date == ""
    assert found.persons == (Person(family="Beispiel", given="J"),)
    assert found.notices == (
        Notice(kind="RetractionIn", pmid="90000009", citation="J Invent Res. 2025 Jul;12(7):900"),
        Notice(kind="PreprintIn", citation="PPR/PPR900001"),
    )


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Retracted and republished in", "RetractedandRepublishedIn"),
        ("Corrected and republished in", "CorrectedandRepublishedIn"),
        ("Expression of concern in", "ExpressionOfConcernIn"),
    ],
)
def test_kinds_of_notices_are_spelt_as_pubmed_spells_them(said: str, kind: str) -> None:
    page = json.loads(fixture("page1.json"))
    for result in page["resultList"]["result"]:
        result["commentCorrectionList"] = {"commentCorrection": [{"type": said, "source": "MED", "id": "9"}]}
    (notice,) = items(json.dumps(page).encode())[1].notices  # type: ignore[union-attr]
    assert (notice.kind, notice.pmid) == (kind, "9")


def test_other_origins() -> None:
    assert [item.source_id for item in items(fixture("page2.json"))] == ["PMC9900004", "ETH/573912"]


def test_reading_all_pages() -> None:
    pages = {
        "*": fixture("page1.json"),
        "AoIIP4AAACg5OTk5OTk5": fixture("page2.json"),
        "AoIIP4AAACg5OTk5OTk4": fixture("page3.json"),
    }
    server = cursors(pages)
    found = source().retrieve(QUERY, WINDOW, server)
    assert found.announced == 4
    assert found.ids == {"PPR900001", "90000001", "PMC9900004", "ETH/573912"}
    assert (found.keys, found.requests, found.missing) == (("key-1", "key-2"), 3, {})
    first = server.requests[0]
    assert first.url == "https://epmc.example.org/rest/search"
    assert not first.is_post
    days = "[2025-02-01 TO 2025-03-01]"
    assert dict(first.parameters) == {
        "query": f'(invented AND SRC:"PPR") AND (CREATION_DATE:{days} OR UPDATE_DATE:{days} OR FIRST_IDATE:{days})',
        "resultType": "core",
        "format": "json",
        "pageSize": "2",
        "cursorMark": "*",
    }
    bodies = [pages[request.parameters["cursorMark"]] for request in server.requests[: len(found.keys)]]
    assert {item.source_id for body in bodies for item in items(body)} == found.ids


def test_nothing_found() -> None:
    found = source().retrieve(QUERY, WINDOW, cursors({"*": page([], 0)}))
    assert (found.announced, found.keys, found.ids, found.requests) == (0, (), frozenset(), 1)


@pytest.mark.parametrize("last", ["", "b", "*"])
def test_the_reading_ends_when_the_cursor_is_absent_or_repeats(last: str) -> None:
    pages = {"*": page(["PPR1"], 2, "b"), "b": page(["PPR2"], 2, last)}
    found = source().retrieve(QUERY, WINDOW, cursors(pages))
    assert (found.requests, set(found.ids)) == (2, {"PPR1", "PPR2"})


def test_a_cursor_that_cannot_be_sent_is_mended() -> None:
    server = cursors({"*": page(["PPR1"], 2, "b\ud800"), "b": page(["PPR2"], 2)})
    assert source().retrieve(QUERY, WINDOW, server).ids == {"PPR1", "PPR2"}


def test_a_service_that_never_ends_brings_nothing_new() -> None:
    server = Server(lambda request: page(["PPR1"], 1, request.parameters["cursorMark"] + "x"))
    assert source().retrieve(QUERY, WINDOW, server).requests == 2


def test_a_short_reading_is_done_again_and_completed() -> None:
    answers = iter([page(["PPR1", "PPR2"], 3), page(["PPR2", "PPR3"], 3)])
    found = source().retrieve(QUERY, WINDOW, Server(lambda _: next(answers)))
    assert (set(found.ids), found.missing, found.keys) == ({"PPR1", "PPR2", "PPR3"}, {}, ("key-1", "key-2"))


def test_a_small_rest_is_named() -> None:
    found = source().retrieve(QUERY, WINDOW, Server(lambda _: page(["PPR1", "PPR2"], 4)))
    assert (found.announced, found.requests, found.keys) == (4, 2, ("key-1",))
    assert list(found.missing) == ["core: unlisted 1", "core: unlisted 2"]
    assert "one of 4 hits announced" in found.missing["core: unlisted 1"]


def test_a_large_rest_is_an_error() -> None:
    with pytest.raises(UnreconciledError, match="core: 7 hits announced, 2 listed"):
        source().retrieve(QUERY, WINDOW, Server(lambda _: page(["PPR1", "PPR2"], 7)))


def test_a_long_query_goes_as_a_form() -> None:
    server = Server(lambda _: page([], 0))
    source().retrieve(Query(name="long", source="europepmc", text="x" * 5000), WINDOW, server)
    assert server.requests[0].is_post
    assert server.requests[0].url.endswith("/searchPOST")


def test_parameters_of_the_query_do_not_override_ours() -> None:
    server = Server(lambda _: page([], 0))
    query = Query(name="x", source="europepmc", text="x", parameters={"synonym": "true", "format": "xml"})
    source().retrieve(query, WINDOW, server)
    assert server.requests[0].parameters["synonym"] == "true"
    assert server.requests[0].parameters["format"] == "json"


def test_asking_by_id() -> None:
    def answer(request: Request) -> bytes:
        have = [one for one in ("PPR1", "90000001", "PPR3") if f'"{one}"' in request.parameters["query"]]
        return page([one for one in have if one != "PPR3" or " OR " not in request.parameters["query"]], len(have))

    server = Server(answer)
    found = source().retrieve_ids(["PPR1", "90000001", "PPR3", "ETH/5", "PPR1"], server)
    assert server.requests[0].parameters["query"] == (
        '(EXT_ID:"PPR1" AND SRC:PPR) OR (EXT_ID:"90000001" AND SRC:MED) OR (EXT_ID:"PPR3" AND SRC:PPR)'
        ' OR (EXT_ID:"5" AND SRC:ETH)'
    )
    assert (found.announced, set(found.ids), found.requests) == (4, {"PPR1", "90000001", "PPR3"}, 3)
    assert found.missing == {"ETH/5": "asked for, not returned, not even alone"}


def test_many_ids_go_in_batches() -> None:
    wanted = [f"PPR{number}" for number in range(120)]

    def answer(request: Request) -> bytes:
        have = [one for one in wanted if f'"{one}"' in request.parameters["query"]]
        return page(have, len(have))

    found = source(page_size=1000).retrieve_ids(wanted, Server(answer))
    assert (found.requests, set(found.ids), found.missing) == (3, set(wanted), {})
    assert source().retrieve_ids([], Server(answer)).requests == 0


BROKEN = [
    b"",
    b"<html>Service unavailable</html>",
    fixture("page1.json")[:500],
    b"[]",
    b"{}",
    b'{"hitCount": "4", "resultList": {"result": []}}',
    b'{"hitCount": true, "resultList": {"result": []}}',
    b'{"hitCount": 4, "resultList": []}',
    b'{"hitCount": 4, "resultList": {"result": {}}}',
    b'{"errCode": 500, "errMsg": "Try later"}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", BROKEN, ids=range(len(BROKEN)))
def test_broken_answers_are_asked_again_and_not_parsed(body: bytes) -> None:
    with pytest.raises(ServiceFaultError, match="europepmc"):
        source().retrieve(QUERY, WINDOW, Server(lambda _: body))
    with pytest.raises(InputError, match="Europe PMC"):
        items(body)


def test_a_refused_query_is_not_asked_again() -> None:
    with pytest.raises(QueryRejectedError, match="The query can not be parsed"):
        source().retrieve(QUERY, WINDOW, Server(lambda _: fixture("error.json")))
    with pytest.raises(InputError, match="The query can not be parsed"):
        items(fixture("error.json"))


def test_a_page_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(europepmc, "MAX_PAGE_BYTES", 100)
    with pytest.raises(InputError, match="more than"):
        items(fixture("page1.json"))


@pytest.mark.parametrize("result", [None, 5, {}, {"id": "1"}, {"source": "PPR"}, {"id": "x", "source": "MED"}])
def test_a_result_without_identity(result: Any) -> None:
    body = json.dumps({"hitCount": 1, "resultList": {"result": [result]}}).encode()
    (found,) = items(body)
    assert isinstance(found, Problem)


def test_a_field_of_an_unknown_shape_costs_one_record() -> None:
    results = [{"id": "PPR1", "source": "PPR", "authorList": "nobody"}, {"id": "PPR2", "source": "PPR"}]
    bad, good = items(json.dumps({"hitCount": 2, "resultList": {"result": results}}).encode())
    assert isinstance(bad, Problem)
    assert bad.source_id == "PPR1"
    assert isinstance(good, Record)


def test_what_json_lets_through_and_no_store_takes() -> None:
    body = rb'{"hitCount": 1, "resultList": {"result": [{"id": "PPR1", "source": "PPR", "title": "a\ud800\u0000b"}]}}'
    (found,) = items(body)
    assert isinstance(found, Record)
    assert found.title == "ab"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    [
        "title",
        "doi",
        "abstractText",
        "authorList",
        "journalInfo",
        "pubTypeList",
        "meshHeadingList",
        "keywordList",
        "chemicalList",
        "language",
        "versionList",
        "versionNumber",
        "commentCorrectionList",
        "bookOrReportDetails",
        "firstPublicationDate",
        "pmid",
        "pmcid",
    ]
)


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes(body: bytes) -> None:
    with pytest.raises(InputError):
        items(body)


@QUICK
@given(st.lists(st.dictionaries(FIELDS, JSON, max_size=4), max_size=4))
def test_any_fields(results: list[dict[str, Any]]) -> None:
    numbered = [result | {"id": f"PPR{number}", "source": "PPR"} for number, result in enumerate(results)]
    found = items(json.dumps({"hitCount": len(results), "resultList": {"result": numbered}}).encode())
    assert [item.source_id for item in found] == [result["id"] for result in numbered]


@QUICK
@given(ids=st.sets(st.integers(1, 10**6), max_size=20), size=st.integers(1, 7))
def test_any_number_of_pages(ids: set[int], size: int) -> None:
    names = [f"PPR{number}" for number in sorted(ids)]

    def answer(request: Request) -> bytes:
        start = int(request.parameters["cursorMark"].replace("*", "0"))
        return page(names[start : start + size], len(names), str(start + size))

    found = source(size).retrieve(QUERY, WINDOW, Server(answer))
    assert (found.announced, set(found.ids), found.missing) == (len(names), set(names), {})
    assert len(found.keys) == -(-len(names) // size)
