"""The numbers of the figures, the versions of the review, and the flow of records."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from livingreview.records import Decision, DecisionCount, Record, RunFlow, SourceStatus, StoredRecord
from livingreview.report import Material, build, render_html, render_markdown
from livingreview.report.context import Frame
from livingreview.report.versions import history

Store = Callable[..., StoredRecord]
Paper = Callable[..., Record]


def section(material: Material, slug: str) -> dict[str, Any]:
    found = next(one for one in build(material).sections if one.slug == slug)
    return {"summary": found.summary, **found.body}


def data(material: Material, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = section(material, "figures")["figures"][slug]["data"]
    return found


def boxes(material: Material, layout: str = "flow_updates") -> dict[str, list[Any]]:
    """Box, or box: line -> what each column shows."""
    figure = section(material, "living")["figures"][layout]["data"]
    return {
        ": ".join(filter(None, (box["slug"], line["label"]))): line["shown"]
        for box in figure["boxes"]
        for line in box["lines"]
    }


def versions_of(material: Material) -> list[tuple[int, str, tuple[str, ...]]]:
    return [(one.number, one.run.name if one.run else "", one.methods) for one in history(Frame(material)).versions]


# Publications over time


def dated(store: Store, publication: Paper, *days: str, scope: str = "core") -> tuple[StoredRecord, ...]:
    return tuple(store(publication(f"{scope}{number}", "x", day), scope) for number, day in enumerate(days))


def test_works_are_counted_by_month_of_publication(quiet: Material, store: Store, publication: Paper) -> None:
    core = dated(store, publication, "2022-03-01", "2022-03", "2026-11-30", "2021-12-31", "2026-12-01", "2024-05")
    around = dated(store, publication, "2022-03-31", scope="around")
    found = data(replace(quiet, records=core + around), "over_time")
    assert (found["unit"], found["periods"][0], found["periods"][-1]) == ("month", "2022-03", "2026-11")
    assert len(found["periods"]) == 57
    counts = {one["slug"]: dict(zip(found["periods"], one["counts"], strict=True)) for one in found["series"]}
    assert list(counts) == ["core", "around"]
    assert (counts["core"]["2022-03"], counts["around"]["2022-03"], counts["core"]["2026-11"]) == (2, 1, 1)
    assert sum(counts["core"].values()) == 4
    assert (found["n_outside"], found["n_undated"], found["review_published"]) == (2, 0, "2022-09")


def test_years_are_shown_when_too_few_works_say_a_month(quiet: Material, store: Store, publication: Paper) -> None:
    days = ["2023"] * 2 + ["2024-05"] * 8
    assert data(replace(quiet, records=dated(store, publication, *days)), "over_time")["unit"] == "month"
    days += ["2025", ""]
    figure = section(replace(quiet, records=dated(store, publication, *days)), "figures")["figures"]["over_time"]
    assert figure["data"]["unit"] == "year"
    assert figure["data"]["periods"] == ["2022", "2023", "2024", "2025", "2026"]
    assert figure["data"]["series"][0]["counts"] == [0, 2, 8, 1, 0]
    assert "Not drawn: 1 work without a date." in figure["caption"]
    assert figure["table"]["rows"] == [["2023", "2", "0"], ["2024", "8", "0"], ["2025", "1", "0"]]


def test_works_without_a_month_are_named_not_guessed(quiet: Material, store: Store, publication: Paper) -> None:
    figure = section(replace(quiet, records=dated(store, publication, "2023", *["2024-05"] * 9)), "figures")["figures"][
        "over_time"
    ]
    assert figure["data"]["n_undated"] == 1
    assert "Not drawn: 1 work dated by the year alone or not at all." in figure["caption"]


@pytest.mark.parametrize(
    ("years", "unit", "first", "last"),
    [(4, "month", "2022-03", "2026-02"), (6, "quarter", "2022-Q1", "2028-Q1"), (20, "year", "2022", "2042")],
)
def test_longer_times_have_wider_bars(quiet: Material, years: int, unit: str, first: str, last: str) -> None:
    then = quiet.now.replace(year=2022 + years, month=2, day=28)
    found = data(replace(quiet, now=then, records=()), "over_time")
    assert (found["unit"], found["periods"][0], found["periods"][-1]) == (unit, first, last)
    assert found["periods"] == sorted(set(found["periods"]))


def test_what_a_person_excluded_and_what_the_review_cites_is_not_drawn(material: Material) -> None:
    found = data(material, "over_time")
    assert sum(sum(one["counts"]) for one in found["series"]) + found["n_outside"] == 5


# Evidence map


def test_a_work_counts_in_each_of_its_areas_and_types(quiet: Material, store: Store, publication: Paper) -> None:
    records = (
        store(publication("1", "a"), "core", ("bone", "joint", "skin"), ("animal", "trial")),
        store(publication("2", "b"), "around", ("joint",), ("animal", "no such type")),
        store(publication("3", "c"), "around", (), ()),
    )
    found = data(replace(quiet, records=records), "evidence_map")
    cells = {(one["area"], one["type"]): (one["n"], one["n_core"]) for one in found["cells"]}
    assert cells == {
        ("bone", "animal"): (2, 1),
        ("bone", "trial"): (1, 1),
        ("skin", "animal"): (1, 1),
        ("skin", "trial"): (1, 1),
        ("", ""): (1, 0),
    }
    assert [one["slug"] for one in found["types"]] == ["animal", "trial", ""]
    assert [one["slug"] for one in found["areas"]] == ["bone", "skin", ""]
    assert (found["n_works"], found["n_core"]) == (3, 1)


def test_a_review_without_types_of_study_has_one_column(quiet: Material, store: Store, publication: Paper) -> None:
    bare = quiet.review.model_copy(update={"facets": ()})
    found = data(replace(quiet, review=bare, records=(store(publication("1", "a")),)), "evidence_map")
    assert found["types"] == [{"slug": "", "label": "Not said"}]
    assert found["cells"] == [{"area": "", "type": "", "n": 1, "n_core": 1}]


# Trials


def test_trials_flow_from_the_printed_to_the_present_status(material: Material) -> None:
    found = data(material, "trial_flow")
    flows = {(one["then"], one["now"]): (one["n"], one["n_changed"], one["trials"]) for one in found["flows"]}
    assert flows["recruiting", "completed"] == (1, 1, ["NCT00000001"])
    assert flows["unknown status", "not read yet"] == (1, 0, ["NCT00000005"])
    assert flows["announced, not yet registered", "registered"] == (1, 1, ["ACTRN12620000870954"])
    assert sum(one["n"] for one in found["flows"]) == found["n_trials"] == 6
    order = found["statuses"]
    assert order.index("recruiting") < order.index("completed") < order.index("not read yet")


# Clocks


def test_clocks_tell_days_and_what_is_late(material: Material) -> None:
    sources = {one["source"]: (one["days"], one["state"]) for one in data(material, "clocks")["sources"]}
    assert sources == {"clinicaltrials": (2, "overdue"), "europepmc": (None, "failed"), "pubmed": (2, "in_time")}


def test_a_source_without_a_search_has_no_clock(quiet: Material) -> None:
    never = SourceStatus(
        records=1,
        versions=1,
        searched_through_at=None,
        triaged_through_at=None,
        reported_through_at=None,
        is_overdue=False,
    )
    assert data(replace(quiet, status={"files": never}), "clocks")["sources"] == []


def test_days_to_the_store_are_those_of_works_published_since_the_first_run(
    quiet: Material, store: Store, publication: Paper
) -> None:
    first = min(flow.run.now_at for flow in quiet.flows)
    days = (3, 7, 20)
    fresh = tuple(
        store(publication(str(n), "x", first.date().isoformat()), first_seen_at=first + timedelta(days=n)) for n in days
    )
    old = store(publication("90", "x", "2023-01-01"), first_seen_at=first)
    vague = store(publication("91", "x", "2026-11"), first_seen_at=first)
    ahead = store(publication("92", "x", "2026-11-20"), first_seen_at=first)
    delays = data(replace(quiet, records=(*fresh, old, vague, ahead)), "clocks")["delays"]
    assert delays[0]["slug"] == "stored"
    # One that was read before its date of publication counts as no delay.
    assert (delays[0]["n"], delays[0]["median_days"]) == (4, 5.0)
    assert (delays[1]["slug"], delays[1]["n"], delays[1]["median_days"]) == ("decided", 0, None)


def test_days_to_a_decision_are_those_of_the_first_one(quiet: Material, store: Store, publication: Paper) -> None:
    decided = tuple(
        Decision(
            work_id="w", stage="title_abstract", decision="maybe", person="R", decided_at=quiet.now + timedelta(days=n)
        )
        for n in (9, 4)
    )
    early = store(publication("1", "x"), work_id="w", decisions=decided, first_seen_at=quiet.now - timedelta(days=2))
    late = store(publication("2", "x"), work_id="w", decisions=decided, first_seen_at=quiet.now)
    for records in ((early, late), (late, early)):
        delay = data(replace(quiet, records=records), "clocks")["delays"][1]
        assert (delay["n"], delay["median_days"]) == (1, 6.0)


# Versions


def test_versions_are_runs_that_changed_evidence_or_method(material: Material) -> None:
    assert versions_of(material) == [
        (1, "", ()),
        (2, "20261102T050000Z", ("the living mode began",)),
        # With the retraction that a killed run could not tell of.
        (3, "20261116T050000Z", ()),
        (
            4,
            "20261123T050000Z",
            ("configuration: queries, scopes, areas, facets, statements or settings were edited",),
        ),
    ]


def unchanged(material: Material) -> Material:
    """The last run found nothing but routine, with the method of the one before."""
    *before, last = material.flows
    run = replace(last.run, config_hash=before[-1].run.config_hash)
    flows = (*before, replace(last, run=run, changes=(("new_record", "routine", 5),)))
    return replace(material, run=run, flows=flows)


def test_a_run_with_routine_changes_alone_makes_no_version(material: Material) -> None:
    same = unchanged(material)
    assert [number for number, *_ in versions_of(same)] == [1, 2, 3]
    found = section(same, "living")
    assert found["summary"] == "version 3 of 2026-11-16, unchanged by this run"
    assert (found["is_made_now"], found["n_runs_since"], found["result_changes_since"]) == (False, 1, [])
    assert found["whats_new"][0] == {
        "date": "2026-11-23",
        "event": "Searched",
        "description": "1 run since version 3; nothing that makes a new version",
    }
    assert "This report makes no new version" in render_markdown(build(same))


def test_a_model_that_an_idle_run_does_not_name_still_holds(material: Material) -> None:
    *before, idle, last = material.flows
    idle = replace(idle, run=replace(idle.run, model=""))
    run = replace(last.run, config_hash=idle.run.config_hash, model="m2")
    flows = (*before, idle, replace(last, run=run, changes=()))
    assert versions_of(replace(material, run=run, flows=flows))[-1] == (4, run.name, ("model m1 → m2",))
    again = replace(run, model="m1")
    assert (
        len(versions_of(replace(material, run=again, flows=(*before, idle, replace(last, run=again, changes=()))))) == 3
    )


def test_versions_of_an_earlier_run_end_with_it(material: Material) -> None:
    earlier = material.flows[:1]
    found = section(replace(material, run=earlier[0].run, flows=earlier), "living")
    assert (found["version"]["number"], found["preceding"]["number"], found["is_made_now"]) == (2, 1, True)
    assert found["preceding"]["citation"] == material.review.citation
    assert found["method_changes"][0] == "the living mode began"


def test_what_is_new_comes_newest_first_with_changes_that_matter(material: Material) -> None:
    found = section(material, "living")
    rows = found["whats_new"]
    assert [row["event"] for row in rows] == ["Version 4", "Version 3", "Version 2", "Version 1"]
    assert rows[2]["description"] == "results: new core record (8); method: the living mode began"
    assert rows[1]["description"] == "results: retracted (1)"
    assert [(one["type"], one["n"]) for one in found["result_changes"]] == [
        ("new_core_record", 1),
        ("results_posted", 1),
    ]


def test_living_mode_is_listed_in_the_order_of_the_configuration(material: Material) -> None:
    found = section(material, "living")["parameters"]
    assert [(one["name"], one["value"]) for one in found] == [
        ("is_living", "yes"),
        ("sources", "PubMed, Europe PMC"),
        ("ends_when", "Never | <soon>"),
        ("odd_key", "3"),
    ]
    assert found[-1]["label"] == "odd key"
    assert "Never | &lt;soon&gt;" in render_html(build(material))


# Flow


def test_each_column_of_the_flow_adds_up(material: Material) -> None:
    found = boxes(material)
    assert found["identified: PubMed"] == ["not recorded", "90", "5", "5"]
    assert found["identified: All sources"] == ["not recorded", "110", "6", "5"]
    assert found["removed: Duplicate records"] == ["not recorded", "9", "0", "1"]
    assert found["removed: Further reports of a study, tied to it"] == ["not recorded", "1", "1", "0"]
    assert found["to_screen"] == ["not recorded", "100", "5", "4"]
    assert found["screened"] == ["not recorded", "30", "0", "0"]
    assert found["not_screened"] == ["not recorded", "70", "5", "4"]
    assert found["excluded"] == ["not recorded", "20", "0", "0"]
    assert found["sought"] == ["not recorded", "10", "0", "0"]
    assert found["not_read"] == ["not recorded", "3", "0", "0"]
    assert found["assessed"] == ["not recorded", "7", "0", "0"]
    assert found["excluded_full: wrong | cell"] == ["not recorded", "2", "0", "0"]
    assert found["included: Publications"] == ["not recorded", "4", "0", "0"]
    assert found["included: Registered trials"] == ["not recorded", "1", "0", "0"]
    assert found["cited: References"] == ["2", "\u2013", "\u2013", "\u2013"]
    assert found["cited: Trials in its table"] == ["6", "\u2013", "\u2013", "\u2013"]


def test_a_sum_with_what_nobody_recorded_is_a_lower_bound(material: Material) -> None:
    found = boxes(material, "flow_last")
    assert found["identified: All sources"] == ["\u2265 116", "5"]
    assert found["removed: By automation tools"] == ["not recorded", "0"]
    assert found["included: Publications"] == ["\u2265 4", "0"]
    assert found["cited: References"] == ["2", "\u2013"]


def test_without_any_run_there_is_the_base_version_and_nothing_made_up(quiet: Material) -> None:
    bare = replace(quiet, flows=())
    for layout in ("flow_updates", "flow_last"):
        found = boxes(bare, layout)
        assert found.pop("cited: References") == ["2"]
        assert found.pop("cited: Trials in its table") == ["6"]
        counted = {name: shown for name, shown in found.items() if not name.startswith("cited: ")}
        assert set(map(tuple, counted.values())) == {("not recorded",)}


def test_many_updates_share_a_column(material: Material) -> None:
    first, *_ = material.flows
    many = tuple(
        RunFlow(
            run=replace(
                first.run,
                id=number,
                name=f"r{number}",
                now_at=material.now - timedelta(days=100 - number),
                reported_at=material.now,
            ),
            records={"pubmed": 1},
            n_known=0,
            n_works=1,
            n_duplicates=0,
            decided=(),
            changes=(("retracted", "alert", 1),),
        )
        for number in range(10)
    )
    one = replace(material, run=many[-1].run, flows=many)
    figures = section(one, "living")["figures"]
    labels = [column["label"] for column in figures["flow_updates"]["data"]["columns"]]
    assert labels == ["Version 1", "Versions 2-8", "Version 9", "Version 10", "Version 11"]
    assert boxes(one)["to_screen"] == ["not recorded", "7", "1", "1", "1"]
    assert boxes(one, "flow_last")["to_screen"] == ["\u2265 9", "1"]


def test_the_most_frequent_reasons_are_named_and_doubt_is_no_exclusion(material: Material) -> None:
    decided = tuple(
        DecisionCount(stage="full_text", decision="exclude", reason=f"reason {number}", is_trial=False, n=10 - number)
        for number in range(6)
    ) + (
        DecisionCount(stage="full_text", decision="exclude", reason="", is_trial=True, n=1),
        DecisionCount(stage="full_text", decision="maybe", reason="", is_trial=False, n=2),
    )
    flow = replace(material.flows[0], decided=decided)
    found = boxes(replace(material, flows=(flow, *material.flows[1:])))
    reasons = {name.partition(": ")[2]: shown[1] for name, shown in found.items() if name.startswith("excluded_full")}
    assert reasons == {
        "reason 0": "10",
        "reason 1": "9",
        "reason 2": "8",
        "reason 3": "7",
        "other reasons": "12",
        "in doubt": "2",
    }
    assert found["assessed"][1] == "48"


def test_the_base_version_bears_the_date_of_the_review(material: Material) -> None:
    assert history(Frame(material)).versions[0].on_date == date(2022, 9, 14)
