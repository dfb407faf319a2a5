"""The registry's own description of its API: what we ask, what our test server answers, what we take for known."""

import copy
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker

from livingreview.config import Project, Query
from livingreview.records.exchange import Request
from livingreview.sources import Kept, Window
from livingreview.sources.clinicaltrials.source import ClinicalTrialsSource
from livingreview.sources.http import Check, Client
from livingreview.sources.values import registry_words
from support.server import Seen, Server
from support.world import study

pytestmark = pytest.mark.field

BASE = "/api/v2"


@pytest.fixture(scope="module")
def description(field_data: Path) -> dict[str, Any]:
    text = (field_data / "clinicaltrials" / "ctg-oas-v2.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def validator(description: dict[str, Any], schema: dict[str, Any], *, is_strict: bool = False) -> Draft7Validator:
    """A checker of one schema; strict, it knows no property but those that are described."""
    whole = copy.deepcopy({"components": description["components"]})
    for one in whole["components"]["schemas"].values():
        _as_json_schema(one, is_strict=is_strict)
    return Draft7Validator({**schema, **whole}, format_checker=FormatChecker())


def _as_json_schema(schema: Any, *, is_strict: bool) -> None:
    """OpenAPI 3.0 differs from JSON Schema in ``nullable``, which stands beside ``type``."""
    if isinstance(schema, list):
        for part in schema:
            _as_json_schema(part, is_strict=is_strict)
    elif isinstance(schema, dict):
        for part in list(schema.values()):
            _as_json_schema(part, is_strict=is_strict)
        if schema.pop("nullable", False) is True:
            schema["type"] = [schema["type"], "null"]
        if is_strict and schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)


def faults(description: dict[str, Any], name: str, answer: Any, *, is_strict: bool = False) -> list[str]:
    checker = validator(description, {"$ref": f"#/components/schemas/{name}"}, is_strict=is_strict)
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(answer)]


def request_faults(description: dict[str, Any], seen: Seen) -> Iterator[str]:
    """What the description does not allow in a request: its path, names, and values by type, enum, range, pattern."""
    path = seen.path.removeprefix(BASE)
    template = "/studies/{nctId}" if re.fullmatch(r"/studies/NCT\d+", path) else path
    if template not in description["paths"]:
        yield f"{seen.path}: no such path"
        return
    known = {one["name"]: one for one in description["paths"][template]["get"].get("parameters", ())}
    asked = dict(seen.parameters)
    if template != path:
        asked["nctId"] = path.rpartition("/")[2]
    for name, text in asked.items():
        if name not in known:
            yield f"{path}: no parameter {name}"
            continue
        schema = known[name]["schema"]
        value: Any = text
        if schema.get("type") == "array":
            value = re.split(r"[,|]", text)
        elif schema.get("type") == "integer":
            value = int(text)
        elif schema.get("type") == "boolean":
            value = json.loads(text)
        for error in validator(description, schema).iter_errors(value):
            yield f"{path} {name}: {error.message}"
    for name, one in known.items():
        if one.get("required") and name not in asked:
            yield f"{path}: {name} is missing"


@pytest.fixture
def asked(tiny_project: Project, server: Server) -> list[tuple[Seen, bytes]]:
    """Every kind of request that the source sends, with the test server's answers."""
    world = server.world
    world.register(*(study(f"NCT9100{number:04d}", "Vesicles of loom cells") for number in range(7)))
    world.aliases["NCT91000099"] = "NCT91000003"
    world.is_paged_emptily = True
    client = Client("clinicaltrials", tiny_project.settings.sources.clinicaltrials, sleep=lambda _seconds: None)
    bodies: list[bytes] = []

    def get(request: Request, check: Check | None = None) -> Kept:
        payload = client.send(request, check)
        bodies.append(payload.body)
        return Kept(key=str(len(bodies)), payload=payload)

    source = ClinicalTrialsSource(tiny_project.settings.sources.clinicaltrials)
    window = Window(since=date(2022, 3, 1), until=date(2022, 6, 1))
    query = Query(
        name="q",
        source="clinicaltrials",
        text='("loom cells" OR "yarn cells") AND vesicles',
        parameters={"query.titles": "vesicles"},
    )
    try:
        assert source.retrieve(query, window, get).ids
        assert source.retrieve_ids(["NCT91000001", "NCT91000099"], get).came_as
    finally:
        client.close()
    # A redirect is followed within one request of ours.
    seen = [one for one in server.seen if not one.path.endswith("NCT91000099")]
    assert len(seen) == len(bodies)
    return list(zip(seen, bodies, strict=True))


def test_every_request_is_one_that_the_registry_describes(
    description: dict[str, Any], asked: list[tuple[Seen, bytes]]
) -> None:
    assert [fault for seen, _ in asked for fault in request_faults(description, seen)] == []
    paths = {seen.path.removeprefix(BASE) for seen, _ in asked}
    assert paths == {"/version", "/studies"}
    assert any("pageToken" in seen.parameters for seen, _ in asked)


def test_every_search_of_the_shipped_review_is_one_that_the_registry_describes(
    description: dict[str, Any],
) -> None:
    from livingreview.config import load_project

    project = load_project(Path(__file__).parents[2] / "config")
    queries = [query for query in project.review.queries if query.source == "clinicaltrials"]
    assert queries
    known = {one["name"] for one in description["paths"]["/studies"]["get"]["parameters"]}
    for query in queries:
        assert set(query.parameters) <= known, query.name
    assert project.settings.sources.clinicaltrials.page_size <= 1000


def test_a_request_that_is_not_described_is_caught(description: dict[str, Any]) -> None:
    """The checker itself."""

    def wrong(path: str, **parameters: str) -> list[str]:
        seen = Seen(method="GET", path=BASE + path, parameters=parameters, headers={}, at_seconds=0.0)
        return list(request_faults(description, seen))

    assert wrong("/study") == ["/api/v2/study: no such path"]
    assert wrong("/studies", colour="red") == ["/studies: no parameter colour"]
    assert len(wrong("/studies", pageSize="-1", format="xml", **{"filter.ids": "NCT1,abc"})) == 3
    assert wrong("/studies", pageSize="5", format="json", countTotal="true") == []


def test_every_answer_of_the_test_server_has_the_registry_s_shape(
    description: dict[str, Any], asked: list[tuple[Seen, bytes]]
) -> None:
    names = {"/version": "Version", "/studies": "PagedStudies"}
    for seen, body in asked:
        name = names.get(seen.path.removeprefix(BASE), "Study")
        assert faults(description, name, json.loads(body), is_strict=True) == [], seen.path


def test_every_field_that_a_test_may_set_has_the_registry_s_shape(description: dict[str, Any]) -> None:
    one = study(
        "NCT91000001",
        status="UNKNOWN",
        lastKnownStatus="RECRUITING",
        whyStopped="No yarn",
        resultsFirstPostDateStruct={"date": "2022-05-01", "type": "ACTUAL"},
    )
    one["protocolSection"]["identificationModule"]["nctIdAliases"] = ["NCT91000009"]
    assert faults(description, "Study", one, is_strict=True) == []
    one["protocolSection"]["statusModule"]["overallStatus"] = "PONDERING"
    one["protocolSection"]["statusModule"]["colour"] = "red"
    assert len(faults(description, "Study", one, is_strict=True)) == 2


def test_the_example_of_the_contract_has_the_registry_s_shape(description: dict[str, Any]) -> None:
    path = Path(__file__).parents[1] / "fixtures" / "clinicaltrials_json" / "page.json"
    assert faults(description, "PagedStudies", json.loads(path.read_bytes()), is_strict=True) == []


def test_recorded_answers_pass_the_same_checker(description: dict[str, Any], field_data: Path) -> None:
    pages = studies = 0
    for path in sorted((field_data / "clinicaltrials").glob("v2-*/**/*.json")):
        answer = json.loads(path.read_bytes())
        if isinstance(answer, list):
            found = [fault for one in answer for fault in faults(description, "Study", one)]
            studies += len(answer)
        elif "studies" in answer:
            found = faults(description, "PagedStudies", answer)
            pages += 1
        elif "protocolSection" in answer:
            found = faults(description, "Study", answer)
            studies += 1
        else:
            # Kept by its recorder in a shape of its own.
            continue
        assert found == [], path.name
    assert pages > 3
    assert studies > 150


def test_what_is_known_is_what_the_registry_describes(description: dict[str, Any]) -> None:
    schemas = description["components"]["schemas"]
    for known, names in (
        (registry_words.STATUSES, ("Status",)),
        (registry_words.STUDY_TYPES, ("StudyType",)),
        (registry_words.PHASES, ("Phase",)),
        (registry_words.DATE_TYPES, ("DateType", "EnrollmentType")),
        (registry_words.INTERVENTION_TYPES, ("InterventionType",)),
    ):
        for name in names:
            assert set(schemas[name]["enum"]) == known, name
