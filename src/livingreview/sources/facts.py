"""CSV of facts: one paper or one state of a trial a row, recognised by the header.

Two shapes, comma-separated, UTF-8, names of columns in any case and order; columns not named here are passed over:

- *papers*: ``title`` and at least one of ``doi pmid pmcid id`` (``id`` holds a doi or a PMC id); ``year journal
  abstract keywords nct_id`` may follow. The source is ``pubmed`` with a pmid, else ``crossref`` with a doi, else
  ``pmc``.
- *trials*: ``nct_id``, or ``source`` and ``source_id`` for another registry, with ``title`` or ``status``;
  ``enrollment enrollment_type phases condition intervention why_stopped has_results as_of`` may follow. ``as_of`` is
  the date of the state: several rows of one trial are several states. An empty cell is not known, never "none".

A row that cannot be believed (a date that is none, a cell too many) becomes a Problem with its line and column: a
shifted row is worse than a missing one. Lists within a cell are parted by ``;`` or ``|``. Dates are partial ISO.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO, Literal

from livingreview import identity
from livingreview.errors import InputError
from livingreview.records import Fidelity, Kind, Problem, Record, Section, TrialFacts
from livingreview.sources.base import Item
from livingreview.sources.dates import free_date, partial_date
from livingreview.sources.registry_words import phase_word, status_word, token
from livingreview.sources.texts import Row, column_names, table_rows

MAX_ID_CHARS = 2_000
"""No doi is longer; an identifier is looked for in no more than this."""

REGISTERED = "Trial registration:"
"""Before the NCT numbers of an article in a note of an export (:mod:`livingreview.export`)."""

Shape = Literal["papers", "trials"]

_ENROLLMENT_TYPES = {"": "", "ACTUAL": "ACTUAL", "ESTIMATED": "ESTIMATED", "ANTICIPATED": "ESTIMATED"}
_YES_NO = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_ISO = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", re.ASCII)
_DIGITS = re.compile(r"(\d{4})(?:([-/]?)(\d{2})(?:\2(\d{2}))?)?(?!\d)", re.ASCII)
_MONTH_WORD = re.compile(r"[A-Za-z]{3}")
_PREPRINT = re.compile(r"10\.(?:1101|64898)/(?:\d{4}\.\d{2}\.\d{2}\.\d+|\d{6}$)|10\.21203/rs\.|10\.20944/preprints")
_LIST_MARK = re.compile(r"[;|]")
_EUROPEPMC_ID = re.compile(r"(?:[A-Z]{3}/)?[A-Za-z0-9]{3,30}", re.ASCII)


class _RowError(Exception):
    """One row cannot be believed; the text says which column and why."""


def loose_date(text: str) -> str:
    """What a date in words or digits begins with, as partial ISO; empty when there is none.

    Reads what :func:`~livingreview.sources.dates.free_date` reads, and ``20211231``, ``2021/12/31 06:00``, ``2021-12``.
    """
    found = _DIGITS.match(text.strip())
    if found is None or _MONTH_WORD.search(text):
        return free_date(text)
    return partial_date(found.group(1), found.group(3) or "", found.group(4) or "")


def is_preprint_doi(doi: str) -> bool:
    """Whether a doi in normal form is one of bioRxiv, medRxiv, Research Square or Preprints.org.

    The prefix 10.1101 alone does not say so: it also belongs to the journals of Cold Spring Harbor.
    """
    return _PREPRINT.match(doi) is not None


def believable_key(source: str, source_id: str) -> tuple[str, str] | None:
    """The key of a record as an export gives it; None when the id is none of that source."""
    forms: dict[str, Callable[[str], str]] = {
        "pubmed": identity.normal_pmid,
        "crossref": identity.normal_doi,
        "pmc": identity.normal_pmcid,
        "europepmc": lambda text: text if _EUROPEPMC_ID.fullmatch(text) else "",
    }
    key = (source, source_id[:MAX_ID_CHARS])
    is_own = forms[source](source_id) == source_id if source in forms else identity.registry_id(source_id) == key
    return key if is_own and source_id else None


def registered(notes: Iterable[str]) -> tuple[str, ...]:
    """The NCT numbers that notes of an export say an article has; empty when none says so."""
    found = [note for note in notes if note.startswith(REGISTERED)]
    return identity.nct_ids(found[0][:MAX_ID_CHARS]) if found else ()


def trial_pointer(key: tuple[str, str], title: str) -> Record:
    """A trial of which only its number and title are known."""
    return Record(
        source=key[0],
        source_id=key[1],
        kind=Kind.TRIAL,
        title=title,
        nct_ids=identity.nct_ids(key[1]),
        trial=TrialFacts(),
        fidelity=Fidelity.POINTER,
    )


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
    pmid_found, doi_found = identity.normal_pmid(pmid), identity.normal_doi((doi or either)[:MAX_ID_CHARS])
    pmcid_found = identity.normal_pmcid(pmcid) or ("" if doi_found else identity.normal_pmcid(either))
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
        nct_ids=identity.nct_ids(row.get("nct_id", "")),
        fidelity=Fidelity.FACTS,
    )


def _trial_key(row: Mapping[str, str]) -> tuple[str, str]:
    nct = row.get("nct_id", "")
    source, source_id = row.get("source", "").lower(), row.get("source_id", "")
    if source and source_id and source != "clinicaltrials":
        known = identity.registry_id(source_id)
        return source, known[1] if known and known[0] == source else source_id.upper()
    column = "nct_id" if nct else "source_id"
    value = nct or source_id
    found = identity.nct_ids(value)
    if len(found) != 1 or found[0] != value.upper():
        raise _RowError(f"column {column}: {value!r} is no NCT number" if value else "neither nct_id nor source_id")
    return "clinicaltrials", found[0]


def _trial(row: Mapping[str, str], source: str, source_id: str) -> Record:
    nct = row.get("nct_id", "")
    nct_ids = identity.nct_ids(nct) or identity.nct_ids(source_id)
    if nct and not nct_ids:
        raise _RowError(f"column nct_id: {nct!r} is no NCT number")
    count = row.get("enrollment") or row.get("enrolment", "")
    if count and not (count.isascii() and count.isdigit() and len(count) < 10):
        raise _RowError(f"column enrollment: {count!r} is no number")
    type_name = token(row.get("enrollment_type") or row.get("enrolment_type", ""))
    if type_name not in _ENROLLMENT_TYPES:
        raise _RowError(f"column enrollment_type: {type_name!r} is neither ACTUAL nor ESTIMATED")
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
            phases=tuple(phase_word(text) for text in _list(row, "phases")),
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
