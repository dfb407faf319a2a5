"""One polite client a service: time-outs, a shared rate limit, bounded retries, bounded bodies, no secret kept.

Retried are only faults that pass: no connection, 408, 425, 429, 5xx, a body cut off, and what the caller's ``check``
calls a :class:`~livingreview.errors.ServiceFaultError` (services send errors with status 200). A ``Retry-After`` in
either form is obeyed up to ``max_wait_seconds``, and so is a rate that an answer tells (``X-Rate-Limit-Limit``). A
service that has never answered in this run is given two attempts
only, so that a machine without a network knows it within seconds.

One deadline holds from the connection to the last byte, redirects included. Whatever goes wrong within an exchange is
a :class:`~livingreview.errors.SourceError`.

Every client of a service in this process takes its turn at one limiter. Every answer is handed to the client's
recorder before anybody looks into it, those that turn out unusable or broke off among them; before that, the secrets
of the settings are taken out of it, and they are taken out of every error.
"""

from livingreview.records.exchange import Payload, Request
from livingreview.sources.http.client import Client
from livingreview.sources.http.messages import Check, Recorder
from livingreview.sources.http.rates import LIMITERS, Limiters, RateLimiter, allowed_per_second, retry_after_seconds

__all__ = [
    "LIMITERS",
    "Check",
    "Client",
    "Limiters",
    "Payload",
    "RateLimiter",
    "Recorder",
    "Request",
    "allowed_per_second",
    "retry_after_seconds",
]
