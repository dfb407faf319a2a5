"""Exports of the Australian New Zealand Clinical Trials Registry: XML, one file a trial (in a zip), and tables.

Facts (the scripts of those who analyse the registry; its page on data fields):

- The root is ``ANZCTR_Trial``; below it ``actrnumber`` (``nctid`` for studies that the registry shows from
  ClinicalTrials.gov), ``submitdate``, ``approvaldate``, ``stage``, and the sections ``trial_identification conditions
  interventions outcomes eligibility trial_design recruitment sponsorship ethicsAndSummary contacts``, whose leaves
  bear names of their own. The table has the same names in capitals, with spaces: ``RECRUITMENT STATUS``.
- Dates have the day first. The end date is that of recruitment; the trial ends with the last visit.
- An export gives no date of the last update, so the file that comes later holds the present state; where an export
  does have ``datelastupdated``, it orders the states.

The XML is the registry's whole record; a table, whose conditions stand on another sheet, is a citation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from livingreview.records import Fidelity, Kind, Problem, Record, Section, TrialFacts
from livingreview.records.identifiers import nct_ids, registry_id
from livingreview.sources.base import Item
from livingreview.sources.formats.tables import known_rows
from livingreview.sources.formats.trial_xml import bare_name, trials
from livingreview.sources.values import registry_words as words
from livingreview.sources.values.dates import day_first_date

_WHAT = "ANZCTR export"
_ROOTS = ("ANZCTR_Trial", "ANZCTR_Trials")
_TRIAL = "ANZCTR_Trial"

Leaves = Mapping[str, Sequence[str]]
"""Bare name of a leaf -> its texts."""


def is_header(header: Sequence[str]) -> bool:
    """Whether these are the columns of a table."""
    names = {bare_name(name) for name in header}
    return bool(names & {"actrn", "actrnumber"}) and bool(names & {"studytitle", "scientifictitle", "publictitle"})


def parse_xml(document: BinaryIO) -> Iterator[Item]:
    """The trial or trials of an XML export; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: not whole, not an export, or with entities of its own.
    """
    for number, leaves in enumerate(trials(document, _WHAT, _ROOTS, _TRIAL), start=1):
        yield _item(leaves, f"trial {number}", Fidelity.FULL)


def parse_csv(document: BinaryIO) -> Iterator[Item]:
    """The rows of a table; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: not UTF-8, without the columns of an export, or damaged.
    """
    for row in known_rows(document, _WHAT, is_header, "no column `ACTRN` beside a title"):
        if isinstance(row, Problem):
            yield row
        else:
            leaves = {bare_name(name): [text] for name, text in row.cells.items() if text}
            yield _item(leaves, f"line {row.line}", Fidelity.CITATION)


def _item(leaves: Leaves, place: str, fidelity: Fidelity) -> Item:
    given = _one(leaves, "actrnumber", "actrn", "nctid")
    known = registry_id(given) or registry_id(f"ACTRN{given}")
    title = _one(leaves, "studytitle", "publictitle", "scientifictitle")
    if known is None or known[0] not in ("anzctr", "clinicaltrials"):
        return Problem(source="anzctr", source_id=place, reason=f"{place}: no ACTRN, {given[:40]!r}: {title}")
    source, source_id = known
    secondary_ids = words.real_ids((*leaves.get("secondaryid", ()), *leaves.get("utrn", ())))
    summary = _one(leaves, "summary", "briefsummary")
    trial = _facts(leaves, secondary_ids)
    is_own = source == "anzctr"
    return Record(
        source=source,
        source_id=source_id,
        kind=Kind.TRIAL,
        title=title,
        vernacular_title=_one(leaves, "scientifictitle"),
        abstract=(Section(label="Brief summary", text=summary),) if summary else (),
        publication_date=trial.first_posted_date,
        nct_ids=nct_ids(" ".join((source_id, *secondary_ids))),
        trial=trial,
        source_date=trial.last_update_posted_date if is_own else "",
        created_date=_date(leaves, "submitdate"),
        fidelity=fidelity if is_own else Fidelity.FACTS,
    )


def _facts(leaves: Leaves, secondary_ids: tuple[str, ...]) -> TrialFacts:
    actual, target = (_number(_one(leaves, name)) for name in ("actualsamplesize", "samplesize"))
    count = target if actual is None else actual
    last_visit = _date(leaves, "actuallastvisitdate")
    planned_visit = _date(leaves, "anticipatedlastvisitdate")
    study_type = words.token(_one(leaves, "studytype"))
    # The registry lists the countries abroad; at home it lists states.
    home = ("Australia",) if leaves.get("recruitmentstate") else ()
    return TrialFacts(
        status=words.status_word(_one(leaves, "recruitmentstatus")),
        why_stopped=" ".join((*leaves.get("withdrawnreason", ()), *leaves.get("withdrawnreasonother", ()))),
        study_type=study_type if study_type in words.STUDY_TYPES else "",
        phases=words.phase_words(_one(leaves, "phase")),
        enrollment_count=count,
        enrollment_type="" if count is None else "ESTIMATED" if actual is None else "ACTUAL",
        start_date=_date(leaves, "actualstartdate", "anticipatedstartdate"),
        completion_date=last_visit or planned_visit,
        completion_date_type="ACTUAL" if last_visit else "ESTIMATED" if planned_visit else "",
        first_posted_date=_date(leaves, "approvaldate"),
        last_update_posted_date=_date(leaves, "datelastupdated", "lastupdated"),
        conditions=tuple(dict.fromkeys((*leaves.get("healthcondition", ()), *leaves.get("conditionname", ())))),
        interventions=tuple(
            dict.fromkeys((*leaves.get("interventions", ()), *leaves.get("interventiondescription", ())))
        ),
        sponsor=_one(leaves, "primarysponsorname"),
        countries=tuple(sorted({*leaves.get("recruitmentcountry", ()), *home})),
        secondary_ids=secondary_ids,
    )


def _one(leaves: Leaves, *names: str) -> str:
    """The first text of the first of these leaves that has one."""
    return next((texts[0] for name in names if (texts := leaves.get(name))), "")


def _date(leaves: Leaves, *names: str) -> str:
    return next((date for name in names if (date := day_first_date(_one(leaves, name)))), "")


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("1000000") else None
