"""Every statement of the shipped review has rules, a record that fires each of them, and records that fire none."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from livingreview.changes import Context
from livingreview.config import Project, Statement, load_baseline, load_project
from livingreview.records import Baseline, Kind, Record, Reference, Score, TrialFacts
from livingreview.records.evidence import Evidence, RecordState
from livingreview.statements.rules import RuleSet
from support.records import NOW
from unit.statements.renew_effects import PAGE, renewed

ROOT = Path(__file__).resolve().parents[3]
CASES: dict[str, dict[str, list[dict[str, Any]]]] = tomllib.loads(
    (ROOT / "tests" / "fixtures" / "statements" / "cases.toml").read_text(encoding="utf-8")
)
LATER = "2023-05-01"


@cache
def shipped() -> tuple[Project, Baseline, RuleSet]:
    project = load_project(ROOT / "config", "imsc-ev")
    baseline = load_baseline(project)
    return project, baseline, RuleSet(Context.of(project.review, baseline, project.settings.trials, NOW), baseline)


STATEMENTS = [statement.id for statement in shipped()[0].review.statements]


def statement_of(name: str) -> Statement:
    return next(one for one in shipped()[0].review.statements if one.id == name)


def state(case: dict[str, Any]) -> RecordState:
    """An invented record, dated after the review, as the store would hand it out."""
    kind = Kind(case["kind"])
    is_trial = kind == Kind.TRIAL
    record = Record(
        source="clinicaltrials" if is_trial else "pubmed",
        source_id=case.get("id", "39000001"),
        kind=kind,
        title=case["title"],
        publication_date=case.get("publication_date", LATER),
        source_date=case.get("as_of", case.get("publication_date", LATER)),
        nct_ids=tuple(case.get("nct_ids", ())),
        trial=TrialFacts(**{name: tuple(v) if isinstance(v, list) else v for name, v in case.get("trial", {}).items()})
        if is_trial
        else None,
    )
    score = Score(
        scope=case["scope"],
        probabilities={case["scope"]: 1.0},
        areas=tuple(case.get("areas", ())),
        facets={
            name: tuple((value, words) for value, words in found) for name, found in case.get("facets", {}).items()
        },
    )
    return RecordState(
        version_id=1,
        version=1,
        record=record,
        work_id="w",
        score=score,
        changes=frozenset(case.get("changes", ())),
        is_withdrawn=False,
    )


def found_for(name: str, seen: RecordState) -> list[Evidence]:
    return list(shipped()[2].evidence(seen, frozenset(statement_of(name).rule_hashes)))


def test_every_statement_has_rules_and_cases() -> None:
    assert set(CASES) == set(STATEMENTS)
    assert all(statement_of(name).rules for name in STATEMENTS)
    assert all(CASES[name]["silent"] for name in STATEMENTS)


@pytest.mark.parametrize("name", STATEMENTS)
def test_each_effect_has_a_record_that_should_have_it(name: str) -> None:
    """That is what the table of docs/statements.md rests on."""
    effects = {rule.effect for rule in statement_of(name).rules if rule.cited != "refs"}
    assert {case["effect"] for case in CASES[name].get("fires", ())} == effects


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_record_has_the_one_effect_that_it_should(name: str) -> None:
    for case in CASES[name].get("fires", ()):
        found = {piece.effect for piece in found_for(name, state(case))}
        assert found == {case["effect"]}, case["title"]


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_rule_is_fired_by_a_record_that_should_not(name: str) -> None:
    for case in CASES[name]["silent"]:
        assert found_for(name, state(case)) == [], case["title"]


def reference_state(reference: Reference, *changes: str) -> RecordState:
    seen = state({"kind": "article", "title": reference.title, "scope": "other", "changes": changes})
    values = {"pmid": reference.pmid, "doi": reference.doi, "publication_date": str(reference.year)}
    record = Record(source="pubmed", source_id=reference.pmid or "1", title=reference.title, **values)
    return RecordState(**{name: getattr(seen, name) for name in RecordState.__dataclass_fields__} | {"record": record})


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_challenged_by_the_fall_of_a_reference_it_rests_on(name: str) -> None:
    refs = statement_of(name).refs
    by_number = {reference.ref_no: reference for reference in shipped()[1].references}
    for number in refs:
        found = found_for(name, reference_state(by_number[number], "baseline_reference_retracted"))
        assert [piece.effect for piece in found] == ["challenges"]
        assert found_for(name, reference_state(by_number[number])) == []
    others = [reference for number, reference in by_number.items() if number not in refs]
    assert found_for(name, reference_state(others[0], "baseline_reference_retracted")) == []


def test_effects_that_judge_rest_on_more_than_tags() -> None:
    for name in STATEMENTS:
        for case in CASES[name].get("fires", ()):
            for piece in found_for(name, state(case)):
                has_reason = piece.quotes or any(not fact.startswith(("scope:", "areas:")) for fact in piece.facts)
                assert piece.effect == "extends" or has_reason, (name, case["title"])


def test_the_page_tells_what_can_happen_to_each_statement() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page, shipped()[0].review), "python tests/unit/statements/renew_effects.py"
