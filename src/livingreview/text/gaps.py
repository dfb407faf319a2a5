"""Sources of which a week without news says nothing: they failed, are overdue, or were never read.

"Nothing new" may be said only where there is no gap; subject, headline and report say the gaps in these words.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from livingreview.records import SourceStatus
from livingreview.text.wording import day, joined, source_name


def source_gaps(status: Mapping[str, SourceStatus], failed: Collection[str], now: datetime) -> list[str]:
    """What was not read, one phrase for all sources of which the same is to be said; empty when nothing is missing.

    Args:
        status: source -> its fetch state.
        failed: sources and files that could not be read.
        now: the moment of speaking.
    """
    names = {phrase: [source_name(name) for name in found] for phrase, found in _phrases(status, failed, now).items()}
    return [
        f"{joined(found)} {phrase if len(found) > 1 else phrase.replace('have never', 'has never')}"
        for phrase, found in names.items()
    ]


def _phrases(status: Mapping[str, SourceStatus], failed: Collection[str], now: datetime) -> dict[str, list[str]]:
    """Phrase -> sources: those that failed, those that were never read, those that are overdue the longest."""
    overdue = {name: source for name, source in status.items() if source.is_overdue}
    never = [name for name, source in sorted(overdue.items()) if source.searched_through_at is None]
    late = sorted(
        (source.searched_through_at, name) for name, source in overdue.items() if source.searched_through_at is not None
    )
    since = {name: f"NOT searched since {day(moment, now)}" for moment, name in late}
    found: dict[str, list[str]] = {}
    for name in sorted(failed):
        also = "never searched completely" if name in never else since.get(name, "")
        found.setdefault(f"FAILED, {also}" if also else "FAILED", []).append(name)
    for name in never:
        if name not in failed:
            found.setdefault("have never been searched", []).append(name)
    for _moment, name in late:
        if name not in failed:
            found.setdefault(since[name], []).append(name)
    return found
