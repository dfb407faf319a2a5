"""What is asked, what came back, and who keeps it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from livingreview.errors import SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: parameters go into the address, or with ``is_post`` into the body.

    ``secrets`` are parameters too, but are shown and kept nowhere; they must go by POST.
    """

    url: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_post: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What came back, as bytes, before anybody looks into it."""

    request: Request
    status: int
    body: bytes
    media_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    retrieved_at: datetime


Check = Callable[[Payload], None]


class Recorder(Protocol):
    """Keeps what was received."""

    def keep(self, payload: Payload) -> None:
        """Called with the bytes of every answer, before anybody looks into them."""
        ...

    def note(self, request: Request, payload: Payload | None, fault: SourceError | None) -> None:
        """Called when an attempt has ended: with its answer, if one came, and why it cannot be used, if it cannot."""
        ...
