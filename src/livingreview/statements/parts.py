"""The parts of a rule, cheap ones first: whether a record meets each, and what the record has there.

What a part asks for stands in :data:`livingreview.text.rule_words.ASKS`, under the same name and in the same order. A
rule is met when each part that it asks is; the others are never looked at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from livingreview.config import Rule, Statement
from livingreview.records import Kind
from livingreview.records.text_kinds import TextKind
from livingreview.records.trial_standing import Posting, Standing
from livingreview.statements.view import RecordView
from livingreview.text import wording
from livingreview.text.rule_words import ASKS

_STUDIES: Final = (TextKind.STUDY,)
_INTERVENTIONAL: Final = frozenset({"INTERVENTIONAL", "EXPANDED_ACCESS"})

IsMet = Callable[[Statement, Rule, RecordView], bool]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a rule.

    Attributes:
        is_met: whether a record meets it; asked only where the rule asks it.
        has: what the record has there, in words.
    """

    is_met: IsMet
    has: Callable[[Statement, Rule, RecordView], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One part of one rule, held against one record."""

    name: str
    asks: str
    has: str
    is_met: bool


def checks(statement: Statement, rule: Rule, view: RecordView) -> Iterator[Check]:
    """Every part that a rule asks, held against a record."""
    for name, asks in ASKS.items():
        if words := asks(rule):
            part = PARTS[name]
            is_met = part.is_met(statement, rule, view)
            yield Check(name=name, asks=words, has=part.has(statement, rule, view) or "none", is_met=is_met)


def asked_parts(rule: Rule) -> tuple[IsMet, ...]:
    """The parts that a rule asks, ready to be held against many records of its kinds and scopes."""
    return tuple(PARTS[name].is_met for name, asks in ASKS.items() if name not in ("kinds", "scopes") and asks(rule))


def _is_cited(statement: Statement, rule: Rule, view: RecordView) -> bool:
    if rule.cited == "refs":
        return view.reference is not None and view.reference.ref_no in statement.refs
    if rule.cited == "nct_ids":
        return not view.names.isdisjoint(statement.nct_ids)
    if rule.cited == "table1":
        return not view.names.isdisjoint(view.background.table)
    if rule.cited or rule.standing:
        return not view.names.isdisjoint(view.background.printed)
    # A trial that the review calls announced is printed without a number; that it has one is news.
    if view.reference is not None or (view.printed is not None and view.printed.nct_id):
        return False
    if view.record.kind == Kind.TRIAL:
        # Whenever it was registered: the review counts what is registered, and rules ask for the date of it.
        return True
    # A paper that was there before the review is no news, and only such a one shows that something was already so.
    return view.is_from_before is (rule.effect == "already_so")


def _has_cited(statement: Statement, rule: Rule, view: RecordView) -> str:
    if view.reference is not None:
        return f"reference {view.reference.ref_no} of the review"
    printed = view.names & view.background.printed.keys()
    if printed:
        where = "table" if printed & view.background.table else "text"
        return f"{wording.joined(sorted(printed))}, printed in the review's {where}"
    if view.is_from_before:
        return f"nothing of the review; published {view.record.publication_date}, before it"
    return "nothing of the review"


def _is_of_type(statement: Statement, rule: Rule, view: RecordView) -> bool:
    if view.trial is None:
        return False
    type_ = view.trial.study_type
    is_interventional = not type_ or type_ in _INTERVENTIONAL
    return is_interventional if rule.is_interventional else type_ == "OBSERVATIONAL"


def _is_standing(statement: Statement, rule: Rule, view: RecordView) -> bool:
    return view.standing is not None and view.standing.value in rule.standing


def _has_standing(statement: Statement, rule: Rule, view: RecordView) -> str:
    if view.printed is None or view.trial is None or view.standing is None:
        return "no printed trial"
    words = {
        Standing.CHANGED: "changed since publication",
        Standing.UNDATED: "differs, date of change not known",
        Standing.ALREADY_SO: "already so at publication",
        Standing.SAME: "as printed",
    }.get(view.standing, "status not known")
    return f"printed {view.printed.status}, now {view.trial.status or 'none'}: {words}"


def _found(view: RecordView, entries: tuple[str, ...]) -> str:
    """The words of a record that entries match, quoted."""
    spans = [span for entry in entries if (span := view.find(entry))]
    return wording.joined(f"“{span.text[span.start : span.end]}”" for span in spans)


def _has_intervention(statement: Statement, rule: Rule, view: RecordView) -> str:
    given = view.intervention
    return f"no intervention; its title: {given.text}" if given.is_title else given.text.replace("\n", "; ")


def _has_finding(statement: Statement, rule: Rule, view: RecordView) -> str:
    span = view.find_finding(rule.finding or "benefit", rule.about, rule.about_more)
    if span:
        return f"“{span.quote()}”"
    spoken = _found(view, (*rule.about, *rule.about_more))
    return f"no such sentence; it speaks of {spoken}" if spoken else "no word of them"


PARTS: Final[dict[str, Part]] = {
    "kinds": Part(lambda _, rule, view: view.record.kind in rule.kinds, lambda _, rule, view: view.record.kind),
    "scopes": Part(
        lambda _, rule, view: view.state.score.scope in rule.scopes, lambda _, rule, view: view.state.score.scope
    ),
    "cited": Part(_is_cited, _has_cited),
    "areas": Part(
        lambda _, rule, view: not view.areas.isdisjoint(rule.areas),
        lambda _, rule, view: wording.joined(view.state.score.areas),
    ),
    "facets": Part(
        lambda _, rule, view: (
            not any(view.facets.get(name, frozenset()).isdisjoint(values) for name, values in rule.facets.items())
        ),
        lambda _, rule, view: "; ".join(
            f"{name}: {wording.joined(sorted(view.facets.get(name, ()))) or 'none'}" for name in rule.facets
        ),
    ),
    "changes": Part(
        lambda _, rule, view: not view.state.changes.isdisjoint(rule.changes),
        lambda _, rule, view: wording.joined(sorted(view.state.changes)),
    ),
    "status": Part(
        lambda _, rule, view: view.trial is not None and view.trial.status in rule.status,
        lambda _, rule, view: view.trial.status if view.trial else "",
    ),
    "standing": Part(_is_standing, _has_standing),
    "phases": Part(
        lambda _, rule, view: view.trial is not None and not set(view.trial.phases).isdisjoint(rule.phases),
        lambda _, rule, view: wording.joined(view.trial.phases) if view.trial else "",
    ),
    "has_results": Part(
        lambda _, rule, view: view.trial is not None and bool(view.trial.has_results) is rule.has_results,
        lambda _, rule, view: (
            ("posted results" if view.trial.has_results else "no posted results") if view.trial else ""
        ),
    ),
    "is_interventional": Part(
        _is_of_type, lambda _, rule, view: (view.trial.study_type.lower() or "type not known") if view.trial else ""
    ),
    "results": Part(
        lambda _, rule, view: view.results_posting.value == rule.results,
        lambda _, rule, view: results_words(view),
    ),
    "posted": Part(
        lambda _, rule, view: view.trial is not None and view.posting.value == rule.posted,
        lambda _, rule, view: posted_words(view),
    ),
    "retracted": Part(
        lambda _, rule, view: not view.is_discredited,
        lambda _, rule, view: "it is retracted or withdrawn" if view.is_discredited else "neither",
    ),
    "publication_types": Part(
        lambda _, rule, view: view.text_kind in (rule.publication_types or _STUDIES),
        lambda _, rule, view: view.text_kind,
    ),
    "intervention": Part(
        lambda _, rule, view: all(map(view.find_given, rule.intervention)),
        _has_intervention,
    ),
    "without_text": Part(
        lambda _, rule, view: not any(map(view.find, rule.without_text)),
        lambda _, rule, view: _found(view, rule.without_text),
    ),
    "text": Part(lambda _, rule, view: any(map(view.find, rule.text)), lambda _, rule, view: _found(view, rule.text)),
    "every_text": Part(
        lambda _, rule, view: all(map(view.find, rule.every_text)), lambda _, rule, view: _found(view, rule.every_text)
    ),
    "finding": Part(
        lambda _, rule, view: view.find_finding(rule.finding or "benefit", rule.about, rule.about_more) is not None,
        _has_finding,
    ),
}
"""Part of a rule -> how a record is held against it."""


_WHEN: Final = {Posting.BEFORE_REVIEW: "before the review", Posting.AFTER_REVIEW: "after the review"}


def posted_words(view: RecordView) -> str:
    """When a trial was first posted, beside the review."""
    return _dated(view.trial.first_posted_date, view.posting) if view.trial else ""


def results_words(view: RecordView) -> str:
    """When the results of a trial were posted, beside the review; empty where there are none."""
    is_there = view.trial is not None and view.results_posting != Posting.UNKNOWN
    return _dated(view.trial.results_first_posted_date, view.results_posting) if view.trial and is_there else ""


def _dated(date: str, posting: Posting) -> str:
    when = _WHEN.get(posting, "nobody knows when")
    return f"{date}, {when}" if date else when
