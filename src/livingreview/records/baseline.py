"""What the published review said on its date: its references and its trials."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One entry of the published review's reference list.

    Attributes:
        derived_doi: one that was derived or remembered, not seen beside the title: a guess to ask about, no identifier.
    """

    ref_no: int
    first_author: str
    year: int
    journal: str
    title: str
    volume: str = ""
    page: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    derived_doi: str = ""
    role: str = ""
    area: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedTrial:
    """One trial as the published review printed it; without an NCT number, ``other_ids`` names (source, number).

    Attributes:
        place: where the review prints it: ``table1`` for its table of trials, ``text`` for a sentence.
    """

    nct_id: str
    title: str
    ev_source: str
    condition: str
    status: str
    location: str
    area: str
    note: str
    role: str
    place: str = "table1"
    other_ids: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the published review said on its date.

    Attributes:
        itself: the review, as number 0 of its own references, so that a search that finds it finds nothing new.
    """

    published_date: date
    references: tuple[Reference, ...]
    trials: tuple[PrintedTrial, ...]
    itself: Reference | None = None

    @property
    def texts(self) -> tuple[Reference, ...]:
        """The references, and the review itself."""
        return (*self.references, *([self.itself] if self.itself else []))

    @property
    def nct_ids(self) -> frozenset[str]:
        """NCT numbers of every printed trial that has one."""
        return frozenset(trial.nct_id for trial in self.trials if trial.nct_id)

    @property
    def table(self) -> tuple[PrintedTrial, ...]:
        """The trials of the review's own table, in its order; those that only its text names are not among them."""
        return tuple(trial for trial in self.trials if trial.place == "table1")

    @property
    def trial_keys(self) -> frozenset[tuple[str, str]]:
        """(source, source_id) of every printed trial, in whatever registry."""
        others = (key for trial in self.trials for key in trial.other_ids)
        return frozenset((*(("clinicaltrials", nct_id) for nct_id in self.nct_ids), *others))

    @property
    def pmids(self) -> frozenset[str]:
        """PMIDs of the references that have one."""
        return frozenset(ref.pmid for ref in self.references if ref.pmid)

    @property
    def dois(self) -> frozenset[str]:
        """DOIs of the references that have one, in normal form."""
        return frozenset(ref.doi for ref in self.references if ref.doi)
