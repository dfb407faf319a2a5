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
from livingreview.statements.proposals import propose
from livingreview.statements.rules import RuleSet
from livingreview.statements.spans import QUOTE_CHARS
from support import tiny_review
from support.records import NOW, article, trial
from unit.statements.conftest import state_of

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


def test_a_record_that_judges_a_statement_does_not_extend_it_as_well(
    review_and_baseline: tuple[Review, Baseline],
) -> None:
    review, baseline = review_and_baseline
    judging = {"effect": "confirms", "text": ["closes torn skin"]}
    asked = with_rules(review, {"effect": "extends", "scopes": ["loom_ev"]}, judging)
    rule_set = RuleSet(Context.of(asked, baseline, TrialsSettings(), NOW), baseline)
    (statement,) = asked.statements

    def effects(title: str, *hashes: str) -> list[str]:
        seen = state_of(article("31000001", title=title))
        return [piece.effect for piece in rule_set.evidence(seen, frozenset(hashes or statement.rule_hashes))]

    assert effects("A vesicle that closes torn skin") == ["confirms"]
    assert effects("A vesicle") == ["extends"]
    # Nor where the rule that judges was held against it in an earlier run.
    assert effects("A vesicle that closes torn skin", statement.rule_hashes[0]) == []


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
        ({"text": [r"/in six (people|patients)/"]}, {}),
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
    rule = {"effect": "outdates", "cited": "nct_ids", "standing": ["changed"]}
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
    # Statement S01 cites reference 1, not on 2.
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


NO_STUDIES = {
    "notice": "Retraction Note: Vesicles of loom cells in six people",
    "erratum": "Correction to: Vesicles of loom cells in six people",
    "comment": 'Comment on "Vesicles of loom cells in six people"',
    "review": "Vesicles of loom cells in six people: a systematic review",
    "protocol": "Vesicles of loom cells in six people: study protocol of a randomised trial",
}


@pytest.mark.parametrize(("kind", "title"), NO_STUDIES.items())
def test_what_is_no_study_meets_only_a_rule_that_asks_for_it(evaluate: Evaluate, kind: str, title: str) -> None:
    record = replace(LATER, title=title)
    rule = {"effect": "challenges", "text": ["people"]}
    assert evaluate(rule, record) == []
    (found,) = evaluate(rule | {"publication_types": [kind]}, record)
    assert found.facts == (f"kind of text: {kind}",)
    assert evaluate(rule | {"publication_types": ["study"]}, record) == []
    assert evaluate(rule | {"publication_types": [kind]}, LATER) == []


def test_an_article_that_its_journal_marks_as_retracted_supports_nothing(evaluate: Evaluate) -> None:
    record = replace(LATER, title=f"RETRACTED: {LATER.title}")
    assert evaluate({"effect": "challenges", "text": ["people"]}, record) == []


def test_a_concept_is_any_of_its_spellings_and_is_quoted_as_written(evaluate: Evaluate) -> None:
    text = "They got Exosomes. Loom cells, too."
    record = replace(LATER, title="A study of six people", abstract=(Section(text=text),))
    (found,) = evaluate({"effect": "challenges", "text": ["@ev"], "every_text": ["@loom"]}, record)
    assert [quote.strip("… ") for quote in found.quotes] == [text]
    assert evaluate({"effect": "challenges", "text": ["@yarn"]}, record) == []


def test_the_product_must_stand_in_the_intervention(evaluate: Evaluate) -> None:
    rule = {"effect": "outdates", "intervention": ["@ev", "@loom"]}
    title = "Vesicles of loom cells as a marker of burns"

    def given(*interventions: str, title: str = title) -> list[Evidence]:
        return evaluate(rule, replace(trial(interventions=interventions), title=title))

    assert given("Procedure: blood test") == []
    (found,) = given("Drug: exosomes of loom cells", "Drug: saline")
    assert found.quotes == ("Drug: exosomes of loom cells",)
    assert len(given()) == 1
    assert given(title="A marker of burns") == []


@pytest.mark.parametrize(
    ("type_", "is_interventional", "is_observational"),
    [
        ("INTERVENTIONAL", True, False),
        ("EXPANDED_ACCESS", True, False),
        ("OBSERVATIONAL", False, True),
        ("", True, False),
    ],
)
def test_what_kind_of_trial_it_is(
    evaluate: Evaluate, type_: str, is_interventional: bool, is_observational: bool
) -> None:
    rule = {"effect": "extends", "is_interventional": True}
    found = evaluate(rule, trial(study_type=type_))
    assert bool(found) == is_interventional
    if found:
        assert found[0].facts == (f"study type: {type_.lower() or 'not known'}",)
    assert bool(evaluate(rule | {"is_interventional": False}, trial(study_type=type_))) == is_observational
    assert evaluate(rule, LATER) == []


@pytest.mark.parametrize(("date", "when"), [("2021-12-21", "before_review"), ("2022-03-01", "after_review")])
def test_when_a_registry_first_posted_a_trial(evaluate: Evaluate, date: str, when: str) -> None:
    posted = trial(first_posted_date=date)
    for asked in ("before_review", "after_review"):
        found = evaluate({"effect": "outdates", "posted": asked}, posted)
        assert [piece.facts for piece in found] == [(f"first posted: {date}, {when.split('_')[0]} the review",)] * (
            asked == when
        )


def test_table_and_text_of_the_review_are_told_apart(
    review_and_baseline: tuple[Review, Baseline],
) -> None:
    review, baseline = review_and_baseline
    printed = tuple(
        replace(one, place="text") if one.nct_id == tiny_review.OTHER_NCT else one for one in baseline.trials
    )
    here = replace(baseline, trials=printed)

    def found(cited: str, nct_id: str) -> int:
        asked = with_rules(review, {"effect": "extends", "cited": cited})
        rules = RuleSet(Context.of(asked, here, TrialsSettings(), NOW), here)
        state = RecordState(
            version_id=1,
            version=1,
            record=trial(nct_id),
            work_id="w",
            score=Score(scope="loom_ev", probabilities={}),
            changes=frozenset(),
            is_withdrawn=False,
        )
        return len(list(rules.evidence(state, frozenset(asked.statements[0].rule_hashes))))

    assert (found("table1", tiny_review.PRINTED_NCT), found("table1", tiny_review.OTHER_NCT)) == (1, 0)
    assert (found("printed", tiny_review.PRINTED_NCT), found("printed", tiny_review.OTHER_NCT)) == (1, 1)


@pytest.mark.parametrize(
    ("status", "date", "standing"),
    [
        ("COMPLETED", "2023-01-05", "changed"),
        ("COMPLETED", "2021-12-01", "already_so"),
        ("RECRUITING", "2023-01-05", ""),
    ],
)
def test_how_a_printed_trial_stands(evaluate: Evaluate, status: str, date: str, standing: str) -> None:
    state = trial(tiny_review.PRINTED_NCT, status=status, source_date=date)
    for asked in ("changed", "undated", "already_so"):
        found = evaluate({"effect": "outdates", "standing": [asked]}, state)
        assert bool(found) == (asked == standing)


def test_only_a_paper_from_before_the_review_shows_that_something_was_already_so(evaluate: Evaluate) -> None:
    rule = {"effect": "already_so", "text": ["vesicle"]}
    assert evaluate(rule, article("1", title="A vesicle", publication_date="2021"))
    assert not evaluate(rule, article("1", title="A vesicle", publication_date="2023"))
    assert not evaluate(rule, article("1", title="A vesicle", publication_date=""))


def test_an_error_of_the_review_is_no_news(evaluate: Evaluate) -> None:
    before = trial(tiny_review.PRINTED_NCT, status="WITHDRAWN", source_date="2021-12-01")
    (found,) = evaluate({"effect": "already_so", "standing": ["already_so"]}, before)
    assert found.facts == ("status: printed Recruiting, now WITHDRAWN, already so at publication",)
    old = replace(LATER, publication_date="2021-05")
    rule = {"text": ["people"]}
    assert len(evaluate({"effect": "already_so"} | rule, old)) == 1
    assert evaluate({"effect": "outdates"} | rule, old) == []


FINDING = {"effect": "challenges", "finding": "no_benefit", "about": ["pain"]}


def test_a_finding_is_quoted_and_needs_its_object(evaluate: Evaluate) -> None:
    def told(text: str) -> list[str]:
        record = replace(LATER, abstract=(Section(text=f"Mice were treated. {text} They were well."),))
        return [quote for piece in evaluate(FINDING, record) for quote in piece.quotes]

    assert "no difference in pain" in told("There was no difference in pain.")[0]
    assert told("There was no difference in body weight.") == []
    assert told("Pain was reduced, and there was no difference in body weight.") == []


def test_a_concept_may_be_the_object_of_a_finding(evaluate: Evaluate) -> None:
    rule = {"effect": "challenges", "finding": "harm", "about": ["@loom"]}
    record = replace(LATER, abstract=(Section(text="The drug increased loom cells in mice."),))
    (found,) = evaluate(rule, record)
    assert "increased loom cells" in found.quotes[0]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"effect": "challenges", "finding": "no_benefit"}, "has no object"),
        ({"effect": "challenges", "about": ["pain"], "text": ["x"]}, "object of a finding"),
        ({"effect": "already_so", "scopes": ["loom_ev"]}, "it was so before the review"),
        ({"effect": "already_so", "posted": "after_review"}, "it was so before the review"),
        ({"effect": "already_so", "standing": ["changed"]}, "it was so before the review"),
        ({"effect": "extends", "text": [r"\bpeople"]}, "between slashes"),
        ({"effect": "extends", "publication_types": ["letters"]}, "letters|Input should be"),
        ({"effect": "extends", "is_unlike_print": True}, "Extra inputs"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Rule(**({"why": "w"} | rule))


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
        ({"text": ["@nonsense"]}, "unknown concept: @nonsense"),
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
