"""How often a service may be asked: what the settings allow, and what its answers tell."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_RATE = re.compile(r"[1-9]\d{0,5}", re.ASCII)


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
