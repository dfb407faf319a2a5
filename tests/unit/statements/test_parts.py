"""The parts of rules: each has its words, its check and its field, and a rule is met when all of them are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.config import Review, Rule
from livingreview.records import Baseline, Kind, Notice, Record, Section, TrialFacts
from livingreview.statements.parts import PARTS
from livingreview.text.rule_words import ASKS, rule_words, watch_words
from support import tiny_review
from unit.statements.conftest import rules_of, state_of

NOT_OF_A_RECORD = {"effect", "why", "at_least", "about", "about_more"}


def test_every_field_of_a_rule_has_its_part() -> None:
    assert list(ASKS) == list(PARTS)
    assert set(ASKS) - {"retracted"} == set(Rule.model_fields) - NOT_OF_A_RECORD


TITLES = (
    "Vesicles of loom cells in six people",
    "Exosomes of yarn cells",
    "Correction to: Vesicles",
    "A review of pain",
)
TEXTS = (
    "Pain was reduced.",
    "There was no difference in pain.",
    "Vesicles increased pain in mice.",
    "Nothing was seen.",
)
some = st.sampled_from
parts = st.fixed_dictionaries(
    {},
    optional={
        "kinds": some([("article",), ("trial",), ("article", "trial")]),
        "scopes": some([("loom_ev",), ("yarn_ev", "loom")]),
        "areas": some([("skin",), ("burns", "eye")]),
        "facets": some([{"species": ("mouse",)}]),
        "changes": some([("new_record",), ("new_trial", "status_changed")]),
        "cited": some(["refs", "nct_ids", "table1", "printed"]),
        "posted": some(["before_review", "after_review"]),
        "standing": some([("changed",), ("undated", "already_so")]),
        "status": some([("COMPLETED",), ("RECRUITING", "UNKNOWN")]),
        "phases": some([("PHASE3",)]),
        "has_results": st.booleans(),
        "is_interventional": st.booleans(),
        "publication_types": some([("study",), ("review", "erratum")]),
        "intervention": some([("@ev",), ("exosome",)]),
        "text": some([("people",), ("@loom", "pain")]),
        "every_text": some([("vesicle", "@ev")]),
        "without_text": some([("yarn",)]),
    },
)
findings = some([{}, {"finding": "benefit", "about": ("pain",)}, {"finding": "no_benefit", "about": ("pain",)}])
facts = st.builds(
    TrialFacts,
    status=some(["", "COMPLETED", "RECRUITING", "UNKNOWN"]),
    study_type=some(["", "INTERVENTIONAL", "OBSERVATIONAL"]),
    phases=some([(), ("PHASE3",)]),
    first_posted_date=some(["", "2021-05-01", "2023-05-01"]),
    has_results=some([None, True, False]),
    interventions=some([(), ("Drug: exosomes",), ("Procedure: blood test",)]),
)
papers = st.builds(
    Record,
    source=st.just("pubmed"),
    source_id=some(["1", tiny_review.CITED_PMID]),
    kind=st.just(Kind.ARTICLE),
    title=some(TITLES),
    abstract=st.builds(lambda text: (Section(text=text),), some(TEXTS)),
    publication_date=some(["", "2021-05", "2023-05"]),
    nct_ids=some([(), (tiny_review.PRINTED_NCT,)]),
    notices=some([(), (Notice(kind="RetractionIn", pmid="2"),)]),
)
trials = st.builds(
    Record,
    source=st.just("clinicaltrials"),
    source_id=some(["NCT90000050", tiny_review.PRINTED_NCT, tiny_review.OTHER_NCT]),
    kind=st.just(Kind.TRIAL),
    title=some(TITLES),
    trial=facts,
    source_date=some(["", "2021-12-01", "2023-01-05"]),
)
seen = st.fixed_dictionaries(
    {
        "scope": some(["loom_ev", "yarn_ev", "other"]),
        "areas": some([(), ("burns",), ("eye",)]),
        "changes": some([frozenset(), frozenset({"new_record"}), frozenset({"new_trial"})]),
        "is_withdrawn": some([False, False, False, True]),
    }
)


@given(parts, findings, papers | trials, seen)
def test_a_rule_fires_where_each_of_its_parts_alone_does(
    tiny: tuple[Review, Baseline],
    asked: dict[str, Any],
    finding: dict[str, Any],
    record: Record,
    given_: dict[str, Any],
) -> None:
    review, baseline = tiny

    def fires(values: dict[str, Any]) -> bool:
        try:
            rule = Rule(effect="extends", why="w", **values)
        except ValueError:
            return True  # of nothing but what is refused, nothing can be asked alone
        statement = review.statements[0].model_copy(update={"rules": (rule,)})
        here = review.model_copy(update={"statements": (statement,)})
        state = state_of(record, **given_)
        return bool(list(rules_of(here, baseline).evidence(state, frozenset(statement.rule_hashes))))

    whole = asked | finding
    if not whole:
        return
    # What is cited, and what texts are taken, goes with each part: a part alone asks the default of both.
    shared = {name: asked[name] for name in ("cited", "standing", "publication_types") if name in asked}
    alone = [{name: value} | shared for name, value in asked.items()] + ([finding | shared] if finding else [])
    if fires(whole):
        assert all(fires(values) for values in alone)
    elif all("without_text" not in values for values in alone):
        assert not all(fires(values) for values in alone)


def test_what_a_rule_looks_out_for_is_told_in_words(tiny: tuple[Review, Baseline]) -> None:
    review, _ = tiny
    rule = Rule(
        effect="challenges",
        why="w",
        kinds=("article",),
        scopes=("loom_ev",),
        areas=("burns",),
        finding="no_benefit",
        about=("pain",),
    )
    words = "challenged by a study of vesicles of loom cells in burns that reports no benefit on “pain”"
    assert rule_words(rule, review) == words
    statement = review.statements[0].model_copy(update={"rules": (rule, rule)})
    assert watch_words(statement, review) == f"C{words[1:]}."
    assert watch_words(review.statements[0].model_copy(update={"rules": ()}), review) == ""


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (
            {"effect": "outdates", "kinds": ("trial",), "phases": ("PHASE3",), "has_results": True},
            "outdated by a trial in phase 3 with posted results",
        ),
        (
            {"effect": "outdates", "cited": "table1", "standing": ("changed",)},
            "outdated by a trial of the review's table whose status changed since publication",
        ),
        (
            {"effect": "already_so", "posted": "before_review", "intervention": ("@ev",), "is_interventional": True},
            "already so at publication: an interventional trial first posted before the review"
            " that gives any name of ev",
        ),
        (
            {"effect": "outdates", "publication_types": ("guideline",), "text": ("vesicle",)},
            "outdated by a guideline that says “vesicle”",
        ),
        (
            {"effect": "extends", "scopes": ("loom",), "at_least": 2},
            "extended by 2 or more, each a study or a trial of loom cells",
        ),
        (
            {"effect": "challenges", "cited": "refs", "changes": ("baseline_reference_retracted",)},
            "challenged when one of its references is retracted",
        ),
        (
            {"effect": "confirms", "finding": "benefit", "about": ("a", "b", "c"), "about_more": ("d", "e")},
            "confirmed by a study or a trial that reports a benefit on “a”, “b”, “c” or 2 other outcomes",
        ),
        (
            {"effect": "confirms", "finding": "benefit", "about": ("a", "b", "c"), "about_more": ("d",)},
            "confirmed by a study or a trial that reports a benefit on “a”, “b”, “c” or “d”",
        ),
    ],
)
def test_each_part_has_its_words(tiny: tuple[Review, Baseline], rule: dict[str, Any], words: str) -> None:
    assert rule_words(Rule(**{"why": "w"} | rule), tiny[0]) == words
