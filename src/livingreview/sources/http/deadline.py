"""One deadline for a whole exchange, kept by the socket itself.

A time-out of requests bounds the pause between two bytes, so headers that drip, or interim answers (``100 Continue``)
without end, would hold a run for ever. Here every read from the socket waits no longer than is left until the deadline
of the exchange, TLS and proxies included; no thread watches. Only the name server is waited for as long as the system
does.
"""

import http.client
import io
import math
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

_MAX_HEAD_BYTES = 1 << 18
"""Status, interim answers and headers together."""
_at: ContextVar[float] = ContextVar("_at", default=math.inf)


@contextmanager
def until(moment: float) -> Iterator[Callable[[], bool]]:
    """Bounds every exchange that begins within the block.

    Args:
        moment: of :func:`time.monotonic`.

    Yields:
        whether it has passed.
    """
    token = _at.set(moment)
    try:
        yield lambda: time.monotonic() >= moment
    finally:
        _at.reset(token)


class _Reader(io.RawIOBase):
    """Reads from a socket, no later than the deadline that stood when it was made."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._raw = sock.makefile("rb", buffering=0)
        self._pause_seconds = sock.gettimeout()
        self._deadline = _at.get()
        self._head_bytes: int | None = 0

    def end_head(self) -> None:
        """The rest is body, which the client bounds."""
        self._head_bytes = None

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """See :meth:`io.RawIOBase.readinto`.

        Raises:
            TimeoutError: the pause between two bytes was too long, or the deadline has passed.
            http.client.HTTPException: the headers have no end.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the exchange has passed")
        if left < (math.inf if self._pause_seconds is None else self._pause_seconds):
            self._socket.settimeout(left)
        count = self._raw.readinto(buffer)
        if self._head_bytes is not None:
            self._head_bytes += count or 0
            if self._head_bytes > _MAX_HEAD_BYTES:
                raise http.client.HTTPException(f"got more than {_MAX_HEAD_BYTES} bytes of headers")
        return count

    def close(self) -> None:
        """Gives the socket back."""
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """Reads through a :class:`_Reader`."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self._reader = _Reader(sock)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Status and headers."""
        super().begin()
        self._reader.end_head()


class _Connection(HTTPConnection):
    response_class = _Response


class _TlsConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _Pool, "https": _TlsPool}


class DeadlineAdapter(HTTPAdapter):
    """Gives a session connections that keep to :func:`until`."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """See :class:`requests.adapters.HTTPAdapter`."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        """See :class:`requests.adapters.HTTPAdapter`."""
        manager = super().proxy_manager_for(proxy, **named)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
