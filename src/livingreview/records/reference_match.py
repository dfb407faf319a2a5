"""References that nothing names, and what services say they are: a match counts only where the titles agree.

A doi that was derived or remembered is a guess. It, and what a search finds, is taken for the reference only if title,
year and first author of the record that bears it are those of the reference.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from livingreview.records.baseline import Baseline, Reference
from livingreview.records.identifiers import normal_title
from livingreview.records.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceMatch:
    """What a service gave for a reference without PMID and doi.

    Attributes:
        title: of the reference, in normal form; a match is of this title, whatever number the reference has later.
        source: the service that gave it.
        found_title: of the record that it gave, as it stands there.
        is_confirmed: title, year and first author agree; else the identifiers are those of another text.
    """

    ref_no: int
    title: str
    source: str
    found_title: str
    is_confirmed: bool
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""


def is_checked(reference: Reference) -> bool:
    """Whether a notice about a reference is found: PubMed is asked by its PMID, Crossref by its doi."""
    return bool(reference.pmid or reference.doi)


def open_references(baseline: Baseline) -> tuple[Reference, ...]:
    """The references that no notice could be found about, in their order."""
    return tuple(reference for reference in baseline.references if not is_checked(reference))


def agrees(reference: Reference, record: Record) -> bool:
    """Whether a record is what a reference cites, beyond doubt: one title, one first author, years no further than one.

    An article is cited by the year of its issue, or by that of its publication before it.
    """
    year = record.publication_date[:4]
    first = record.persons[0].family or record.persons[0].collective if record.persons else ""
    return (
        bool(normal_title(reference.title))
        and normal_title(reference.title) == normal_title(record.title)
        and normal_title(reference.first_author) == normal_title(first)
        and year.isdigit()
        and abs(int(year) - reference.year) <= 1
    )


def match_of(reference: Reference, record: Record) -> ReferenceMatch:
    """A record that a service gave for a reference, and whether the two agree."""
    return ReferenceMatch(
        ref_no=reference.ref_no,
        title=normal_title(reference.title),
        source=record.source,
        found_title=record.title,
        is_confirmed=agrees(reference, record),
        doi=record.doi,
        pmid=record.pmid,
        pmcid=record.pmcid,
    )


def with_matches(baseline: Baseline, matches: Iterable[ReferenceMatch]) -> Baseline:
    """The baseline with the identifiers of confirmed matches, for references that have none of their own."""
    confirmed = {(one.ref_no, one.title): one for one in matches if one.is_confirmed}
    references = tuple(
        reference
        if is_checked(reference) or found is None
        else replace(reference, doi=found.doi, pmid=found.pmid, pmcid=reference.pmcid or found.pmcid)
        for reference in baseline.references
        for found in [confirmed.get((reference.ref_no, normal_title(reference.title)))]
    )
    return replace(baseline, references=references)
