"""One deadline for a whole exchange, and nothing that goes wrong in it is other than a source's error."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from livingreview.config import ServiceSettings
from livingreview.errors import ServiceFaultError, SourceError, UnreachableError
from livingreview.records.exchange import Request
from livingreview.sources.http import Client, Limiters
from support import server as faults
from support.server import Handler, Server, Spoil
from support.services import Answer
from support.spoils import endless_continue, headers_that_drip, redirected, trickle


@pytest.fixture
def make(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """Clients whose deadline is one read time-out, so that no pause on a busy machine is taken for another fault."""
    monkeypatch.setattr("livingreview.sources.http.client._DEADLINE_READS", 1)
    made: list[Client] = []

    def build(**values: object) -> Client:
        given = {"base_url": server.url, "requests_per_second": 100_000, "page_size": 1, "max_attempts": 1}
        settings = ServiceSettings(**(given | {"read_timeout_seconds": 0.7} | values))  # type: ignore[arg-type]
        made.append(Client("pubmed", settings, limiters=Limiters(), sleep=lambda _seconds: None))
        return made[-1]

    yield build
    for client in made:
        client.close()


@pytest.fixture
def request_of(server: Server) -> Request:
    return Request(url=f"{server.url}/entrez/eutils/einfo.fcgi")


def slow_redirects(pause_seconds: float) -> Spoil:
    """Each of them comes in time, all of them do not; the whole address is another one every time."""
    count = iter(range(1_000))

    def spoil(handler: Handler, _answer: Answer) -> None:
        threading.Event().wait(pause_seconds)
        redirected(302, f"/entrez/eutils/einfo.fcgi?{next(count)}")(handler, _answer)

    return spoil


@pytest.mark.parametrize(
    "fault",
    [headers_that_drip(0.05, 40), endless_continue(0.05, 40), trickle(0.05, 40), slow_redirects(0.15)],
    ids=["headers", "100 Continue", "body", "redirects"],
)
def test_what_drips_without_end_is_given_up(
    make: Callable[..., Client], request_of: Request, server: Server, fault: Spoil
) -> None:
    server.spoil(fault, times=None)
    n_threads = threading.active_count()
    client = make()
    with pytest.raises(ServiceFaultError, match="drips in too slowly"):
        client.send(request_of)
    server.mend()
    # The next exchange has a deadline of its own, and nobody is left to watch over the last one.
    assert client.send(request_of).status == 200
    client.close()
    assert not [one for one in threading.enumerate()[n_threads:] if "Timer" in type(one).__name__]


def test_interim_answers_without_end_and_without_pause(
    make: Callable[..., Client], request_of: Request, server: Server
) -> None:
    server.spoil(endless_continue(0, 1_000), times=None)
    with pytest.raises(UnreachableError, match="its headers have no end"):
        make(read_timeout_seconds=30).send(request_of)


def test_some_interim_answers_are_no_fault(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    def spoil(handler: Handler, answer: Answer) -> None:
        handler.connection.sendall(b"HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n" * 3)
        handler.send_answer(answer)

    server.spoil(spoil)
    assert make().send(request_of).status == 200


def test_a_connection_is_used_again(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    """As before: a socket that waited no longer than a deadline waits its whole time afterwards."""
    client = make(read_timeout_seconds=5)
    ports = set()
    server.on_request = lambda seen: ports.add(seen.headers.get("Host"))
    for _ in range(5):
        assert client.send(request_of).status == 200
    pools = client._session.get_adapter(server.url).poolmanager.pools  # type: ignore[attr-defined]
    (pool,) = (pools[key] for key in pools.keys())  # noqa: SIM118
    assert (pool.num_connections, pool.num_requests) == (1, 5)


def test_a_proxy_keeps_to_the_deadline(
    make: Callable[..., Client], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy drips while it makes the tunnel."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(40):
                    threading.Event().wait(0.05)
                    try:
                        connection.sendall(b"X: y\r\n")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listening.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "")
        with pytest.raises(SourceError, match="drips in too slowly|no answer within"):
            make().send(Request(url="https://elsewhere.invalid/x"))
        thread.join()


@pytest.mark.parametrize("error", [ValueError("odd"), RuntimeError(""), UnicodeError("odd"), RecursionError("deep")])
def test_whatever_is_raised_within_an_exchange_is_an_error_of_the_source(
    make: Callable[..., Client], request_of: Request, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise error

    client = make()
    monkeypatch.setattr(client._session, "request", fail)
    with pytest.raises(ServiceFaultError, match=rf"{type(error).__name__} at livingreview.sources.http.client:\d+"):
        client.send(request_of)


@pytest.mark.parametrize(
    "line", [b"HTTP/9.9 200 OK", b"HTTP/1.1 abc", b"nonsense", b"HTTP/1.1 101 X", b"HTTP/1.1 399 X"]
)
def test_an_answer_that_is_none(make: Callable[..., Client], request_of: Request, server: Server, line: bytes) -> None:
    def spoil(handler: Handler, _answer: Answer) -> None:
        handler.close_connection = True
        handler.connection.sendall(line + b"\r\nContent-Length: 2\r\n\r\n{}")

    server.spoil(spoil, times=None)
    with pytest.raises(SourceError):
        make().send(request_of)


@pytest.mark.parametrize("code", [300, 304])
def test_what_is_no_redirect_is_not_followed(
    make: Callable[..., Client], request_of: Request, server: Server, code: int
) -> None:
    server.spoil(faults.status(code), times=None)
    if code == 304:
        assert make().send(request_of).status == 304
        return
    with pytest.raises(ServiceFaultError, match="answered 300"):
        make().send(request_of)
