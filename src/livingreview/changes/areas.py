"""Core records that fit no area of the review and have something in common: reported once a group, and when it doubles.

Groups have no name that lasts: another record may regroup them all. So what was reported is remembered by its records.
A group is news when enough of its records are in no earlier such change, and at least as many as those that are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from livingreview.records import Change, Severity
from livingreview.records.change_types import ChangeType

Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Records that share these terms, strongest first; ``keys`` are (source, source_id), one a work."""

    terms: tuple[str, ...]
    keys: tuple[Key, ...]


def new_areas(
    groups: Sequence[Group], reported: Collection[Key], titles: Mapping[Key, str], least: int, now: datetime
) -> list[Change]:
    """Changes for the groups that are news.

    Args:
        groups: as they are at present.
        reported: every record of every earlier change of this type.
        titles: record -> title.
        least: so many records that were not reported make a group news.
        now: the moment that the changes bear.
    """
    changes = []
    for group in groups:
        fresh = [key for key in group.keys if key not in reported]
        n_known = len(group.keys) - len(fresh)
        if len(fresh) < max(least, n_known):
            continue
        records = [*fresh, *(key for key in group.keys if key in reported)]
        changes.append(
            Change(
                type=ChangeType.NEW_AREA,
                severity=Severity.NOTABLE,
                source="review",
                source_id=f"area: {group.terms[0]}",
                work="",
                at=now,
                before={"n_works": n_known} if n_known else {},
                after={
                    "title": ", ".join(group.terms),
                    "terms": list(group.terms),
                    "n_works": len(records),
                    "records": [
                        {"source": source, "source_id": source_id, "title": titles.get((source, source_id), "")}
                        for source, source_id in records
                    ],
                },
            )
        )
    return changes
