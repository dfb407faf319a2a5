"""What linking must know of a record, taken from its stored content.

Facts: PubMed writes links between publications as ``CommentsCorrections/@RefType`` (MEDLINE/PubMed data element
descriptions); Europe PMC's ``Preprint of`` and ``Preprint in`` arrive as ``PreprintOf`` and ``PreprintIn``. Trial
numbers that authors deposit stand in ``DataBankList``, kept as ``accessions``; for a preprint of Europe PMC
``accessions`` are the ids of its other versions, for a trial the PMIDs of its references, of whatever type.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from livingreview.records import Kind
from livingreview.records.identifiers import nct_ids, normal_title, telling_title
from livingreview.records.notices import NOTICE_PUBLICATION_TYPES

NOTICE_OF = {
    "RetractionOf": "RetractionIn",
    "PartialRetractionOf": "PartialRetractionIn",
    "ErratumFor": "ErratumIn",
    "ExpressionOfConcernFor": "ExpressionOfConcernIn",
    "CorrectedandRepublishedFrom": "CorrectedandRepublishedIn",
    "RetractedandRepublishedFrom": "RetractedandRepublishedIn",
    "RepublishedFrom": "RepublishedIn",
    "UpdateOf": "UpdateIn",
}
"""RefType of the later or lesser record, which names the other -> RefType by which that one names it back.

``CommentIn``, ``CommentOn``, ``Cites``, ``AssociatedDataset`` and the like tie different pieces of research.
"""
_NAMED_BACK = frozenset(NOTICE_OF.values())
_PREPRINT_TYPES = frozenset({"PreprintOf", "PreprintIn", "UpdateOf", "UpdateIn"})
"""RefTypes that tie a preprint to its article: Europe PMC's own guess, and PubMed's words for the same."""
_NOT_A_REPORT = frozenset(
    {
        "Review",
        "Systematic Review",
        "Meta-Analysis",
        "Network Meta-Analysis",
        "Scoping Review",
        "Guideline",
        "Practice Guideline",
        "Consensus Development Conference",
        "Editorial",
        "Comment",
        "News",
    }
)
"""Publication types that speak of trials without being the report of one."""
_NOT_BY_TITLE = NOTICE_PUBLICATION_TYPES | {"Comment", "Editorial", "Letter", "News"}
"""Publication types whose titles are made of other titles, or of nothing."""
_GENERIC = re.compile(
    r"(author )?(correction|corrigend|errat|addend|retract|expression of concern|reply|repl(y|ies) |respon[sd]|comment"
    r"|letter|editorial|publisher|withdrawn|withdrawal|re )"
)
_MIN_TITLE_WORDS = 5
Named = tuple[str, tuple[str, ...]]
_PREPRINT_VERSION = re.compile(r"[/._-]?v\d{1,2}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One record, as linking sees it.

    Attributes:
        title: in normal form; empty where it is too short or too general to tell one work from another.
        families: family names of the authors in normal form, the first author's first.
        year: of publication, 0 when unknown.
        doi_stem: the doi of a preprint without its version.
        siblings: ids of other versions of the same preprint.
        preprint_links: (RefType, names) of what may be its preprint, or the article that it became; names are
            ``pmid:1``, ``doi:10.1/a`` or ``europepmc:PPR1``.
        later_of: the same of records that this one corrects, retracts or updates.
        earlier_than: the same of records that do so to this one.
        reported: NCT numbers that the record names in its data banks, if it can be the report of a trial.
        can_report: it is no review, comment, guideline or notice.
        results: PMIDs that a trial lists as its results, or that its registry found by its number.
        trial_names: own number and aliases of a trial, and its numbers in other registries.
    """

    source: str
    source_id: str
    kind: str
    title: str = ""
    families: tuple[str, ...] = ()
    year: int = 0
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    doi_stem: str = ""
    siblings: tuple[str, ...] = ()
    preprint_links: tuple[Named, ...] = ()
    later_of: tuple[Named, ...] = ()
    earlier_than: tuple[Named, ...] = ()
    reported: tuple[str, ...] = ()
    can_report: bool = False
    results: tuple[str, ...] = ()
    trial_names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """``source:source_id``."""
        return f"{self.source}:{self.source_id}"

    @property
    def is_trial(self) -> bool:
        """Whether it is a registry's record."""
        return self.kind == Kind.TRIAL

    @property
    def is_preprint(self) -> bool:
        """Whether it is one version of a preprint."""
        return self.kind == Kind.PREPRINT


def facts_of(content: Mapping[str, Any]) -> Facts:
    """The facts of one record.

    Args:
        content: its current content, as :func:`livingreview.records.serialization.content_of` gives it.
    """
    kind = str(content["kind"])
    source, source_id = content["source"], content["source_id"]
    if kind == Kind.TRIAL:
        return _trial_facts(source, source_id, content)
    types = frozenset(content.get("publication_types", ()))
    doi = content.get("doi", "")
    is_preprint = kind == Kind.PREPRINT
    named = [(notice.get("kind", ""), _names(notice)) for notice in content.get("notices", ())]
    accessions = content.get("accessions", ())
    return Facts(
        source=source,
        source_id=source_id,
        kind=kind,
        title=_title(content.get("title", ""), types),
        families=tuple(name for person in content.get("persons", ()) if (name := _family(person))),
        year=_year(content.get("publication_date", "")),
        doi=doi,
        pmid=content.get("pmid", ""),
        pmcid=content.get("pmcid", ""),
        doi_stem=_PREPRINT_VERSION.sub("", doi) if is_preprint else "",
        siblings=tuple(accessions) if is_preprint and source == "europepmc" else (),
        preprint_links=_of_types(named, _PREPRINT_TYPES),
        later_of=_of_types(named, NOTICE_OF.keys()),
        earlier_than=_of_types(named, _NAMED_BACK),
        reported=nct_ids(" ".join(accessions)) if accessions else (),
        can_report=can_report(types),
    )


def can_report(publication_types: Collection[str]) -> bool:
    """Whether a publication of these types can be the report of a trial; a review, comment or notice cannot."""
    return (_NOT_A_REPORT | _NOT_BY_TITLE).isdisjoint(publication_types)


def _trial_facts(source: str, source_id: str, content: Mapping[str, Any]) -> Facts:
    trial = content.get("trial", {})
    # A secondary number in the registry's own form is another study: a parent, an extension.
    others = (name for name in trial.get("secondary_ids", ()) if not nct_ids(name))
    names = (source_id, *trial.get("aliases", ()), *content.get("nct_ids", ()), *others)
    return Facts(
        source=source,
        source_id=source_id,
        kind=str(Kind.TRIAL),
        results=(*trial.get("result_pmids", ()), *trial.get("derived_pmids", ())),
        trial_names=tuple(dict.fromkeys(name.upper() for name in names)),
    )


def _title(title: str, types: frozenset[str]) -> str:
    bare = telling_title(title)
    is_telling = bare.count(" ") + 1 >= _MIN_TITLE_WORDS
    return bare if is_telling and not types & _NOT_BY_TITLE and not _GENERIC.match(bare) else ""


def _family(person: Mapping[str, Any]) -> str:
    return _bare_name(person.get("family") or person.get("collective", ""))


@lru_cache(maxsize=1 << 16)
def _bare_name(name: str) -> str:
    # Half of all names come again: folding them once saves a third of the time that facts take.
    return normal_title(name)


def _year(published: str) -> int:
    return int(published[:4]) if published[:4].isdigit() else 0


def _of_types(named: Sequence[Named], types: Collection[str]) -> tuple[Named, ...]:
    return tuple(dict.fromkeys(one for one in named if one[0] in types))


def _names(notice: Mapping[str, Any]) -> tuple[str, ...]:
    """Every name of the record that a notice points at; its citation when it has no identifier."""
    names = [f"{name}:{value}" for name in ("pmid", "doi") if (value := notice.get(name, ""))]
    citation: str = notice.get("citation", "")
    origin, slash, rest = citation.partition("/")
    if slash and origin == "PPR":
        names.append(f"europepmc:{rest.split()[0] if rest.split() else ''}")
    return tuple(names) or (citation,)
