"""The client of one service; what it promises stands in :mod:`livingreview.sources.http`."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception
from urllib3.exceptions import HTTPError, ReadTimeoutError

from livingreview import __version__
from livingreview.config import ServiceSettings
from livingreview.config.redaction import Redactor
from livingreview.errors import (
    QueryRejectedError,
    ServiceFaultError,
    SourceError,
    UnreachableError,
    unforeseen,
)
from livingreview.records.exchange import Payload, Request
from livingreview.sources.http.deadline import DeadlineAdapter, until
from livingreview.sources.http.messages import Check, Recorder
from livingreview.sources.http.rates import LIMITERS, Limiters, allowed_per_second, retry_after_seconds
from livingreview.sources.http.redirects import MAX_REDIRECTS, Hop, host_of, malformed, next_hop

_TRANSIENT_STATUS = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
"""403 is among them: ClinicalTrials.gov and NCBI answer it for moments of overload."""
_USER_AGENT = f"livingreview/{__version__}"
_NOT_MODIFIED = 304
_CHUNK_BYTES = 1 << 16
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_FIRST_CONTACT_ATTEMPTS = 2
_DEADLINE_READS = 10
"""A whole answer may take so many times the read time-out, which alone bounds only the pause between two bytes."""


class Client:
    """Asks one service.

    Args:
        service: its name, for messages.
        settings: time-outs, rate, attempts and limits.
        recorder: keeps what comes.
        redactor: knows what must not be kept; those secrets without it that stand in ``settings``. What is sent as a
            secret is always taken out.
        limiters: whose turn it is; the process's own unless a test has others.
        sleep: replaced in tests.

    Attributes:
        has_answered: whether anything ever came back, be it an error.
    """

    def __init__(
        self,
        service: str,
        settings: ServiceSettings,
        *,
        recorder: Recorder | None = None,
        redactor: Redactor | None = None,
        limiters: Limiters | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service = service
        self._settings = settings
        self._recorder = recorder
        self._redactor = redactor or Redactor.of(settings)
        self._limiter = (limiters or LIMITERS).of(service, settings.allowed_per_second)
        self._sleep = sleep
        self.has_answered = False
        # It would log, word for word, headers that it cannot read.
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)
        self._session = _Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, DeadlineAdapter())
        contact = f"; mailto:{settings.email}" if settings.email else ""
        self._session.headers["User-Agent"] = _USER_AGENT + contact

    def send(self, request: Request, check: Check | None = None) -> Payload:
        """The answer to one request, after as many attempts as the settings allow.

        Args:
            request: what to ask.
            check: looks into a complete answer and raises :class:`ServiceFaultError` to have it asked again.

        Raises:
            UnreachableError: no answer came.
            ServiceFaultError: answers came, none of them usable.
            QueryRejectedError: the service refuses this request (4xx).
        """
        attempts = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, SourceError) and error.is_transient),
            stop=self._is_enough,
            wait=self._wait_seconds,
            sleep=self._sleep,
            reraise=True,
        )
        return attempts(self._send_once, request, check)

    def close(self) -> None:
        """Gives the connections back."""
        self._session.close()

    def _is_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ServiceFaultError) and (error.retry_after_seconds or 0) > self._settings.max_wait_seconds:
            return True
        limit = self._settings.max_attempts
        if not self.has_answered:
            limit = min(limit, _FIRST_CONTACT_ATTEMPTS)
        return state.attempt_number >= limit

    def _wait_seconds(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ServiceFaultError) and error.retry_after_seconds is not None:
            return error.retry_after_seconds
        return float(min(2.0 ** (state.attempt_number - 1), self._settings.max_wait_seconds))

    def _send_once(self, request: Request, check: Check | None) -> Payload:
        redactor = self._redactor.adding(request.secrets.values())
        answer = _Answer(request)
        payload: Payload | None = None
        try:
            self._exchange(request, answer, redactor)
            payload = self._kept(answer, redactor)
            if (allowed := allowed_per_second(payload.headers)) is not None:
                self._limiter.slow_to(allowed)
            _raise_for_status(payload, self._where(request))
            if check is not None:
                check(payload)
        except SourceError as error:
            if payload is None and answer.status:
                payload = self._kept(answer, redactor)
            error.args = (redactor.text(str(error)),)
            self._note(request, payload, error)
            # What it came from may hold what was taken out of it.
            raise error from None
        self._note(request, payload, None)
        return payload

    def _kept(self, answer: "_Answer", redactor: Redactor) -> Payload:
        payload = answer.payload(redactor, self._max_bytes)
        if self._recorder is not None:
            self._recorder.keep(payload)
        return payload

    def _note(self, request: Request, payload: Payload | None, fault: SourceError | None) -> None:
        if self._recorder is not None:
            self._recorder.note(request, payload, fault)

    @property
    def _max_bytes(self) -> int:
        return int(self._settings.max_body_megabytes * 1_000_000)

    def _where(self, request: Request) -> str:
        try:
            return f"{self.service} ({host_of(request.url)})"
        except ValueError as error:
            words = f"{request.url}: not an address ({error}); mend it in the configuration"
            raise QueryRejectedError(words) from error

    def _exchange(self, request: Request, answer: "_Answer", redactor: Redactor) -> None:
        where = self._where(request)
        with until(time.monotonic() + _DEADLINE_READS * self._settings.read_timeout_seconds) as is_over:
            try:
                with self._answered(request, redactor, where) as response:
                    self.has_answered = True
                    answer.status = response.status_code
                    answer.headers = {name.lower(): value for name, value in response.headers.items()}
                    self._read_body(response, answer.body, where)
            except SourceError:
                raise
            except Exception as error:
                if is_over():
                    raise ServiceFaultError(f"{where}: the answer drips in too slowly") from error
                raise self._as_source_error(error, where) from error

    @contextmanager
    def _answered(self, request: Request, redactor: Redactor, where: str) -> Iterator[requests.Response]:
        """The answer at the end of all redirects."""
        first = hop = Hop(url=request.url, is_post=request.is_post, is_first=True)
        for _ in range(MAX_REDIRECTS + 1):
            with self._sent(request, hop, redactor, where) as response:
                self.has_answered = True
                location = self._session.get_redirect_target(response)
                if location is None:
                    yield response
                    return
                hop = next_hop(first, hop, response.status_code, location, redactor, where)
        raise QueryRejectedError(f"{where}: redirects more than {MAX_REDIRECTS} times; check base_url")

    def _sent(self, request: Request, hop: Hop, redactor: Redactor, where: str) -> requests.Response:
        self._limiter.wait(self._sleep)
        headers = dict(request.headers)
        if not hop.is_home:
            headers = {name: value for name, value in headers.items() if not redactor.names_asker(value)}
            headers["User-Agent"] = _USER_AGENT
        try:
            return self._session.request(
                "POST" if hop.is_post else "GET",
                hop.url,
                params=dict(request.parameters) if hop.is_first and not hop.is_post else None,
                data={**request.parameters, **request.secrets} if hop.is_post else None,
                headers=headers,
                timeout=(self._settings.connect_timeout_seconds, self._settings.read_timeout_seconds),
                stream=True,
                allow_redirects=False,
            )
        except ValueError as error:
            if hop.is_first:
                raise
            raise malformed(hop.url, redactor, where) from error

    def _as_source_error(self, error: Exception, where: str) -> SourceError:
        """Whatever went wrong in an exchange."""
        timeouts = f"{self._settings.connect_timeout_seconds:g}/{self._settings.read_timeout_seconds:g} s"
        if isinstance(error, ReadTimeoutError):
            return ServiceFaultError(f"{where}: the answer stopped half-way")
        if isinstance(error, HTTPError):
            # What is read from the body comes past requests, in the words of the library below it.
            return ServiceFaultError(f"{where}: the answer broke off half-way")
        if isinstance(error, requests.exceptions.Timeout):
            return UnreachableError(f"{where}: no answer within {timeouts}")
        if isinstance(error, requests.exceptions.ConnectionError):
            return UnreachableError(f"{where}: cannot be reached ({_reason(error)})")
        if isinstance(error, requests.exceptions.RequestException):
            return QueryRejectedError(f"{where}: the request cannot be sent ({error})")
        return ServiceFaultError(f"{where}: {unforeseen(error)}")

    def _read_body(self, response: requests.Response, body: bytearray, where: str) -> None:
        # read1 gives what is there; iter_content would wait for a whole chunk, and let an answer drip for days.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            if len(body) + len(chunk) > self._max_bytes:
                body.clear()
                raise QueryRejectedError(
                    f"{where}: the answer is larger than {self._settings.max_body_megabytes:g} MB"
                    " (setting max_body_megabytes)"
                )
            body += chunk
        expected = response.headers.get("Content-Length", "")
        # An answer without a body may tell the length that the body would have (RFC 9110, 8.6).
        is_plain = not response.headers.get("Content-Encoding") and response.status_code not in (204, 304)
        if is_plain and _LENGTH.fullmatch(expected) and len(body) < int(expected):
            raise ServiceFaultError(f"{where}: the answer broke off after {len(body)} of {expected} bytes")


class _Session(requests.Session):
    """Leaves redirects alone; that of requests looks where they lead even when it is not to follow them."""

    def resolve_redirects(self, *_arguments: Any, **_named: Any) -> Iterator[requests.Response]:
        """None."""
        return iter(())


@dataclass(slots=True)
class _Answer:
    """An answer while it comes in; what has come of one that broke off is worth keeping, too."""

    request: Request
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def payload(self, redactor: Redactor, max_bytes: int) -> Payload:
        """What came, without secrets."""
        headers = {redactor.text(name): redactor.text(value) for name, value in self.headers.items()}
        return Payload(
            request=self.request,
            status=self.status,
            body=redactor.body(bytes(self.body), max_bytes),
            media_type=headers.get("content-type", "").split(";")[0].strip().lower(),
            headers=headers,
            retrieved_at=datetime.now(UTC),
        )


def _raise_for_status(payload: Payload, where: str) -> None:
    if 200 <= payload.status < 300 or payload.status == _NOT_MODIFIED:
        return
    if payload.status < 400:
        raise ServiceFaultError(f"{where}: answered {payload.status}, which is no answer")
    words = " ".join(payload.body[:300].decode("utf-8", "replace").split())
    if payload.media_type == "text/html" or words.startswith("<"):
        words = ""
    message = f"{where}: answered {payload.status}" + (f": {words}" if words else "")
    if payload.status in _TRANSIENT_STATUS:
        wait = retry_after_seconds(payload.headers.get("retry-after", ""), payload.retrieved_at)
        raise ServiceFaultError(message, retry_after_seconds=wait)
    raise QueryRejectedError(message)


def _reason(error: BaseException) -> str:
    """The innermost cause in a few words: requests wraps it several times."""
    text = str(error)
    for words, plain in (
        ("Connection refused", "connection refused"),
        ("NameResolutionError", "no such host, or no network"),
        ("Failed to resolve", "no such host, or no network"),
        ("Network is unreachable", "no network"),
        ("Connection reset", "connection reset"),
        ("RemoteDisconnected", "connection closed without an answer"),
        ("ProxyError", "the proxy refuses"),
        ("certificate", "its certificate is not valid"),
        ("got more than", "its headers have no end"),
    ):
        if words in text:
            return plain
    return type(error).__name__
