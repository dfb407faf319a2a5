"""Stored states -> typed changes (design, section 6)."""

from livingreview.changes.areas import Group, new_areas
from livingreview.changes.derive import Context, derive, derive_all
from livingreview.changes.event import Event
from livingreview.changes.overdue import is_reported, overdue

__all__ = [
    "Context",
    "Event",
    "Group",
    "derive",
    "derive_all",
    "is_reported",
    "new_areas",
    "overdue",
]
