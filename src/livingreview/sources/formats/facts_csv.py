"""CSV of facts: one paper or one state of a trial a row, recognised by the header.

Two shapes, comma-separated, UTF-8, names of columns in any case and order; columns not named here are passed over:

- *papers*: ``title`` and at least one of ``doi pmid pmcid id`` (``id`` holds a doi or a PMC id); ``year journal
  abstract keywords nct_id`` may follow. The source is ``pubmed`` with a pmid, else ``crossref`` with a doi, else
  ``pmc``.
- *trials*: ``nct_id``, or ``source`` and ``source_id`` for another registry, with ``title`` or ``status``;
  ``enrollment enrollment_type study_type phases condition intervention why_stopped has_results first_posted as_of``
  may follow. ``first_posted`` is the day on which the registry first showed the trial, ``as_of`` the date of the
  state: several rows of one trial are several states. An empty cell is not known, never "none".

A row that cannot be believed (a date that is none, a cell too many) becomes a Problem with its line and column: a
shifted row is worse than a missing one. Lists within a cell are parted by ``;`` or ``|``. Dates are partial ISO.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO, Literal

from livingreview.errors import InputError
from livingreview.records import Fidelity, Kind, Problem, Record, Section, TrialFacts, identifiers
from livingreview.records.identifiers import is_preprint_doi
from livingreview.sources.base import Item
from livingreview.sources.formats.tables import Row, column_names, table_rows
from livingreview.sources.values.own_exports import MAX_ID_CHARS
from livingreview.sources.values.registry_words import STUDY_TYPES, phase_word, status_word, token

Shape = Literal["papers", "trials"]

_ENROLLMENT_TYPES = {"": "", "ACTUAL": "ACTUAL", "ESTIMATED": "ESTIMATED", "ANTICIPATED": "ESTIMATED"}
_YES_NO = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", re.ASCII)
_LIST_MARK = re.compile(r"[;|]")


class _RowError(Exception):
    """One row cannot be believed; the text says which column and why."""


def shape_of(header: Sequence[str]) -> Shape | None:
    """What a CSV file with these columns holds; None when it is no CSV of facts."""
    names = set(column_names(header))
    if "title" in names and names & {"doi", "pmid", "pmcid"}:
        return "papers"
    if ("nct_id" in names or {"source", "source_id"} <= names) and names & {"title", "status"}:
        return "trials"
    return "papers" if {"title", "id"} <= names else None


def parse(document: BinaryIO) -> Iterator[Item]:
    """The rows of a CSV of facts; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: not UTF-8, no header that says what it is, or a quotation mark that never closes.
    """
    shape: Shape | None = None
    for row in table_rows(document, "CSV of facts"):
        if isinstance(row, Problem):
            yield row
        elif shape is None:
            shape = _checked_shape(tuple(row.cells))
        else:
            yield _row(shape, row)
    if shape is None:
        raise InputError("CSV of facts: the file is empty; it needs a header and rows")


def _checked_shape(header: Sequence[str]) -> Shape:
    shape = shape_of(header)
    if shape is None:
        raise InputError(
            "CSV of facts: the header names neither papers (title with doi, pmid or pmcid)"
            " nor trials (nct_id, or source and source_id, with title or status)"
        )
    return shape


def _row(shape: Shape, row: Row) -> Item:
    source, source_id = "files", ""
    try:
        if shape == "trials":
            source, source_id = _trial_key(row.cells)
            return _trial(row.cells, source, source_id)
        return _paper(row.cells)
    except _RowError as error:
        return row.problem(source, source_id, str(error))


def _paper(row: Mapping[str, str]) -> Record:
    either = row.get("id", "")
    doi, pmid, pmcid = (row.get(name, "") for name in ("doi", "pmid", "pmcid"))
    pmid_found, doi_found = identifiers.normal_pmid(pmid), identifiers.normal_doi((doi or either)[:MAX_ID_CHARS])
    pmcid_found = identifiers.normal_pmcid(pmcid) or ("" if doi_found else identifiers.normal_pmcid(either))
    for column, value, found in (("doi", doi, doi_found), ("pmid", pmid, pmid_found), ("pmcid", pmcid, pmcid_found)):
        if value and not found:
            raise _RowError(f"column {column}: {value!r} is none")
    title = row.get("title", "")
    if not (pmid_found or doi_found or pmcid_found):
        raise _RowError(f"no pmid, doi or PMC id: {title}")
    if not title:
        raise _RowError("column title: empty")
    text = row.get("abstract", "")
    return Record(
        source="pubmed" if pmid_found else "crossref" if doi_found else "pmc",
        source_id=pmid_found or doi_found or pmcid_found,
        kind=Kind.PREPRINT if is_preprint_doi(doi_found) else Kind.ARTICLE,
        title=title,
        abstract=(Section(text=text),) if text else (),
        journal=row.get("journal", ""),
        publication_date=_date(row, "year"),
        keywords=_list(row, "keywords"),
        pmid=pmid_found,
        doi=doi_found,
        pmcid=pmcid_found,
        nct_ids=identifiers.nct_ids(row.get("nct_id", "")),
        fidelity=Fidelity.FACTS,
    )


def _trial_key(row: Mapping[str, str]) -> tuple[str, str]:
    nct = row.get("nct_id", "")
    source, source_id = row.get("source", "").lower(), row.get("source_id", "")
    if source and source_id and source != "clinicaltrials":
        known = identifiers.registry_id(source_id)
        return source, known[1] if known and known[0] == source else source_id.upper()
    column = "nct_id" if nct else "source_id"
    value = nct or source_id
    found = identifiers.nct_ids(value)
    if len(found) != 1 or found[0] != value.upper():
        raise _RowError(f"column {column}: {value!r} is no NCT number" if value else "neither nct_id nor source_id")
    return "clinicaltrials", found[0]


def _trial(row: Mapping[str, str], source: str, source_id: str) -> Record:
    nct = row.get("nct_id", "")
    nct_ids = identifiers.nct_ids(nct) or identifiers.nct_ids(source_id)
    if nct and not nct_ids:
        raise _RowError(f"column nct_id: {nct!r} is no NCT number")
    count = row.get("enrollment") or row.get("enrolment", "")
    if count and not (count.isascii() and count.isdigit() and len(count) < 10):
        raise _RowError(f"column enrollment: {count!r} is no number")
    type_name = token(row.get("enrollment_type") or row.get("enrolment_type", ""))
    if type_name not in _ENROLLMENT_TYPES:
        raise _RowError(f"column enrollment_type: {type_name!r} is neither ACTUAL nor ESTIMATED")
    study_type = token(row.get("study_type", ""))
    if study_type and study_type not in STUDY_TYPES:
        raise _RowError(f"column study_type: {study_type!r} is none of {', '.join(sorted(STUDY_TYPES))}")
    has_results = row.get("has_results", "").lower()
    if has_results not in _YES_NO:
        raise _RowError(f"column has_results: {has_results!r} is neither true nor false")
    return Record(
        source=source,
        source_id=source_id,
        kind=Kind.TRIAL,
        title=row.get("title", ""),
        nct_ids=nct_ids,
        trial=TrialFacts(
            status=status_word(row.get("status", "")),
            why_stopped=row.get("why_stopped", ""),
            study_type=study_type,
            phases=tuple(phase_word(text) for text in _list(row, "phases")),
            first_posted_date=_date(row, "first_posted"),
            enrollment_count=int(count) if count else None,
            enrollment_type=_ENROLLMENT_TYPES[type_name],
            has_results=_YES_NO[has_results],
            conditions=_list(row, "condition"),
            interventions=_list(row, "intervention"),
        ),
        source_date=_date(row, "as_of"),
        fidelity=Fidelity.FACTS,
    )


def _date(row: Mapping[str, str], column: str) -> str:
    value = row.get(column, "")
    if not value:
        return ""
    try:
        if _ISO.fullmatch(value):
            date.fromisoformat(f"{value}-01-01"[: len("2024-01-01")])
            return value
    except ValueError:
        pass
    raise _RowError(f"column {column}: {value!r} is no date like 2024, 2024-05 or 2024-05-01")


def _list(row: Mapping[str, str], column: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for raw in _LIST_MARK.split(row.get(column, "")) if (text := raw.strip())))
