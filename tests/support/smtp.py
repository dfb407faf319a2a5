"""A mail server on the loopback that speaks SMTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session


class Handler:
    """Accepts, unless told otherwise."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.refused: set[str] = set()
        self.answer = "250 OK"
        self.drop_at = ""
        self.has_dropped = threading.Event()

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.drop_at == "RCPT":
            server.transport.abort()
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.mails.append(envelope)
        if self.drop_at == "DATA":
            self.has_dropped.set()
            server.transport.abort()
        return self.answer

    async def handle_QUIT(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drop_at == "QUIT":
            server.transport.abort()
        return "221 bye" if self.drop_at != "QUIT-BAD" else "451 stay"


class AnyPort(Controller):
    """Takes the port that the system gives."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def listening(handler: Handler, **values: Any) -> Iterator[int]:
    """A server that hands its mails to a handler; gives its port."""
    controller = AnyPort(handler, hostname="127.0.0.1", port=0, **values)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
