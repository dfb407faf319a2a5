"""What each section says, and when."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from livingreview.records import Fidelity, Kind, QueryLog, Record, StoredChange, StoredRecord
from livingreview.records.change_types import FIRST_STORED_TYPES, STATEMENT_TYPES, ChangeType
from livingreview.records.evidence import StatementDecision, WaitingProposal
from livingreview.records.identifiers import is_before, normal_status
from livingreview.report import Material, build, render_html, render_markdown
from livingreview.text.change_words import WORDS, change_words

NOW = datetime(2026, 11, 23, 5, tzinfo=UTC)
Make = Callable[..., StoredChange]
Store = Callable[..., StoredRecord]


def section(material: Material, slug: str) -> dict[str, Any]:
    found = next(one for one in build(material).sections if one.slug == slug)
    return {"summary": found.summary, **found.body}


def row(material: Material, nct_id: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = section(material, "trials")["printed"]
    return next(one for one in rows if one["nct_id"] == nct_id)


# headline and banners


def test_headline_says_what_changed_what_is_touched_and_what_failed(material: Material) -> None:
    sentences = section(material, "headline")["sentences"]
    assert sentences["changed"].startswith("10 changes, 2 alerts since 2026-11-16; only what could be read: ")
    assert "1 new paper on Core vesicles (skin & wounds)" in sentences["changed"]
    assert "; 1 new trial;" in sentences["changed"]
    said = "2 of 3 statements are touched by what changed, as far as could be read, and should be looked at;"
    waits = "As far as could be read, 1 statement is out of date: 1 suggestion still waiting, for 21 days; a person"
    assert sentences["statements"].startswith(f"{waits} decides. {said}") and "(S1 and S2)." in sentences["statements"]
    assert sentences["read"].startswith("NOT everything was read: Europe PMC FAILED; 2 other searches answered.")


def test_a_quiet_run_says_since_when(quiet: Material) -> None:
    sentences = section(quiet, "headline")["sentences"]
    assert sentences["changed"] == "Nothing new since 2026-11-16."
    assert sentences["read"] == "Everything was read: 1 search of 1 source, all reconciled."
    assert row(quiet, "NCT00000001")["standing"] == "changed"
    assert not build(quiet).banners


def test_nothing_new_and_failed_never_look_alike(quiet: Material) -> None:
    failed = replace(quiet, failures={"pubmed": "no answer"})
    for render in (render_markdown, render_html):
        assert "Nothing new since" not in render(build(failed))
        assert "PubMed COULD NOT BE READ: no answer." in render(build(failed))
    sentences = section(failed, "headline")["sentences"]
    assert sentences["changed"] == "No change was found, but not everything was read: PubMed FAILED."
    assert sentences["read"].startswith("NOT everything was read: PubMed FAILED")
    assert not section(failed, "headline")["is_complete"]
    assert [one["kind"] for one in build(failed).banners] == ["failed"]


@pytest.mark.parametrize(
    ("searched", "words"),
    [(None, "PubMed has never been searched"), (NOW - timedelta(days=21), "PubMed NOT searched since 2 Nov")],
)
def test_a_source_that_is_overdue_or_was_never_read_is_no_quiet_week(
    quiet: Material, searched: datetime | None, words: str
) -> None:
    late = replace(quiet.status["pubmed"], is_overdue=True, searched_through_at=searched, last_run=None)
    page = replace(quiet, status={"pubmed": late})
    sentences = section(page, "headline")["sentences"]
    assert sentences["changed"] == f"No change was found, but not everything was read: {words}."
    assert words in sentences["read"]
    assert all("nothing new" not in render(build(page)).lower() for render in (render_markdown, render_html))


def test_an_error_in_a_query_log_is_a_failure_too(quiet: Material, search: Callable[..., QueryLog]) -> None:
    failed = replace(quiet, queries=(search("pubmed", error="429"),))
    assert section(failed, "headline")["failures"] == {"pubmed": "429"}


def test_a_failed_run_without_a_named_source_is_a_failure(quiet: Material) -> None:
    failed = replace(quiet, run=replace(quiet.run, status="failed", error="killed"))
    assert section(failed, "headline")["failures"] == {"run": "killed"}


def test_unreconciled_and_overdue_are_said(
    material: Material, quiet: Material, search: Callable[..., QueryLog]
) -> None:
    kinds = [one["kind"] for one in build(material).banners]
    assert kinds == ["failed", "incomplete", "overdue"]
    odd = replace(quiet, queries=(search("pubmed", is_reconciled=False),))
    assert "counts do not add up for PubMed (core)" in section(odd, "headline")["sentences"]["read"]


def test_files_and_no_search_at_all_are_said(quiet: Material, search: Callable[..., QueryLog]) -> None:
    files = replace(quiet, queries=(search("files", "a.csv", role="file"),))
    assert "1 file; no service was asked" in section(files, "headline")["sentences"]["read"]
    none = replace(quiet, queries=())
    assert section(none, "headline")["sentences"]["read"] == "No search is on record for this run."


def test_first_run_and_nothing_of_note(quiet: Material, change: Make) -> None:
    first = replace(
        quiet, previous_run=None, changes=(change(1, "new_record", "77", "routine", after={"scope": "other"}),)
    )
    sentences = section(first, "headline")["sentences"]["changed"]
    assert (
        sentences
        == "1 change, no alert in this first run: none of them new core evidence, a trial's change or a notice."
    )
    assert section(replace(quiet, previous_run=None), "headline")["sentences"]["changed"] == "Nothing new."


# alerts, statements


def test_alerts_are_all_of_them(material: Material) -> None:
    assert [one["type"] for one in section(material, "alerts")["changes"]] == [
        "baseline_reference_retracted",
        "results_posted",
    ]


def test_statements_are_touched_by_trial_reference_and_area(material: Material) -> None:
    body = section(material, "statements")
    touched = {one["id"]: [(change["type"], change["link"]) for change in one["changes"]] for one in body["touched"]}
    assert touched["S1"] == [("results_posted", "cited"), ("enrollment_changed", "cited"), ("status_changed", "cited")]
    assert touched["S2"] == [("baseline_reference_retracted", "cited"), ("new_core_record", "area")]
    assert "S3" not in touched
    assert [one["id"] for one in body["standing"]] == ["S1"]
    assert body["standing"][0]["trials"][0]["words"] == "Recruiting → completed"


def test_a_text_revised_of_a_cited_reference_touches(quiet: Material, change: Make) -> None:
    one = change(1, "revised_text", "111", "routine", after={"title": "Cited paper", "parts": ["abstract"]})
    body = section(replace(quiet, changes=(one,)), "statements")
    assert [(row["id"], row["changes"][0]["why"]) for row in body["touched"]] == [("S2", "cites reference 2")]


def test_meeting_a_cited_trial_for_the_first_time_touches_nothing(quiet: Material, change: Make) -> None:
    one = change(1, "new_trial", "NCT00000001", source="clinicaltrials", after={"is_baseline": True, "scope": "core"})
    assert section(replace(quiet, changes=(one,)), "statements")["touched"] == []


PIECE = {"source": "pubmed", "source_id": "12", "title": "One study", "why": "a count", "facts": [], "quotes": ["<b>"]}
MADE = {"n_new": 1, "n_works": 1, "evidence": [PIECE]}


def test_what_waits_stands_in_the_first_section_until_it_is_decided(quiet: Material, change: Make) -> None:
    new = change(1, "statement_extended", "S1", source="review", after=MADE | {"effect": "extends"})
    old = change(2, "statement_outdated", "S3", source="review", after=MADE | {"effect": "outdates"}, severity="alert")
    waiting = (
        WaitingProposal(found=old, since=NOW - timedelta(days=21)),
        WaitingProposal(found=new, since=NOW),
    )
    page = replace(quiet, changes=(new,), waiting=waiting)
    body = section(page, "headline")
    assert (body["waiting"]["n"], body["waiting"]["days"], body["waiting"]["since"]) == (2, 21, "2026-11-02")
    groups = [(one["heading"], [row["id"] for row in one["proposals"]]) for one in body["waiting"]["groups"]]
    assert groups == [("Out of date?", ["S3"]), ("New coverage", ["S1"])]
    (row_,) = body["waiting"]["groups"][0]["proposals"]
    assert (row_["is_new"], row_["days"], row_["basis"]) == (False, 21, "based on 1 study")
    (evidence,) = row_["evidence"]
    assert (evidence["label"], evidence["url"]) == ("One study", "https://pubmed.ncbi.nlm.nih.gov/12/")
    assert evidence["quotes"] == ["<b>"]
    said = "1 statement is out of date, 1 gains coverage: 2 suggestions still waiting, the oldest 21 days; a person"
    assert body["sentences"]["statements"].startswith(said)
    assert section(page, "statements")["summary"] == "2 statements of 3 to look at"
    shown = render_html(build(page))
    assert "2 suggestions still waiting, the oldest 21 days" in shown and "Suggested automatically. You decide" in shown
    assert "<b>" not in shown.split("<main")[1]


def test_what_was_decided_stands_among_the_statements(quiet: Material) -> None:
    said = [
        StatementDecision(
            statement_id=name,
            effect="outdates",
            verdict=verdict,
            person="A. Reviewer",
            decided_at=NOW - timedelta(days=2 - place),
            reason="registered | in 2020",
            wording=wording,
        )
        for place, (name, verdict, wording) in enumerate(
            (("S3", "accepted", "Two trials <are> registered"), ("S9", "rejected", ""))
        )
    ]
    page = replace(quiet, statement_decisions=tuple(said))
    last, first = section(page, "statements")["decisions"]
    assert (first["id"], first["verdict"], first["person"]) == ("S3", "accepted", "A. Reviewer")
    assert (first["decided_at"], first["wording"]) == ("2026-11-21 05:00 UTC", "Two trials <are> registered")
    assert (last["id"], last["text"]) == ("S9", "")
    shown = render_markdown(build(page))
    assert "New wording: “Two trials \\<are> registered”" in shown and "A statement that is no longer watched" in shown


# evidence


def test_core_evidence_is_split_by_run_age_and_decision(material: Material) -> None:
    body = section(material, "core_evidence")
    new = [item["source_id"] for group in body["new"] for item in group["items"]]
    earlier = [item["source_id"] for group in body["earlier"] for item in group["items"]]
    assert (new, earlier) == (["10"], ["14"])
    assert [item["source_id"] for item in body["before_review"]] == ["15"]
    assert [item["source_id"] for item in body["excluded"]] == ["13"]
    assert (body["n_new"], body["n_since_baseline"]) == (1, 2)
    assert [(area["label"], area["n_new"], area["n_total"]) for area in body["areas"]] == [
        ("Bone", 0, 1),
        ("Joint", 0, 1),
        ("Skin & wounds", 1, 1),
    ]


def test_a_preprint_and_its_article_are_one_row(
    quiet: Material, store: Store, publication: Callable[..., Record]
) -> None:
    preprint = publication("", "The work", "2026-01", source="europepmc", source_id="PPR1", kind=Kind.PREPRINT)
    article = publication("500", "The work", "2025-12")
    records = (store(preprint, work_id="w"), store(article, work_id="w"))
    items = section(replace(quiet, records=records), "core_evidence")["earlier"][0]["items"]
    assert [(item["source_id"], item["also"]) for item in items] == [("500", ["PPR1"])]
    only = section(replace(quiet, records=records[:1]), "core_evidence")["earlier"][0]["items"]
    assert only[0]["flags"] == ["preprint"] and only[0]["url"].endswith("/PPR/PPR1")


def test_context_lists_what_is_new_first_and_names_the_rest(
    quiet: Material, store: Store, publication: Callable[..., Record], change: Make
) -> None:
    records = tuple(store(publication(str(n), f"Paper {n}", f"{1980 + n}"), "around") for n in range(1, 46))
    one = replace(quiet, records=records, changes=(change(1, "new_record", "1", "routine"),))
    scope = section(one, "context_evidence")["scopes"][0]
    assert scope["items"][0]["source_id"] == "1" and scope["items"][1]["source_id"] == "45"
    assert (scope["n_new"], scope["n_total"], len(scope["items"])) == (1, 45, 45)
    assert "5 works more, not listed here" in render_markdown(build(one))


def test_flags_name_retracted_and_withdrawn(
    material: Material, store: Store, publication: Callable[..., Record]
) -> None:
    items = section(material, "context_evidence")["scopes"][0]["items"]
    assert next(item for item in items if item["source_id"] == "12")["flags"] == ["retracted"]
    gone = store(publication("6", "x", publication_types=("Retracted Publication",)), is_withdrawn=True)
    items = section(replace(material, records=(gone,)), "core_evidence")["earlier"][0]["items"]
    assert items[0]["flags"] == ["retracted", "withdrawn"]


# trials


@pytest.mark.parametrize(
    ("nct_id", "standing", "status"),
    [
        ("NCT00000001", "changed", "completed"),
        ("NCT00000002", "changed", "unknown status"),
        ("NCT00000003", "already_so", "withdrawn"),
        ("NCT00000004", "undated", "terminated"),
        ("NCT00000005", "not_stored", ""),
        ("", "changed", "registered"),
    ],
)
def test_then_and_now(material: Material, nct_id: str, standing: str, status: str) -> None:
    found = row(material, nct_id)
    assert (found["standing"], found["status_label"]) == (standing, status)


def test_a_printed_trial_shows_its_path_and_facts(material: Material) -> None:
    found = row(material, "NCT00000001")
    assert [(step["label"], step["as_of"]) for step in found["history"]] == [
        ("recruiting", "2022-05-01"),
        ("completed", "2024-02-01"),
    ]
    assert found["differences"] == ["results posted 2024-01-15"]
    assert found["enrollment"] == "102 (actual)" and found["area"] == "Skin & wounds"
    assert found["changed_now"] and not row(material, "NCT00000003")["changed_now"]
    assert row(material, "")["differences"] == ["registered as ACTRN12620000870954"]


def test_a_state_without_status_falls_back_on_the_last_that_had_one(
    quiet: Material, store: Store, trial: Callable[..., Record]
) -> None:
    old, bare = trial("NCT00000001", "COMPLETED", "2023"), trial("NCT00000001", "", "2024", Fidelity.FACTS)
    one = replace(quiet, records=(store(bare, "around"),), trial_history={"NCT00000001": (old, bare)})
    assert (row(one, "NCT00000001")["status"], row(one, "NCT00000001")["as_of"]) == ("COMPLETED", "2023")
    empty = replace(one, trial_history={})
    assert row(empty, "NCT00000001")["standing"] == "unknown"


def test_trials_not_printed_are_listed(material: Material) -> None:
    others = section(material, "trials")["others"]
    assert [(one["source_id"], one["is_now"], one["posting"], one["phases"]) for one in others] == [
        ("NCT00000009", True, "after_review", "phase 1; phase 2")
    ]


def test_trial_changes_are_worded_as_a_person_would(material: Material) -> None:
    rows = section(material, "trial_changes")["trials"]
    assert [one["source_id"] for one in rows] == ["NCT00000001"]
    assert rows[0]["words"] == (
        "recruiting → completed; completed → has results (posted 2024-01-15); enrolment 120 (estimated) → 102 (actual)"
    )
    assert rows[0]["severity"] == "alert" and rows[0]["is_printed"]


def test_trial_changes_put_the_printed_ones_first(quiet: Material, change: Make) -> None:
    values = {"source": "clinicaltrials", "before": {"status": "RECRUITING"}, "after": {"status": "SUSPENDED"}}
    found = (
        change(1, "status_changed", "NCT00000000", "alert", **values),
        change(2, "status_changed", "NCT00000002", **values),
    )
    rows = section(replace(quiet, changes=found), "trial_changes")["trials"]
    assert [one["source_id"] for one in rows] == ["NCT00000002", "NCT00000000"]


def test_a_period_of_several_runs_lists_in_order(quiet: Material, change: Make) -> None:
    def status(number: int, before: str, after: str, run: str) -> StoredChange:
        found = change(
            number,
            "status_changed",
            "NCT00000001",
            source="clinicaltrials",
            before={"status": before},
            after={"status": after},
        )
        return replace(found, run=run)

    found = (status(9, "COMPLETED", "TERMINATED", "b"), status(3, "RECRUITING", "COMPLETED", "a"))
    material = replace(quiet, changes=found)
    assert section(material, "trial_changes")["trials"][0]["words"] == "recruiting → completed; completed → terminated"
    assert section(material, "headline")["n_runs"] == 3


@pytest.mark.parametrize(
    ("kind", "before", "after", "words"),
    [
        (
            "date_slipped",
            {"completion_date": "2024-01"},
            {"completion_date": "2024-07", "days": 182},
            "completion 2024-01 → 2024-07 (182 days later)",
        ),
        (
            "date_slipped",
            {"start_date": "2024-01-02"},
            {"start_date": "2024-01-01", "days": -1},
            "start 2024-01-02 → 2024-01-01 (1 day earlier)",
        ),
        ("why_stopped", {}, {"why_stopped": "no money"}, "reason given: no money"),
        (
            "overdue",
            {},
            {"completion_date": "2023-01", "last_update_posted_date": "2022-05-01"},
            "overdue: completion was due 2023-01, no update since 2022-05-01",
        ),
        (
            "design_changed",
            {"title": "A", "phases": ["PHASE1"]},
            {"title": "B", "phases": ["PHASE1", "PHASE2"]},
            "design changed: phases phase 1 → phase 1; phase 2; renamed, formerly: A",
        ),
        (
            "alias_changed",
            {"aliases": []},
            {"aliases": ["NCT00000007"]},
            "also registered as NCT00000007, which the registry has merged into it",
        ),
        ("results_published", {"result_pmids": []}, {"result_pmids": ["12"]}, "results published: PMID 12"),
        ("results_posted", {}, {"status": "COMPLETED", "has_results": True}, "completed → has results"),
        ("enrollment_changed", {}, {"enrollment_count": 1200}, "enrolment not given → 1,200"),
        (
            "status_changed",
            {"status": "RECRUITING"},
            {"status": "TERMINATED", "why_stopped": "funds"},
            "recruiting → terminated (funds)",
        ),
        (
            "baseline_reference_corrected",
            {},
            {"ref_no": 3, "notice": {"doi": "10.1000/x"}},
            "cited by the review as reference 3: corrected (doi 10.1000/x)",
        ),
        ("withdrawn", {"title": "a"}, {"title": "a"}, "withdrawn by its source"),
        ("preprint_published", {}, {}, "the preprint is now published as an article"),
        (
            "retracted",
            {},
            {"notice": {"kind": "RetractedandRepublishedIn", "pmid": "9"}},
            "retracted and republished (pmid 9)",
        ),
        (
            "something_new",
            {"a": 1, "b": [1]},
            {"a": 2, "b": [1], "c": {"x": True}},
            "something new: a 1 → 2; c x: yes",
        ),
        ("bare_type", {}, {}, "bare type"),
    ],
)
def test_words_of_a_change(kind: str, before: dict[str, Any], after: dict[str, Any], words: str) -> None:
    assert change_words(kind, before, after) == words


def test_every_type_of_change_has_words_of_its_own() -> None:
    assert [type_ for type_ in ChangeType if type_.bare not in WORDS] == []


@pytest.mark.parametrize(
    ("printed", "token"),
    [
        ("Recruiting", "RECRUITING"),
        ("Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("Unknown status", "UNKNOWN"),
        ("Enrolling by invitation", "ENROLLING_BY_INVITATION"),
        ("finalized (review wording)", "COMPLETED"),
        ("recruiting (review wording)", "RECRUITING"),
        ("announced, not yet registered (review wording)", "ANNOUNCED"),
        ("", ""),
    ],
)
def test_printed_statuses_are_normalised(printed: str, token: str) -> None:
    assert normal_status(printed) == token


def test_a_partial_date_is_before_only_when_all_of_it_is(material: Material) -> None:
    published = material.baseline.published_date
    assert [is_before(day, published) for day in ("2022-09-13", "2022-08", "2021")] == [True] * 3
    assert [is_before(day, published) for day in ("2022-09-14", "2022-09", "2022", "", "2022-13", "x")] == [False] * 6


# notices, revisions, searches, exceptions, model, gaps


def test_notices_name_the_statements_that_cite_a_reference(material: Material) -> None:
    body = section(material, "notices")
    assert [(one["source_id"], one["statements"]) for one in body["references"]] == [("111", ["S2"])]
    words = "cited by the review as reference 2: retracted (J <b> 2; pmid 112)"
    assert body["references"][0]["words"] == f"{words}; statements that use it: S2 (cites it)"


def test_every_type_of_change_has_its_section(material: Material, change: Make) -> None:
    found = [
        change(1, type_, "S1", source="review", after={"effect": effect}) for effect, type_ in STATEMENT_TYPES.items()
    ]
    others = [type_ for type_ in ChangeType if type_ not in STATEMENT_TYPES.values()]
    found += [
        change(2, type_, "111", source="review" if type_ == ChangeType.NEW_AREA else "pubmed") for type_ in others
    ]
    waiting = [WaitingProposal(found=one, since=NOW) for one in found[: len(STATEMENT_TYPES)]]
    reported = replace(material, changes=tuple(found), waiting=tuple(waiting))
    notices, revisions = section(reported, "notices"), section(reported, "revisions")
    assert revisions["others"] == []
    rows = [*notices["references"], *notices["others"], *revisions["revisions"]]
    rows += [row for trial in section(reported, "trial_changes")["trials"] for row in trial["changes"]]
    shown = [row["type"] for row in rows]
    groups = section(reported, "headline")["waiting"]["groups"]
    shown += [STATEMENT_TYPES[row["effect"]] for group in groups for row in group["proposals"]]
    # New records and areas stand in lists of records, not of changes.
    in_lists = FIRST_STORED_TYPES | {ChangeType.NEW_AREA}
    assert sorted([*shown, *in_lists]) == sorted(ChangeType)


def test_unknown_types_still_show(material: Material) -> None:
    body = section(material, "revisions")
    assert [one["words"] for one in body["revisions"]] == ["title revised; the title was: Old"]
    assert [one["words"] for one in body["others"]] == ["moon phase: phase new → full"]


def test_searches_tell_outcome_and_window(material: Material) -> None:
    outcomes = {one["source"]: one["outcome"] for one in section(material, "searches")["searches"]}
    assert outcomes == {"clinicaltrials": "not reconciled", "europepmc": "failed", "pubmed": "reconciled"}
    assert "| **Europe PMC**: core (core) | 2026-11-14 to 2026-11-23 | unknown | 0 | failed |" in render_markdown(
        build(material)
    )


def test_exceptions_are_capped_in_print_and_whole_in_json(material: Material) -> None:
    body = section(material, "exceptions")
    assert [(one["reason"], one["n"], len(one["items"])) for one in body["reasons"]] == [
        ("no title", 60, 60),
        ("column year: 'abc' is no date", 1, 1),
    ]
    assert "10 records more, not listed here" in render_markdown(build(material))


def test_model_gives_its_figures_and_what_changed_in_the_method(material: Material) -> None:
    body = section(material, "model")
    assert {"label": "Macro-F1, scopes", "value": "0.93 (0.88 to 0.96)"} in body["facts"]
    assert body["method_changes"] == [
        "configuration: queries, scopes, areas, facets, statements or settings were edited"
    ]
    new = replace(material, run=replace(material.run, code_version="0.2.0", model="m2"))
    assert len(section(new, "model")["method_changes"]) == 3
    assert body["facts"][0]["label"] == "WARNING"
    assert body["summary"].endswith("; its records differ from those it learnt from")
    none = replace(material, model_card={}, previous_run=None, run=replace(material.run, model="", drift={}))
    assert section(none, "model")["summary"] == "no model in this run"
    assert section(none, "model")["facts"] == []


def test_proposed_areas_name_the_core_works_of_their_group(material: Material) -> None:
    body = section(material, "new_areas")
    assert [group["terms"] for group in body["groups"]] == [["gout & co", "uric acid"]]
    assert [row["source_id"] for row in body["groups"][0]["items"]] == ["10", "15"]
    assert section(replace(material, new_areas=()), "new_areas")["summary"] == "none proposed"


def test_gaps_count_what_is_missing(material: Material) -> None:
    body = section(material, "gaps")
    facts = {one["label"]: (one["n"], one["of"]) for one in body["facts"]}
    assert facts["Baseline references without pmid and doi"] == (1, 2)
    assert facts["Baseline references not in the store"] == (1, 2)
    assert facts["Printed trials not in the store"] == (1, 5)
    assert facts["Relevant publications without an abstract"] == (1, 7)
    states = {one["source"]: one["state"] for one in body["sources"]}
    assert states == {"clinicaltrials": "overdue", "europepmc": "failed", "pubmed": "in_time"}


def test_clocks_tell_a_last_read_that_failed(quiet: Material) -> None:
    status = quiet.status["pubmed"]
    late = replace(status, last_run={"error": "503"}, searched_through_at=quiet.now - timedelta(days=1))
    bare = replace(status, searched_through_at=None)
    states = section(replace(quiet, status={"pubmed": late, "pmc": bare}), "gaps")["sources"]
    assert {one["source"]: one["state"] for one in states if one["source"] in ("pubmed", "pmc")} == {
        "pubmed": "last_failed",
        "pmc": "not_searched",
    }
