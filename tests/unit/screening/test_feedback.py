"""Decisions order the queue, and say how much of it is left."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from livingreview.config import Area, Project, RankerParameters, Review, Scope
from livingreview.records import Decision, Record
from livingreview.screening import queue
from livingreview.screening.feedback import Feedback, Known, known_labels, say_stopping, stopping_of, verdicts
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
REVIEW = Review(
    slug="demo",
    title="Demo",
    citation="",
    published_date=date(2022, 9, 14),
    read_from_date=date(2022, 3, 1),
    question="?",
    scopes=(Scope(slug="core", label="Core", is_core=True), Scope(slug="other", label="Other", is_relevant=False)),
    areas=(Area(slug="skin", label="Skin"),),
)
TITLES = {
    "1": "anvil and forge of the guild",
    "2": "forge and tongs and anvil",
    "3": "loom and weft of the guild",
    "4": "weft and warp and loom",
    "5": "a town and its river",
}


def said(work: str, decision: str, *, stage: str = "title_abstract", after_hours: int = 0) -> Decision:
    return Decision(
        work_id=work,
        stage=stage,
        decision=decision,
        reason="",
        areas=(),
        person="Ada",
        decided_at=NOW + timedelta(hours=after_hours),
    )


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    store = Repository.open(f"sqlite:///{tmp_path}/t.db", tmp_path / "archive")
    records = [Record(source="pubmed", source_id=number, title=title) for number, title in TITLES.items()]
    run = store.start_run("services", NOW, "0", "c")
    with store.writing(run) as writing:
        writing.apply(records, "k", NOW, Tally())
    yield store
    store.close()


def queued(store: Repository, **values: object) -> list[str]:
    rows = queue.list_queue(store, REVIEW, stage="title_abstract", **values)  # type: ignore[arg-type]
    return [row.work_id.removeprefix("pubmed:") for row in rows]


def test_the_queue_learns_from_decisions(repository: Repository) -> None:
    assert queued(repository) == ["1", "2", "3", "4", "5"]
    repository.add_decisions([said("pubmed:3", "include"), said("pubmed:1", "exclude")])
    eager = REVIEW.model_copy(update={"ranker": RankerParameters(prior_decisions=0.01)})
    rows = queue.list_queue(repository, eager, stage="title_abstract")
    assert [row.work_id for row in rows] == ["pubmed:4", "pubmed:5", "pubmed:2"]
    assert [row.rank for row in rows] == [1, 2, 3]
    shown = queue.list_queue(repository, eager, stage="title_abstract", is_decided_shown=True)
    assert [row.work_id for row in shown[:3]] == ["pubmed:4", "pubmed:5", "pubmed:2"] and len(shown) == 5


def test_nothing_is_left_out_and_a_maybe_teaches_nothing(repository: Repository) -> None:
    repository.add_decisions([said("pubmed:3", "maybe")])
    assert queued(repository) == ["1", "2", "4", "5"]
    assert sorted(queued(repository, is_decided_shown=True)) == ["1", "2", "3", "4", "5"]


def test_few_decisions_move_the_prior_order_little() -> None:
    texts = {f"w{place}": f"weft warp {place}" for place in range(40)}
    prior = list(texts)
    feedback = Feedback(RankerParameters(prior_decisions=20), [], texts | {"x": "anvil 39"})
    feedback.decide({"x": False})
    moved = [abs(prior.index(work) - place) for place, work in enumerate(feedback.order(prior))]
    assert max(moved) <= 4


def test_known_labels_are_a_start_without_a_decision_of_their_kind() -> None:
    known = [Known("loom weft warp", True), Known("anvil forge tongs", False)]
    feedback = Feedback(
        RankerParameters(prior_decisions=0.01), known, {"a": TITLES["1"], "b": TITLES["4"], "c": "town"}
    )
    feedback.decide({"c": False})
    assert feedback.order(["a", "b"]) == ["b", "a"]


def test_a_later_decision_replaces_an_earlier_one() -> None:
    texts = {"a": TITLES["1"], "b": TITLES["2"], "c": TITLES["4"]}
    feedback = Feedback(RankerParameters(prior_decisions=0.01), [Known(TITLES["5"], False)], texts)
    feedback.decide({"a": False})
    assert feedback.order(["b", "c"]) == ["c", "b"]
    feedback.decide({"a": True})
    assert feedback.order(["c", "b"]) == ["b", "c"]


def test_known_labels_are_those_of_the_review(tiny_project: Project) -> None:
    known = known_labels(tiny_project)
    assert {one.is_relevant for one in known} == {True, False}
    assert all(one.text.strip() for one in known)


def test_the_last_decision_of_the_last_stage_counts() -> None:
    decisions = [
        said("a", "include"),
        said("b", "exclude"),
        said("c", "maybe"),
        said("a", "exclude", stage="full_text"),
        said("b", "include", after_hours=1),
        said("a", "include", after_hours=2),
    ]
    assert verdicts(decisions) == {"a": False, "b": True}


def test_the_report_on_stopping() -> None:
    decisions = [said("a", "include"), said("b", "exclude"), said("c", "maybe"), said("a", "exclude", after_hours=1)]
    decisions += [said("gone", "include"), said("d", "include", stage="full_text")]
    found = stopping_of(decisions, ["a", "b", "c", "d", "e"], RankerParameters(recall_target=0.9, confidence=0.8))
    assert (found.n_records, found.n_screened, found.n_relevant) == (5, 3, 1)
    assert (found.recall_target, found.confidence, found.is_reached) == (0.9, 0.8, False)


def test_the_report_in_words() -> None:
    works = [f"w{place}" for place in range(60)]
    none = say_stopping(stopping_of([], works, RankerParameters()))
    assert none == [
        "Screened 0 of 60 works, 0 of them relevant.",
        "No relevant work yet: nothing can be said of what is left.",
    ]
    some = [said("w0", "include"), *(said(work, "exclude", after_hours=1) for work in works[1:20])]
    assert "does not hold yet: go on" in say_stopping(stopping_of(some, works, RankerParameters()))[2]
    most = [said("w0", "include"), *(said(work, "exclude", after_hours=1) for work in works[1:59])]
    words = " ".join(say_stopping(stopping_of(most, works, RankerParameters())))
    assert "would allow to stop here" in words and "nothing is hidden" in words
