"""What a reader of a mail meets: what waits for a decision, alerts, notable changes by type, and counts of the rest."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from livingreview.config import Review, Statement
from livingreview.records import Severity, StoredChange
from livingreview.records.change_types import FIRST_STORED_TYPES, STATEMENT_TYPES, ChangeType
from livingreview.records.evidence import WaitingProposal
from livingreview.records.news import News, is_meeting, news_of
from livingreview.records.sanitize import clean, clip
from livingreview.text import wording
from livingreview.text.change_words import change_words
from livingreview.text.links import url_of
from livingreview.text.published import PublishedText, Shown, shown

MAX_SHOWN = 40
"""Items of one type that are shown; the others are counted. Alerts are always shown, all of them."""

HEADINGS: dict[str, str] = {
    ChangeType.NEW_CORE_RECORD: "New papers of the core",
    ChangeType.NEW_RECORD: "Other papers",
    ChangeType.NEW_TRIAL: "New trials",
    ChangeType.UNDATED_TRIAL: "Trials whose first posting is not dated",
    ChangeType.MISSED_TRIAL: "Trials missed by the review",
    ChangeType.TRIAL_READ: "Trials read for the first time",
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
    **{type_: wording.effect_heading(effect) for effect, type_ in STATEMENT_TYPES.items()},
}
"""Heading of each type of change; groups come in this order."""
_GRAVE = frozenset({"challenges", "outdates"})
_MAX_PIECES = 3
"""Works that are shown of a new proposal by which a statement may no longer hold; of the others the newest alone."""
_MAX_SENTENCE = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One work that a proposal rests on; ``reason`` is the rule's, ``why`` has the facts beside it."""

    title: str
    url: str
    reason: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A statement of the review, and what waits for a person's decision on it.

    Attributes:
        words: the authors' sentence where it is known, else ours, as it is printed.
        is_new: this mail is the first to name it, or some of its evidence.
        days: for how long it has been waiting.
        basis: on how many studies or trials it rests, those included that are not shown.
        n_works: that number.
    """

    id: str
    words: str
    section: str
    effect: str
    is_new: bool
    days: int
    basis: str
    n_works: int
    pieces: tuple[Piece, ...]

    @property
    def age(self) -> str:
        """``new`` or ``waiting for 21 days``."""
        waits = f"waiting for {wording.counted(self.days, 'day')}" if self.days else "new"
        return f"{waits}, with new evidence" if self.is_new and self.days else waits

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
    """All changes of one mail, apart from proposals for statements; those stand here as long as they wait.

    Attributes:
        year: of the review.
        proposals: what waits for a decision, the gravest effect first.
        counted: news, counted as the report counts it.
        n_other: changes that are neither alerts nor of records that are stored for the first time.
    """

    year: int
    proposals: tuple[Proposal, ...]
    alerts: tuple[Item, ...]
    notable: tuple[Group, ...]
    routine: tuple[Group, ...]
    counted: News
    n_other: int

    @property
    def by_effect(self) -> dict[str, list[Proposal]]:
        """Heading of an effect -> what waits under it."""
        found: dict[str, list[Proposal]] = {}
        for one in self.proposals:
            found.setdefault(wording.effect_heading(one.effect, self.year), []).append(one)
        return found

    @property
    def counts(self) -> str:
        """``5 statements may be contradicted, 6 are out of date``; empty when nothing waits."""
        return wording.effect_counts([one.effect for one in self.proposals], self.year)

    @property
    def waiting(self) -> str:
        """``10 suggestions still waiting, the oldest 21 days``; empty when nothing waits."""
        if not self.proposals:
            return ""
        return wording.waiting_words(len(self.proposals), max(one.days for one in self.proposals))

    @property
    def news(self) -> str:
        """Why the gravest of the new proposals was made; empty when none may make a statement fall."""
        return next(
            (one.pieces[0].reason for one in self.proposals if one.is_new and one.effect in _GRAVE and one.pieces), ""
        )


def summarize(
    review: Review,
    changes: Sequence[StoredChange],
    waiting: Sequence[WaitingProposal],
    now: datetime,
    published: PublishedText | None = None,
) -> Summary:
    """Orders the changes of a mail; within a type they keep the order in which they were found.

    Args:
        review: whose changes they are.
        changes: those that no mail has carried yet. A proposal among them stands among what waits, if it still does.
        waiting: what waits for a decision, whatever mail has named it before.
        now: the moment of the mail, from which ages are counted.
        published: the review's own sentences; None when there are none.
    """
    by: dict[Severity, dict[str, list[StoredChange]]] = {severity: {} for severity in Severity}
    carried = frozenset(stored.id for stored in changes)
    others = 0
    for stored in changes:
        change = stored.change
        if change.after.get("effect") in STATEMENT_TYPES:
            continue
        if is_meeting(change):
            continue
        by[change.severity].setdefault(change.type, []).append(stored)
        others += change.type not in FIRST_STORED_TYPES and change.severity != Severity.ALERT
    return Summary(
        year=review.published_date.year,
        proposals=tuple(_proposal(review, one, carried, now, published) for one in waiting),
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
        counted=news_of(changes),
        n_other=others,
    )


def heading_of(type_: str) -> str:
    """A type of change as a heading."""
    return HEADINGS.get(type_, type_.replace("_", " ").capitalize())


def item_of(stored: StoredChange, review: Review, published: PublishedText | None = None) -> Item:
    """One change in words; ``published`` has the review's own sentences."""
    change = stored.change
    scopes = {scope.slug: scope.label for scope in review.scopes}
    words = change_words(change.type, change.before, change.after)
    if change.type in FIRST_STORED_TYPES and (scope := scopes.get(str(change.after.get("scope") or ""))):
        words = f"{words}: {scope}"
    title = change.after.get("title") or change.before.get("title") or ""
    if change.after.get("effect") in STATEMENT_TYPES:
        statements = {statement.id: statement for statement in review.statements}
        title = _says(statements.get(change.source_id), change.before, published).words
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


def _proposal(
    review: Review,
    waiting: WaitingProposal,
    carried: AbstractSet[int],
    now: datetime,
    published: PublishedText | None,
) -> Proposal:
    found = waiting.found
    after = found.change.after
    statement = next((one for one in review.statements if one.id == waiting.statement_id), None)
    says = _says(statement, found.change.before, published)
    is_new = found.id in carried
    pieces = _pieces(after.get("evidence") or (), _MAX_PIECES if is_new and waiting.effect in _GRAVE else 1)
    return Proposal(
        id=clean(waiting.statement_id),
        words=says.words,
        section=says.section,
        effect=waiting.effect,
        is_new=is_new,
        days=waiting.days(now),
        basis=wording.based_on(after),
        n_works=max(int(after.get("n_works") or 0), len(pieces)),
        pieces=pieces,
    )


def _says(statement: Statement | None, before: Mapping[str, Any], published: PublishedText | None) -> Shown:
    """The authors' sentence, else the statement as it was when its change was proposed."""
    says = shown(statement, published) if statement else None
    if says is None or not says.is_own:
        section = says.section if says else ""
        return Shown(text=clip(before.get("text") or "", 300), is_own=False, section=clean(section))
    return Shown(text=clip(says.text, _MAX_SENTENCE), is_own=True, section=clean(says.section))


def _pieces(evidence: Sequence[Mapping[str, Any]], most: int) -> tuple[Piece, ...]:
    """The first works of a proposal; one that two rules found counts once."""
    works: dict[tuple[str, str], Mapping[str, Any]] = {}
    for piece in evidence:
        works.setdefault((str(piece.get("source")), str(piece.get("source_id"))), piece)
    found = []
    for (source, source_id), piece in list(works.items())[:most]:
        reason = clean(piece.get("why"))
        reasons = [reason, *wording.telling_facts(piece.get("facts") or ())]
        found.append(
            Piece(
                title=clip(wording.named(source, source_id, piece.get("title")), 200),
                url=url_of(source, source_id),
                reason=clip(reason, 80),
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
