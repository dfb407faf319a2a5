"""Which records an export holds."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livingreview.config import Review, load_project
from livingreview.errors import UsageError
from livingreview.export import Selection, choose
from livingreview.export.selection import areas_of
from livingreview.records import Decision, Kind, Record, Score, StoredRecord

EARLY, LATE = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def review() -> Review:
    return load_project(Path(__file__).parents[3] / "config", "imsc-ev").review


def decided(stage: str, decision: str, *areas: str) -> Decision:
    return Decision(work_id="w", stage=stage, decision=decision, person="A", decided_at=EARLY, areas=areas)


def stored(number: str, *, work: str = "", scope: str = "imsc_ev", areas: tuple[str, ...] = (), **values: object):
    kind = values.pop("kind", Kind.ARTICLE)
    source = str(values.pop("source", "pubmed"))
    return StoredRecord(
        record=Record(source=source, source_id=number, kind=kind, title=number),
        work_id=work or number,
        score=Score(scope=scope, probabilities={scope: 1.0}, areas=areas) if scope else None,
        **({"first_run": "r", "first_seen_at": EARLY, "version": 1, "is_withdrawn": False} | values),
    )


def keys(review: Review, found: list[StoredRecord], **values: object) -> list[str]:
    return sorted(source_id for _, source_id in choose(found, review, Selection(**values)).keys)


SOME = [
    stored("1", areas=("skin", "wound")),
    stored("2", scope="msc_ev", areas=("skin",), first_seen_at=LATE),
    stored("3", scope="", source="crossref"),
    stored("4", areas=("kidney",), decisions=(decided("title_abstract", "include"), decided("full_text", "exclude"))),
    stored("5", decisions=(decided("title_abstract", "maybe", "skin"),)),
]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "12345"),
        ({"scopes": ("imsc_ev",)}, "145"),
        ({"scopes": ("imsc_ev", "msc_ev")}, "1245"),
        ({"areas": ("skin",)}, "125"),
        ({"areas": ("wound",)}, "1"),
        ({"sources": ("crossref",)}, "3"),
        ({"decisions": ("none",)}, "123"),
        ({"decisions": ("exclude",)}, "4"),
        ({"decisions": ("include",)}, ""),
        ({"decisions": ("include", "none"), "stage": "title_abstract"}, "1234"),
        ({"decisions": ("none",), "stage": "full_text"}, "1235"),
        ({"since": LATE}, "2"),
        ({"until": EARLY}, "1345"),
        ({"areas": ("skin",), "scopes": ("msc_ev",)}, "2"),
    ],
    ids=str,
)
def test_filters(review: Review, values: dict[str, object], expected: str) -> None:
    assert "wound" in review.area_parents() and review.area_parents()["wound"] == "skin"
    assert keys(review, SOME, **values) == list(expected)


def test_what_a_person_said_of_areas_counts_more_than_the_model() -> None:
    found = stored("1", areas=("skin",), decisions=(decided("full_text", "include", "kidney"), decided("x", "include")))
    assert areas_of(found) == ("kidney",)


def test_an_article_speaks_for_its_work_before_preprint_and_trial(review: Review) -> None:
    work = [
        stored("1", work="w", kind=Kind.PREPRINT),
        stored("2", work="w"),
        stored("3", work="w", kind=Kind.TRIAL),
        stored("4", work="v", kind=Kind.TRIAL),
    ]
    assert keys(review, work) == ["2", "4"]
    assert keys(review, work, is_by_record=True) == ["1", "2", "3", "4"]
    assert keys(review, [one for one in work if one.record.source_id != "2"]) == ["1", "4"]


def test_a_notice_does_not_speak_for_its_work(review: Review) -> None:
    notice = stored("9", work="w")
    notice = replace(notice, record=replace(notice.record, publication_types=("Published Erratum",)))
    assert keys(review, [stored("1", work="w"), notice]) == ["1"]


def test_what_was_withdrawn_is_left_out_and_counted(review: Review) -> None:
    chosen = choose([stored("1", is_withdrawn=True), stored("2")], review, Selection())
    assert (chosen.keys, chosen.n_withdrawn) == ({("pubmed", "2")}, 1)


def test_areas_below_others_are_known_too(review: Review) -> None:
    Selection(areas=("wound", "skin")).check(review, ())
    with pytest.raises(UsageError, match="no such area; there are musculoskeletal, skin, .*, and those below them"):
        Selection(areas=("wounds",)).check(review, ())
