"""Values in a reader's words: statuses, dates, numbers, sources, and what is proposed for statements."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from livingreview.records.change_types import ChangeType
from livingreview.records.sanitize import clean

ARROW = "→"
"""Between what was and what is."""
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


def enrollment_words(values: Mapping[str, Any]) -> str:
    """``120 (estimated)``; empty when no number was given."""
    if (count := values.get("enrollment_count")) is None:
        return ""
    kind = enum_words(values.get("enrollment_type"))
    return f"{count:,} ({kind})" if kind else f"{count:,}"


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


def trial_news(type_: ChangeType, count: int) -> str:
    """How many trials that the review does not print are new, were missed by it, or are not dated."""
    if type_ == ChangeType.NEW_TRIAL:
        return counted(count, "new trial")
    return counted(count, "trial") + (
        " missed by the review" if type_ == ChangeType.MISSED_TRIAL else " whose first posting is not dated"
    )
