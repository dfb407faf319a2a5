"""When two records are one piece of research: every rule gives its reason, none looks at anything but two facts."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from livingreview.linking.facts import Facts

TITLE_LIKENESS = 95.0
"""Least token sort ratio (per cent) of two titles that are not equal; chosen in docs/decisions/0012-works.md."""
_MIN_SHARED_AUTHORS = 2 / 3
"""Share of the shorter list of authors that must stand in the longer one."""
_NUMBER = re.compile(r"\b(?:\w*\d\w*|[ivx]+)\b")


class LinkKind(StrEnum):
    """Why two records are one work, the surest first."""

    JOIN = "join"
    SAME_PMID = "same_pmid"
    SAME_DOI = "same_doi"
    SAME_PMCID = "same_pmcid"
    TRIAL_ALIAS = "trial_alias"
    PREPRINT_VERSION = "preprint_version"
    PREPRINT_OF = "preprint_of"
    TITLE = "title"
    NOTICE = "notice"
    TRIAL = "trial"
    SPLIT = "split"


SAME_PUBLICATION = frozenset(
    {
        LinkKind.SAME_PMID,
        LinkKind.SAME_DOI,
        LinkKind.SAME_PMCID,
        LinkKind.TRIAL_ALIAS,
        LinkKind.PREPRINT_VERSION,
        LinkKind.PREPRINT_OF,
        LinkKind.TITLE,
    }
)
"""Kinds that say: one text, or one trial, recorded twice. Others tie what merely belongs together."""
RANK = {kind: rank for rank, kind in enumerate(LinkKind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Why two records belong to one work.

    Attributes:
        reason: for people, one line.
        evidence: the values that the reason rests on, JSON-ready.
    """

    kind: LinkKind
    reason: str
    evidence: dict[str, Any] = field(default_factory=dict)


def same_publication(one: Facts, other: Facts) -> Link | None:
    """The surest rule by which two records are the same text or the same trial; None when there is none."""
    if one.is_trial or other.is_trial:
        return _same_trial(one, other) if one.is_trial and other.is_trial else None
    if one.source != other.source:
        for name in ("pmid", "doi", "pmcid"):
            value = getattr(one, name)
            if value and value == getattr(other, name):
                return Link(kind=LinkKind(f"same_{name}"), reason=f"same {name} {value}", evidence={name: value})
    if one.is_preprint and other.is_preprint:
        return _same_preprint(one, other)
    if one.is_preprint or other.is_preprint:
        for first, second in ((one, other), (other, one)):
            if found := _named(first, second):
                type_, name = found
                reason = f"{type_} of {first.name} names {second.name}"
                evidence = {"ref_type": type_, "name": name}
                return Link(kind=LinkKind.PREPRINT_OF, reason=reason, evidence=evidence)
    return _same_title(one, other)


def _same_trial(one: Facts, other: Facts) -> Link | None:
    for first, second in ((one, other), (other, one)):
        if second.source_id.upper() in first.trial_names:
            reason = f"{first.name} gives {second.source_id} as its other number"
            return Link(kind=LinkKind.TRIAL_ALIAS, reason=reason, evidence={"number": second.source_id})
    return None


def _same_preprint(one: Facts, other: Facts) -> Link | None:
    if one.doi_stem and one.doi_stem == other.doi_stem:
        reason = f"versions of the preprint {one.doi_stem}"
        return Link(kind=LinkKind.PREPRINT_VERSION, reason=reason, evidence={"doi": one.doi_stem})
    for first, second in ((one, other), (other, one)):
        if first.source == second.source and second.source_id in first.siblings:
            reason = f"{first.name} lists {second.source_id} among its versions"
            return Link(kind=LinkKind.PREPRINT_VERSION, reason=reason, evidence={"version": second.source_id})
    return None


def names_of(facts: Facts) -> list[str]:
    """The names by which notices call a record."""
    names = [f"{name}:{value}" for name in ("pmid", "doi") if (value := getattr(facts, name))]
    return [*names, facts.name]


def _named(first: Facts, second: Facts) -> tuple[str, str] | None:
    """(RefType, name) by which one names the other as its preprint, or as what became of it."""
    called = names_of(second)
    for kind, names in first.preprint_links:
        for name in names:
            if name in called:
                return kind, name
    return None


def notice(later: Facts, earlier: Facts) -> Link | None:
    """The link between a notice, correction or update and the record that it is about."""
    for who, whom, said in ((later, earlier, later.later_of), (earlier, later, earlier.earlier_than)):
        called = names_of(whom)
        for type_, names in said:
            # Letters and replies to them are tied as updates, too; an update has a title that says what it is.
            if type_ in ("UpdateOf", "UpdateIn") and not (later.title and earlier.title):
                continue
            for name in names:
                if name in called:
                    reason = f"{type_} of {who.name} names {whom.name}"
                    evidence = {"ref_type": type_, "name": name}
                    return Link(kind=LinkKind.NOTICE, reason=reason, evidence=evidence)
    return None


def _same_title(one: Facts, other: Facts) -> Link | None:
    """By title, first author, year and fellow authors; never against what the sources say themselves."""
    if not one.title or not other.title or not one.families or not other.families:
        return None
    is_preprint_and_article = one.is_preprint != other.is_preprint
    # One source that gives two articles two numbers says that they are two.
    if one.source == other.source and not is_preprint_and_article:
        return None
    if one.doi and other.doi and one.doi != other.doi and not is_preprint_and_article:
        return None
    if one.families[0] != other.families[0] or not one.year or not other.year or abs(one.year - other.year) > 1:
        return None
    score = 100.0 if one.title == other.title else _likeness(one.title, other.title)
    if score < TITLE_LIKENESS:
        return None
    shared = len(set(one.families) & set(other.families))
    fewest = min(len(set(one.families)), len(set(other.families)))
    # A lone author vouches for an equal title only.
    if shared < _MIN_SHARED_AUTHORS * fewest or (fewest == 1 and score < 100.0):
        return None
    return Link(
        kind=LinkKind.TITLE,
        reason=f"titles {score:.0f} % alike, first author {one.families[0]}, {shared} of {fewest} authors shared",
        evidence={"score": round(score, 1), "shared_authors": shared, "years": sorted((one.year, other.year))},
    )


def _likeness(one: str, other: str) -> float:
    # "Part 1" and "Part 2" are two works, however alike.
    if sorted(_NUMBER.findall(one)) != sorted(_NUMBER.findall(other)):
        return 0.0
    # Loaded where two titles are compared: a run without news compares none.
    from rapidfuzz import fuzz

    return fuzz.token_sort_ratio(one, other, score_cutoff=TITLE_LIKENESS)
