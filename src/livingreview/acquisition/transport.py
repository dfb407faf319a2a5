"""The transport to a service: what is sent, what is archived, what is logged."""

from collections.abc import Callable
from typing import Protocol

from livingreview.acquisition.context import RunContext
from livingreview.config import Settings
from livingreview.config.redaction import Redactor
from livingreview.errors import SourceError
from livingreview.records import Run
from livingreview.records.exchange import Payload, Request
from livingreview.sources import Kept
from livingreview.sources.http import Check, Client
from livingreview.store.repository import Repository


class Transport(Protocol):
    """Sends requests to one service, or reads what it once answered."""

    @property
    def has_answered(self) -> bool:
        """Whether anything ever came back, be it an error."""
        ...

    def get(self, request: Request, check: Check | None = None) -> Kept:
        """See :class:`livingreview.sources.base.Getter`."""
        ...

    def close(self) -> None:
        """Gives the connections back."""
        ...


Connect = Callable[[str], Transport]
"""Makes the transport to a service, by its name."""


class LiveTransport:
    """Sends, and archives every answer before anybody looks into it, also those that turn out unusable.

    Args:
        service: its name.
        settings: of everything; no secret of them is archived or logged.
        repository: whose archive and log take the answers.
        run: under which they are logged.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        service: str,
        settings: Settings,
        repository: Repository,
        run: Run,
        sleep: Callable[[float], None],
    ) -> None:
        self._service = service
        self._repository = repository
        self._run = run
        self._key = ""
        self._client = Client(
            service, settings.service(service), recorder=self, redactor=Redactor.of(settings), sleep=sleep
        )

    @property
    def has_answered(self) -> bool:
        """Whether anything ever came back."""
        return self._client.has_answered

    def get(self, request: Request, check: Check | None = None) -> Kept:
        """The archived answer; a request that ends without one is logged with its reason."""
        try:
            payload = self._client.send(request, check)
        except SourceError as error:
            self._repository.log_silence(self._run, self._service, request, error)
            raise
        return Kept(key=self._key, payload=payload)

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    def keep(self, payload: Payload) -> None:
        """See :class:`livingreview.sources.http.messages.Recorder`."""
        self._key = self._repository.archive.put(payload.body)

    def note(self, _request: Request, payload: Payload | None, fault: SourceError | None) -> None:
        """See :class:`livingreview.sources.http.messages.Recorder`."""
        if payload is not None:
            self._repository.log_answer(self._run, self._service, self._key, payload, fault)


def live(context: RunContext) -> Connect:
    """Transports to the services themselves."""
    settings, sleep = context.project.settings, context.watch.sleep
    return lambda name: LiveTransport(name, settings, context.repository, context.run, sleep)
