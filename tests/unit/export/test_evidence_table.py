"""A draft of an evidence table."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from livingreview.config import Review, load_project
from livingreview.export.evidence_table import columns, evidence_rows, write_evidence
from livingreview.records import Decision, Kind, Record, Score, StoredRecord

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def review() -> Review:
    return load_project(Path(__file__).parents[3] / "config", "imsc-ev").review


def stored(number: str, **values: object) -> StoredRecord:
    record = Record(source="pubmed", source_id=number, title=f"Study {number}", publication_date="2024-01")
    score = Score(
        scope="imsc_ev",
        probabilities={"imsc_ev": 1.0},
        areas=("skin", "wound"),
        facets={"cargo": (("miR-21", "microRNA-21"), ("drug", "curcumin")), "species": (("rat", "rats"),)},
        terms=(),
        model="m",
    )
    settings = {"work_id": f"pubmed:{number}", "first_run": "r", "first_seen_at": NOW, "version": 1}
    return StoredRecord(**({"record": record, "is_withdrawn": False, "score": score} | settings | values))


class Store:
    def __init__(self, *found: StoredRecord) -> None:
        self.found = found

    def records(self, *, scopes: list[str]):
        return (one for one in self.found if one.score and one.score.scope in scopes)


def test_a_row_holds_values_and_the_words_they_came_from(review):
    target = io.StringIO()
    write_evidence(target, review, evidence_rows(Store(stored("1")), review, ["imsc_ev"]))
    [row] = csv.DictReader(io.StringIO(target.getvalue()))
    assert list(row) == columns(review)
    assert (row["source_id"], row["year"], row["scope"], row["areas"]) == ("1", "2024", "imsc_ev", "skin;wound")
    assert (row["cargo"], row["cargo_words"]) == ("miR-21;drug", "microRNA-21 | curcumin")
    assert (row["species"], row["species_words"]) == ("rat", "rats")
    assert row["route"] == row["route_words"] == ""
    assert row["url"] == "https://pubmed.ncbi.nlm.nih.gov/1/"


def test_a_work_has_one_row_that_of_its_article(review):
    preprint = stored("2", work_id="w")
    preprint = replace(preprint, record=replace(preprint.record, kind=Kind.PREPRINT))
    rows = evidence_rows(Store(preprint, stored("3", work_id="w")), review, ["imsc_ev"])
    assert [row["source_id"] for row in rows] == ["3"]


def test_what_was_excluded_or_withdrawn_has_none(review):
    decision = Decision(
        work_id="pubmed:4", stage="title_abstract", decision="exclude", person="A", decided_at=NOW, reason="", areas=()
    )
    found = Store(stored("4", decisions=(decision,)), stored("5", is_withdrawn=True), stored("6"))
    assert [row["source_id"] for row in evidence_rows(found, review, ["imsc_ev"])] == ["6"]
    assert evidence_rows(found, review, ["msc_ev"]) == []


def test_a_title_screened_later_brings_no_excluded_full_text_back(review):
    text = Decision(work_id="pubmed:4", stage="full_text", decision="exclude", person="A", decided_at=NOW)
    title = replace(text, stage="title_abstract", decision="include", decided_at=NOW + timedelta(days=1))
    assert evidence_rows(Store(stored("4", decisions=(text, title))), review, ["imsc_ev"]) == []


def test_newest_first(review):
    old = stored("7")
    old = replace(old, record=replace(old.record, publication_date="2020"))
    rows = evidence_rows(Store(old, stored("9"), stored("8")), review, ["imsc_ev"])
    assert [row["source_id"] for row in rows] == ["8", "9", "7"]


def test_no_cell_is_a_formula(review):
    evil = stored("1")
    evil = replace(evil, record=replace(evil.record, title="=HYPERLINK(1)"))
    target = io.StringIO()
    write_evidence(target, review, evidence_rows(Store(evil), review, ["imsc_ev"]))
    assert "'=HYPERLINK(1)" in target.getvalue()
