"""The polite client."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from livingreview.config import ServiceSettings
from livingreview.errors import QueryRejectedError, ServiceFaultError, SourceError, UnreachableError
from livingreview.http import Client, Payload, RateLimiter, Request, retry_after_seconds
from support import server as faults
from support.server import Seen, Server
from support.spoils import chunks_that_break_off, trickle
from support.world import Article

NOW = datetime(2022, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def make(server: Server, slept: list[float]) -> Iterator[Callable[..., Client]]:
    made: list[Client] = []

    def build(**values: object) -> Client:
        given = {"base_url": server.url, "requests_per_second": 100_000, "page_size": 1, "read_timeout_seconds": 5}
        settings = ServiceSettings(**(given | values))  # type: ignore[arg-type]

        def sleep(seconds: float) -> None:
            # The limiter of so fast a service sleeps for microseconds; only waits between attempts count.
            if seconds > 0.001:
                slept.append(seconds)

        made.append(Client("pubmed", settings, sleep=sleep))
        return made[-1]

    yield build
    for client in made:
        client.close()


@pytest.fixture
def request_of(server: Server) -> Request:
    server.world.add(Article(pmid="1"))
    return Request(url=f"{server.url}/entrez/eutils/efetch.fcgi", parameters={"db": "pubmed", "id": "1"})


def test_an_answer(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    found = make(email="a@example.org").send(request_of)
    assert (found.status, found.media_type, found.request) == (200, "text/xml", request_of)
    assert found.retrieved_at.tzinfo is not None
    assert found.headers["content-length"] == str(len(found.body))
    assert "mailto:a@example.org" in server.seen[0].headers["User-Agent"]


def test_waits_grow_and_end(
    make: Callable[..., Client], request_of: Request, server: Server, slept: list[float]
) -> None:
    server.spoil(faults.status(500), times=None)
    with pytest.raises(ServiceFaultError, match="answered 500"):
        make(max_attempts=5, max_wait_seconds=5).send(request_of)
    assert slept == [1, 2, 4, 5]
    assert len(server.seen) == 5


@pytest.mark.parametrize("header", ["7", " 7 "])
def test_retry_after_is_obeyed(
    make: Callable[..., Client], request_of: Request, server: Server, slept: list[float], header: str
) -> None:
    server.spoil(faults.status(429, Retry_After=header))
    assert make().send(request_of).status == 200
    assert slept == [7]


def test_a_long_retry_after_is_not_waited_for(
    make: Callable[..., Client], request_of: Request, server: Server, slept: list[float]
) -> None:
    server.spoil(faults.status(503, Retry_After="121"), times=None)
    with pytest.raises(ServiceFaultError) as caught:
        make().send(request_of)
    assert caught.value.retry_after_seconds == 121
    assert slept == []
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("Wed, 01 Jun 2022 12:00:30 GMT", 30.0),
        ("Wed, 01 Jun 2022 12:00:30", 30.0),
        ("Wed, 01 Jun 2022 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("", None),
    ],
)
def test_both_forms_of_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, 403])
def test_a_status_that_passes(make: Callable[..., Client], request_of: Request, server: Server, code: int) -> None:
    server.spoil(faults.status(code))
    assert make().send(request_of).status == 200


@pytest.mark.parametrize("code", [400, 401, 404, 410, 414, 501])
def test_a_status_that_stays(make: Callable[..., Client], request_of: Request, server: Server, code: int) -> None:
    server.spoil(faults.status(code, "no such   thing\nhere"), times=None)
    with pytest.raises(QueryRejectedError, match=f"answered {code}: no such thing here"):
        make().send(request_of)
    assert len(server.seen) == 1


def test_a_page_for_people_is_not_quoted(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    server.spoil(faults.status(404, "<html><body>Not here</body></html>"))
    with pytest.raises(QueryRejectedError) as caught:
        make().send(request_of)
    assert "<" not in str(caught.value)


def test_first_contact_gives_up_after_two_attempts(
    make: Callable[..., Client], request_of: Request, server: Server
) -> None:
    server.spoil(faults.reset, times=None)
    client = make()
    with pytest.raises(UnreachableError):
        client.send(request_of)
    assert not client.has_answered
    assert len(server.seen) == 2
    # Once it has answered, it is asked as often as the settings allow.
    server.mend()
    client.send(request_of)
    assert client.has_answered
    server.spoil(faults.reset, times=None)
    with pytest.raises(UnreachableError, match="connection"):
        client.send(request_of)
    assert len(server.seen) == 2 + 1 + 5


def test_nobody_is_there(make: Callable[..., Client]) -> None:
    with pytest.raises(UnreachableError, match="127.0.0.1:9.*connection refused"):
        make().send(Request(url="http://127.0.0.1:9/x"))


@pytest.mark.parametrize("url", ["http://", "gopher://127.0.0.1/", "http://[::1", "no address"])
def test_an_address_that_is_none(make: Callable[..., Client], url: str) -> None:
    with pytest.raises(SourceError):
        make().send(Request(url=url))


def test_a_slow_answer_times_out(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    server.spoil(faults.drip(0.3), times=None)
    with pytest.raises(SourceError, match="half-way|no answer"):
        make(read_timeout_seconds=0.1, max_attempts=2).send(request_of)
    assert len(server.seen) == 2
    server.mend()
    server.spoil(faults.drip(0.05))
    assert make().send(request_of).status == 200


def test_an_answer_that_drips_without_a_pause_is_given_up(
    make: Callable[..., Client], request_of: Request, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pause between two bytes is as long as the read time-out, and no chunk is ever full."""
    monkeypatch.setattr("livingreview.http._DEADLINE_READS", 1)
    server.spoil(trickle(0.05, 20), times=None)
    with pytest.raises(ServiceFaultError, match="drips in too slowly"):
        make(read_timeout_seconds=0.2, max_attempts=1).send(request_of)


def test_chunks_that_break_off_are_asked_for_again(
    make: Callable[..., Client], request_of: Request, server: Server
) -> None:
    server.spoil(chunks_that_break_off)
    assert make().send(request_of).body.endswith(b"</PubmedArticleSet>")
    assert len(server.seen) == 2


@pytest.mark.parametrize("fault", [faults.gzip_bomb(3), faults.status(200, "x" * 2_100_000)])
def test_a_body_over_the_limit(
    make: Callable[..., Client], request_of: Request, server: Server, fault: faults.Spoil
) -> None:
    server.spoil(fault, times=None)
    with pytest.raises(QueryRejectedError, match="larger than 2 MB"):
        make(max_body_megabytes=2).send(request_of)
    assert len(server.seen) == 1


def test_a_truncated_body_is_never_handed_over(
    make: Callable[..., Client], request_of: Request, server: Server
) -> None:
    server.spoil(faults.truncated)
    assert make().send(request_of).body.endswith(b"</PubmedArticleSet>")
    assert len(server.seen) == 2


def test_what_the_check_finds_wrong_is_asked_again(make: Callable[..., Client], request_of: Request) -> None:
    seen = []

    def check(payload: Payload) -> None:
        seen.append(payload.status)
        if len(seen) < 3:
            raise ServiceFaultError("not good enough")

    assert make().send(request_of, check).status == 200
    assert len(seen) == 3


def test_an_answer_that_says_not_modified_may_tell_a_length(
    make: Callable[..., Client], request_of: Request, server: Server
) -> None:
    def not_modified(handler, _answer) -> None:  # type: ignore[no-untyped-def]
        handler.send_response(304)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        handler.wfile.flush()

    server.spoil(not_modified)
    found = make().send(request_of)
    assert (found.status, found.body) == (304, b"")


def test_secrets_are_sent_and_shown_nowhere(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    request = Request(url=request_of.url, parameters=request_of.parameters, secrets={"api_key": "hush"}, is_post=True)
    found = make().send(request)
    assert server.seen[0].parameters["api_key"] == "hush"
    assert "hush" not in repr(found)
    assert "api_key" not in found.request.parameters
    for fault in (faults.status(400, "api key api_key=x is wrong"), faults.reset, faults.status(500)):
        server.mend()
        server.spoil(fault, times=None)
        with pytest.raises(SourceError) as caught:
            make().send(request)
        assert "hush" not in str(caught.value)


def test_secrets_do_not_go_into_an_address(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    make().send(Request(url=request_of.url, parameters=request_of.parameters, secrets={"api_key": "hush"}))
    assert "api_key" not in server.seen[0].parameters


def test_the_rate_is_kept_across_threads() -> None:
    moments = [0.0]
    slept: list[float] = []
    limiter = RateLimiter(10, clock=lambda: moments[0], sleep=slept.append)
    threads = [threading.Thread(target=limiter.wait) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(round(seconds, 6) for seconds in slept) == [0.1, 0.2, 0.3, 0.4, 0.5]
    moments[0] = 10.0
    limiter.wait()
    assert len(slept) == 5


def test_the_rate_as_the_server_sees_it(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    client = make(requests_per_second=50)
    client._limiter._sleep = time.sleep

    def ask() -> None:
        for _ in range(3):
            client.send(request_of)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    moments = sorted(seen.at_seconds for seen in server.seen)
    assert len(moments) == 9
    # Nine requests at fifty a second: eight intervals of 20 ms, less the way to the server.
    assert moments[-1] - moments[0] >= 8 * 0.02 - 0.015


def test_seen_requests_tell_their_method(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    make().send(request_of)
    seen: Seen = server.seen[0]
    assert (seen.method, seen.parameters["id"]) == ("GET", "1")
