"""Changes -> what a reader meets: alerts first, then the notable ones by type, the routine ones counted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livingreview.config import Review
from livingreview.records import Severity, StoredChange
from livingreview.records.change_types import FIRST_STORED_TYPES, STATEMENT_TYPES, ChangeType
from livingreview.records.sanitize import clean, clip
from livingreview.text import wording
from livingreview.text.links import url_of

MAX_SHOWN = 40
"""Items of one type that are shown; the others are counted. Alerts are always shown, all of them."""

HEADINGS: dict[str, str] = {
    ChangeType.NEW_CORE_RECORD: "New papers of the core",
    ChangeType.NEW_RECORD: "New papers",
    ChangeType.NEW_TRIAL: "New trials",
    ChangeType.NEW_AREA: "New disease areas",
    ChangeType.PREPRINT_PUBLISHED: "Preprints now published",
    ChangeType.RESULTS_POSTED: "Trial results posted",
    ChangeType.RESULTS_PUBLISHED: "Trial results published",
    ChangeType.STATUS_CHANGED: "Trials with another status",
    ChangeType.WHY_STOPPED: "Trials with a reason for stopping",
    ChangeType.DATE_SLIPPED: "Trials with later dates",
    ChangeType.ENROLLMENT_CHANGED: "Trials with another enrolment",
    ChangeType.DESIGN_CHANGED: "Trials with another design",
    ChangeType.OVERDUE: "Trials overdue",
    ChangeType.ALIAS_CHANGED: "Trials with another number",
    ChangeType.BASELINE_REFERENCE_CONCERN_EXPRESSED: "Concern expressed about cited references",
    ChangeType.BASELINE_REFERENCE_CORRECTED: "Cited references corrected",
    ChangeType.BASELINE_REFERENCE_REINSTATED: "Cited references reinstated",
    ChangeType.BASELINE_REFERENCE_RETRACTED: "Cited references retracted",
    ChangeType.BASELINE_REFERENCE_WITHDRAWN: "Cited references withdrawn",
    ChangeType.CONCERN_EXPRESSED: "Concern expressed",
    ChangeType.CORRECTED: "Corrected",
    ChangeType.REINSTATED: "Reinstated",
    ChangeType.RETRACTED: "Retracted",
    ChangeType.REVISED_TEXT: "Revised text",
    ChangeType.WITHDRAWN: "Withdrawn",
    **{type_: f"Statements {wording.effect_words(type_)}" for type_ in STATEMENT_TYPES.values()},
}
"""Heading of each type of change; groups come in this order."""
_GRAVE = frozenset({"challenges", "outdates"})
_MAX_PIECES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One work that a proposal rests on, and why."""

    title: str
    url: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A statement of the review that a rule proposes to revise.

    Attributes:
        effect: ``challenged``, ``outdated``, ``confirmed`` or ``extended``.
        is_grave: the statement may no longer hold.
        n_works: how many works it rests on, those included that are not shown.
    """

    id: str
    text: str
    effect: str
    is_grave: bool
    n_works: int
    pieces: tuple[Piece, ...]

    @property
    def hidden(self) -> int:
        """How many works are counted only."""
        return self.n_works - len(self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change, in words.

    Attributes:
        words: what happened.
        name: the record, ``PubMed 31000001``.
        date: the source's own date of it.
        details: further lines.
    """

    heading: str
    words: str
    title: str
    url: str
    name: str
    date: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Changes of one type; ``count`` includes those that are not shown."""

    heading: str
    count: int
    shown: tuple[Item, ...] = ()

    @property
    def hidden(self) -> int:
        """How many are counted only."""
        return self.count - len(self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All changes of one mail: what touches statements of the review, apart from everything else."""

    proposals: tuple[Proposal, ...]
    alerts: tuple[Item, ...]
    notable: tuple[Group, ...]
    routine: tuple[Group, ...]
    n_new: int
    n_other: int

    @property
    def grave(self) -> tuple[Proposal, ...]:
        """Proposals by which a statement no longer holds as it was printed."""
        return tuple(one for one in self.proposals if one.is_grave)

    @property
    def mild(self) -> dict[str, list[str]]:
        """The other proposals: effect -> ids of statements."""
        found: dict[str, list[str]] = {}
        for one in self.proposals:
            if not one.is_grave:
                found.setdefault(one.effect, []).append(one.id)
        return found


def summarize(review: Review, changes: Sequence[StoredChange]) -> Summary:
    """Orders the changes of a mail; within a type they keep the order in which they were found."""
    by: dict[Severity, dict[str, list[StoredChange]]] = {severity: {} for severity in Severity}
    proposed: list[StoredChange] = []
    new = others = 0
    for stored in changes:
        change = stored.change
        if change.after.get("effect") in STATEMENT_TYPES:
            proposed.append(stored)
            continue
        by[change.severity].setdefault(change.type, []).append(stored)
        is_new = change.type in FIRST_STORED_TYPES
        new += is_new
        others += not is_new and change.severity != Severity.ALERT
    return Summary(
        proposals=_proposals(review, proposed),
        alerts=tuple(item_of(stored, review) for _, group in _ordered(by[Severity.ALERT]) for stored in group),
        notable=tuple(
            Group(
                heading=heading_of(type_),
                count=len(group),
                shown=tuple(item_of(stored, review) for stored in group[:MAX_SHOWN]),
            )
            for type_, group in _ordered(by[Severity.NOTABLE])
        ),
        routine=tuple(
            Group(heading=heading_of(type_), count=len(group)) for type_, group in _ordered(by[Severity.ROUTINE])
        ),
        n_new=new,
        n_other=others,
    )


def heading_of(type_: str) -> str:
    """A type of change as a heading."""
    return HEADINGS.get(type_, type_.replace("_", " ").capitalize())


def item_of(stored: StoredChange, review: Review) -> Item:
    """One change in words."""
    change = stored.change
    scopes = {scope.slug: scope.label for scope in review.scopes}
    words = wording.change_words(change.type, change.before, change.after)
    if change.type in FIRST_STORED_TYPES and (scope := scopes.get(str(change.after.get("scope") or ""))):
        words = f"{words}: {scope}"
    title = change.after.get("title") or change.before.get("title") or change.before.get("text") or ""
    return Item(
        heading=heading_of(change.type),
        words=clip(words, 300),
        title=clip(wording.named(change.source, change.source_id, title), 300),
        url=url_of(change.source, change.source_id),
        name=clean(f"{wording.source_name(change.source)} {change.source_id}"),
        date=clean(change.effective_date),
        details=tuple(_details(change.after, area_labels(review))),
    )


def area_labels(review: Review) -> dict[str, str]:
    """Slug -> label of every area of a review."""
    return {area.slug: area.label for area in review.every_area()}


def _proposals(review: Review, proposed: Sequence[StoredChange]) -> tuple[Proposal, ...]:
    """The last word on each statement and effect, in the order of effects and of the review."""
    places = {statement.id: place for place, statement in enumerate(review.statements)}
    last = {(stored.change.source_id, stored.change.after["effect"]): stored.change for stored in proposed}
    order = list(STATEMENT_TYPES)
    found = sorted(last.values(), key=lambda one: (order.index(one.after["effect"]), places.get(one.source_id, 0)))
    return tuple(
        Proposal(
            id=clean(change.source_id),
            text=clip(wording.proposed_text(change.before, change.after), 400),
            effect=wording.effect_words(STATEMENT_TYPES[change.after["effect"]]),
            is_grave=change.after["effect"] in _GRAVE,
            n_works=max(int(change.after.get("n_works") or 0), len(pieces)),
            pieces=pieces,
        )
        for change in found
        for pieces in [_pieces(change.after.get("evidence") or ())]
    )


def _pieces(evidence: Sequence[Mapping[str, Any]]) -> tuple[Piece, ...]:
    """The first works of a proposal; one that two rules found counts once."""
    works: dict[tuple[str, str], Mapping[str, Any]] = {}
    for piece in evidence:
        works.setdefault((str(piece.get("source")), str(piece.get("source_id"))), piece)
    found = []
    for (source, source_id), piece in list(works.items())[:_MAX_PIECES]:
        reasons = [str(piece.get("why") or ""), *wording.telling_facts(piece.get("facts") or ())]
        found.append(
            Piece(
                title=clip(wording.named(source, source_id, piece.get("title")), 200),
                url=url_of(source, source_id),
                why=clip("; ".join(reason for reason in reasons if reason), 200),
            )
        )
    return tuple(found)


def _ordered(groups: Mapping[str, list[StoredChange]]) -> list[tuple[str, list[StoredChange]]]:
    order = {type_: place for place, type_ in enumerate(HEADINGS)}
    return sorted(groups.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0]))


def _details(after: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[str]:
    """What is known of a new record besides its title; changes say in their own words what they are about."""
    if journal := after.get("journal"):
        yield clip(journal)
    for name in ("conditions", "interventions"):
        if values := after.get(name):
            yield clip(f"{name}: {wording.plain_value(values)}", 300)
    if "conditions" in after:
        facts = [wording.enum_words(after.get("phases") or ()), wording.enrollment_words(after)]
        if any(facts):
            yield clip(", ".join(f"{name} {fact}" for name, fact in zip(("", "enrolment"), facts, strict=True) if fact))
    if areas := [labels[slug] for slug in after.get("areas") or () if slug in labels]:
        yield clip(f"areas: {', '.join(areas)}")
