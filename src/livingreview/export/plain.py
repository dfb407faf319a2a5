"""What the bibliographic formats share: text in one line, dates in parts, names, the page of a record."""

import re
from urllib.parse import quote

from livingreview.records import Kind, Person, Record, identifiers
from livingreview.records.sanitize import one_line
from livingreview.text.links import record_url

_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


def date_parts(record: Record) -> tuple[str, str, str]:
    """Year, month and day of publication, or of a trial's first posting; what is not known is empty."""
    trial = record.trial
    text = record.publication_date or (trial.first_posted_date or trial.start_date if trial else "")
    found = _DATE.match(text)
    return (found[1], found[2] or "", found[3] or "") if found else ("", "", "")


def abstract_of(record: Record) -> str:
    """The abstract as one line, its labels in capitals, as MEDLINE text has them."""
    return one_line(
        " ".join(f"{part.label.upper()}: {part.text}" if part.label else part.text for part in record.abstract)
    )


def authors(record: Record) -> list[Person]:
    """The authors that have a name; of a trial its sponsor."""
    if record.kind == Kind.TRIAL and not record.persons and record.trial and record.trial.sponsor:
        return [Person(collective=record.trial.sponsor)]
    return [person for person in record.persons if person.family or person.given or person.collective]


def title_of(record: Record) -> str:
    """The title, else the one in the language of the original."""
    return one_line(record.title or record.vernacular_title)


def page_of(record: Record) -> str:
    """The address at which a person reads the record; of a trial of another registry the one in WHO's search portal."""
    found = record_url(record)
    if not found and record.kind == Kind.TRIAL and identifiers.registry_id(record.source_id):
        return f"https://trialsearch.who.int/Trial2.aspx?TrialID={quote(record.source_id, safe='')}"
    return found


def stated_nct_ids(record: Record, *texts: str) -> tuple[str, ...]:
    """The NCT numbers of an article when its own texts, read in this order, would not give them; else none."""
    is_own = record.kind == Kind.TRIAL or identifiers.nct_ids(" ".join(texts)) == record.nct_ids
    return () if is_own else record.nct_ids


def notes(record: Record) -> list[str]:
    """What was published about the record (retractions, corrections, ...) or what it is about, one line each."""
    return [
        f"{notice.kind}: {one_line(' '.join(part for part in (notice.citation, where) if part))}"
        for notice in record.notices
        if (where := f"pubmed:{notice.pmid}" if notice.pmid else f"doi:{notice.doi}" if notice.doi else "")
        or notice.citation
    ]
