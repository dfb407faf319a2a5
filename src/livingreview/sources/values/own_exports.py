"""Marks by which records that livingreview exported are known again."""

import re
from collections.abc import Callable, Iterable

from livingreview.records import Fidelity, Kind, Record, TrialFacts, identifiers

MAX_ID_CHARS = 2_000
"""No doi is longer; an identifier is looked for in no more than this."""


REGISTERED = "Trial registration:"
"""Before the NCT numbers of an article in a note of an export (:mod:`livingreview.export`)."""


_EUROPEPMC_ID = re.compile(r"(?:[A-Z]{3}/)?[A-Za-z0-9]{3,30}", re.ASCII)


def believable_key(source: str, source_id: str) -> tuple[str, str] | None:
    """The key of a record as an export gives it; None when the id is none of that source."""
    forms: dict[str, Callable[[str], str]] = {
        "pubmed": identifiers.normal_pmid,
        "crossref": identifiers.normal_doi,
        "pmc": identifiers.normal_pmcid,
        "europepmc": lambda text: text if _EUROPEPMC_ID.fullmatch(text) else "",
    }
    key = (source, source_id[:MAX_ID_CHARS])
    is_own = forms[source](source_id) == source_id if source in forms else identifiers.registry_id(source_id) == key
    return key if is_own and source_id else None


def registered(notes: Iterable[str]) -> tuple[str, ...]:
    """The NCT numbers that notes of an export say an article has; empty when none says so."""
    found = [note for note in notes if note.startswith(REGISTERED)]
    return identifiers.nct_ids(found[0][:MAX_ID_CHARS]) if found else ()


def trial_pointer(key: tuple[str, str], title: str) -> Record:
    """A trial of which only its number and title are known."""
    return Record(
        source=key[0],
        source_id=key[1],
        kind=Kind.TRIAL,
        title=title,
        nct_ids=identifiers.nct_ids(key[1]),
        trial=TrialFacts(),
        fidelity=Fidelity.POINTER,
    )
