"""What is asked, what came back, and who keeps it."""

from collections.abc import Callable
from typing import Protocol

from livingreview.errors import SourceError
from livingreview.records.exchange import Payload, Request

Check = Callable[[Payload], None]


class Recorder(Protocol):
    """Keeps what was received."""

    def keep(self, payload: Payload) -> None:
        """Called with the bytes of every answer, before anybody looks into them."""
        ...

    def note(self, request: Request, payload: Payload | None, fault: SourceError | None) -> None:
        """Called when an attempt has ended: with its answer, if one came, and why it cannot be used, if it cannot."""
        ...
