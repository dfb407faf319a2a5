"""ClinicalTrials.gov API v2."""

import copy
import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.config import Project, Query
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.records import Kind, Problem, Record, Section, TrialFacts
from livingreview.records.exchange import Payload, Request
from livingreview.records.serialization import canonical_json, content_hash, content_of, envelope_of, record_from
from livingreview.sources import Item, Kept, Window
from livingreview.sources.clinicaltrials import studies
from livingreview.sources.clinicaltrials.source import ClinicalTrialsSource
from livingreview.sources.http import Check, Client
from support.server import Server
from support.world import study

from support.records import NOW  # isort: skip


def items(value: Any) -> list[Item]:
    return list(studies.parse(io.BytesIO(value if isinstance(value, bytes) else json.dumps(value).encode())))


def whole_study() -> dict[str, Any]:
    found = study(
        "NCT91000001",
        "Vesicles &  more",
        status="UNKNOWN",
        updated="2022-05-02",
        enrollment=44,
        enrollment_type="ACTUAL",
        stamp="2026-01-01",
        lastKnownStatus="RECRUITING",
        whyStopped="No\nyarn",
        resultsFirstPostDateStruct={"date": "2022-05-01", "type": "ACTUAL"},
    )
    protocol = found["protocolSection"]
    protocol["identificationModule"] |= {
        "nctIdAliases": ["NCT91000009", "NCT91000008"],
        "secondaryIdInfos": [{"id": "EU-1", "type": "EUDRACT_NUMBER"}, {"type": "OTHER"}],
    }
    protocol["descriptionModule"]["detailedDescription"] = "In\n\n* detail"
    protocol["contactsLocationsModule"]["locations"] += [{"country": "Arcadia"}, {"city": "Nowhere"}]
    protocol["referencesModule"] = {
        "references": [
            {"pmid": "9", "type": "RESULT", "citation": "x"},
            {"pmid": "7", "type": "DERIVED"},
            {"pmid": "8", "type": "BACKGROUND"},
            {"citation": "no pmid", "type": "RESULT"},
        ]
    }
    found["derivedSection"]["conditionBrowseModule"] = {"meshes": [{"id": "D1", "term": "Burns"}]}
    found["derivedSection"]["interventionBrowseModule"] = {"meshes": [{"id": "D2", "term": "Alginates"}]}
    found["hasResults"] = True
    return found


def test_a_whole_study() -> None:
    (found,) = items(whole_study())
    assert found == Record(
        source="clinicaltrials",
        source_id="NCT91000001",
        kind=Kind.TRIAL,
        title="Vesicles & more",
        vernacular_title="Vesicles & more, in full",
        abstract=(
            Section(label="Brief summary", text="Invented summary of Vesicles & more."),
            Section(label="Detailed description", text="In * detail"),
        ),
        publication_date="2021-04-08",
        keywords=("invented",),
        mesh=("Alginates", "Burns"),
        nct_ids=("NCT91000001",),
        accessions=("9", "7", "8"),
        trial=TrialFacts(
            status="UNKNOWN",
            last_known_status="RECRUITING",
            why_stopped="No yarn",
            study_type="INTERVENTIONAL",
            phases=("PHASE1", "PHASE2"),
            enrollment_count=44,
            enrollment_type="ACTUAL",
            start_date="2021-05",
            primary_completion_date="2023-05",
            primary_completion_date_type="ESTIMATED",
            completion_date="2023-12-31",
            completion_date_type="ESTIMATED",
            first_posted_date="2021-04-08",
            last_update_posted_date="2022-05-02",
            results_first_posted_date="2022-05-01",
            has_results=True,
            conditions=("Invented Disease",),
            interventions=("BIOLOGICAL: Invented vesicles",),
            sponsor="Institute of Invented Studies",
            countries=("Arcadia", "Utopia"),
            result_pmids=("9",),
            derived_pmids=("7",),
            aliases=("NCT91000008", "NCT91000009"),
            secondary_ids=("EU-1",),
        ),
        source_date="2022-05-02",
        source_stamp="2026-01-01",
        created_date="2021-04-01",
    )


def test_the_smallest_study() -> None:
    (found,) = items({"protocolSection": {"identificationModule": {"nctId": "NCT91000001"}}})
    assert isinstance(found, Record)
    assert found.trial == TrialFacts()


def test_a_page_a_list_and_a_single_study() -> None:
    one = study("NCT91000001")
    assert items({"studies": [one]}) == items([one]) == items(one)
    assert items({"studies": []}) == []
    assert items(b"\xef\xbb\xbf" + json.dumps(one).encode()) == items(one)


def test_noise_makes_no_other_content() -> None:
    one = whole_study()
    other = copy.deepcopy(one)
    other["derivedSection"]["miscInfoModule"]["versionHolder"] = "2026-12-31"
    other["protocolSection"]["contactsLocationsModule"]["locations"][0]["geoPoint"] = {"lat": 9, "lon": 9}
    other["protocolSection"]["contactsLocationsModule"]["centralContacts"] = [{"name": "x", "phone": "1"}]
    other["protocolSection"]["identificationModule"]["nctIdAliases"].reverse()
    other["protocolSection"]["descriptionModule"]["detailedDescription"] = "In *   detail"
    contents = [content_of(found) for found in (*items(one), *items(other)) if isinstance(found, Record)]
    assert contents[0] == contents[1]


def test_unknown_enumeration_values_are_kept_and_named() -> None:
    one = study("NCT91000001", status="PONDERING")
    one["protocolSection"]["designModule"]["phases"] = ["PHASE9"]
    one["protocolSection"]["armsInterventionsModule"]["interventions"] = [{"type": "SPELL", "name": "Invented"}]
    found, second, third, *remarks = items({"studies": [one, study("NCT91000002", status="PONDERING"), whole_study()]})
    assert isinstance(found, Record)
    assert found.trial is not None
    assert (found.trial.status, found.trial.phases) == ("PONDERING", ("PHASE9",))
    assert found.trial.interventions == ("SPELL: Invented",)
    assert isinstance(second, Record)
    assert isinstance(third, Record)
    assert all(isinstance(remark, Problem) and remark.is_remark for remark in remarks)
    assert [(remark.source_id, remark.reason) for remark in remarks if isinstance(remark, Problem)] == [
        (
            "NCT91000001",
            "the kind of intervention 'SPELL' of this study is none that is known; kept as it is",
        ),
        ("NCT91000001", "the phase 'PHASE9' of this study is none that is known; kept as it is"),
        ("NCT91000001", "the status 'PONDERING' of this study (and of 1 others) is none that is known; kept as it is"),
    ]


def test_what_is_known_is_not_remarked_upon() -> None:
    one = whole_study()
    one["protocolSection"]["armsInterventionsModule"]["interventions"] = [{"name": "Agent X: twice a day"}]
    assert [type(item) for item in items(one)] == [Record]


def test_a_date_that_is_none_is_kept_named_and_orders_nothing() -> None:
    found, remark = items(study("NCT91000001", updated="2022-13-45"))
    assert isinstance(found, Record)
    assert found.trial is not None
    assert found.trial.last_update_posted_date == "2022-13-45"
    assert found.source_date == ""
    (later, *_) = items(study("NCT91000001", updated="2022-04"))
    assert isinstance(later, Record)
    assert later.order_key > found.order_key
    assert isinstance(remark, Problem)
    assert "date '2022-13-45'" in remark.reason


@pytest.mark.parametrize(
    "one",
    [
        {},
        3,
        None,
        [],
        {"protocolSection": None},
        {"protocolSection": {"identificationModule": {"nctId": "NCT1"}}},
        {"protocolSection": {"identificationModule": {"nctId": "x NCT91000001"}}},
        {"protocolSection": {"identificationModule": {"nctId": "NCT91000001"}, "statusModule": [1]}},
    ],
)
def test_a_study_of_another_shape_costs_only_itself(one: Any) -> None:
    first, second = items({"studies": [one, study("NCT91000002")]})
    assert isinstance(first, Problem)
    assert first.reason
    assert isinstance(second, Record)


@pytest.mark.parametrize("body", [b"", b"{", b"3", b"null", b'"x"', b"{}", b'{"studies": 3}', b"[" * 100_000, b"\xff"])
def test_what_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        items(body)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        found += _places(child, (*path, key))
    return found


_ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        10**30,
        "",
        "NCT91000002",
        "\ud800",
        "a\x00b",
        "x" * 50,
        [],
        [None],
        ["\ud800"],
        {},
        {"a": 1},
    ]
)


@given(st.sampled_from(_places(whole_study())), _ODD)
def test_whatever_stands_in_a_field_a_record_can_be_stored_and_comes_back(path: tuple[Any, ...], odd: Any) -> None:
    one = whole_study()
    place: Any = one
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = odd
    for found in items({"studies": [one]}):
        if isinstance(found, Record):
            text = canonical_json(content_of(found))
            envelope = canonical_json(envelope_of(found))
            assert content_hash(text)
            assert record_from(json.loads(text), json.loads(envelope.encode())) == found
        else:
            assert isinstance(found, Problem)
            found.source_id.encode()
            found.reason.encode()


@given(st.binary(max_size=60) | st.text('[]{}":,0123456789studieprocolSn', max_size=60).map(str.encode))
def test_whatever_comes_only_an_input_error_is_raised(body: bytes) -> None:
    try:
        items(body)
    except InputError as error:
        assert "\n" not in str(error)


class Pages:
    """Answers with these bodies, one after another."""

    def __init__(self, *bodies: Any) -> None:
        self.bodies = [json.dumps(body).encode() for body in bodies]
        self.asked: list[Request] = []

    def __call__(self, request: Request, check: Check | None = None) -> Kept:
        self.asked.append(request)
        payload = Payload(request=request, status=200, body=self.bodies.pop(0), retrieved_at=NOW)
        if check is not None:
            check(payload)
        return Kept(key=f"key-{len(self.asked)}", payload=payload)


@pytest.fixture
def source(tiny_project: Project) -> ClinicalTrialsSource:
    return ClinicalTrialsSource(tiny_project.settings.sources.clinicaltrials)


def test_a_token_that_repeats_ends_the_reading(source: ClinicalTrialsSource) -> None:
    page = {"studies": [study("NCT91000001")], "nextPageToken": "same", "totalCount": 9}
    with pytest.raises(UnreconciledError, match="repeats a page token"):
        source.retrieve_ids(["NCT91000001"], Pages(page, page, page))


def test_every_parameter_is_repeated_on_every_page(source: ClinicalTrialsSource) -> None:
    pages = Pages(
        {"studies": [study("NCT91000001")], "nextPageToken": "a", "totalCount": 2},
        {"studies": [], "nextPageToken": "b"},
        {"studies": [study("NCT91000002")]},
    )
    found = source.retrieve_ids(["NCT91000001", "NCT91000002"], pages)
    assert found.keys == ("key-1", "key-3")
    assert (found.requests, found.missing) == (3, {})
    first, *others = (dict(request.parameters) for request in pages.asked)
    assert [other.pop("pageToken") for other in others] == ["a", "b"]
    assert others == [first, first]
    assert first["markupFormat"] == "markdown"


def test_many_numbers_are_asked_for_in_parts(source: ClinicalTrialsSource) -> None:
    ids = [f"NCT9100{number:04d}" for number in range(250)]
    parts = [ids[:100], ids[100:200], ids[200:]]
    pages = Pages(*({"studies": [study(nct) for nct in part], "totalCount": len(part)} for part in parts))
    found = source.retrieve_ids([*ids, "not a number", ids[0]], pages)
    assert (sorted(found.ids), found.missing, found.requests) == (ids, {}, 3)
    assert all(len(request.parameters["filter.ids"]) <= 2_000 for request in pages.asked)


def test_a_study_that_was_merged_is_found_under_its_new_number(
    source: ClinicalTrialsSource, tiny_project: Project, server: Server
) -> None:
    server.world.register(study("NCT91000003"))
    server.world.aliases["NCT91000099"] = "NCT91000003"
    client = Client("clinicaltrials", tiny_project.settings.sources.clinicaltrials, sleep=lambda _seconds: None)
    bodies: dict[str, bytes] = {}

    def get(request: Request, check: Check | None = None) -> Kept:
        payload = client.send(request, check)
        key = str(len(bodies))
        bodies[key] = payload.body
        return Kept(key=key, payload=payload)

    try:
        found = source.retrieve_ids(["NCT91000099", "NCT91000098"], get)
    finally:
        client.close()
    records = [item for key in found.keys for item in items(bodies[key])]
    assert [item.source_id for item in records if isinstance(item, Record)] == ["NCT91000003"]
    assert "merged it into NCT91000003" in found.missing["NCT91000099"]
    assert "404" in found.missing["NCT91000098"]
    # The registry looks among former numbers, too, so that only the other one is asked for alone.
    assert found.requests == 2


def test_what_is_sent_back_or_kept_is_text_that_can_be(source: ClinicalTrialsSource) -> None:
    pages = Pages(
        {"dataTimestamp": "t\ud800"},
        {"studies": [], "nextPageToken": "a\ud800"},
        {"studies": [], "totalCount": 0},
        {"dataTimestamp": "t\ud800"},
    )
    assert source.retrieve(QUERY, WINDOW, pages).stamp == "t?"
    assert pages.asked[2].parameters["pageToken"] == "a?"


def test_words_of_the_registry_can_be_told_whatever_they_hold(source: ClinicalTrialsSource) -> None:
    with pytest.raises(UnreconciledError, match=r"counts \? studies") as caught:
        source.retrieve_ids(["NCT91000001"], Pages({"studies": [], "totalCount": "\ud800"}))
    assert str(caught.value).encode()


def test_a_page_of_another_shape_is_a_fault_that_may_pass(source: ClinicalTrialsSource) -> None:
    for body in ({}, {"studies": 3}, {"studies": [3]}, {"studies": [], "nextPageToken": [1]}, [], "x"):
        with pytest.raises(ServiceFaultError):
            source.retrieve_ids(["NCT91000001"], Pages(body))


def test_a_filter_of_the_query_is_kept_beside_the_window(
    source: ClinicalTrialsSource, tiny_project: Project, server: Server
) -> None:
    pages = Pages({"dataTimestamp": "t"}, {"studies": [], "totalCount": 0}, {"dataTimestamp": "t"})
    query = Query(name="q", source="clinicaltrials", text="x", parameters={"filter.advanced": "AREA[Phase]PHASE1"})
    found = source.retrieve(query, Window(since=date(2022, 3, 1), until=date(2022, 4, 1), stamp="s"), pages)
    assert found.stamp == "t"
    asked = pages.asked[1].parameters
    assert asked["filter.advanced"] == "(AREA[Phase]PHASE1) AND AREA[LastUpdatePostDate]RANGE[2022-03-01,MAX]"
    assert asked["query.term"] == "x"


WINDOW = Window(since=date(2022, 3, 1), until=date(2022, 4, 1), stamp="s")
QUERY = Query(name="q", source="clinicaltrials", text="x")
MOVED = [{"dataTimestamp": stamp} for stamp in "tuv"]


def one_page(*numbers: str, **more: Any) -> dict[str, Any]:
    return {"studies": [study(number) for number in numbers], "totalCount": len(numbers), **more}


def test_data_that_move_between_the_pages_are_read_again(source: ClinicalTrialsSource) -> None:
    pages = Pages(MOVED[0], one_page("NCT91000001"), MOVED[1], one_page("NCT91000001", "NCT91000002"), MOVED[1])
    found = source.retrieve(QUERY, WINDOW, pages)
    assert (found.stamp, found.ids, found.keys) == ("u", {"NCT91000001", "NCT91000002"}, ("key-4",))
    assert found.requests == len(pages.asked) == 5


@pytest.mark.parametrize(
    "broken",
    [[one_page("NCT91000001", totalCount=2)], [one_page("NCT91000001", nextPageToken="a")] * 2],
    ids=["count", "token"],
)
def test_pages_that_do_not_add_up_are_read_again_only_if_the_data_moved(
    source: ClinicalTrialsSource, broken: list[dict[str, Any]]
) -> None:
    found = source.retrieve(QUERY, WINDOW, Pages(MOVED[0], *broken, MOVED[1], one_page("NCT91000001"), MOVED[1]))
    assert (found.stamp, found.ids) == ("u", {"NCT91000001"})
    with pytest.raises(UnreconciledError, match="counts 2|repeats a page token"):
        source.retrieve(QUERY, WINDOW, Pages(MOVED[0], *broken, MOVED[0]))


def test_data_that_never_stand_still_end_the_query(source: ClinicalTrialsSource) -> None:
    pages = Pages(MOVED[0], one_page("NCT91000001"), MOVED[1], one_page("NCT91000001"), MOVED[2])
    with pytest.raises(UnreconciledError, match="new data during each of 2 readings; the next run asks again"):
        source.retrieve(QUERY, WINDOW, pages)


def test_a_study_in_another_shape_does_not_stop_its_page(source: ClinicalTrialsSource) -> None:
    page = {"studies": [study("NCT91000001"), {"protocolSection": None}], "totalCount": 2}
    found = source.retrieve(QUERY, WINDOW, Pages(MOVED[0], page, MOVED[0]))
    assert found.ids == {"NCT91000001", ""}


def test_studies_are_counted_without_their_content(source: ClinicalTrialsSource) -> None:
    ids = [f"NCT{number:08d}" for number in range(120)]
    parts = [ids[:100], ids[100:]]
    pages = Pages(*({"studies": [study(nct) for nct in part], "totalCount": len(part)} for part in parts))
    found = source.count(ids, pages)
    # Nothing of these answers is parsed: they say no more than that a study is there.
    assert (found.announced, found.missing, found.keys, found.ids) == (120, {}, (), frozenset())
    assert {request.parameters["fields"] for request in pages.asked} == {"NCTId"}


def test_many_that_are_absent_at_once_are_not_asked_for_alone(source: ClinicalTrialsSource) -> None:
    ids = [f"NCT{number:08d}" for number in range(11)]
    pages = Pages({"studies": [], "totalCount": 0})
    found = source.count(ids, pages)
    assert (found.announced, set(found.missing), len(pages.asked)) == (0, set(ids), 1)


def test_a_search_is_held_against_numbers(source: ClinicalTrialsSource) -> None:
    query = Query(name="q", source="clinicaltrials", text="x", parameters={"filter.advanced": "AREA[Phase]PHASE1"})
    pages = Pages({"studies": [study("NCT00000002")], "totalCount": 1})
    assert source.find_among(query, ["NCT00000001", "NCT00000002"], pages) == {"NCT00000002"}
    (asked,) = (request.parameters for request in pages.asked)
    assert asked["filter.ids"] == "NCT00000001,NCT00000002"
    assert (asked["query.term"], asked["filter.advanced"]) == ("x", "AREA[Phase]PHASE1")


def test_the_server_answers_as_the_registry_does(tiny_project: Project, server: Server) -> None:
    """The test server itself: aliases by redirect, errors in plain text, tokens bound to their query."""
    server.world.register(*(study(f"NCT9100000{number}") for number in range(5)))
    server.world.aliases["NCT91000099"] = "NCT91000003"
    base = tiny_project.settings.sources.clinicaltrials.base_url
    client = Client("clinicaltrials", tiny_project.settings.sources.clinicaltrials, sleep=lambda _seconds: None)

    def get(path: str, **parameters: str) -> Any:
        return json.loads(client.send(Request(url=base + path, parameters=parameters)).body)

    try:
        assert items(get("/studies/NCT91000099"))[0].source_id == "NCT91000003"  # type: ignore[union-attr]
        with pytest.raises(QueryRejectedError, match="404: NCT number NCT91000098 not found"):
            get("/studies/NCT91000098")
        with pytest.raises(QueryRejectedError, match="is unknown"):
            get("/studies", colour="red")
        page = get("/studies", pageSize="2", countTotal="true")
        assert (len(page["studies"]), page["totalCount"]) == (2, 5)
        token = page["nextPageToken"]
        assert "totalCount" not in get("/studies", pageSize="2", countTotal="true", pageToken=token)
        with pytest.raises(QueryRejectedError, match="pageToken"):
            get("/studies", pageSize="2", pageToken=token, **{"query.term": "other"})
        # Numbers alone in a query take the filters away.
        late = {"filter.advanced": "AREA[LastUpdatePostDate]RANGE[2025-01-01,MAX]"}
        assert len(get("/studies", **late)["studies"]) == 0
        assert len(get("/studies", **late, **{"query.id": "NCT91000001"})["studies"]) == 1
    finally:
        client.close()
