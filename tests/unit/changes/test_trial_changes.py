"""Trials: what moved between two states that both say something."""

import copy
import io
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from livingreview.records import Change, Kind, Record, TrialFacts
from livingreview.sources.clinicaltrials import studies
from support.records import trial
from support.world import study

Derive = Callable[..., list[Change]]

FULL = {
    "study_type": "INTERVENTIONAL",
    "phases": ("PHASE1", "PHASE2"),
    "enrollment_count": 20,
    "enrollment_type": "ESTIMATED",
    "start_date": "2021-05",
    "primary_completion_date": "2023-05-31",
    "completion_date": "2023-12-31",
    "has_results": False,
    "conditions": ("Burns", "Wounds"),
    "interventions": ("BIOLOGICAL: x",),
    "sponsor": "Nobody",
    "result_pmids": ("1",),
    "aliases": ("NCT91000009",),
}
BEFORE = trial(**FULL)


def types_of(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.type, str(change.severity)) for change in changes]


def moved(**values: Any) -> Record:
    return trial(source_date="2022-05-01", **(FULL | values))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"status": "COMPLETED"}, [("status_changed", "notable")]),
        ({"status": "UNKNOWN", "last_known_status": "RECRUITING"}, [("status_changed", "notable")]),
        ({"status": "TERMINATED"}, [("status_changed", "alert")]),
        ({"status": "SUSPENDED"}, [("status_changed", "alert")]),
        ({"status": "WITHDRAWN", "why_stopped": "x"}, [("status_changed", "alert"), ("why_stopped", "notable")]),
        ({"status": "PONDERING"}, [("status_changed", "notable")]),
        ({"has_results": True}, [("results_posted", "alert")]),
        ({"results_first_posted_date": "2022-04-30"}, [("results_posted", "alert")]),
        ({"result_pmids": ("1", "2")}, [("results_published", "alert")]),
        ({"enrollment_count": 44}, [("enrollment_changed", "routine")]),
        ({"enrollment_count": 44, "enrollment_type": "ACTUAL"}, [("enrollment_changed", "notable")]),
        ({"enrollment_type": "ACTUAL"}, [("enrollment_changed", "notable")]),
        ({"enrollment_count": 0}, [("enrollment_changed", "routine")]),
        ({"completion_date": "2024-01-15"}, [("date_slipped", "routine")]),
        ({"completion_date": "2024-12-31"}, [("date_slipped", "notable")]),
        ({"primary_completion_date": "2022-05"}, [("date_slipped", "notable")]),
        ({"start_date": "2021-06", "completion_date": "2025-01-01"}, [("date_slipped", "notable")]),
        ({"phases": ("PHASE2",)}, [("design_changed", "routine")]),
        ({"conditions": ("Burns",)}, [("design_changed", "routine")]),
        ({"sponsor": "Somebody", "study_type": "OBSERVATIONAL"}, [("design_changed", "routine")]),
        ({"why_stopped": "No yarn"}, [("why_stopped", "notable")]),
        ({"aliases": ("NCT91000008", "NCT91000009")}, [("alias_changed", "routine")]),
    ],
)
def test_what_moved(changes_of: Derive, values: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = changes_of(moved(**values), BEFORE)
    assert types_of(found) == expected
    assert all(change.before or change.type in ("why_stopped",) for change in found)
    assert all(change.after for change in found)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"phases": ("PHASE2", "PHASE1")},
        {"conditions": ("wounds", "BURNS")},
        {"sponsor": "NOBODY"},
        {"completion_date": "2023-12"},
        {"completion_date": "2023"},
        {"start_date": "2021-05-14"},
        {"first_posted_date": "2021-01-01", "countries": ("Utopia",), "secondary_ids": ("x",)},
        {"aliases": ()},
        {"result_pmids": ()},
    ],
)
def test_noise_is_no_change(changes_of: Derive, values: dict[str, Any]) -> None:
    assert changes_of(moved(**values), BEFORE) == []


@pytest.mark.parametrize("name", [*FULL, "status"])
def test_what_one_state_does_not_say_is_unknown_and_not_changed(changes_of: Derive, name: str) -> None:
    empty = TrialFacts()
    silent = moved(**{name: getattr(empty, name)})
    assert changes_of(silent, BEFORE) == []
    # Results and aliases that appear are news; everything else was unknown before, not different.
    found = types_of(changes_of(moved(), replace(silent, source_date="2022-04-01")))
    assert found == {
        "result_pmids": [("results_published", "alert")],
        "aliases": [("alias_changed", "routine")],
    }.get(name, [])


def test_the_title(changes_of: Derive) -> None:
    (found,) = changes_of(replace(moved(), title="Another"), BEFORE)
    assert (found.type, found.after) == ("design_changed", {"title": "Another"})


def test_before_and_after_and_the_day(changes_of: Derive) -> None:
    (found,) = changes_of(moved(status="COMPLETED"), BEFORE)
    assert (found.before, found.after) == ({"status": "RECRUITING"}, {"status": "COMPLETED"})
    assert found.effective_date == "2022-05-01"
    (found,) = changes_of(moved(completion_date="2024-01-15"), BEFORE)
    assert found.after == {"completion_date": "2024-01-15", "days": 15}


def test_a_date_that_is_none_does_not_stop_anything(changes_of: Derive) -> None:
    assert types_of(changes_of(moved(completion_date="soon"), BEFORE)) == [("date_slipped", "notable")]


def test_a_record_without_facts(changes_of: Derive) -> None:
    bare = Record(source="clinicaltrials", source_id="NCT91000001", kind=Kind.TRIAL, title=BEFORE.title)
    assert changes_of(bare, BEFORE) == []
    assert changes_of(BEFORE, bare) == []


def parsed(one: dict[str, Any]) -> Record:
    (record,) = studies.parse(io.BytesIO(json.dumps(one).encode()))
    assert isinstance(record, Record)
    return record


def with_noise(one: dict[str, Any]) -> dict[str, Any]:
    """The same study as another release of the registry writes it: nothing that a person would call a change."""
    noisy: dict[str, Any] = copy.deepcopy(one)
    protocol = noisy["protocolSection"]
    names, status, conditions = (
        protocol[name] for name in ("identificationModule", "statusModule", "conditionsModule")
    )
    names["briefTitle"] = names["briefTitle"].replace(">", "\\>").replace("&", "&amp;") + "."
    status["whyStopped"] = "<p>Loom &gt; 5&nbsp;days\\-broken</p>"
    status["statusVerifiedDate"] = "2025-08"
    status["lastUpdatePostDateStruct"]["date"] = "2025-08-20"
    protocol["descriptionModule"]["briefSummary"] = "Invented summary\\. Of something else"
    conditions["conditions"] = [name.upper() for name in reversed(conditions["conditions"])]
    protocol["designModule"]["phases"].reverse()
    protocol["armsInterventionsModule"]["interventions"].reverse()
    places = protocol["contactsLocationsModule"]
    places["centralContacts"] = [{"name": "Somebody", "phone": "+00 2", "email": "somebody@example.org"}]
    places["locations"].append({"country": "Utopia", "city": "Nowhere", "geoPoint": {"lat": 9.5, "lon": 8.5}})
    places["locations"][0] |= {"geoPoint": {"lat": 1.00001, "lon": 2.00001}, "status": "RECRUITING"}
    places["locations"].reverse()
    noisy["derivedSection"]["miscInfoModule"]["versionHolder"] = "2025-08-21"
    return noisy


def test_another_release_of_the_registry_is_no_change(changes_of: Derive) -> None:
    one = study("NCT91000001", "Cells > vesicles & more", status="TERMINATED", whyStopped="Loom > 5 days-broken")
    protocol = one["protocolSection"]
    protocol["conditionsModule"]["conditions"] = ["Burns", "Torn Skin"]
    protocol["armsInterventionsModule"]["interventions"].append({"type": "OTHER", "name": "Saline"})
    before, after = parsed(one), parsed(with_noise(one))
    assert before != after
    assert changes_of(after, before) == []


@pytest.mark.parametrize("title", ["Cells < vesicles & more", "Cells > vesicles & 2 more"])
def test_a_sign_or_a_number_is_no_noise(changes_of: Derive, title: str) -> None:
    one = study("NCT91000001", "Cells > vesicles & more")
    other = with_noise(one)
    other["protocolSection"]["identificationModule"]["briefTitle"] = title
    other["protocolSection"]["statusModule"]["whyStopped"] = ""
    assert [change.type for change in changes_of(parsed(other), parsed(one))] == ["design_changed"]


def test_what_was_last_known_is_given_with_unknown_only(changes_of: Derive) -> None:
    (found,) = changes_of(moved(status="COMPLETED", last_known_status="RECRUITING"), trial(**FULL, status="UNKNOWN"))
    assert found.after == {"status": "COMPLETED"}
