"""Which decision counts for a work."""

from datetime import UTC, datetime, timedelta

import pytest

from livingreview.records import Decision
from livingreview.records.decisions import current_areas, current_decision, current_decisions, current_verdict

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def made(
    verdict: str,
    *,
    stage: str = "title_abstract",
    hours: int = 0,
    person: str = "Ada",
    work: str = "w",
    areas: tuple[str, ...] = (),
) -> Decision:
    return Decision(
        work_id=work,
        stage=stage,
        decision=verdict,
        person=person,
        decided_at=NOW + timedelta(hours=hours),
        areas=areas,
    )


@pytest.mark.parametrize(
    ("decisions", "verdict"),
    [
        ([], ""),
        ([made("include"), made("exclude", hours=1)], "exclude"),
        # Of one moment the later arrival counts, whoever decided.
        ([made("include"), made("exclude", person="Bob")], "exclude"),
        ([made("exclude", person="Bob"), made("include")], "include"),
        # A title that is screened later does not overrule the full text, for or against.
        ([made("exclude", stage="full_text"), made("include", hours=1)], "exclude"),
        ([made("include", stage="full_text"), made("exclude", hours=1)], "include"),
        ([made("include", hours=1), made("maybe", stage="full_text")], "maybe"),
        # A correction at the same stage, told of before what it corrects.
        ([made("include", stage="full_text", hours=1), made("exclude", stage="full_text")], "include"),
        # A stage that nobody knows counts least.
        ([made("include"), made("exclude", stage="by smell", hours=1)], "include"),
    ],
    ids=str,
)
def test_the_last_decision_of_the_last_stage_counts(decisions: list[Decision], verdict: str) -> None:
    assert current_verdict(decisions) == verdict
    found = current_decision(decisions)
    assert (found.decision if found else "") == verdict
    assert current_decisions(decisions) == ({"w": found} if found else {})


def test_a_stage_alone() -> None:
    title, text = made("include", hours=1), made("exclude", stage="full_text")
    decisions = [text, title, made("exclude", work="v"), made("include", stage="full_text", work="u")]
    assert current_decision(decisions[:2], stage="title_abstract") == title
    assert current_decision(decisions[:2], stage="full_text") == text
    assert current_decision([text], stage="title_abstract") is None
    found = current_decisions(decisions, stage="title_abstract")
    assert {work: one.decision for work, one in found.items()} == {"w": "include", "v": "exclude"}


def test_works_stand_in_the_order_in_which_they_were_first_screened() -> None:
    decisions = [made("exclude", work="c", hours=2), made("include", work="a", hours=3), made("maybe", work="b")]
    decisions.append(made("include", work="c", hours=9))
    assert list(current_decisions(decisions, stage="title_abstract")) == ["b", "c", "a"]


def test_areas_stand_until_another_decision_names_some() -> None:
    first = made("include", areas=("skin",))
    assert current_areas([]) == current_areas([made("include")]) == ()
    assert current_areas([first, made("exclude", stage="full_text", hours=1)]) == ("skin",)
    assert current_areas([first, made("include", hours=1, areas=("kidney", "skin"))]) == ("kidney", "skin")
    assert current_areas([made("include", stage="full_text", areas=("kidney",)), first]) == ("kidney",)
