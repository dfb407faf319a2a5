"""What still waits: proposals whose rules are asked and whose evidence stands."""

from typing import Any

from livingreview.config import Review, Rule
from livingreview.records import Baseline, Change, Severity, StoredChange
from livingreview.statements.evaluate import statement_states
from support.records import NOW

RULES = (
    Rule(effect="confirms", why="it says so", text=("vesicle",)),
    Rule(effect="challenges", why="a cited reference fell", cited="refs", changes=("baseline_reference_retracted",)),
)


def piece(source_id: str, why: str) -> dict[str, Any]:
    return {"source": "pubmed", "source_id": source_id, "title": "", "why": why, "facts": [], "quotes": []}


def proposal(number: int, effect: str, *pieces: dict[str, Any]) -> StoredChange:
    change = Change(
        type="statement_confirmed" if effect == "confirms" else "statement_challenged",
        severity=Severity.NOTABLE,
        source="review",
        source_id="S01",
        work="",
        at=NOW,
        after={"effect": effect, "n_new": len(pieces), "n_works": len(pieces), "evidence": list(pieces)},
    )
    return StoredChange(id=number, run="r", change=change)


def waiting(tiny: tuple[Review, Baseline], found: StoredChange, fallen: frozenset[tuple[str, str]]) -> list[Any]:
    review = tiny[0]
    statement = review.statements[0].model_copy(update={"rules": RULES})
    (state,) = statement_states(review.model_copy(update={"statements": (statement,)}), [found], (), fallen)
    return [[one["source_id"] for one in open_.found.change.after["evidence"]] for open_ in state.open]


NONE: frozenset[tuple[str, str]] = frozenset()
FALLEN = frozenset({("pubmed", "1")})


def test_evidence_that_fell_supports_nothing_any_more(tiny: tuple[Review, Baseline]) -> None:
    both = proposal(1, "confirms", piece("1", "it says so"), piece("2", "it says so"))
    assert waiting(tiny, both, NONE) == [["1", "2"]]
    assert waiting(tiny, both, FALLEN) == [["2"]]
    assert waiting(tiny, proposal(1, "confirms", piece("1", "it says so")), FALLEN) == []


def test_but_the_fall_of_a_reference_is_what_its_rule_is_about(tiny: tuple[Review, Baseline]) -> None:
    assert waiting(tiny, proposal(1, "challenges", piece("1", "a cited reference fell")), FALLEN) == [["1"]]


def test_what_no_rule_says_any_more_waits_for_nobody(tiny: tuple[Review, Baseline]) -> None:
    assert waiting(tiny, proposal(1, "confirms", piece("1", "in words of last year")), NONE) == []
    mixed = proposal(1, "confirms", piece("1", "in words of last year"), piece("2", "it says so"))
    assert waiting(tiny, mixed, NONE) == [["2"]]
