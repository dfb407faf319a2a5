"""The first draft of an evidence table: one row a study, its facets with the words that they were read from.

A draft for a person to correct. Patterns read words, they do not understand a study: a value says that the title,
abstract, keywords or headings hold such words, and shows which.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import TextIO

from livingreview.config import Review
from livingreview.records import StoredRecord
from livingreview.records.decisions import current_verdict
from livingreview.records.representative import representatives
from livingreview.store.repository import Repository
from livingreview.text.csv_cells import guarded
from livingreview.text.links import url_of

COLUMNS = ("work_id", "source", "source_id", "title", "year", "journal", "scope", "areas", "url")


def columns(review: Review) -> list[str]:
    """The head of the table: what the study is, then two columns a facet, values and their words."""
    return [*COLUMNS, *(name for facet in review.facets for name in (facet.slug, f"{facet.slug}_words"))]


def evidence_rows(store: Repository, review: Review, scopes: Iterable[str]) -> list[dict[str, str]]:
    """One row for each work of these scopes that nobody excluded, newest first; withdrawn records are left out.

    The facets are those of the record that speaks for the work. Values are joined by ``;``, words by `` | `` in the
    order of their values.
    """

    def waiting() -> Iterator[StoredRecord]:
        for stored in store.records(scopes=list(scopes)):
            if not stored.is_withdrawn and current_verdict(stored.decisions) != "exclude":
                yield stored

    best = representatives(waiting())
    ordered = sorted(best.values(), key=lambda stored: stored.record.key)
    ordered.sort(key=lambda stored: stored.record.publication_date, reverse=True)
    return [_row(stored, review) for stored in ordered]


def write_evidence(target: TextIO, review: Review, rows: Iterable[dict[str, str]]) -> None:
    """Writes the table as CSV; no cell is one that a spreadsheet would take for a formula."""
    writer = csv.DictWriter(target, columns(review), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: guarded(cell) for name, cell in row.items()} for row in rows)


def _row(stored: StoredRecord, review: Review) -> dict[str, str]:
    record, score = stored.record, stored.score
    row = {
        "work_id": stored.work_id,
        "source": record.source,
        "source_id": record.source_id,
        "title": record.title or record.vernacular_title,
        "year": record.publication_date[:4],
        "journal": record.journal,
        "scope": score.scope if score else "",
        "areas": ";".join(score.areas) if score else "",
        "url": url_of(record.source, record.source_id),
    }
    for facet in review.facets:
        found = score.facets.get(facet.slug, ()) if score else ()
        row[facet.slug] = ";".join(value for value, _ in found)
        row[f"{facet.slug}_words"] = " | ".join(words for _, words in found)
    return row
