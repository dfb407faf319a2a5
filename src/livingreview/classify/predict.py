"""A table of titles -> the same table with scope, areas and EV source beside each; needs no store."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from livingreview.classify.model import Model
from livingreview.errors import InputError
from livingreview.records import Record, Section
from livingreview.text.csv_cells import guarded, unguarded

_MAX_CELL = 10_000_000
"""Characters of one cell; the csv module's own limit is shorter than some abstracts with their supplements."""


def read_titles(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and rows of a CSV file with a column ``title`` and, if there, ``abstract``.

    Raises:
        InputError: it cannot be read, is not UTF-8, lacks the column, or a row has more cells than there are columns.
    """
    csv.field_size_limit(_MAX_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="", restval="")
            columns = list(map(unguarded, reader.fieldnames or ()))
            reader.fieldnames = columns
            if "title" not in columns:
                raise InputError(f"{path}: no column title; name the column of the titles so")
            rows = []
            for row in reader:
                if "" in row and "" not in columns:
                    raise InputError(
                        f"{path}, line {reader.line_num}: more cells than columns; quote what holds commas"
                    )
                rows.append({name: unguarded(cell) if isinstance(cell, str) else cell for name, cell in row.items()})
            return columns, rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read ({error}); save it as CSV in UTF-8") from error


def predicted_columns(model: Model) -> list[str]:
    """The columns that are added: scope, one probability a scope, is_relevant, areas, the review's first facet."""
    facets = [model.review.facets[0].slug] if model.review.facets else []
    return ["scope", *(f"p_{slug}" for slug in model.scopes), "is_relevant", "areas", *facets]


def predict(model: Model, rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The rows in their order, each with the predicted columns; one of the same name in the input is replaced."""
    records = [
        Record(
            source="table",
            source_id=str(number),
            title=row["title"],
            abstract=(Section(text=row["abstract"]),) if row.get("abstract") else (),
        )
        for number, row in enumerate(rows, start=1)
    ]
    return [row | cells for row, cells in zip(rows, predicted(model, records), strict=True)]


def predicted(model: Model, records: Sequence[Record]) -> list[dict[str, str]]:
    """The cells of the predicted columns, in the order of the records.

    Areas are top-level slugs joined by ``;``, probabilities have six decimals.
    """
    tops = {area.slug for area in model.review.areas}
    facets = [facet.slug for facet in model.review.facets[:1]]
    return [
        {"scope": score.scope}
        | {f"p_{slug}": f"{probability:.6f}" for slug, probability in score.probabilities.items()}
        | {"is_relevant": str(int(model.is_relevant(score)))}
        | {"areas": ";".join(slug for slug in score.areas if slug in tops)}
        | {slug: ";".join(value for value, _ in score.facets.get(slug, ())) for slug in facets}
        for score in model.score(records)
    ]


def write_table(file: TextIO, columns: Sequence[str], rows: Sequence[dict[str, str]]) -> None:
    """Writes CSV with these columns in their order, each once, and no cell that a spreadsheet takes for a formula."""
    writer = csv.writer(file, lineterminator="\n")
    names = list(dict.fromkeys(columns))
    writer.writerow(map(guarded, names))
    writer.writerows([guarded(row.get(name, "")) for name in names] for row in rows)
