"""A record that a person found by hand, as far as they know it."""

import re
from datetime import datetime
from typing import Final

from livingreview.errors import UsageError
from livingreview.records import Fidelity, Kind, Record, TrialFacts, identifiers

_YEAR: Final = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?", re.ASCII)


def record_by_hand(
    *, pmid: str = "", doi: str = "", nct_id: str = "", title: str = "", year: str = "", journal: str = ""
) -> Record:
    """A record that a person found, as far as they know it; the next run fills it from its source.

    Args:
        pmid: makes it a record of ``pubmed``.
        doi: makes it one of ``crossref`` when there is no pmid.
        nct_id: by itself a trial; beside a pmid or doi the trial that the paper reports.
        title: needed, since nothing else can be shown or classified.
        year: publication date, partial ISO.
        journal: where it stands.

    Raises:
        UsageError: an identifier is none, or there is none, or no title.
    """
    found = {"pmid": identifiers.normal_pmid(pmid), "doi": identifiers.normal_doi(doi)}
    numbers = identifiers.nct_ids(nct_id)
    found["nct_id"] = numbers[0] if len(numbers) == 1 else ""
    for name, value in (("pmid", pmid), ("doi", doi), ("nct_id", nct_id)):
        if value.strip() and not found[name]:
            raise UsageError(f"{name}: {value!r} is none; check its spelling")
    if not any(found.values()):
        raise UsageError("a record needs a pmid, a doi or an nct_id, by which it will be found again; give one")
    if not (title := " ".join(title.split())):
        raise UsageError("title: empty; give the record's title")
    if (year := year.strip()) and not _is_date(year):
        raise UsageError(f"year: {year!r} is no date like 2024, 2024-05 or 2024-05-01")
    is_trial = not found["pmid"] and not found["doi"]
    source = "clinicaltrials" if is_trial else "pubmed" if found["pmid"] else "crossref"
    return Record(
        source=source,
        source_id=found["nct_id"] if is_trial else found["pmid"] or found["doi"],
        kind=Kind.TRIAL if is_trial else Kind.ARTICLE,
        title=title,
        journal=" ".join(journal.split()),
        publication_date=year,
        pmid=found["pmid"],
        doi=found["doi"],
        nct_ids=(found["nct_id"],) if found["nct_id"] else (),
        trial=TrialFacts() if is_trial else None,
        fidelity=Fidelity.FACTS,
    )


def _is_date(text: str) -> bool:
    try:
        return bool(_YEAR.fullmatch(text)) and bool(datetime.fromisoformat(f"{text}-01-01"[:10]))
    except ValueError:
        return False
