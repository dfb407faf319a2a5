"""A small synthetic review with a hostile store, and a way to alter it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from livingreview.config import Area, Facet, FacetValue, Review, Scope, Statement
from livingreview.records import (
    Baseline,
    Change,
    Decision,
    DecisionCount,
    Fidelity,
    Issue,
    Kind,
    Notice,
    PrintedTrial,
    QueryLog,
    Record,
    Reference,
    Run,
    RunFlow,
    Score,
    Section,
    Severity,
    SourceStatus,
    StoredChange,
    StoredRecord,
    TrialFacts,
)
from livingreview.records.evidence import StatementDecision, WaitingProposal
from livingreview.records.identifiers import registry_ids
from livingreview.report import Material, NewArea

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
RUN = "20261123T050000Z"
HOSTILE = "<script>alert('x')</script> | `code` [a](https://evil.example/) **bold** www.evil.example"
CHINESE = "诱导多能干细胞来源的间充质干细胞外泌体"
ARABIC = "الحويصلات خارج الخلية"


def make_review() -> Review:
    return Review(
        slug="demo",
        title="Vesicles & <things>: a review",
        citation="Author et al., Journal 2022, 1, 1",
        doi="10.1000/demo.1",
        published_date=date(2022, 9, 14),
        read_from_date=date(2022, 3, 1),
        question="?",
        scopes=(
            Scope(slug="core", label="Core vesicles", is_core=True),
            Scope(slug="around", label="Vesicles around"),
            Scope(slug="other", label="Other", is_relevant=False),
        ),
        areas=(
            Area(slug="bone", label="Bone", children=(Area(slug="joint", label="Joint"),)),
            Area(slug="skin", label="Skin & wounds", aliases=("burns",)),
        ),
        facets=(
            Facet(
                slug="study_type",
                label="Study type",
                values=(
                    FacetValue(slug="animal", label="Animal <study>", patterns=("mice",)),
                    FacetValue(slug="trial", label="Trial", patterns=("trial",)),
                    FacetValue(slug="review", label="Review", patterns=("review",)),
                ),
            ),
        ),
        living_mode={
            "is_living": True,
            "sources": ["pubmed", "europepmc"],
            "ends_when": "Never | <soon>",
            "odd_key": 3,
        },
        statements=(
            Statement(id="S1", section="1", text="One trial is recruiting", kind="count", nct_ids=("NCT00000001",)),
            Statement(id="S2", section="2", text="Vesicles mend <skin>", kind="effect", areas=("skin",), refs=(2,)),
            Statement(id="S3", section="3", text="Nothing touches this", kind="other"),
        ),
    )


def make_baseline() -> Baseline:
    def trial(nct_id: str, status: str, area: str = "burns", note: str = "") -> PrintedTrial:
        return PrintedTrial(
            nct_id=nct_id,
            title=f"Trial {nct_id}",
            ev_source="",
            condition="",
            status=status,
            location="",
            area=area,
            note=note,
            role="trial",
            other_ids=registry_ids(note),
        )

    return Baseline(
        published_date=date(2022, 9, 14),
        references=(
            Reference(
                ref_no=1, first_author="A", year=2020, journal="J", title="A reference without identifiers at all"
            ),
            Reference(ref_no=2, first_author="B", year=2021, journal="J", title="Cited paper", pmid="111"),
        ),
        trials=(
            trial("NCT00000001", "Recruiting"),
            trial("NCT00000002", "Active, not recruiting"),
            trial("NCT00000003", "Not yet recruiting"),
            trial("NCT00000004", "finalized (review wording)"),
            trial("NCT00000005", "Unknown status"),
            trial("", "announced, not yet registered (review wording)", note="now ACTRN12620000870954"),
        ),
    )


def stored(
    record: Record, scope: str = "core", areas: tuple[str, ...] = (), types: tuple[str, ...] = (), **values: Any
) -> StoredRecord:
    facets = {"study_type": tuple((slug, "word") for slug in types)} if types else {}
    score = Score(scope=scope, probabilities={scope: 0.876}, areas=areas, facets=facets) if scope else None
    settings = {"work_id": f"{record.source}:{record.source_id}", "first_run": RUN, "first_seen_at": NOW} | values
    return StoredRecord(**({"record": record, "version": 1, "is_withdrawn": False, "score": score} | settings))


def paper(pmid: str, title: str, day: str = "2024-05-01", **values: Any) -> Record:
    return Record(
        **(
            {
                "source": "pubmed",
                "source_id": pmid,
                "pmid": pmid,
                "title": title,
                "publication_date": day,
                "journal": "J Demo",
                "abstract": (Section(text="Words."),),
            }
            | values
        )
    )


def trial_record(
    nct_id: str, status: str, source_date: str = "", fidelity: Fidelity = Fidelity.FULL, **facts: Any
) -> Record:
    return Record(
        source="clinicaltrials" if nct_id.startswith("NCT") else "anzctr",
        source_id=nct_id,
        kind=Kind.TRIAL,
        title=f"Registry title of {nct_id}",
        trial=TrialFacts(status=status, **facts),
        source_date=source_date,
        fidelity=fidelity,
    )


def changed(
    number: int, kind: str, source_id: str, severity: str = "notable", source: str = "pubmed", **values: Any
) -> StoredChange:
    change = Change(
        type=kind,
        severity=Severity(severity),
        source=source,
        source_id=source_id,
        work=f"{source}:{source_id}",
        at=NOW,
        **values,
    )
    return StoredChange(id=number, run=RUN, change=change)


def proposed() -> WaitingProposal:
    """An earlier run's proposal that still waits."""
    piece = {
        "source": "pubmed",
        "source_id": "10",
        "title": HOSTILE,
        "why": "a report | on <people>",
        "quotes": [HOSTILE],
    }
    facts = ["scope: core", "phases: PHASE2, PHASE3", "status: printed Recruiting, now UNKNOWN"]
    trial = {"source": "clinicaltrials", "source_id": "NCT00000009", "title": ARABIC, "why": "a trial", "facts": facts}
    after = {"effect": "outdates", "n_new": 1, "n_works": 2, "evidence": [piece, trial]}
    found = changed(900, "statement_outdated", "S3", "alert", source="review", after=after)
    return WaitingProposal(found=found, since=NOW - timedelta(days=21))


def a_run(name: str = RUN, **values: Any) -> Run:
    settings = {
        "id": 4,
        "channel": "services",
        "status": "partial",
        "now_at": NOW,
        "started_at": NOW,
        "finished_at": NOW,
        "reported_at": None,
        "code_version": "0.1.0",
        "config_hash": "c" * 64,
        "model": "m1",
        "error": "",
        "drift": {
            "n_records": 312,
            "stability_index": 0.314,
            "unknown_share": 0.12,
            "unknown_share_of_training": 0.3,
            "warnings": ["scores lie elsewhere than in training (stability index 0.31)"],
        },
    }
    return Run(**({"name": name} | settings | values))


def log(source: str, name: str = "core", **values: Any) -> QueryLog:
    settings = {
        "role": "core",
        "query_hash": "abc",
        "text": 'exosom*[tiab] AND "x"',
        "since": "2026-11-14",
        "until": "2026-11-23",
        "announced": 3,
        "received": 3,
        "counts": {"new": 2, "unchanged": 1},
        "requests": 2,
        "is_reconciled": True,
        "is_skipped": False,
        "error": "",
    }
    return QueryLog(**({"source": source, "name": name} | settings | values))


def flow(run: Run, records: dict[str, int], n_works: int, *changes: tuple[str, str, int], **values: Any) -> RunFlow:
    settings = {"n_known": 0, "n_duplicates": 0, "decided": ()} | values
    return RunFlow(**({"run": run, "records": records, "n_works": n_works, "changes": changes} | settings))


def make_flows(run: Run) -> tuple[RunFlow, ...]:
    """Three reported runs, the last of which is reported now, and a killed one whose work the next one tells of."""
    start = NOW - timedelta(days=21)
    first = a_run("20261102T050000Z", id=1, now_at=start, reported_at=start, config_hash="d" * 64)
    killed = a_run("20261109T050000Z", id=2, now_at=start + timedelta(days=7), status="broken", config_hash="d" * 64)
    second = a_run("20261116T050000Z", id=3, now_at=start + timedelta(days=14), reported_at=NOW, config_hash="d" * 64)
    decided = (
        DecisionCount(stage="full_text", decision="exclude", reason="wrong | cell", is_trial=False, n=2),
        DecisionCount(stage="full_text", decision="include", reason="", is_trial=False, n=4),
        DecisionCount(stage="full_text", decision="include", reason="", is_trial=True, n=1),
        DecisionCount(stage="title_abstract", decision="exclude", reason="", is_trial=False, n=20),
        DecisionCount(stage="title_abstract", decision="maybe", reason="", is_trial=False, n=3),
    )
    return (
        flow(
            first,
            {"pubmed": 90, "clinicaltrials": 20},
            100,
            ("new_core_record", "notable", 8),
            ("new_record", "routine", 60),
            n_known=70,
            n_duplicates=9,
            decided=decided,
        ),
        flow(killed, {"pubmed": 2}, 2, ("retracted", "alert", 1)),
        flow(second, {"pubmed": 3, "europepmc": 1}, 3, ("new_record", "routine", 3)),
        flow(run, {"pubmed": 5}, 4, ("results_posted", "alert", 1), ("new_core_record", "notable", 1), n_duplicates=1),
    )


def status(**values: Any) -> SourceStatus:
    settings = {
        "records": 3,
        "versions": 4,
        "searched_through_at": NOW - timedelta(days=2),
        "triaged_through_at": None,
        "reported_through_at": None,
        "is_overdue": False,
    }
    return SourceStatus(**(settings | values))


def make_material() -> Material:
    decision = Decision(
        work_id="pubmed:13", stage="full_text", decision="exclude", person="R", decided_at=NOW, reason="wrong cell"
    )
    first = trial_record("NCT00000001", "RECRUITING", "2022-05-01")
    second = trial_record(
        "NCT00000001",
        "COMPLETED",
        "2024-02-01",
        enrollment_count=102,
        enrollment_type="ACTUAL",
        has_results=True,
        results_first_posted_date="2024-01-15",
    )
    title = {"title": "Cited paper"}
    said = StatementDecision(
        statement_id="S2",
        effect="confirms",
        verdict="rejected",
        person="R. <Viewer>",
        decided_at=NOW - timedelta(days=3),
        reason=HOSTILE,
        wording="Vesicles may | mend <skin>",
    )
    return Material(
        waiting=(proposed(),),
        statement_decisions=(said,),
        review=make_review(),
        baseline=make_baseline(),
        run=a_run(),
        previous_run=a_run("20261116T050000Z", now_at=NOW - timedelta(days=7), id=1, config_hash="d" * 64),
        queries=(
            log("pubmed"),
            log("europepmc", error="503 after 5 attempts", received=0, counts={}, announced=None, is_reconciled=False),
            log("clinicaltrials", "around", announced=9, is_reconciled=False),
        ),
        issues=tuple(Issue(source="pubmed", source_id=str(900 + n), query="core", reason="no title") for n in range(60))
        + (Issue(source="files", source_id="line 3", query="x.csv", reason="column year: 'abc' is no date"),),
        changes=(
            changed(1, "new_core_record", "10", after={"title": HOSTILE, "scope": "core", "areas": ["skin"]}),
            changed(2, "new_record", "11", "routine", after={"title": CHINESE, "scope": "around", "areas": []}),
            changed(
                3,
                "status_changed",
                "NCT00000001",
                source="clinicaltrials",
                before={"status": "RECRUITING"},
                after={"status": "COMPLETED"},
                effective_date="2024-02-01",
            ),
            changed(
                4,
                "results_posted",
                "NCT00000001",
                "alert",
                source="clinicaltrials",
                before={"has_results": False},
                after={"has_results": True, "results_first_posted_date": "2024-01-15"},
            ),
            changed(
                5,
                "enrollment_changed",
                "NCT00000001",
                source="clinicaltrials",
                before={"enrollment_count": 120, "enrollment_type": "ESTIMATED"},
                after={"enrollment_count": 102, "enrollment_type": "ACTUAL"},
            ),
            changed(
                6,
                "baseline_reference_retracted",
                "111",
                "alert",
                after=title
                | {
                    "ref_no": 2,
                    "cited_by": ["S2"],
                    "notice": {"kind": "RetractionIn", "pmid": "112", "citation": "J <b> 2"},
                },
            ),
            changed(
                7, "revised_text", "12", "routine", before={"title": "Old"}, after={"title": "New", "parts": ["title"]}
            ),
            changed(8, "moon_phase", "12", "routine", before={"phase": "new"}, after={"phase": "full", "title": "New"}),
            changed(
                9,
                "new_trial",
                "NCT00000009",
                source="clinicaltrials",
                after={"title": ARABIC, "status": "RECRUITING", "scope": "core", "areas": ["bone"]},
            ),
            changed(
                10,
                "trial_read",
                "NCT00000002",
                "routine",
                source="clinicaltrials",
                after={"title": "t", "status": "UNKNOWN", "is_baseline": True, "scope": "around"},
            ),
        ),
        records=(
            stored(paper("10", HOSTILE, doi="10.1000/a(1)<2>"), areas=("skin",), types=("animal",)),
            stored(paper("14", "Earlier core paper", "2023"), areas=("bone", "joint"), types=("animal", "review")),
            stored(paper("15", "Old uncited core paper", "2021-03")),
            stored(paper("13", "Excluded by a person"), decisions=(decision,)),
            stored(paper("11", CHINESE, "2025", abstract=()), "around"),
            stored(paper("12", ARABIC, "2024", notices=(Notice(kind="RetractionIn", pmid="99"),)), "around"),
            stored(paper("111", "Cited paper", "2021"), "core"),
            stored(second, "around", ("skin",), version=2),
            stored(trial_record("NCT00000002", "UNKNOWN", "2021-04-06"), "around"),
            stored(trial_record("NCT00000003", "WITHDRAWN", "2022-06-15", why_stopped="no | money"), "around"),
            stored(trial_record("NCT00000004", "TERMINATED", "", Fidelity.FACTS), "around"),
            stored(trial_record("ACTRN12620000870954", "", "2024-12", Fidelity.FACTS), "around"),
            stored(
                trial_record(
                    "NCT00000009", "RECRUITING", "2026-11-01", conditions=("Gout",), phases=("PHASE1", "PHASE2")
                ),
                "core",
                ("bone",),
            ),
        ),
        new_areas=(NewArea(terms=("gout & co", "uric acid"), keys=(("pubmed", "10"), ("pubmed", "15"))),),
        trial_history={"NCT00000001": (first, second)},
        counts={"pubmed": 7, "clinicaltrials": 5},
        status={
            "pubmed": status(),
            "clinicaltrials": status(is_overdue=True),
            "europepmc": status(searched_through_at=None),
        },
        model_card={
            "id": "m1",
            "trained_at": "2026-11-22T05:00:00+00:00",
            "n_examples": 232,
            "labels": {"scopes": {"core": 24, "around": 67, "other": 101}},
            "evaluation": {"method": "5-fold", "scopes": {"macro_f1": {"value": 0.9312, "low": 0.88, "high": 0.96}}},
        },
        failures={"europepmc": "Europe PMC answers 503 after 5 attempts"},
        now=NOW,
        flows=make_flows(a_run()),
    )


def quiet_material() -> Material:
    full = make_material()
    return replace(
        full,
        run=a_run(status="done"),
        previous_run=a_run("20261116T050000Z", now_at=NOW - timedelta(days=7), id=1),
        queries=(log("pubmed", counts={"unchanged": 3}),),
        issues=(),
        changes=(),
        waiting=(),
        statement_decisions=(),
        failures={},
        status={"pubmed": status()},
        flows=make_flows(a_run(status="done", config_hash="d" * 64))[:3] + (flow(a_run(config_hash="d" * 64), {}, 0),),
    )


@pytest.fixture
def material() -> Material:
    return make_material()


@pytest.fixture
def quiet() -> Material:
    return quiet_material()


@pytest.fixture
def change() -> Callable[..., StoredChange]:
    return changed


@pytest.fixture
def store() -> Callable[..., StoredRecord]:
    return stored


@pytest.fixture
def trial() -> Callable[..., Record]:
    return trial_record


@pytest.fixture
def publication() -> Callable[..., Record]:
    return paper


@pytest.fixture
def search() -> Callable[..., QueryLog]:
    return log
