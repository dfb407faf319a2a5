"""Exports of WHO's search portal (ICTRP): trials of many registries, each under its own registry's number.

Two shapes with the same fields: XML (``<Trials_downloaded_from_ICTRP>``, one flat ``<Trial>`` each, as the portal's
export button gives it; ``<Trials_downloaded_ICTRP>`` is read, too) and CSV (``TrialID, Last Refreshed on, Public title,
...``, as WHO publishes lists; also with the field names of its full export).

Facts (WHO's list of data fields, and exports that others keep):

- ``TrialID`` is the number that the trial's own registry gave, for Japanese ones with a prefix. That registry is the
  source of the record here; ``ictrp`` stands for those that are not known.
- ``Last_Refreshed_on`` (``24 August 2026``) is when WHO took the state over, the only date that a state has.
- ``Date_registration3`` is ``20260814``; ``Date_registration`` has the day first, or is ISO.
- Statuses, phases and numbers are each registry's own text; ``<br>`` and ``;`` part lists.

WHO shortens and lags behind, so a record is a citation. Of a study of ClinicalTrials.gov, whose own words say more,
it is no more than facts: the coarse status (``Not recruiting``) and WHO's dates are left out.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from livingreview.records import Fidelity, Kind, Problem, Record, TrialFacts
from livingreview.records.identifiers import nct_ids, registry_id
from livingreview.sources.base import Item
from livingreview.sources.formats.tables import Row, known_rows
from livingreview.sources.formats.trial_xml import bare_name, trials
from livingreview.sources.values import registry_words as words
from livingreview.sources.values.dates import day_first_date

_WHAT = "ICTRP export"
_ROOTS = ("Trials_downloaded_from_ICTRP", "Trials_downloaded_ICTRP")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>")
_PARTS = re.compile(r"<br\s*/?>|[;\n]", re.IGNORECASE)
_GROUP_SIZE = re.compile(r":\s*(\d{1,6})\s*(?:;|$)")
_EU_PHASE = re.compile(r"\(Phase (IV|I{1,3})\): yes", re.IGNORECASE)
_MAX_ITEMS = 50
"""So many conditions or interventions of one trial are kept; some registries put whole protocols there."""

Fields = Mapping[str, str]
"""Bare name of a field -> its text."""


def is_header(header: Sequence[str]) -> bool:
    """Whether these are the columns of a CSV export."""
    names = {bare_name(name) for name in header}
    return "trialid" in names and bool(names & {"publictitle", "scientifictitle"})


def parse_xml(document: BinaryIO) -> Iterator[Item]:
    """The trials of an XML export; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: not whole, not an export, or with entities of its own.
    """
    for number, leaves in enumerate(trials(document, _WHAT, _ROOTS, "Trial"), start=1):
        fields = {name: "; ".join(texts) for name, texts in leaves.items()}
        yield _item(fields, f"trial {number}")


def parse_csv(document: BinaryIO) -> Iterator[Item]:
    """The rows of a CSV export; see :class:`~livingreview.sources.base.Parser`.

    Raises:
        InputError: not UTF-8, without the columns of an export, or damaged.
    """
    for row in known_rows(document, _WHAT, is_header, "no column `TrialID` beside a title"):
        if isinstance(row, Problem):
            yield row
        else:
            yield _item(_of_row(row), f"line {row.line}")


def _of_row(row: Row) -> Fields:
    return {bare_name(name): text for name, text in row.cells.items() if text}


def _item(fields: Fields, place: str) -> Item:
    given = fields.get("trialid", "")
    if not given:
        return Problem(source="files", source_id=place, reason=f"{place}: no TrialID: {_text(fields, 'publictitle')}")
    source, source_id = registry_id(given) or ("ictrp", "".join(given.split())[:100])
    title = _text(fields, "publictitle") or _text(fields, "scientifictitle")
    is_own = source != "clinicaltrials"
    secondary_ids = words.real_ids(_items(fields, "secondaryids", "secondaryid"))
    return Record(
        source=source,
        source_id=source_id,
        kind=Kind.TRIAL,
        title=title,
        vernacular_title=_text(fields, "scientifictitle"),
        publication_date=_date(fields, "dateregistration3", "dateregistration"),
        nct_ids=nct_ids(" ".join((source_id, *secondary_ids))),
        trial=_facts(fields, secondary_ids, is_own=is_own),
        source_date=_date(fields, "lastrefreshedon") if is_own else "",
        fidelity=Fidelity.CITATION if is_own else Fidelity.FACTS,
    )


def _facts(fields: Fields, secondary_ids: tuple[str, ...], *, is_own: bool) -> TrialFacts:
    status = words.status_word(_text(fields, "recruitmentstatus"))
    study_type = words.token(_text(fields, "studytype"))
    actual = _number(fields.get("resultsactualenrollment", ""))
    target = _number(fields.get("targetsize", ""))
    count = target if actual is None else actual
    return TrialFacts(
        status=status if is_own or status in words.STATUSES else "",
        study_type=next((known for known in sorted(words.STUDY_TYPES) if study_type.startswith(known)), ""),
        phases=_phases(_text(fields, "phase")),
        enrollment_count=count,
        enrollment_type="" if count is None else "ESTIMATED" if actual is None else "ACTUAL",
        start_date=_date(fields, "dateenrollement", "dateenrolment") if is_own else "",
        completion_date=_date(fields, "resultsdatecompleted") if is_own else "",
        first_posted_date=_date(fields, "dateregistration3", "dateregistration"),
        results_first_posted_date=_date(fields, "resultsdateposted") if is_own else "",
        has_results=True if _text(fields, "resultsyesno").lower() == "yes" else None,
        conditions=_items(fields, "condition", "conditions"),
        interventions=_items(fields, "intervention", "interventions"),
        sponsor=_text(fields, "primarysponsor"),
        countries=tuple(sorted(_items(fields, "countries"))),
        secondary_ids=secondary_ids,
    )


def _text(fields: Fields, name: str) -> str:
    return " ".join(_MARKUP.sub(" ", html.unescape(fields.get(name, ""))).split())


def _items(fields: Fields, *names: str) -> tuple[str, ...]:
    """The parts of the first of these fields that is there, each once."""
    raw = html.unescape(next((fields[name] for name in names if fields.get(name)), ""))
    parts = (" ".join(_MARKUP.sub(" ", part).split()) for part in _PARTS.split(raw))
    return tuple(dict.fromkeys(part for part in parts if part))[:_MAX_ITEMS]


def _date(fields: Fields, *names: str) -> str:
    return next((date for name in names if (date := day_first_date(_text(fields, name)))), "")


def _number(text: str) -> int | None:
    """``100``, or the sum of ``Group A:30;Group B:30;``; None for anything else."""
    bare = text.strip()
    if bare.isascii() and bare.isdigit() and len(bare) <= len("1000000"):
        return int(bare)
    sizes = _GROUP_SIZE.findall(bare)
    return sum(map(int, sizes)) if sizes else None


def _phases(text: str) -> tuple[str, ...]:
    """The phases of any registry; the EU's asks of each whether it is one: ``(Phase II): yes``."""
    if asked := _EU_PHASE.findall(text):
        return tuple(phase for found in asked for phase in words.phase_words(found))
    return () if "(phase i" in text.lower() and ": no" in text.lower() else words.phase_words(text)
