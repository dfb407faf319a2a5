"""One polite client a service: time-outs, a shared rate limit, bounded retries, bounded bodies.

Retried are only faults that pass: no connection, 408, 425, 429, 5xx, a body cut off, and what the caller's ``check``
calls a :class:`~livingreview.errors.ServiceFaultError` (services send errors with status 200). A ``Retry-After`` in
either form is obeyed up to ``max_wait_seconds``, and so is a rate that an answer tells (``X-Rate-Limit-Limit``). A
service that has never answered in this run is given two attempts
only, so that a machine without a network knows it within seconds.

Every client of a service in this process takes its turn at one limiter. Every answer is handed to the client's
recorder before anybody looks into it, those that turn out unusable or broke off among them.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol
from urllib.parse import urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception
from urllib3.exceptions import HTTPError, ReadTimeoutError

from livingreview import __version__
from livingreview.config import ServiceSettings
from livingreview.errors import QueryRejectedError, ServiceFaultError, SourceError, UnreachableError

_TRANSIENT_STATUS = frozenset({403, 408, 425, 429, 500, 502, 503, 504})
"""403 is among them: ClinicalTrials.gov and NCBI answer it for moments of overload."""
_CHUNK_BYTES = 1 << 16
_LENGTH = re.compile(r"\d{1,18}", re.ASCII)
_RATE = re.compile(r"[1-9]\d{0,5}", re.ASCII)
_FIRST_CONTACT_ATTEMPTS = 2
_DEADLINE_READS = 10
"""A whole answer may take so many times the read time-out, which alone bounds only the pause between two bytes."""


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


class RateLimiter:
    """Spaces calls evenly; one object is shared by every thread that asks the same service."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval_seconds = 1.0 / per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._next_at = 0.0

    def slow_to(self, per_second: float) -> None:
        """Never again faster than this."""
        with self._lock:
            self._interval_seconds = max(self._interval_seconds, 1.0 / per_second)

    def wait(self, sleep: Callable[[float], None] = time.sleep) -> None:
        """Returns when the caller may send one request."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next_at)
            self._next_at = start + self._interval_seconds
        if start > now:
            sleep(start - now)


class Limiters:
    """One limiter a service and rate, made when it is first asked for."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._made: dict[tuple[str, float], RateLimiter] = {}

    def of(self, service: str, per_second: float) -> RateLimiter:
        """The limiter of a service."""
        with self._lock:
            key = (service, per_second)
            if key not in self._made:
                self._made[key] = RateLimiter(per_second, self._clock)
            return self._made[key]


LIMITERS = Limiters()
"""Those of this process: a run, ``baseline resolve`` and ``doctor`` together keep to a service's rate."""


class Client:
    """Asks one service.

    Args:
        service: its name, for messages.
        settings: time-outs, rate, attempts and limits.
        recorder: keeps what comes.
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
        limiters: Limiters | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service = service
        self._settings = settings
        self._recorder = recorder
        self._limiter = (limiters or LIMITERS).of(service, settings.allowed_per_second)
        self._sleep = sleep
        self.has_answered = False
        self._session = requests.Session()
        contact = f"; mailto:{settings.email}" if settings.email else ""
        self._session.headers["User-Agent"] = f"livingreview/{__version__}{contact}"

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
        self._limiter.wait(self._sleep)
        answer = _Answer(request)
        try:
            self._exchange(request, answer)
        except SourceError as error:
            self._note(request, self._kept(answer) if answer.status else None, error)
            raise
        payload = self._kept(answer)
        if (allowed := allowed_per_second(payload.headers)) is not None:
            self._limiter.slow_to(allowed)
        try:
            _raise_for_status(payload, f"{self.service} ({_host(request.url)})")
            if check is not None:
                check(payload)
        except SourceError as error:
            self._note(request, payload, error)
            raise
        self._note(request, payload, None)
        return payload

    def _kept(self, answer: "_Answer") -> Payload:
        payload = answer.payload()
        if self._recorder is not None:
            self._recorder.keep(payload)
        return payload

    def _note(self, request: Request, payload: Payload | None, fault: SourceError | None) -> None:
        if self._recorder is not None:
            self._recorder.note(request, payload, fault)

    def _exchange(self, request: Request, answer: "_Answer") -> None:
        where = f"{self.service} ({_host(request.url)})"
        timeout = (self._settings.connect_timeout_seconds, self._settings.read_timeout_seconds)
        deadline = time.monotonic() + _DEADLINE_READS * self._settings.read_timeout_seconds
        try:
            with self._session.request(
                "POST" if request.is_post else "GET",
                request.url,
                params=None if request.is_post else dict(request.parameters),
                data={**request.parameters, **request.secrets} if request.is_post else None,
                headers=dict(request.headers),
                timeout=timeout,
                stream=True,
            ) as response:
                self.has_answered = True
                answer.status = response.status_code
                answer.headers = {name.lower(): value for name, value in response.headers.items()}
                self._read_body(response, answer.body, where, deadline)
        except ReadTimeoutError as error:
            raise ServiceFaultError(f"{where}: the answer stopped half-way") from error
        except HTTPError as error:
            # What is read from the body comes past requests, in the words of the library below it.
            raise ServiceFaultError(f"{where}: the answer broke off half-way") from error
        except requests.exceptions.Timeout as error:
            raise UnreachableError(f"{where}: no answer within {timeout[0]:g}/{timeout[1]:g} s") from error
        except requests.exceptions.ConnectionError as error:
            raise UnreachableError(f"{where}: cannot be reached ({_reason(error)})") from error
        except requests.exceptions.RequestException as error:
            raise QueryRejectedError(f"{where}: the request cannot be sent ({error})") from error

    def _read_body(self, response: requests.Response, body: bytearray, where: str, deadline: float) -> None:
        limit = int(self._settings.max_body_megabytes * 1_000_000)
        # read1 gives what is there; iter_content would wait for a whole chunk, and let an answer drip for days.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            if len(body) + len(chunk) > limit:
                body.clear()
                raise QueryRejectedError(
                    f"{where}: the answer is larger than {self._settings.max_body_megabytes:g} MB"
                    " (setting max_body_megabytes)"
                )
            if time.monotonic() > deadline:
                raise ServiceFaultError(f"{where}: the answer drips in too slowly")
            body += chunk
        expected = response.headers.get("Content-Length", "")
        # An answer without a body may tell the length that the body would have (RFC 9110, 8.6).
        is_plain = not response.headers.get("Content-Encoding") and response.status_code not in (204, 304)
        if is_plain and _LENGTH.fullmatch(expected) and len(body) < int(expected):
            raise ServiceFaultError(f"{where}: the answer broke off after {len(body)} of {expected} bytes")


@dataclass(slots=True)
class _Answer:
    """An answer while it comes in; what has come of one that broke off is worth keeping, too."""

    request: Request
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    def payload(self) -> Payload:
        return Payload(
            request=self.request,
            status=self.status,
            body=bytes(self.body),
            media_type=self.headers.get("content-type", "").split(";")[0].strip().lower(),
            headers=self.headers,
            retrieved_at=datetime.now(UTC),
        )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError as error:
        raise QueryRejectedError(f"{url}: not an address ({error}); mend it in the configuration") from error


def retry_after_seconds(value: str, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, in either of its forms (RFC 9110, 10.2.3); None if neither."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def allowed_per_second(headers: Mapping[str, str]) -> float | None:
    """The rate that ``X-Rate-Limit-Limit: 50`` and ``X-Rate-Limit-Interval: 1s`` tell; None without them."""
    limit = headers.get("x-rate-limit-limit", "")
    interval = headers.get("x-rate-limit-interval", "").removesuffix("s")
    if not _RATE.fullmatch(limit) or not _RATE.fullmatch(interval):
        return None
    return int(limit) / int(interval)


def _raise_for_status(payload: Payload, where: str) -> None:
    if payload.status < 400:
        return
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
    ):
        if words in text:
            return plain
    return type(error).__name__
