"""What every source does: retrieve (ask, and keep what came) and parse (bytes to items), kept apart.

``retrieve`` talks to a service through a :class:`Getter`, which archives each answer before it hands it back; it
returns the archive keys of the answers that hold records, with the service's own count beside what was listed.
``parse`` turns one archived document into records, deletions and problems; it never touches a network, so a file on
disk and an answer of the service take the same way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, Protocol, TypeVar, runtime_checkable

from livingreview.config import Query
from livingreview.records import Deletion, Problem, Record
from livingreview.records.exchange import Payload, Request
from livingreview.sources.http import Check

Item = Record | Deletion | Problem
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days that are asked for, both ends included; ``stamp`` is what the source gave at the last reading."""

    since: date
    until: date
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer that has been archived: its payload and the key that finds it again."""

    key: str
    payload: Payload


class Getter(Protocol):
    """Sends a request and archives the answer before anybody parses it."""

    def __call__(self, request: Request, check: Check | None = None) -> Kept:
        """The archived answer; raises a :class:`~livingreview.errors.SourceError` when none came."""
        ...


def ask(get: Getter, request: Request, read: Callable[[Payload], Value]) -> tuple[Kept, Value]:
    """The archived answer to a request, and what ``read`` makes of it; it is read once, since reading is the check.

    Args:
        get: sends the request.
        request: what to ask.
        read: raises :class:`~livingreview.errors.ServiceFaultError` to have the request sent again.

    Raises:
        SourceError: no answer came that can be read.
    """
    found: list[tuple[Payload, Value]] = []

    def check(payload: Payload) -> None:
        found.append((payload, read(payload)))

    kept = get(request, check)
    if found and found[-1][0] is kept.payload:
        return kept, found[-1][1]
    # A replay hands out what was checked when it came.
    return kept, read(kept.payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """What one query brought, before it is parsed.

    Attributes:
        keys: archive keys of the documents that hold records, in the order in which they came.
        announced: the service's own count of distinct records, None where it gives none.
        ids: the distinct ids that the service listed; what is parsed must cover them, or name the rest. A record that
            is parsed and stands neither here nor in ``came_as`` was not asked for.
        missing: id -> reason, for ids that were listed and asked for but not returned, not even alone.
        came_as: what was asked for -> the id under which the source gave it instead.
        requests: how many requests it took.
        stamp: the service's own mark of this state (``dataTimestamp``, ``ETag``), for the next reading.
        is_unchanged: True when the service said that nothing changed since the last stamp.
    """

    keys: tuple[str, ...] = ()
    announced: int | None = None
    ids: frozenset[str] = frozenset()
    missing: Mapping[str, str] = field(default_factory=dict)
    came_as: Mapping[str, str] = field(default_factory=dict)
    requests: int = 0
    stamp: str = ""
    is_unchanged: bool = False


class Parser(Protocol):
    """Turns one document into items, streaming; never raises for one bad record, which becomes a Problem."""

    def __call__(self, document: BinaryIO) -> Iterator[Item]:
        """The items of the document in their order.

        Raises:
            InputError: the document as a whole is not what it should be, or breaks off.
        """
        ...


class Source(Protocol):
    """One service that can be searched."""

    name: str

    def retrieve(self, query: Query, window: Window, get: Getter) -> Retrieved:
        """Everything that matches the query within the window, reconciled against the service's own count.

        Raises:
            SourceError: the query could not be read completely.
        """
        ...

    def retrieve_ids(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """These records, whatever any query finds.

        Raises:
            SourceError: they could not be asked for.
        """
        ...

    def parse(self, document: BinaryIO) -> Iterator[Item]:
        """See :class:`Parser`."""
        ...


@runtime_checkable
class FindsDois(Protocol):
    """A source that can be asked for records by doi."""

    def retrieve_dois(self, dois: Sequence[str], get: Getter) -> Retrieved:
        """The records that bear these DOIs: ``came_as`` says doi -> id, ``missing`` names the others.

        Raises:
            SourceError: they could not be asked for.
        """
        ...


@runtime_checkable
class Counts(Protocol):
    """A source that can be asked cheaply which of many records it still has."""

    def count(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """``announced`` says how many of these are there; ``missing`` names the others, each asked for once more alone.

        Raises:
            SourceError: they could not be asked for.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a search finds, without what the records say.

    Attributes:
        keys: (source, source_id) of each record.
        requests: how many requests it took.
    """

    keys: frozenset[tuple[str, str]]
    requests: int


@runtime_checkable
class Lists(Protocol):
    """A source whose searches can be listed cheaply, by ids alone."""

    def list_keys(self, query: Query, window: Window, get: Getter) -> Listed:
        """Every record that :meth:`Source.retrieve` would bring, reconciled against the service's own count.

        Raises:
            SourceError: the list could not be read completely.
        """
        ...


@runtime_checkable
class KeepsHistory(Protocol):
    """A source that knows what its records said before anybody here had read them."""

    def retrieve_history(self, between: Mapping[str, tuple[str, str]], get: Getter) -> Retrieved:
        """Earlier states of records, none of which is stored.

        Args:
            between: id -> the day on which the first of these states stood, and the day before which all of them lie.
            get: sends one request.

        Returns:
            ``missing`` names what could not be read; no fault of the service is an error here.
        """
        ...


@runtime_checkable
class Searchable(Protocol):
    """A source whose searches can be held against records that they should find."""

    def find_among(self, query: Query, ids: Sequence[str], get: Getter) -> frozenset[str]:
        """Those of these records that the search finds, whatever their dates.

        Raises:
            SourceError: it could not be asked.
        """
        ...
