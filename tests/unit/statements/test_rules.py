"""Rules of statements evaluated on states of records, part by part, and proposals from evidence."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from livingreview.changes import Context
from livingreview.config import Review, Rule, Statement, TrialsSettings, load_baseline, load_project
from livingreview.records import Baseline, Notice, Record, Score, Section, Severity
from livingreview.records.evidence import Evidence, RecordState
from livingreview.statements.rules import QUOTE_CHARS, RuleSet, propose
from support import tiny_review
from support.records import NOW, article, trial

Evaluate = Callable[..., list[Evidence]]


@pytest.fixture(scope="module")
def review_and_baseline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Review, Baseline]:
    project = load_project(tiny_review.write(tmp_path_factory.mktemp("tiny")) / "config")
    return project.review, load_baseline(project)


def with_rules(review: Review, *rules: dict[str, Any]) -> Review:
    """The tiny review whose one statement has these rules."""
    statement = review.statements[0].model_copy(
        update={"rules": tuple(Rule(**({"why": "as the rule says"} | rule)) for rule in rules)}
    )
    return review.model_copy(update={"statements": (statement,)})


@pytest.fixture
def evaluate(review_and_baseline: tuple[Review, Baseline]) -> Evaluate:
    """The evidence of one state under one rule: ``evaluate(rule, record, scope=..., areas=..., ...)``."""
    review, baseline = review_and_baseline

    def run(
        rule: dict[str, Any],
        record: Record,
        *,
        scope: str = "loom_ev",
        areas: Sequence[str] = ("burns",),
        facets: dict[str, tuple[tuple[str, str], ...]] | None = None,
        **seen: Any,
    ) -> list[Evidence]:
        score = Score(scope=scope, probabilities={scope: 1.0}, areas=tuple(areas), facets=facets or {})
        asked = with_rules(review, rule)
        given: dict[str, Any] = {
            "version_id": 1,
            "version": 1,
            "record": record,
            "work_id": "w",
            "score": score,
            "changes": frozenset(),
            "is_withdrawn": False,
        }
        rule_set = RuleSet(Context.of(asked, baseline, TrialsSettings(), NOW), baseline)
        return list(rule_set.evidence(RecordState(**(given | seen)), frozenset(asked.statements[0].rule_hashes)))

    return run


LATER = article(title="Vesicles of loom cells in six people", publication_date="2023-05")


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ({"scopes": ["loom_ev"]}, {}),
        ({"scopes": ["loom_ev"], "areas": ["burns"]}, {}),
        ({"areas": ["skin"]}, {}),
        ({"kinds": ["article"], "scopes": ["loom_ev"]}, {}),
        ({"facets": {"species": ["mouse"]}}, {"facets": {"species": (("mouse", "mice"),)}}),
        ({"text": [r"in six (people|patients)"]}, {}),
        ({"text": ["people"], "every_text": ["loom cells", "six"]}, {}),
        ({"changes": ["new_core_record"]}, {"changes": frozenset({"new_core_record", "corrected"})}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
def test_a_rule_whose_every_part_holds_gives_evidence(
    evaluate: Evaluate, rule: dict[str, Any], given: dict[str, Any]
) -> None:
    (found,) = evaluate({"effect": "extends"} | rule, LATER, **given)
    assert (found.statement_id, found.rule, found.effect, found.source_id) == ("S01", 1, "extends", LATER.source_id)
    assert found.why == "as the rule says"


@pytest.mark.parametrize(
    ("rule", "given"),
    [
        ({"scopes": ["loom"]}, {}),
        ({"scopes": ["loom_ev"], "areas": ["eye"]}, {}),
        ({"areas": ["skin"]}, {"areas": ()}),
        ({"kinds": ["trial"], "scopes": ["loom_ev"]}, {}),
        ({"facets": {"species": ["mouse"]}}, {}),
        ({"facets": {"species": ["mouse"]}}, {"facets": {"species": (("rat", "rats"),)}}),
        ({"text": ["in seven people"]}, {}),
        ({"text": ["people"], "every_text": ["loom cells", "seven"]}, {}),
        ({"text": ["people"], "without_text": ["loom"]}, {}),
        ({"changes": ["retracted"]}, {"changes": frozenset({"corrected"})}),
        ({"scopes": ["loom_ev"], "phases": ["PHASE3"]}, {}),
        ({"scopes": ["loom_ev"], "status": ["COMPLETED"]}, {}),
        ({"scopes": ["loom_ev"]}, {"is_withdrawn": True}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else None,
)
def test_a_rule_of_which_one_part_fails_gives_none(
    evaluate: Evaluate, rule: dict[str, Any], given: dict[str, Any]
) -> None:
    assert evaluate({"effect": "extends"} | rule, LATER, **given) == []


def test_a_trial_is_judged_by_its_registry(evaluate: Evaluate) -> None:
    rule = {
        "effect": "outdates",
        "kinds": ["trial"],
        "status": ["COMPLETED"],
        "phases": ["PHASE3"],
        "has_results": True,
    }
    done = trial(status="COMPLETED", phases=("PHASE2", "PHASE3"), has_results=True)
    (found,) = evaluate(rule, done)
    assert found.facts == ("status: COMPLETED", "phases: PHASE2, PHASE3", "results posted: yes")
    assert evaluate(rule, trial(status="COMPLETED", phases=("PHASE3",), has_results=False)) == []
    assert evaluate(rule, trial(status="RECRUITING", phases=("PHASE3",), has_results=True)) == []


@pytest.mark.parametrize(
    ("status", "date", "is_found"),
    [
        ("COMPLETED", "2023-01-05", True),
        ("RECRUITING", "2023-01-05", False),
        # The registry said so before the review appeared: context, not news.
        ("COMPLETED", "2021-12-01", False),
        ("UNKNOWN", "2023-01-05", True),
    ],
)
def test_a_printed_trial_that_changed_since_publication(
    evaluate: Evaluate, status: str, date: str, is_found: bool
) -> None:
    rule = {"effect": "outdates", "cited": "nct_ids", "is_unlike_print": True}
    state = trial(tiny_review.PRINTED_NCT, status=status, source_date=date)
    found = evaluate(rule, state)
    assert [piece.facts for piece in found] == [(f"status: printed Recruiting, now {status}",)] * is_found


def test_what_the_review_cites_is_evidence_only_where_a_rule_asks_for_it(evaluate: Evaluate) -> None:
    cited = article(tiny_review.CITED_PMID, title=tiny_review.CITED_TITLE)
    printed = trial(tiny_review.PRINTED_NCT)
    open_rule = {"effect": "extends", "scopes": ["loom_ev"]}
    assert evaluate(open_rule, cited) == []
    assert evaluate(open_rule, printed) == []
    retracted = {"effect": "challenges", "cited": "refs", "changes": ["retracted"]}
    assert len(evaluate(retracted, cited, changes=frozenset({"retracted"}))) == 1
    # Statement S01 leans on reference 1, not on 2.
    assert evaluate({"effect": "extends", "cited": "refs"}, article("5", doi=tiny_review.CITED_DOI)) == []
    assert len(evaluate({"effect": "extends", "cited": "printed"}, trial(tiny_review.OTHER_NCT))) == 1
    assert evaluate({"effect": "extends", "cited": "nct_ids"}, trial(tiny_review.OTHER_NCT)) == []


def test_a_paper_from_before_the_review_is_no_news_but_a_trial_is(evaluate: Evaluate) -> None:
    rule = {"effect": "extends", "scopes": ["loom_ev"]}
    assert evaluate(rule, replace(LATER, publication_date="2021-12")) == []
    # Only the year is known, and the review appeared within it.
    assert len(evaluate(rule, replace(LATER, publication_date="2022"))) == 1
    assert len(evaluate(rule, replace(trial(), publication_date="2020-01-01"))) == 1


@pytest.mark.parametrize(
    "values",
    [{"notices": (Notice(kind="RetractionIn", pmid="1"),)}, {"publication_types": ("Retracted Publication",)}],
)
def test_that_it_was_retracted_is_what_a_rule_may_ask_for(evaluate: Evaluate, values: dict[str, Any]) -> None:
    rule = {"effect": "challenges", "cited": "refs", "changes": ["baseline_reference_retracted"]}
    cited = replace(article(tiny_review.CITED_PMID), **values)
    assert len(evaluate(rule, cited, changes=frozenset({"baseline_reference_retracted"}))) == 1
    gone = {"effect": "challenges", "cited": "refs", "changes": ["baseline_reference_withdrawn"]}
    assert len(evaluate(gone, cited, changes=frozenset({"baseline_reference_withdrawn"}), is_withdrawn=True)) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"notices": (Notice(kind="RetractionIn", pmid="1"),)},
        {"notices": (Notice(kind="RetractedandRepublishedIn", pmid="1"),)},
        {"publication_types": ("Retracted Publication",)},
    ],
)
def test_what_was_retracted_supports_nothing(evaluate: Evaluate, values: dict[str, Any]) -> None:
    assert evaluate({"effect": "extends", "scopes": ["loom_ev"]}, replace(LATER, **values)) == []


def test_a_quotation_holds_the_words_and_some_of_their_line(evaluate: Evaluate) -> None:
    long = " ".join(f"word{number}" for number in range(100))
    record = replace(LATER, abstract=(Section(text=f"{long} batch-to-batch variation {long}"),))
    (found,) = evaluate({"effect": "challenges", "text": ["batch-to-batch variation"]}, record)
    (quote,) = found.quotes
    assert "batch-to-batch variation" in quote
    assert quote.startswith("… word") and quote.endswith(" …")
    assert len(quote) <= QUOTE_CHARS + 4
    assert LATER.title not in quote


def test_words_of_the_title_are_quoted_whole(evaluate: Evaluate) -> None:
    (found,) = evaluate({"effect": "extends", "text": ["PEOPLE"], "every_text": ["six"]}, LATER)
    assert found.quotes == (LATER.title,)


@pytest.mark.parametrize("effect", ["confirms", "challenges", "outdates"])
def test_tags_alone_only_extend(effect: str) -> None:
    with pytest.raises(ValidationError, match="tags alone only extend"):
        Rule(effect=effect, why="no reason", scopes=("loom_ev",), areas=("skin",))
    Rule(effect=effect, why="a count", scopes=("loom_ev",), at_least=2)


def test_a_rule_that_asks_for_a_change_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValidationError, match="baseline_reference_retractd"):
        Rule(effect="challenges", why="w", changes=("baseline_reference_retractd",))


def test_a_rule_without_a_condition_is_refused() -> None:
    with pytest.raises(ValidationError, match="fire on every record"):
        Rule(effect="extends", why="nothing asked", without_text=("a",))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"scopes": ["nonsense"]}, "unknown scope: nonsense"),
        ({"areas": ["nonsense"]}, "unknown area: nonsense"),
        ({"facets": {"nonsense": ["mouse"]}}, "unknown facet: nonsense"),
        ({"facets": {"species": ["nonsense"]}}, "unknown value of facet species: nonsense"),
    ],
)
def test_a_slip_of_the_pen_is_named(
    review_and_baseline: tuple[Review, Baseline], rule: dict[str, Any], words: str
) -> None:
    review, _ = review_and_baseline
    values = {name: getattr(review, name) for name in Review.model_fields}
    values["statements"] = with_rules(review, {"effect": "extends"} | rule).statements
    with pytest.raises(ValidationError, match=f"statement S01, rule 1 names an {words}"):
        Review(**values)


def piece(review: Review, source_id: str, *, rule: int = 1, effect: str = "extends", work: str = "") -> Evidence:
    return Evidence(
        statement_id="S01",
        rule=rule,
        rule_hash=review.statements[0].rule_hashes[rule - 1],
        effect=effect,
        source="pubmed",
        source_id=source_id,
        work_id=work or source_id,
        version=1,
        why="because",
        facts=("scope: loom_ev",),
        quotes=("words",),
    )


def test_one_proposal_a_statement_and_effect_with_the_new_evidence_first(
    review_and_baseline: tuple[Review, Baseline],
) -> None:
    review = with_rules(
        review_and_baseline[0],
        {"effect": "extends", "scopes": ["loom_ev"]},
        {"effect": "challenges", "text": ["people"]},
        {"effect": "extends", "areas": ["eye"]},
    )
    evidence = [
        (piece(review, "1"), False),
        (piece(review, "2"), True),
        (piece(review, "3", rule=2, effect="challenges"), True),
        (piece(review, "4", rule=3), False),
    ]
    (extended, challenged), spoke = propose(review, evidence, {("pubmed", "2"): "Two"}, NOW)
    assert (challenged.type, challenged.severity) == ("statement_challenged", Severity.ALERT)
    assert (extended.type, extended.severity) == ("statement_extended", Severity.NOTABLE)
    assert (extended.source, extended.source_id, extended.at) == ("review", "S01", NOW)
    assert extended.after["n_new"] == 1
    # Rule 3 has nothing new, so it does not speak again.
    assert [one["source_id"] for one in extended.after["evidence"]] == ["2", "1"]
    assert extended.after["evidence"][0]["title"] == "Two"
    assert spoke == list(review.statements[0].rule_hashes[:2])


def test_a_count_waits_until_enough_distinct_works_have_come(
    review_and_baseline: tuple[Review, Baseline],
) -> None:
    review = with_rules(review_and_baseline[0], {"effect": "outdates", "scopes": ["loom_ev"], "at_least": 2})
    one_work = [(piece(review, name, effect="outdates", work="w"), True) for name in ("1", "2")]
    assert propose(review, one_work, {}, NOW) == ([], [])
    (found,), _ = propose(review, [*one_work, (piece(review, "3", effect="outdates"), True)], {}, NOW)
    assert (found.type, found.after["n_works"], found.after["n_new"]) == ("statement_outdated", 2, 3)


def test_nothing_new_proposes_nothing(review_and_baseline: tuple[Review, Baseline]) -> None:
    review = with_rules(review_and_baseline[0], {"effect": "extends", "scopes": ["loom_ev"]})
    assert propose(review, [(piece(review, "1"), False)], {}, NOW) == ([], [])


def test_evidence_of_a_rule_that_was_edited_is_passed_over(review_and_baseline: tuple[Review, Baseline]) -> None:
    old = with_rules(review_and_baseline[0], {"effect": "extends", "scopes": ["loom_ev"]})
    new = with_rules(review_and_baseline[0], {"effect": "extends", "scopes": ["loom_ev"], "areas": ["eye"]})
    assert propose(new, [(piece(old, "1"), True)], {}, NOW) == ([], [])


def test_equal_rules_of_two_statements_are_two_rules(review_and_baseline: tuple[Review, Baseline]) -> None:
    (first,) = with_rules(review_and_baseline[0], {"effect": "extends", "scopes": ["loom_ev"]}).statements
    second = Statement(**{name: getattr(first, name) for name in Statement.model_fields} | {"id": "S02"})
    assert set(first.rule_hashes).isdisjoint(second.rule_hashes)
