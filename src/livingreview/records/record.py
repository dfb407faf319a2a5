"""What travels through the pipeline: frozen dataclasses without behaviour of their own.

A :class:`Record` is one item of one source, in one state. Its *content* is every field that a person would call a
change; fields marked volatile (dates of housekeeping, the channel it came by) are left out of the content hash, so that
a record re-stamped by its service makes no new version. Empty fields are left out of the canonical form, so that a
field added here later changes no hash of a record that does not have it.

Dates of sources stay text in partial ISO form (``2024``, ``2024-05``, ``2024-05-01``): many sources know no more.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

_VOLATILE = {"is_volatile": True}
FINISHED_STATUS = frozenset({"COMPLETED", "TERMINATED", "WITHDRAWN", "NO_LONGER_AVAILABLE", "APPROVED_FOR_MARKETING"})
"""Statuses of ClinicalTrials.gov that a study does not leave by the calendar."""


class Kind(StrEnum):
    """What sort of item a record is."""

    ARTICLE = "article"
    PREPRINT = "preprint"
    BOOK = "book"
    TRIAL = "trial"


class Fidelity(IntEnum):
    """How much of the source's own record a channel carries; a thinner copy never replaces a fuller one.

    A pointer says that there is such an item, and hardly more.
    """

    POINTER = 0
    FACTS = 1
    CITATION = 2
    FULL = 3


class Severity(StrEnum):
    """How loud a change is."""

    ALERT = "alert"
    NOTABLE = "notable"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An author: a person with a family name, or a collective."""

    family: str = ""
    given: str = ""
    collective: str = ""
    orcid: str = ""
    affiliations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of an abstract; an unstructured abstract is one section without a label."""

    label: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A link to another publication that says something about this one, or about which this one says something.

    ``kind`` is PubMed's ``RefType`` (``RetractionIn``, ``RetractionOf``, ``ErratumIn``, ...).
    """

    kind: str = ""
    pmid: str = ""
    doi: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFacts:
    """What a registry says of a trial, in the words of ClinicalTrials.gov API v2.

    Attributes:
        result_pmids: references that the sponsor calls results (``RESULT``).
        derived_pmids: articles that the registry found by the trial's number (``DERIVED``); background is neither.
    """

    status: str = ""
    last_known_status: str = ""
    why_stopped: str = ""
    study_type: str = ""
    phases: tuple[str, ...] = ()
    enrollment_count: int | None = None
    enrollment_type: str = ""
    start_date: str = ""
    primary_completion_date: str = ""
    primary_completion_date_type: str = ""
    completion_date: str = ""
    completion_date_type: str = ""
    first_posted_date: str = ""
    last_update_posted_date: str = ""
    results_first_posted_date: str = ""
    has_results: bool | None = None
    conditions: tuple[str, ...] = ()
    interventions: tuple[str, ...] = ()
    sponsor: str = ""
    countries: tuple[str, ...] = ()
    result_pmids: tuple[str, ...] = ()
    derived_pmids: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    secondary_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One item of one source, as it stood when it was read.

    Attributes:
        source: the authority that issued ``source_id``: ``pubmed``, ``clinicaltrials``, ``crossref``, ...
        source_version: the source's own version number of the item (PubMed counts from 1).
        source_date: the source's own date of this state (date revised, last update posted, as of).
        source_stamp: a finer order within one date, where the source gives one (``versionHolder``).
        fidelity: how much of the source's record the channel carried.
        is_text_complete: False for a record restored from a snapshot, which carries no abstracts.
        merged_into: in a last state that says it is withdrawn, the id under which its source has it now.
    """

    source: str
    source_id: str
    kind: Kind = Kind.ARTICLE
    title: str = ""
    vernacular_title: str = ""
    abstract: tuple[Section, ...] = ()
    language: tuple[str, ...] = ()
    journal: str = ""
    journal_abbreviation: str = ""
    issn: str = ""
    nlm_id: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    publication_date: str = ""
    persons: tuple[Person, ...] = ()
    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    chemicals: tuple[str, ...] = ()
    pmid: str = ""
    doi: str = ""
    pmcid: str = ""
    nct_ids: tuple[str, ...] = ()
    accessions: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    trial: TrialFacts | None = None
    source_version: int = field(default=1, metadata=_VOLATILE)
    source_date: str = field(default="", metadata=_VOLATILE)
    source_stamp: str = field(default="", metadata=_VOLATILE)
    created_date: str = field(default="", metadata=_VOLATILE)
    indexing_status: str = field(default="", metadata=_VOLATILE)
    fidelity: Fidelity = field(default=Fidelity.FULL, metadata=_VOLATILE)
    is_text_complete: bool = field(default=True, metadata=_VOLATILE)
    merged_into: str = field(default="", metadata=_VOLATILE)

    @property
    def key(self) -> tuple[str, str]:
        """The record's identity: (source, source_id)."""
        return (self.source, self.source_id)

    @property
    def order_key(self) -> str:
        """Sorts the states of one record by the source's own account; ties go to the later arrival.

        The blanks sort before the hyphens of a date, so that ``2022`` comes before ``2022-05``: a state that is dated
        more exactly is never taken for older than one of which only the year is known.
        """
        return f"{self.source_version:04d} {self.source_date} {self.source_stamp}"

    @property
    def abstract_text(self) -> str:
        """The abstract as one text, section labels included."""
        return "\n".join(f"{part.label}: {part.text}" if part.label else part.text for part in self.abstract)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A source's own word that it no longer has an item (PubMed ``DeleteCitation``), or its lasting silence about it.

    Attributes:
        merged_into: the id under which the source has it now; empty when nobody knows.
    """

    source: str
    source_id: str
    merged_into: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a payload that could not become a record, named so that it can be looked for.

    With ``is_remark`` it became one all the same, and this only names what was odd about it.
    """

    source: str
    source_id: str
    reason: str
    is_remark: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far one query of one source has been read, completely and reconciled."""

    source: str
    query_name: str
    query_hash: str
    read_to_at: datetime
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One typed event between two stored states (design, section 6).

    Attributes:
        before: the values before, as a JSON-ready mapping; empty when there was nothing.
        after: the values after.
        at: the run's ``now``.
        effective_date: the source's own date of the event, partial ISO or empty.
        before_version: number of the earlier version, 0 when there is none.
        after_version: number of the later version.
    """

    type: str
    severity: Severity
    source: str
    source_id: str
    work: str
    at: datetime
    effective_date: str = ""
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    before_version: int = 0
    after_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the classifier says of one version of a record.

    Attributes:
        scope: the class with the highest probability.
        probabilities: scope slug -> probability, summing to 1.
        areas: area slugs above their threshold, children with their parent.
        facets: facet slug -> values found, each with the words it came from.
        terms: the terms that weighed most for ``scope``, as (term, weight).
        model: identity of the model that made it.
    """

    scope: str
    probabilities: dict[str, float]
    areas: tuple[str, ...] = ()
    facets: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    terms: tuple[tuple[str, float], ...] = ()
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person said of a work at a stage; append-only."""

    work_id: str
    stage: str
    decision: str
    person: str
    decided_at: datetime
    reason: str = ""
    areas: tuple[str, ...] = ()
