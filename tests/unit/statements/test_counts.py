"""Statements that count trials: what is counted today, what was missed, and what cannot be meant."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from livingreview.config import Review, Statement
from livingreview.records import Baseline, Record
from livingreview.records.evidence import RecordState
from livingreview.statements.proposals import propose
from livingreview.text.change_words import change_words
from livingreview.text.wording import count_words
from support import tiny_review
from support.records import NOW, article, trial
from unit.statements.conftest import rules_of, state_of

COUNT: dict[str, Any] = {
    "trials": {"scopes": ["loom_ev", "yarn_ev"], "intervention": ["@ev"], "is_interventional": True},
    "condition": {"areas": ["skin"]},
    "print": [1, 2],
    "printed_trials": "printed",
}


def counting(review: Review, **count: Any) -> Review:
    """The tiny review whose one statement counts trials."""
    given = {name: getattr(review.statements[0], name) for name in Statement.model_fields}
    statement = Statement(**given | {"rules": (), "count": COUNT | count})
    return review.model_copy(update={"statements": (statement,)})


def registered(number: str, **facts: Any) -> Record:
    return trial(number, **{"interventions": ("Drug: exosomes",), "study_type": "INTERVENTIONAL"} | facts)


def states() -> list[RecordState]:
    old, new = {"first_posted_date": "2021-05-01"}, {"first_posted_date": "2023-05-01"}
    return [
        state_of(registered(tiny_review.PRINTED_NCT, **old), areas=("burns",)),
        state_of(registered(tiny_review.OTHER_NCT, **old), scope="yarn_ev"),
        state_of(registered("NCT90000010", **new), areas=("burns",)),
        # Ended, and counted all the same: it is registered.
        state_of(registered("NCT90000011", status="WITHDRAWN", **new)),
        state_of(registered("NCT90000012", **old), areas=("skin",)),
        # Two records of one trial.
        state_of(registered("NCT90000013", **old), work_id="twins"),
        state_of(replace(registered("ISRCTN12345678", **new), source="isrctn"), work_id="twins"),
        # None of these counts.
        state_of(registered("NCT90000014", study_type="OBSERVATIONAL", **new)),
        state_of(replace(registered("NCT90000015", interventions=("Drug: saline",), **new), title="Exosomes in urine")),
        state_of(registered("NCT90000016", **new), scope="loom"),
        state_of(registered("NCT90000017", **new), is_withdrawn=True),
        state_of(replace(registered("ISRCTN87654321"), source="isrctn"), work_id=tiny_review.PRINTED_NCT),
    ]


def test_a_count_is_made_anew_from_the_registry(tiny: tuple[Review, Baseline]) -> None:
    review = counting(tiny[0])
    counted = rules_of(review, tiny[1]).count(review.statements[0], states())
    assert counted.values == {"print": [1, 2], "now": [3, 6], "n_new": 2, "n_missed": 2, "n_undated": 0}
    assert count_words({"count": counted.values}) == "1 of 2 in print, 3 of 6 now, 2 of them missed by the review"
    names = {effect: {source_id for _, source_id in keys} for effect, keys in counted.keys.items()}
    assert names == {
        "outdates": {"NCT90000010", "NCT90000011"},
        "already_so": {"NCT90000012", "NCT90000013", "ISRCTN12345678"},
    }


def test_a_simple_count_has_one_number(tiny: tuple[Review, Baseline]) -> None:
    review = counting(tiny[0], condition=None, print=[2])
    counted = rules_of(review, tiny[1]).count(review.statements[0], states())
    assert count_words({"count": counted.values}) == "2 in print, 6 now, 2 of them missed by the review"


def test_new_trials_outdate_it_and_missed_ones_were_there(tiny: tuple[Review, Baseline]) -> None:
    review = counting(tiny[0])
    statement, rules = review.statements[0], rules_of(review, tiny[1])
    found = [piece for state in states() for piece in rules.evidence(state, frozenset(statement.rule_hashes))]
    counted = rules.count(statement, states())
    (outdated, missed), spoke = propose(review, [(piece, True) for piece in found], {}, NOW, {statement.id: counted})
    assert (outdated.type, missed.type) == ("statement_outdated", "statement_already_so")
    assert outdated.after["count"] == missed.after["count"] == counted.values
    assert {piece["source_id"] for piece in missed.after["evidence"]} == {"NCT90000012", "NCT90000013"}
    # The twin was posted after the review, but its trial was not.
    assert {piece["source_id"] for piece in outdated.after["evidence"]} == {"NCT90000010", "NCT90000011"}
    assert sorted(spoke) == sorted(statement.rule_hashes)
    said = change_words(outdated.type, outdated.before, outdated.after)
    counted_words = "1 of 2 in print, 3 of 6 now, 2 of them missed by the review"
    assert said == f"Out of date? {counted_words}, based on 2 trials"


def test_the_printed_part_is_that_of_the_printed_areas(tiny: tuple[Review, Baseline]) -> None:
    review, baseline = tiny
    assert review.printed_part(counting(review).statements[0], baseline) == (2, 3)
    assert review.printed_part(counting(review, printed_trials="nct_ids").statements[0], baseline) == (1, 1)
    assert review.printed_part(review.statements[0], baseline) == ()


@pytest.mark.parametrize(
    ("count", "words"),
    [
        ({"trials": {}}, "chooses every trial"),
        ({"trials": {"is_interventional": True}}, "chooses every trial"),
        ({"print": [33, 13]}, "part and the total"),
        ({"print": []}, "at least 1 item"),
        ({"print": [1, 2, 3]}, "at most 2 items"),
        ({"condition": None}, "with a condition"),
        ({"print": [33]}, "with a condition"),
        ({"trials": {"scopes": ["loom_ev"], "text": ["a|b"]}}, "between slashes"),
    ],
)
def test_a_count_that_cannot_be_meant_is_refused(
    tiny: tuple[Review, Baseline], count: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        counting(tiny[0], **count)


@pytest.mark.parametrize("where", ["trials", "condition"])
def test_a_slip_of_the_pen_in_a_count_is_named(tiny: tuple[Review, Baseline], where: str) -> None:
    review = counting(tiny[0], **{where: {"areas": ["nonsense"]}})
    values = {name: getattr(review, name) for name in Review.model_fields}
    with pytest.raises(ValidationError, match="names an unknown area: nonsense"):
        Review(**values)


def test_papers_are_never_counted(tiny: tuple[Review, Baseline]) -> None:
    review = counting(tiny[0])
    statement, rules = review.statements[0], rules_of(review, tiny[1])
    paper = state_of(article(title="Exosomes of loom cells"))
    assert list(rules.evidence(paper, frozenset(statement.rule_hashes))) == []
