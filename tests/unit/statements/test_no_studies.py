"""Records that are no study, held against every rule of the shipped review: none of them is evidence."""

from dataclasses import replace
from typing import Any

import pytest

from livingreview.config import Rule
from livingreview.records import Kind, Notice, Record, Score, Section
from livingreview.records.evidence import RecordState
from unit.statements.test_rule_examples import CASES, LATER, shipped, state, statement_of

TITLES = {
    "notice": "Retraction Note: {}",
    "erratum": "Correction to: {}",
    "comment": 'Comment on "{}"',
    "review": "{}: a systematic review",
    "protocol": "{}: study protocol for a randomised controlled trial",
}
TYPES: dict[str, dict[str, Any]] = {
    "notice": {"publication_types": ("Retraction of Publication",)},
    "erratum": {"publication_types": ("Published Erratum",)},
    "comment": {"publication_types": ("Journal Article", "Comment")},
    "review": {"publication_types": ("Journal Article", "Review")},
    "protocol": {"publication_types": ("Clinical Trial Protocol",)},
}
FIRING = [
    (name, number)
    for name in CASES
    for number, case in enumerate(CASES[name].get("fires", ()))
    if case["kind"] != "trial"
]


def fired(seen: RecordState, but: str = "") -> list[str]:
    """The statements whose rules take this for evidence, but for rules that ask for texts of this kind."""
    project, _, rules = shipped()
    hashes = frozenset(
        rule_hash
        for one in project.review.statements
        for rule, rule_hash in zip(one.rules, one.rule_hashes, strict=True)
        if but not in rule.publication_types
    )
    return [piece.statement_id for piece in rules.evidence(seen, hashes)]


def with_record(seen: RecordState, **values: Any) -> RecordState:
    return replace(seen, record=replace(seen.record, **values))


@pytest.mark.parametrize("kind", TITLES)
@pytest.mark.parametrize(("name", "number"), FIRING)
def test_what_would_fire_a_rule_does_not_where_it_is_no_study(name: str, number: int, kind: str) -> None:
    seen = state(CASES[name]["fires"][number])
    assert name in fired(seen)
    assert fired(with_record(seen, title=TITLES[kind].format(seen.record.title)), kind) == []
    assert fired(with_record(seen, **TYPES[kind]), kind) == []


def test_a_notice_that_names_its_article_is_no_study() -> None:
    seen = state(CASES["S20"]["fires"][0])
    assert fired(seen)
    for kind in ("RetractionOf", "ErratumFor", "CommentOn", "ExpressionOfConcernFor"):
        assert fired(with_record(seen, notices=(Notice(kind=kind, pmid="1"),))) == []


RULES = [
    (one.id, number, rule)
    for one in shipped()[0].review.statements
    for number, rule in enumerate(one.rules, start=1)
    if not rule.is_about_discredit
]


def state_for(rule: Rule, text: str, title: str = "Vesicles of loom cells") -> RecordState:
    """A record with the tags that a rule asks for, and a text."""
    scope = rule.scopes[0] if rule.scopes else shipped()[0].review.core_scope
    kind = next((kind for kind in rule.kinds if kind != Kind.TRIAL), Kind.ARTICLE)
    return RecordState(
        version_id=1,
        version=1,
        record=Record(
            source="pubmed",
            source_id="39000009",
            kind=kind,
            title=title,
            abstract=(Section(text=text),),
            publication_date=LATER,
        ),
        work_id="w",
        score=Score(
            scope=scope,
            probabilities={scope: 1.0},
            areas=rule.areas[:1],
            facets={facet: ((values[0], values[0]),) for facet, values in rule.facets.items()},
        ),
        changes=frozenset(rule.changes),
        is_withdrawn=False,
    )


@pytest.mark.parametrize("kind", TITLES)
@pytest.mark.parametrize(("name", "number", "rule"), RULES, ids=lambda value: str(value)[:12])
def test_tags_do_not_make_a_study_of_it(name: str, number: int, rule: Rule, kind: str) -> None:
    words = [entry for entry in (*rule.text, *rule.every_text, *rule.about) if not entry.startswith(("/", "@"))]
    text = f"Vesicles reduced and did not reduce pain. {'. '.join(words)}."
    seen = state_for(rule, text, TITLES[kind].format("Vesicles of loom cells"))
    if not {kind} & set(rule.publication_types):
        found = shipped()[2].evidence(seen, frozenset([statement_of(name).rule_hashes[number - 1]]))
        assert list(found) == []


@pytest.mark.parametrize(
    ("name", "number", "rule"),
    [row for row in RULES if row[2].finding == "no_benefit"],
    ids=lambda value: str(value)[:12],
)
@pytest.mark.parametrize(
    "text",
    [
        "There was no difference in body weight.",
        "No significant differences in body weight or food intake were seen between the groups.",
        "The vesicles did not affect body weight, and no adverse effect was found.",
        "Failed trials are common. No effect on the viability of healthy controls was found.",
    ],
)
def test_a_lack_of_benefit_needs_an_outcome(name: str, number: int, rule: Rule, text: str) -> None:
    found = shipped()[2].evidence(state_for(rule, text), frozenset([statement_of(name).rule_hashes[number - 1]]))
    assert list(found) == []
