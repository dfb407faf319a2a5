"""A change before it knows its record, run and time."""

from dataclasses import dataclass, field
from typing import Any

from livingreview.records import Severity
from livingreview.records.change_types import ChangeType


@dataclass(frozen=True, slots=True)
class Event:
    """What happened between two states.

    Attributes:
        before: values before, JSON-ready.
        after: values after, JSON-ready.
        effective_date: the source's own date of the event; empty takes the record's.
    """

    type: ChangeType
    severity: Severity
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    effective_date: str = ""
