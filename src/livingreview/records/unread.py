"""An item that came and is not read yet."""

from collections.abc import Callable
from dataclasses import dataclass

from livingreview.records import Problem, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An item that came and is not read yet, since the store may know these very bytes.

    Attributes:
        source: as in :class:`~livingreview.records.record.Record`.
        source_id: the id that it seems to have; what it says once it is read counts.
        digest: of its bytes and of the version number of what reads them.
        read: what it says.
    """

    source: str
    source_id: str
    digest: str
    read: Callable[[], Record | Problem]
