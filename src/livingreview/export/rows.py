"""CSV and JSON Lines: every field of a record, what the model says and what people decided.

The columns of the table are the fields of :class:`~livingreview.records.record.Record` and
:class:`~livingreview.records.record.TrialFacts`, so a field that is added there is exported. Values of a list are
joined by ``; ``. No cell is one that a spreadsheet would take for a formula.
"""

import csv
import dataclasses
import io
from collections.abc import Iterable, Iterator
from typing import Any

from livingreview.config import Review
from livingreview.export.plain import notes, page_of
from livingreview.export.selection import areas_of
from livingreview.records import Decision, Person, Record, StoredRecord, TrialFacts
from livingreview.records.decisions import STAGES, current_decision
from livingreview.records.sanitize import one_line
from livingreview.records.serialization import canonical_json, content_of, envelope_of
from livingreview.text.csv_cells import guarded

_PACKED = ("abstract", "persons", "notices", "trial")
_FIELDS = tuple(item.name for item in dataclasses.fields(Record))
_FACTS = tuple(item.name for item in dataclasses.fields(TrialFacts))


def columns(review: Review) -> list[str]:
    """The head of the table."""
    record = [name for name in _FIELDS if name != "trial"]
    scores = ["scope", *(f"p_{scope.slug}" for scope in review.scopes), "areas"]
    facets = [facet.slug for facet in review.facets]
    said = [f"{stage}_{part}" for stage in STAGES for part in ("decision", "reason", "person", "decided_at")]
    facts = [f"trial_{name}" for name in _FACTS]
    return ["work_id", *record, "url", "first_seen_at", "first_run", "version", *scores, *facets, *said, *facts]


def csv_parts(found: Iterable[StoredRecord], review: Review) -> Iterator[str]:
    """The table, a row at a time."""
    target = io.StringIO(newline="")
    writer = csv.DictWriter(target, columns(review), lineterminator="\n")
    writer.writeheader()
    for stored in found:
        yield _taken(target)
        writer.writerow({name: guarded(_cell(value)) for name, value in _row(stored, review).items()})
    yield _taken(target)


def _taken(target: io.StringIO) -> str:
    text = target.getvalue()
    target.seek(0)
    target.truncate()
    return text


def _row(stored: StoredRecord, review: Review) -> dict[str, Any]:
    record, score = stored.record, stored.score
    row: dict[str, Any] = {"work_id": stored.work_id, "url": page_of(record)}
    row |= {name: getattr(record, name) for name in _FIELDS if name not in _PACKED}
    row["abstract"] = record.abstract_text
    row["persons"] = tuple(map(_name, record.persons))
    row["notices"] = tuple(notes(record))
    row["fidelity"] = record.fidelity.name.lower()
    row |= {"first_seen_at": stored.first_seen_at.isoformat(), "first_run": stored.first_run, "version": stored.version}
    row["areas"] = areas_of(stored)
    if score:
        row["scope"] = score.scope
        row |= {f"p_{scope.slug}": f"{score.probabilities.get(scope.slug, 0.0):.6f}" for scope in review.scopes}
        row |= {facet.slug: tuple(value for value, _ in score.facets.get(facet.slug, ())) for facet in review.facets}
    for stage in STAGES:
        if last := current_decision(stored.decisions, stage=stage):
            row |= {f"{stage}_decision": last.decision, f"{stage}_reason": last.reason}
            row |= {f"{stage}_person": last.person, f"{stage}_decided_at": last.decided_at.isoformat()}
    if record.trial:
        row |= {f"trial_{name}": getattr(record.trial, name) for name in _FACTS}
    return row


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return one_line("; ".join(map(str, value)) if isinstance(value, tuple) else str(value))


def _name(person: Person) -> str:
    return person.collective or ", ".join(part for part in (person.family, person.given) if part)


def json_line(stored: StoredRecord) -> str:
    """One record as an object with sorted keys; empty fields of the record are left out."""
    score = stored.score
    values = {
        "work_id": stored.work_id,
        "record": content_of(stored.record) | envelope_of(stored.record),
        "url": page_of(stored.record),
        "first_seen_at": stored.first_seen_at.isoformat(),
        "first_run": stored.first_run,
        "version": stored.version,
        "areas": areas_of(stored),
        "score": dataclasses.asdict(score) if score else None,
        "decisions": [_said(decision) for decision in stored.decisions],
    }
    # A lone surrogate is no text that a file could hold.
    return canonical_json(values).encode("utf-8", "replace").decode() + "\n"


def _said(decision: Decision) -> dict[str, Any]:
    return dataclasses.asdict(decision) | {"decided_at": decision.decided_at.isoformat()}
