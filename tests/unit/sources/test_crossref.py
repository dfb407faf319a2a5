"""Crossref."""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.config import CrossrefSettings, Query
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.records import Fidelity, Kind, Notice, Person, Problem, Record, Section
from livingreview.records.exchange import Payload, Request
from livingreview.sources import crossref
from livingreview.sources.base import Item, Kept, Window
from livingreview.sources.http import Check
from livingreview.sources.values.notice_kinds import kind_in, kind_of
from support.world import update, work

QUICK = settings(max_examples=60, deadline=None, database=None)
WINDOW = Window(since=date(2022, 3, 1), until=date(2022, 6, 1))
DOI = "10.5555/invented.1"


def listed(*works: Any, total: int | None = None, cursor: str = "") -> bytes:
    message = {"total-results": len(works) if total is None else total, "items": list(works), "items-per-page": 50}
    if cursor:
        message["next-cursor"] = cursor
    return json.dumps({"status": "ok", "message-type": "work-list", "message": message}).encode()


def items(body: bytes) -> list[Item]:
    return list(crossref.parse(io.BytesIO(body)))


def record(**values: Any) -> Record:
    (found,) = items(listed(work(DOI, "Vesicles", **values)))
    assert isinstance(found, Record)
    return found


class Service:
    """Answers by a function of the request; what it raises is the client's word."""

    def __init__(self, answer: Callable[[Request], bytes]) -> None:
        self.answer = answer
        self.requests: list[Request] = []

    def __call__(self, request: Request, check: Check | None = None) -> Kept:
        self.requests.append(request)
        payload = Payload(request=request, status=200, body=self.answer(request), retrieved_at=datetime.now(UTC))
        assert check is not None
        check(payload)
        return Kept(key=f"key-{len(self.requests)}", payload=payload)


def source(**values: Any) -> crossref.CrossrefSource:
    return crossref.CrossrefSource(CrossrefSettings(base_url="http://x", **values))


def test_an_article() -> None:
    found = record(
        subtitle=["in <i>mice</i> &amp; men"],
        author=[
            {
                "given": "A",
                "family": "Author",
                "ORCID": "http://orcid.org/0000-0000-0000-0001",
                "affiliation": [{"name": "Nowhere"}],
            },
            {"name": "The Invented Group", "affiliation": []},
        ],
        clinical_trial_number=[{"clinical-trial-number": "nct91000001", "registry": "10.18810/clinical-trials-gov"}],
        deposited={"date-parts": [[2022, 4, 3]]},
    )
    assert found == Record(
        source="crossref",
        source_id=DOI,
        title="Vesicles: in mice & men",
        abstract=(Section(text="Invented words about nothing in particular."),),
        journal="Journal of Invented Results",
        journal_abbreviation="J Invent Res",
        issn="9999-0001",
        volume="7",
        issue="2",
        pages="11-19",
        publication_date="2022-04-01",
        persons=(
            Person(family="Author", given="A", orcid="0000-0000-0000-0001", affiliations=("Nowhere",)),
            Person(collective="The Invented Group"),
        ),
        publication_types=("journal-article",),
        doi=DOI,
        nct_ids=("NCT91000001",),
        source_date="2022-04-03",
        source_stamp="2022-04-02T00:00:00Z",
        created_date="2022-04-01",
        fidelity=Fidelity.FULL,
    )


def test_a_preprint_and_the_article_that_it_became() -> None:
    found = record(
        type="posted-content",
        subtype="preprint",
        container_title=[],
        institution=[{"name": "bioRxiv"}],
        relation={
            "is-preprint-of": [{"id-type": "doi", "id": "10.5555/ARTICLE", "asserted-by": "subject"}],
            "has-review": [{"id-type": "doi", "id": "10.5555/review"}],
        },
    )
    assert (found.kind, found.journal) == (Kind.PREPRINT, "bioRxiv")
    assert found.notices == (Notice(kind="PreprintOf", doi="10.5555/article"),)


def test_a_structured_abstract() -> None:
    abstract = (
        "<jats:sec><jats:title>Objective</jats:title><jats:p>One.</jats:p></jats:sec>"
        "<jats:sec><jats:title>Results</jats:title><jats:p>CO<jats:sub>2</jats:sub>.</jats:p></jats:sec>"
    )
    assert record(abstract=abstract).abstract == (
        Section(label="OBJECTIVE", text="One."),
        Section(label="RESULTS", text="CO2."),
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [([[2024, 5, 1]], "2024-05-01"), ([[2024, 5]], "2024-05"), ([[2024]], "2024"), ([[None]], "2022-04-01"), ([], "")],
)
def test_partial_dates(parts: Any, expected: str) -> None:
    (found,) = items(listed(work(DOI, "x") | {"published": {"date-parts": parts}}))
    assert isinstance(found, Record)
    assert found.publication_date == (expected or "2022-04-01")


def test_notices_of_the_publisher_and_of_retraction_watch_are_one() -> None:
    notice = "10.5555/notice"
    found = record(
        updated_by=[
            update(notice, "retraction"),
            update(notice, "retraction", record_id="20946", on="2022-05-09"),
            update("10.5555/concern", "expression_of_concern"),
            update("10.5555/erratum", "corrigendum"),
        ]
    )
    assert [(one.kind, one.doi) for one in found.notices] == [
        ("ErratumIn", "10.5555/erratum"),
        ("ExpressionOfConcernIn", "10.5555/concern"),
        ("RetractionIn", notice),
    ]
    assert found.notices[2].citation == "2022-05-09, Retraction, Retraction Watch 20946"
    assert found.source_date == "2022-05-09", "the latest notice dates the state, though nothing was deposited"


def test_what_a_notice_says_of_others_and_of_itself() -> None:
    found = record(update_to=[update("10.5555/other", "retraction"), update(DOI, "correction")])
    assert {(one.kind, one.doi) for one in found.notices} == {("RetractionOf", "10.5555/other"), ("ErratumIn", DOI)}


@pytest.mark.parametrize(
    ("word", "in_", "of"),
    [
        ("retraction", "RetractionIn", "RetractionOf"),
        ("withdrawal", "RetractionIn", "RetractionOf"),
        ("removal", "RetractionIn", "RetractionOf"),
        ("partial_retraction", "PartialRetractionIn", "PartialRetractionOf"),
        ("Expression of concern", "ExpressionOfConcernIn", "ExpressionOfConcernFor"),
        ("expression-of-concern", "ExpressionOfConcernIn", "ExpressionOfConcernFor"),
        ("Correction", "ErratumIn", "ErratumFor"),
        ("addendum", "UpdateIn", "UpdateOf"),
        ("Reinstatement", "ReinstatementIn", "ReinstatementOf"),
        ("new_version", "NewVersionIn", "NewVersionOf"),
        ("something new", "UpdateIn", "UpdateOf"),
    ],
)
def test_words_become_those_of_pubmed(word: str, in_: str, of: str) -> None:
    assert (kind_in(word), kind_of(word)) == (in_, of)


def test_dois_are_asked_for_many_at_a_time_and_left_out_ones_alone() -> None:
    known = {f"10.5555/{number}": work(f"10.5555/{number}", "x") for number in range(7)}
    moved = work("10.5555/now", "x")

    def answer(request: Request) -> bytes:
        if request.url == "http://x/works":
            asked = [part.removeprefix("doi:") for part in request.parameters["filter"].split(",")]
            return listed(*(known[doi] for doi in asked if doi in known))
        doi = request.url.removeprefix("http://x/works/")
        if doi == "10.5555%2Fold":
            return json.dumps({"status": "ok", "message-type": "work", "message": moved}).encode()
        if doi == "10.5555%2Fa%2Cb":
            found = work("10.5555/a,b", "x")
            return json.dumps({"status": "ok", "message-type": "work", "message": found}).encode()
        raise QueryRejectedError("crossref (x): answered 404: Resource not found.")

    service = Service(answer)
    wanted = [*known, "10.5555/A,b", "10.5555/old", "10.5555/gone", "10.5555/gone"]
    found = source(page_size=4, email="me@example.org").retrieve_ids(wanted, service)
    assert [len(one.parameters.get("filter", "").split(",")) for one in service.requests[:3]] == [4, 4, 1]
    assert found.requests == len(service.requests) == 6
    assert found.ids == {*known, "10.5555/a,b", "10.5555/now"}
    assert found.missing == {
        "10.5555/old": "Crossref answers with 10.5555/now in its place",
        "10.5555/gone": "Crossref does not have this doi (crossref (x): answered 404: Resource not found.)",
    }
    assert all(one.parameters["mailto"] == "me@example.org" for one in service.requests)
    assert [one.parameters["rows"] for one in service.requests if one.url == "http://x/works"] == ["4", "4", "4"]


def test_a_batch_fits_into_an_address() -> None:
    service = Service(lambda _request: listed())
    dois = [f"10.5555/{'x' * 400}{number}" for number in range(30)]
    source().retrieve_ids(dois, service)
    assert all(len(one.parameters.get("filter", "")) < 5_000 for one in service.requests)


def test_a_search_is_windowed_and_read_to_its_end_though_the_cursor_stays_the_same() -> None:
    pages = [listed(work("10.5555/1", "x"), total=2, cursor="c"), listed(work("10.5555/2", "x"), total=2, cursor="c")]
    service = Service(lambda _request: pages.pop(0) if pages else listed(total=2, cursor="c"))
    query = Query(name="q", source="crossref", text="words", parameters={"filter": "type:journal-article"})
    found = source().retrieve(query, WINDOW, service)
    assert (found.ids, found.announced, found.requests) == ({"10.5555/1", "10.5555/2"}, 2, 3)
    assert service.requests[0].parameters["cursor"] == "*"
    assert service.requests[1].parameters["cursor"] == "c"
    assert service.requests[0].parameters["filter"] == (
        "type:journal-article,from-index-date:2022-03-01,until-index-date:2022-06-01"
    )
    assert service.requests[0].parameters["query.bibliographic"] == "words"


def test_a_search_that_finds_everything_is_refused() -> None:
    with pytest.raises(QueryRejectedError, match="4,664,899 works match"):
        source().retrieve(
            Query(name="q", source="crossref", text="words"), WINDOW, Service(lambda _one: listed(total=4_664_899))
        )


def test_a_search_that_lists_less_than_it_announces() -> None:
    service = Service(lambda _one: listed(work(DOI, "x"), total=3, cursor="c"))
    with pytest.raises(UnreconciledError, match="3 works announced, 1 listed"):
        source().retrieve(Query(name="q", source="crossref"), WINDOW, service)


@pytest.mark.parametrize(
    "body",
    [
        b"Resource not found.",
        b'{"status":"failed","message-type":"validation-failure","message":[{"type":"rows-not-valid"}]}',
        b'{"status":"ok","message-type":"work-list","message":{"items":[]}}',
        b'{"status":"ok","message-type":"work-list","message":{"total-results":true,"items":[]}}',
        b'{"status":"ok","message-type":"work-list","message":[]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(InputError, match="not an answer with works"):
        items(body)
    with pytest.raises(ServiceFaultError):
        source().retrieve_ids([DOI], Service(lambda _request: body))


def test_a_work_that_cannot_be_read_is_named_and_the_others_are_read() -> None:
    broken, nameless = work("10.5555/broken", "x", author=[3]), {"title": ["no doi"]}
    first, second, third = items(listed(broken, nameless, work(DOI, "x")))
    assert isinstance(first, Problem) and first.source_id == "10.5555/broken"
    assert second == Problem(source="crossref", source_id="work 2", reason="a work without a doi")
    assert isinstance(third, Record)


def test_a_page_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossref, "MAX_PAGE_BYTES", 10)
    with pytest.raises(InputError, match="more than"):
        items(listed())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted({*work(DOI, "x"), "updated-by", "update-to", "subtitle", "subtype", "institution", "language"})


@QUICK
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6))
def test_any_shape_of_any_field(values: dict[str, Any]) -> None:
    for item in items(listed(work(DOI, "x") | values)):
        assert isinstance(item, Record | Problem)
        if isinstance(item, Record):
            assert item.source_id == item.doi
            assert "\n" not in item.title


@QUICK
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    for body in (data, b'{"status":"ok","message-type":"work","message":' + data + b"}"):
        try:
            items(body)
        except InputError as error:
            assert "\n" not in str(error)


@QUICK
@given(st.binary(max_size=2_000), st.integers(0, 2_000))
def test_a_cut_answer_is_never_half_read(_data: bytes, at: int) -> None:
    body = listed(work(DOI, "x"))
    if at < len(body):
        with pytest.raises(InputError):
            items(body[:at])
