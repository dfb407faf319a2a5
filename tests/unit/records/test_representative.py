"""Which record speaks for its work, wherever one has to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest

from livingreview import classify
from livingreview.config import Area, Facet, FacetValue, Review, Scope
from livingreview.export.evidence_table import evidence_rows
from livingreview.export.selection import Selection, choose
from livingreview.pipeline import monitor, train
from livingreview.records import Baseline, Decision, Fidelity, Kind, Notice, Record, Score, StoredRecord, TrialFacts
from livingreview.records.representative import representative
from livingreview.report.context import Frame
from livingreview.report.works import publication_rows
from livingreview.screening.queue import list_queue
from support.records import NOW

REVIEW = Review(
    slug="demo",
    title="Demo",
    citation="",
    published_date=date(2022, 9, 14),
    read_from_date=date(2022, 3, 1),
    question="?",
    scopes=(Scope(slug="core", label="Core", is_core=True), Scope(slug="other", label="Other", is_relevant=False)),
    areas=(Area(slug="a", label="A"), Area(slug="b", label="B")),
    facets=(Facet(slug="f", label="F", values=(FacetValue(slug="v", label="V", patterns=("v",)),)),),
)
BASELINE = Baseline(published_date=date(2022, 9, 14), references=(), trials=())
DECISION = Decision(work_id="w", stage="title_abstract", decision="include", person="p", decided_at=NOW)


def stored(source: str, source_id: str, **values: Any) -> StoredRecord:
    """A record of the one work; every one has the title ``source:source_id``."""
    score = values.pop("score", Score(scope="core", probabilities={"core": 0.9, "other": 0.1}))
    record = Record(source=source, source_id=source_id, title=f"{source}:{source_id}", **values)
    return StoredRecord(
        record=record, work_id="w", first_run="r", first_seen_at=NOW, version=1, is_withdrawn=False, score=score
    )


ARTICLE = stored("pubmed", "1", publication_date="2023-01-01")
LATER = stored("pubmed", "2", publication_date="2024-01-01")
SURE = Score(scope="core", probabilities={"core": 0.99, "other": 0.01}, areas=("a", "b"), facets={"f": (("v", "v"),)})
PREPRINT = stored("europepmc", "PPR1", kind=Kind.PREPRINT, publication_date="2025-01-01", score=SURE)
THIN = stored("crossref", "10.5555/a", fidelity=Fidelity.FACTS, publication_date="2025-01-01", score=SURE)
TRIAL = stored("clinicaltrials", "NCT00000001", kind=Kind.TRIAL, trial=TrialFacts(status="COMPLETED"), score=SURE)
ERRATUM = stored("pubmed", "9", publication_types=("Published Erratum",), publication_date="2025-01-01")
REPLACED = stored(
    "pubmed",
    "8",
    publication_date="2024-06-01",
    notices=(Notice(kind="RetractedandRepublishedIn", pmid="1"),),
    publication_types=("Retracted Publication",),
)
GROUPS = [
    ([PREPRINT, ARTICLE], ARTICLE),
    ([THIN, ARTICLE, PREPRINT], ARTICLE),
    ([ARTICLE, LATER], LATER),
    ([ERRATUM, PREPRINT], PREPRINT),
    ([ERRATUM, ARTICLE], ARTICLE),
    ([REPLACED, ARTICLE], ARTICLE),
    ([THIN, PREPRINT, ERRATUM], THIN),
    ([TRIAL, PREPRINT], PREPRINT),
    ([TRIAL, THIN, PREPRINT], THIN),
]


class Store:
    """The records of one work, in the store's order."""

    def __init__(self, records: Sequence[StoredRecord]) -> None:
        self._records = sorted(records, key=lambda one: one.record.key)

    def records(self, **_: Any) -> list[StoredRecord]:
        return self._records

    def decisions(self) -> list[Decision]:
        return [DECISION]


def in_the_report(store: Store, _patch: pytest.MonkeyPatch) -> str:
    material: Any = SimpleNamespace(review=REVIEW, records=store.records(), baseline=BASELINE, changes=())
    (row,) = publication_rows(Frame(material))
    return str(row["title"])


def in_new_areas(store: Store, patch: pytest.MonkeyPatch) -> str:
    seen: dict[Any, Any] = {}
    patch.setattr(monitor, "propose_areas", lambda review, core: seen.update(core) or [])
    monitor.area_groups(REVIEW, store.records())
    ((record, areas),) = seen.values()
    # A work that any of its records places in an area lies in it.
    assert set(areas) == {area for one in store.records() if one.record.trial is None for area in one.score.areas}  # type: ignore[union-attr]
    return str(record.title)


def in_the_evidence_table(store: Store, _patch: pytest.MonkeyPatch) -> str:
    (row,) = evidence_rows(store, REVIEW, ["core"])  # type: ignore[arg-type]
    return row["title"]


def in_an_export(store: Store, _patch: pytest.MonkeyPatch) -> str:
    (key,) = choose(store.records(), REVIEW, Selection()).keys
    return ":".join(key)


def in_the_queue(store: Store, patch: pytest.MonkeyPatch) -> str:
    patch.setattr(store, "decisions", list)
    (row,) = list_queue(store, REVIEW, stage="title_abstract")  # type: ignore[arg-type]
    # It is ranked by the record of which the classifier is surest.
    assert row.p_relevant == max(one.score.probabilities["core"] for one in store.records() if one.score)
    return row.title


def in_training(store: Store, patch: pytest.MonkeyPatch) -> str:
    patch.setattr(classify, "shipped_examples", lambda *_: [])
    project: Any = SimpleNamespace(review=REVIEW)
    (example,) = train.examples(project, store, BASELINE)  # type: ignore[arg-type]
    return example.record.title


@pytest.mark.parametrize(
    "spoken_for", [in_the_report, in_new_areas, in_the_evidence_table, in_an_export, in_the_queue, in_training]
)
@pytest.mark.parametrize(("records", "wanted"), GROUPS)
def test_the_same_record_speaks_for_a_work_everywhere(
    records: list[StoredRecord],
    wanted: StoredRecord,
    spoken_for: Callable[[Store, pytest.MonkeyPatch], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert spoken_for(Store(records), monkeypatch) == wanted.record.title


@pytest.mark.parametrize(("records", "wanted"), GROUPS)
def test_the_order_of_the_records_does_not_matter(records: list[StoredRecord], wanted: StoredRecord) -> None:
    assert {representative(order).record.key for order in permutations(records)} == {wanted.record.key}


def test_what_its_source_took_back_or_nobody_scored_yet_speaks_last() -> None:
    gone, unscored = replace(ARTICLE, is_withdrawn=True), replace(ARTICLE, score=None)
    assert representative([gone, PREPRINT]) is PREPRINT
    assert representative([unscored, PREPRINT]) is PREPRINT
