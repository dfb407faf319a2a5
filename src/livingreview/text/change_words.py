"""What a change says, in a reader's words."""

from collections.abc import Mapping
from typing import Any

from livingreview.records.change_types import REFERENCE_TYPES, STATEMENT_TYPES, ChangeType
from livingreview.records.sanitize import clean
from livingreview.text.wording import (
    ARROW,
    based_on,
    counted,
    effect_heading,
    enrollment_words,
    enum_words,
    joined,
    plain_value,
    status_words,
)

_ENUMS = frozenset({"status", "last_known_status", "enrollment_type", "study_type", "phases"})


_FIELDS = {
    "enrollment_count": "enrolment",
    "enrollment_type": "kind of enrolment",
    "has_results": "results",
    "completion_date": "completion",
    "primary_completion_date": "primary completion",
    "start_date": "start",
    "result_pmids": "result papers",
}


def change_words(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What a change says, without the record it is about; unknown types are given field by field.

    A notice names the statements of the review that cite its record or hold it as evidence.
    """
    words = _words(kind, before, after)
    cited_by, evidence_of = ([clean(one) for one in after.get(name, ())] for name in ("cited_by", "evidence_of"))
    ways = {one: "cites it" for one in cited_by}
    ways |= {one: "cites it, evidence" if one in ways else "evidence" for one in evidence_of}
    citing = joined(f"{one} ({how})" for one, how in sorted(ways.items()))
    return f"{words}; statements that use it: {citing}" if citing else words


def _words(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    says = WORDS.get(kind)
    words = says(before, after) if says else ""
    if words:
        return words
    if kind in REFERENCE_TYPES:
        base = _words(ChangeType(kind).bare, before, after)
        number = after.get("ref_no")
        if number == 0:
            return f"the review itself: {base}"
        return f"cited by the review as reference {number}: {base}" if number is not None else base
    fields = _fields(before, after, skip=("title",))
    name = kind.replace("_", " ")
    return f"{name}: {fields}" if fields else name


def _fields(before: Mapping[str, Any], after: Mapping[str, Any], skip: tuple[str, ...] = ()) -> str:
    parts = []
    for name in sorted({*before, *after} - set(skip)):
        say = enum_words if name in _ENUMS else plain_value
        old, new = say(before.get(name)), say(after.get(name))
        if old == new:
            continue
        label = _FIELDS.get(name, clean(name).replace("_", " "))
        parts.append(f"{label} {old} {ARROW} {new or 'none'}" if old else f"{label} {new}")
    return "; ".join(parts)


def _status_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    words = f"{status_words(str(before.get('status', '')))} {ARROW} {status_words(str(after.get('status', '')))}"
    why = clean(after.get("why_stopped") or "")
    return f"{words} ({why})" if why else words


def _results_posted(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    status = status_words(str(after.get("status") or ""))
    posted = clean(after.get("results_first_posted_date") or "")
    words = f"{status} {ARROW} has results" if status else f"no results {ARROW} has results"
    return f"{words} (posted {posted})" if posted else words


def _enrollment_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return f"enrolment {enrollment_words(before) or 'not given'} {ARROW} {enrollment_words(after) or 'not given'}"


def _date_slipped(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    words = _fields(before, {name: value for name, value in after.items() if name != "days"})
    days = after.get("days")
    if not isinstance(days, int) or not days:
        return words
    return f"{words} ({counted(abs(days), 'day')} {'later' if days > 0 else 'earlier'})"


def overdue(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """``overdue: primary completion was due 2023-05, no update since 2022-06-01, still recruiting``."""
    names = ("primary_completion_date", "completion_date")
    parts = [f"{_FIELDS[name]} was due {clean(after[name])}" for name in names if after.get(name)]
    if updated := clean(after.get("last_update_posted_date")):
        parts.append(f"no update since {updated}")
    if status := status_words(str(after.get("status") or "")):
        parts.append(f"still {status}")
    return "overdue" + (f": {', '.join(parts)}" if parts else "")


def _results_published(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    words = f"results published: PMID {joined(clean(pmid) for pmid in after.get('result_pmids', ()))}"
    article, place = clean(after.get("article") or ""), str(after.get("named_by") or "")
    where = {"data bank": "names the trial in its data bank", "abstract": "names the trial in its abstract"}.get(place)
    how = f"which {where}" if where else "listed by the registry" if place == "registry" else ""
    return words + (f" ({article})" if article else "") + (f", {how}" if how else "")


def _new_area(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    words = f"{counted(int(after.get('n_works') or 0), 'work')} of the review's own scope that fit no area"
    earlier = int(before.get("n_works") or 0)
    return f"possible new disease area: {words}" + (f", {earlier:,} of them told before" if earlier else "")


_NOTICE_VERBS = {
    "PartialRetractionIn": "retracted in part",
    "RetractedandRepublishedIn": "retracted and republished",
    "CorrectedandRepublishedIn": "corrected and republished",
}
"""Kinds of notices that say more than the type of their change; where it was republished is the notice's reference."""


def _notice(verb: str) -> Any:
    def words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        notice = after.get("notice") or {}
        where = [clean(notice[name]) for name in ("citation",) if notice.get(name)]
        where += [f"{name} {clean(notice[name])}" for name in ("pmid", "doi") if notice.get(name)]
        said = _NOTICE_VERBS.get(notice.get("kind", ""), verb)
        what = f"{said} ({'; '.join(where)})" if where else said
        return f"{what}; a person included it" if after.get("is_included") else what

    return words


def _revised(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    parts = [clean(part) for part in after.get("parts", ())]
    words = f"{joined(parts)} revised" if parts else "text revised"
    if "title" in parts and before.get("title"):
        words += f"; the title was: {clean(before['title'])}"
    return words


def _design_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    words = _fields(before, after, skip=("title",))
    parts = [f"design changed: {words}"] if words else []
    if after.get("title") and before.get("title"):
        parts.append(f"renamed, formerly: {clean(before['title'])}")
    return "; ".join(parts)


def _alias_changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    names = sorted(set(after.get("aliases", ())) - set(before.get("aliases", ())))
    return f"also registered as {joined(clean(name) for name in names)}, which the registry has merged into it"


def _proposed(effect: str) -> Any:
    def words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        pieces = after.get("evidence", ())
        given = () if after.get("count") else pieces
        reasons = joined(dict.fromkeys(clean(piece.get("why")) for piece in given if piece.get("why")))
        basis = based_on(after)
        heading = effect_heading(effect)
        said = f"{heading} {basis.capitalize()}" if heading.endswith("?") else f"{heading}, {basis}"
        return f"{said}: {reasons}" if reasons else said

    return words


def _first_trial(text: str) -> Any:
    def words(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
        status = status_words(str(after.get("status") or "")) or "status not given"
        posted = clean(after.get("first_posted_date") or "")
        return f"{text} ({f'first posted {posted}; ' if posted else ''}{status})"

    return words


def _said(text: str) -> Any:
    return lambda before, after: text


WORDS: dict[str, Any] = {
    ChangeType.NEW_RECORD: _said("new record"),
    ChangeType.NEW_CORE_RECORD: _said("new evidence in the review's own scope"),
    ChangeType.PREPRINT_PUBLISHED: _said("the preprint is now published as an article"),
    ChangeType.REVISED_TEXT: _revised,
    ChangeType.WITHDRAWN: lambda before, after: (
        "withdrawn by its source"
        + (f", which has it as {clean(after['merged_into'])} now" if after.get("merged_into") else "")
    ),
    ChangeType.RETRACTED: _notice("retracted"),
    ChangeType.CONCERN_EXPRESSED: _notice("expression of concern"),
    ChangeType.CORRECTED: _notice("corrected"),
    ChangeType.REINSTATED: lambda before, after: (
        _notice("reinstated")(before, after) if after.get("notice") else "its source has it again"
    ),
    ChangeType.ALIAS_CHANGED: _alias_changed,
    ChangeType.NEW_TRIAL: _first_trial("new trial"),
    ChangeType.MISSED_TRIAL: _first_trial("missed by the review"),
    ChangeType.UNDATED_TRIAL: _first_trial("not printed in the review, date of first posting unknown"),
    ChangeType.TRIAL_READ: _first_trial("read for the first time"),
    ChangeType.DESIGN_CHANGED: _design_changed,
    ChangeType.STATUS_CHANGED: _status_changed,
    ChangeType.RESULTS_POSTED: _results_posted,
    ChangeType.RESULTS_PUBLISHED: _results_published,
    ChangeType.ENROLLMENT_CHANGED: _enrollment_changed,
    ChangeType.DATE_SLIPPED: _date_slipped,
    ChangeType.WHY_STOPPED: lambda before, after: f"reason given: {clean(after.get('why_stopped') or 'none')}",
    ChangeType.OVERDUE: overdue,
    ChangeType.NEW_AREA: _new_area,
    **{type_: _proposed(effect) for effect, type_ in STATEMENT_TYPES.items()},
}
"""Type of change -> what says it, from its values before and after; one on a reference says what its bare type says."""
