"""The CSV download of ClinicalTrials.gov (API v2): one study a row, in the registry's own words.

Facts (the registry's page on its CSV download, and files that others keep):

- The columns are ``NCT Number, Study Title, Study URL, Acronym, Study Status, Brief Summary, Study Results, Conditions,
  Interventions, ..., Sponsor, ..., Phases, Enrollment, ..., Study Type, ..., Other IDs, Start Date, Primary Completion
  Date, Completion Date, First Posted, Results First Posted, Last Update Posted, Locations, Study Documents``; whoever
  downloads chooses among them.
- Values are those of the API (``ACTIVE_NOT_RECRUITING``); lists are joined with ``|``; dates are partial ISO.
- Not in it: kinds of dates and of enrolment, last known status, reason for stopping, references, aliases, MeSH.

So a row is a citation of the study, never the whole of it; an empty cell is not known.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from livingreview.records import Fidelity, Kind, Problem, Record, Section, TrialFacts
from livingreview.records.identifiers import nct_ids
from livingreview.sources.base import Item
from livingreview.sources.clinicaltrials.studies import unknown_value_remarks, unknown_values
from livingreview.sources.formats.tables import Row, column_names, known_rows
from livingreview.sources.values.dates import iso_date

_WHAT = "ClinicalTrials.gov CSV"
_RESULTS = {"YES": True, "NO": False}
_MAX_COUNT_CHARS = 9


def is_header(header: Sequence[str]) -> bool:
    """Whether these are the columns of such a file."""
    return {"nct number", "study status"} <= set(column_names(header))


def parse(document: BinaryIO) -> Iterator[Item]:
    """The rows of the download; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: not UTF-8, without the columns of the download, or damaged.
    """
    unknown: dict[tuple[str, str], list[str]] = {}
    complaint = "no columns `NCT Number` and `Study Status`; download it again with them"
    for row in known_rows(document, _WHAT, is_header, complaint):
        if isinstance(row, Problem):
            yield row
        else:
            item = _record(row)
            if isinstance(item, Record):
                for value in unknown_values(item):
                    unknown.setdefault(value, []).append(item.source_id)
            yield item
    yield from unknown_value_remarks(unknown)


def _record(row: Row) -> Item:
    cells = row.cells
    number = cells["nct number"].upper()
    if nct_ids(number) != (number,):
        return row.problem("clinicaltrials", "", f"column NCT Number: {number!r} is none")
    trial = _facts(cells)
    summary = cells.get("brief summary", "")
    return Record(
        source="clinicaltrials",
        source_id=number,
        kind=Kind.TRIAL,
        title=cells.get("study title", ""),
        abstract=(Section(label="Brief summary", text=summary),) if summary else (),
        publication_date=trial.first_posted_date,
        nct_ids=(number,),
        trial=trial,
        source_date=iso_date(trial.last_update_posted_date),
        fidelity=Fidelity.CITATION,
    )


def _facts(cells: Mapping[str, str]) -> TrialFacts:
    count = cells.get("enrollment", "")
    is_count = count.isascii() and count.isdigit() and len(count) <= _MAX_COUNT_CHARS
    return TrialFacts(
        status=cells["study status"],
        study_type=cells.get("study type", ""),
        phases=_list(cells, "phases"),
        enrollment_count=int(count) if is_count else None,
        start_date=cells.get("start date", ""),
        primary_completion_date=cells.get("primary completion date", ""),
        completion_date=cells.get("completion date", ""),
        first_posted_date=cells.get("first posted", ""),
        last_update_posted_date=cells.get("last update posted", ""),
        results_first_posted_date=cells.get("results first posted", ""),
        has_results=_RESULTS.get(cells.get("study results", "").upper()),
        conditions=_list(cells, "conditions"),
        interventions=_list(cells, "interventions"),
        sponsor=cells.get("sponsor", ""),
        countries=tuple(sorted({country for place in _list(cells, "locations") if (country := _country(place))})),
        secondary_ids=tuple(sorted(_list(cells, "other ids"))),
    )


def _list(cells: Mapping[str, str], column: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for part in cells.get(column, "").split("|") if (text := part.strip())))


def _country(place: str) -> str:
    """The country at the end of ``facility, city, state, zip, country``; ``Korea, Republic of`` has two parts."""
    *before, last = [part.strip() for part in place.split(",")]
    return f"{before[-1]}, {last}" if before and last.endswith((" of", " of the")) else last
