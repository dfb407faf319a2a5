"""What is told in words: facts, effects, what waits, what was not read."""

from datetime import UTC, datetime

import pytest

from livingreview.records import SourceStatus
from livingreview.records.change_types import STATEMENT_TYPES
from livingreview.text.gaps import source_gaps
from livingreview.text.wording import (
    EFFECTS,
    based_on,
    effect_counts,
    effect_heading,
    named,
    telling_facts,
    verdict_words,
    waiting_words,
)

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ("phases: PHASE2, PHASE3", "phase 2/3"),
        ("phases: EARLY_PHASE1", "early phase 1"),
        ("status: printed Recruiting, now UNKNOWN", "was Recruiting, now Unknown status"),
        (
            "status: printed Recruiting, now COMPLETED, date of change not known",
            "was Recruiting, now Completed, date of change not known",
        ),
        ("status: NOT_YET_RECRUITING", "Not yet recruiting"),
        ("study_type: in_vitro (in vitro)", "study type: in vitro (in vitro)"),
        ("results posted: yes", "results posted: yes"),
        ("a remark", "a remark"),
    ],
)
def test_a_fact_is_told_in_words(fact: str, words: str) -> None:
    assert telling_facts(["scope: imsc_ev", fact]) == [words]


def test_effects_are_told_the_gravest_first() -> None:
    assert set(STATEMENT_TYPES) <= set(EFFECTS)
    given = ["extends", "outdates", "challenges", "outdates", "already_so"]
    words = "1 statement may be contradicted, 2 are out of date, 1 was already out of date in 2022, 1 gains coverage"
    assert effect_counts(given, 2022) == words
    assert effect_counts(["confirms"] * 2) == "2 statements gain support"
    assert effect_counts([]) == ""
    assert [effect_heading(effect, 2022) for effect in EFFECTS] == [
        "Contradicted?",
        "Out of date?",
        "Was already so in 2022",
        "New support",
        "New coverage",
    ]
    assert effect_heading("already_so") == "Was already so at publication"
    assert verdict_words("outdates", "accepted") == "Out of date? Yes"
    assert verdict_words("confirms", "rejected") == "New support: no"


def test_what_waits_is_told_with_its_age() -> None:
    assert [waiting_words(1, 0), waiting_words(11, 0)] == ["1 suggestion", "11 suggestions"]
    assert waiting_words(1, 1) == "1 suggestion still waiting, for 1 day"
    assert waiting_words(10, 21) == "10 suggestions still waiting, the oldest 21 days"


def test_trials_are_not_called_studies() -> None:
    paper, trial = {"source": "pubmed"}, {"source": "clinicaltrials"}
    assert based_on({"n_works": 12, "evidence": [trial]}) == "based on 12 trials"
    assert based_on({"n_works": 1, "evidence": [paper]}) == "based on 1 study"
    assert based_on({"n_works": 2, "evidence": [paper, trial]}) == "based on 2 studies"


def test_no_code_stands_before_words() -> None:
    assert named("review", "S20", "Cells age") == "Cells age (S20)"
    assert named("review", "area: dry, eye", "dry, eye") == "dry, eye"
    assert named("clinicaltrials", "NCT1", "A trial") == "NCT1: A trial"


def test_gaps_are_told_once_for_all_sources_of_which_the_same_is_true() -> None:
    def status(day: int, *, is_overdue: bool = True) -> SourceStatus:
        searched = datetime(2026, 11, day, tzinfo=UTC) if day else None
        return SourceStatus(
            records=0,
            versions=0,
            searched_through_at=searched,
            triaged_through_at=None,
            reported_through_at=None,
            is_overdue=is_overdue,
        )

    found = {"pubmed": status(2), "europepmc": status(2), "clinicaltrials": status(0), "crossref": status(1)}
    found["anzctr"] = status(20, is_overdue=False)
    assert source_gaps(found, {"papers.csv"}, NOW) == [
        "papers.csv FAILED",
        "ClinicalTrials.gov has never been searched",
        "Crossref NOT searched since 1 Nov",
        "Europe PMC and PubMed NOT searched since 2 Nov",
    ]
    assert source_gaps({"anzctr": found["anzctr"]}, (), NOW) == []
