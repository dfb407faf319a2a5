"""Values in a person's words: statuses, dates, numbers, sources, and what a change says."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from livingreview.records.change_types import REFERENCE_TYPES, STATEMENT_TYPES, ChangeType
from livingreview.records.sanitize import clean

ARROW = "->"
_SOURCES = {
    "pubmed": "PubMed",
    "pmc": "PubMed Central",
    "clinicaltrials": "ClinicalTrials.gov",
    "europepmc": "Europe PMC",
    "crossref": "Crossref",
    "retraction_watch": "Retraction Watch",
    "anzctr": "ANZCTR",
    "isrctn": "ISRCTN",
    "chictr": "ChiCTR",
    "ctis": "EU CTIS",
    "ctri": "CTRI",
    "drks": "DRKS",
    "euctr": "EU Clinical Trials Register",
    "ictrp": "ICTRP",
    "irct": "IRCT",
    "jrct": "jRCT",
    "feeds": "feeds",
    "files": "files",
}
_OF_PAPERS = frozenset({"pubmed", "pmc", "europepmc", "crossref", "retraction_watch", "feeds", "files"})
_OF_THE_RULE = ("scope: ", "change: ", "areas: ")
_PHASE = re.compile(r"phase(?=\d)")
_STATUS_WORDS = {"UNKNOWN": "unknown status", "ACTIVE_NOT_RECRUITING": "active, not recruiting"}
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
_EFFECTS = {
    "challenges": ("Contradicted?", "may be contradicted", "may be contradicted"),
    "outdates": ("Out of date?", "is out of date", "are out of date"),
    "already_so": ("Was already so {when}", "was already out of date {when}", "were already out of date {when}"),
    "confirms": ("New support", "gains support", "gain support"),
    "extends": ("New coverage", "gains coverage", "gain coverage"),
}
"""Effect of a rule, the gravest first -> heading of its proposals, and what one and several statements do."""
EFFECTS = tuple(_EFFECTS)


def source_name(slug: str) -> str:
    """A source as people call it; a file by its own name."""
    return _SOURCES.get(slug, clean(slug))


def named(source: str, source_id: str, title: object) -> str:
    """A record as a reader knows it: a paper by its title, a trial or a statement by its number and its title.

    A statement's number stands behind its words. A proposed area has no number: its terms are all that there is to say.
    """
    said, number = clean(title or ""), clean(source_id)
    if not said:
        return number
    if source == "review" and not number.startswith("area: "):
        return f"{said} ({number})"
    return said if source in _OF_PAPERS or source == "review" else f"{number}: {said}"


def telling_facts(facts: Iterable[object]) -> list[str]:
    """The facts of a piece of evidence in words, without those that only repeat what its rule asked for."""
    return [_fact_words(said) for fact in facts if not (said := clean(fact)).startswith(_OF_THE_RULE)]


def _fact_words(fact: str) -> str:
    """A fact (``name: value``) for a reader: ``phase 2/3``, ``was Recruiting, now Unknown status``."""
    name, _, value = fact.partition(": ")
    if name == "phases":
        phases = [enum_words(phase) for phase in value.split(", ")]
        return "/".join(phases[:1] + [phase.removeprefix("phase ") for phase in phases[1:]])
    if name == "status":
        printed, is_unlike, now = value.rpartition(", now ")
        token, comma, rest = now.partition(", ")
        status = status_words(token)
        words = status[:1].upper() + status[1:] + comma + rest
        return f"{printed.replace('printed', 'was', 1)}, now {words}" if is_unlike else words
    return f"{name.replace('_', ' ')}: {value.replace('_', ' ')}" if value else fact


def counted(count: int, singular: str, plural: str = "") -> str:
    """``1 alert``, ``1,204 alerts``."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


def joined(parts: Iterable[str], last: str = "and") -> str:
    """``a, b and c``."""
    *rest, end = list(parts) or [""]
    return f"{', '.join(rest)} {last} {end}" if rest else end


def moment(value: datetime | None) -> str:
    """``2026-11-23 05:00 UTC``; empty for none."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if value else ""


def status_words(token: str) -> str:
    """A status of the registry's API in words; empty when nothing was said."""
    return _STATUS_WORDS.get(token, clean(token).replace("_", " ").lower())


def plain_value(value: Any) -> str:
    """Any JSON value in one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{clean(name)}: {plain_value(value[name])}" for name in sorted(value) if value[name])
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "; ".join(plain_value(part) for part in value)
    return "" if value is None else clean(value)


def enum_words(value: Any) -> str:
    """A value of the registry's vocabulary (``EARLY_PHASE1``) in words."""
    return _PHASE.sub("phase ", plain_value(value).replace("_", " ").lower())


def change_words(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """What a change says, without the record it is about; unknown types are given field by field.

    A notice names the statements of the review that cite its record or hold it as evidence.
    """
    words = _words(kind, before, after)
    cited_by, evidence_of = ([clean(one) for one in after.get(name, ())] for name in ("cited_by", "evidence_of"))
    ways = {one: "cites it" for one in cited_by}
    ways |= {one: "cites it, evidence" if one in ways else "evidence" for one in evidence_of}
    citing = joined(f"{one} ({how})" for one, how in sorted(ways.items()))
    return f"{words}; statements that lean on it: {citing}" if citing else words


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


def enrollment_words(values: Mapping[str, Any]) -> str:
    """``120 (estimated)``; empty when no number was given."""
    if (count := values.get("enrollment_count")) is None:
        return ""
    kind = enum_words(values.get("enrollment_type"))
    return f"{count:,} ({kind})" if kind else f"{count:,}"


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


def of_total(numbers: Sequence[int]) -> str:
    """``13 of 33``, or a number alone."""
    return joined((f"{number:,}" for number in numbers), "of")


def count_words(after: Mapping[str, Any]) -> str:
    """``13 of 33 in print, 15 of 42 now, 3 of them missed by the review``; empty for a proposal that counts nothing."""
    count = after.get("count")
    if not count:
        return ""
    parts = [f"{of_total(count['print'])} in print", f"{of_total(count['now'])} now"]
    if missed := int(count.get("n_missed") or 0):
        parts.append(f"{missed:,} of them missed by the review")
    if undated := int(count.get("n_undated") or 0):
        parts.append(f"{undated:,} of unknown date")
    return ", ".join(parts)


def effect_heading(effect: str, year: int | None = None) -> str:
    """The heading of the proposals of one effect; ``year`` is that of the review: ``Was already so in 2022``."""
    return _EFFECTS[effect][0].format(when=_when(year))


def verdict_words(effect: str, verdict: str, year: int | None = None) -> str:
    """What a person said of a proposal: ``Out of date? Yes``, ``New support: no``."""
    heading, said = effect_heading(effect, year), "yes" if verdict == "accepted" else "no"
    return f"{heading} {said.capitalize()}" if heading.endswith("?") else f"{heading}: {said}"


def effect_counts(effects: Sequence[str], year: int | None = None) -> str:
    """``5 statements may be contradicted, 6 are out of date, 8 gain support``, from the effect of each proposal."""
    parts: list[str] = []
    for effect, (_heading, one, several) in _EFFECTS.items():
        if count := sum(each == effect for each in effects):
            subject = f"{count:,}" if parts else counted(count, "statement")
            parts.append(f"{subject} {(one if count == 1 else several).format(when=_when(year))}")
    return ", ".join(parts)


def waiting_words(count: int, days: int) -> str:
    """``10 suggestions still waiting, the oldest 21 days``; those of this very day are ``10 suggestions``."""
    words = counted(count, "suggestion")
    if not days:
        return words
    return f"{words} still waiting, {'the oldest' if count > 1 else 'for'} {counted(days, 'day')}"


def based_on(after: Mapping[str, Any]) -> str:
    """``based on 12 trials``, from what a proposal holds; publications are studies, and so is a mixture.

    A count says its numbers first: ``13 of 33 in print, 15 of 42 now, based on 2 trials``.
    """
    sources = {str(piece.get("source")) for piece in after.get("evidence", ())}
    nouns = ("trial", "trials") if sources and sources.isdisjoint(_OF_PAPERS) else ("study", "studies")
    basis = f"based on {counted(int(after.get('n_works') or 0), *nouns)}"
    return f"{count}, {basis}" if (count := count_words(after)) else basis


def day(value: datetime, now: datetime) -> str:
    """``2 Nov``, with the year where it is not that of ``now``."""
    moment_ = value.astimezone(UTC)
    return f"{moment_.day} {moment_:%b}" + (f" {moment_.year}" if moment_.year != now.astimezone(UTC).year else "")


def _when(year: int | None) -> str:
    return f"in {year}" if year else "at publication"


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


def trial_news(type_: ChangeType, count: int) -> str:
    """How many trials that the review does not print are new, were missed by it, or are not dated."""
    if type_ == ChangeType.NEW_TRIAL:
        return counted(count, "new trial")
    return counted(count, "trial") + (
        " missed by the review" if type_ == ChangeType.MISSED_TRIAL else " whose first posting is not dated"
    )


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
