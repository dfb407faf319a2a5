"""CSV and JSON Lines."""

import csv
import dataclasses
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.config import Review, load_project
from livingreview.export import parts, rows
from livingreview.records import Decision, Record, Score, StoredRecord, TrialFacts
from support.records import records

NOW = datetime(2026, 3, 2, tzinfo=UTC)
REVIEW = load_project(Path(__file__).parents[3] / "config", "imsc-ev").review


def stored(record: Record, *, score: Score | None = None, decisions: tuple[Decision, ...] = ()) -> StoredRecord:
    return StoredRecord(
        record=record,
        work_id="w",
        first_run="r",
        first_seen_at=NOW,
        version=2,
        is_withdrawn=False,
        score=score,
        decisions=decisions,
    )


def table(*found: StoredRecord, review: Review = REVIEW) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(parts("csv", found, review)))))


def test_every_field_has_its_column() -> None:
    columns = set(rows.columns(REVIEW))
    assert len(columns) == len(rows.columns(REVIEW))
    assert {item.name for item in dataclasses.fields(Record)} - columns == {"trial"}
    assert {f"trial_{item.name}" for item in dataclasses.fields(TrialFacts)} <= columns


def test_what_the_model_and_people_say() -> None:
    score = Score(
        scope="imsc_ev",
        probabilities={"imsc_ev": 0.75, "other": 0.25},
        areas=("skin", "wound"),
        facets={"cargo": (("miR-21", "microRNA-21"), ("drug", "curcumin"))},
        terms=(("=term", 0.5),),
        model="m",
    )
    said = Decision(
        work_id="w", stage="full_text", decision="include", person="A. Reader", decided_at=NOW, reason="@fits"
    )
    found = stored(Record(source="pubmed", source_id="1"), score=score, decisions=(said,))
    (row,) = table(found)
    assert (row["scope"], row["p_imsc_ev"], row["p_msc_ev"], row["areas"]) == (
        "imsc_ev",
        "0.750000",
        "0.000000",
        "skin; wound",
    )
    assert (row["cargo"], row["full_text_decision"], row["full_text_reason"]) == ("miR-21; drug", "include", "'@fits")
    assert (row["title_abstract_decision"], row["url"]) == ("", "https://pubmed.ncbi.nlm.nih.gov/1/")
    line = json.loads(rows.json_line(found))
    assert line["score"]["facets"] == {"cargo": [["miR-21", "microRNA-21"], ["drug", "curcumin"]]}
    assert line["decisions"][0]["decided_at"] == "2026-03-02T00:00:00+00:00"


@given(st.lists(records, max_size=3))
def test_any_record_is_one_row_and_one_line(found: list[Record]) -> None:
    held = [stored(record) for record in found]
    read = table(*held)
    assert [row["source_id"] for row in read] == [record.source_id for record in found]
    text = "".join(parts("jsonl", held, REVIEW))
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    assert [line["record"]["source_id"] for line in lines] == [record.source_id for record in found]


@given(st.sampled_from(["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "'=1", " =1"]))
def test_no_cell_is_a_formula(text: str) -> None:
    (row,) = table(stored(Record(source="pubmed", source_id="1", title=text, keywords=(text, "b"), journal=text)))
    for name in ("title", "journal", "keywords"):
        assert row[name].startswith("'")


@pytest.mark.parametrize("form", ["csv", "jsonl", "ris", "nbib", "bibtex"])
def test_half_a_letter_breaks_no_file(form: str) -> None:
    "".join(parts(form, [stored(Record(source="pubmed", source_id="1", title="a\ud800b"))], REVIEW)).encode()
