"""The polite client."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from livingreview.config import PubmedSettings, ServiceSettings
from livingreview.errors import QueryRejectedError, ServiceFaultError, SourceError, UnreachableError
from livingreview.records.exchange import Payload, Request
from livingreview.sources.http import Client, Limiters, RateLimiter, allowed_per_second, retry_after_seconds
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

        made.append(Client("pubmed", settings, limiters=Limiters(), sleep=sleep))
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
    monkeypatch.setattr("livingreview.sources.http.client._DEADLINE_READS", 1)
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


@pytest.mark.parametrize("length", ["²", "9" * 5000, "many"])
def test_a_length_that_is_none_is_passed_over(
    make: Callable[..., Client], request_of: Request, server: Server, length: str
) -> None:
    def odd(handler, answer) -> None:  # type: ignore[no-untyped-def]
        handler.send_response(200)
        handler.send_header("Content-Length", length)
        handler.end_headers()
        handler.wfile.write(answer.body)
        handler.wfile.flush()
        handler.connection.shutdown(2)

    server.spoil(odd)
    assert make().send(request_of).status == 200


def test_secrets_are_sent_and_shown_nowhere(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    request = Request(
        url=request_of.url, parameters=request_of.parameters, secrets={"api_key": "hush-hush"}, is_post=True
    )
    found = make().send(request)
    assert server.seen[0].parameters["api_key"] == "hush-hush"
    assert "hush-hush" not in repr(found)
    assert "api_key" not in found.request.parameters
    for fault in (faults.status(400, "api key api_key=x is wrong"), faults.reset, faults.status(500)):
        server.mend()
        server.spoil(fault, times=None)
        with pytest.raises(SourceError) as caught:
            make().send(request)
        assert "hush-hush" not in str(caught.value)


def test_secrets_do_not_go_into_an_address(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    make().send(Request(url=request_of.url, parameters=request_of.parameters, secrets={"api_key": "hush-hush"}))
    assert "api_key" not in server.seen[0].parameters


def test_the_rate_is_kept_across_threads() -> None:
    moments = [0.0]
    slept: list[float] = []
    limiter = RateLimiter(10, clock=lambda: moments[0])
    threads = [threading.Thread(target=limiter.wait, args=(slept.append,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(round(seconds, 6) for seconds in slept) == [0.1, 0.2, 0.3, 0.4, 0.5]
    moments[0] = 10.0
    limiter.wait(slept.append)
    assert len(slept) == 5


@pytest.mark.parametrize(
    ("limit", "interval", "rate"),
    [
        ("50", "1s", 50.0),
        ("3", "2s", 1.5),
        ("", "", None),
        ("0", "1s", None),
        ("50", "", None),
        ("many", "1s", None),
        ("5", "1m", None),
        ("9" * 5_000, "1s", None),
    ],
)
def test_a_rate_that_an_answer_tells(limit: str, interval: str, rate: float | None) -> None:
    assert allowed_per_second({"x-rate-limit-limit": limit, "x-rate-limit-interval": interval}) == rate


def test_a_rate_is_only_ever_slowed_down() -> None:
    slept: list[float] = []
    limiter = RateLimiter(10, clock=lambda: 0.0)
    limiter.slow_to(100.0)
    limiter.wait(slept.append)
    limiter.wait(slept.append)
    limiter.slow_to(2.0)
    limiter.wait(slept.append)
    limiter.wait(slept.append)
    assert [round(seconds, 6) for seconds in slept] == [0.1, 0.2, 0.7]


def test_a_client_slows_down_to_what_an_answer_allows(
    make: Callable[..., Client], request_of: Request, server: Server, slept: list[float]
) -> None:
    server.spoil(faults.status(429, Retry_After="0", X_Rate_Limit_Limit="1", X_Rate_Limit_Interval="1s"))
    client = make(requests_per_second=10_000)
    client.send(request_of)
    slept.clear()
    client.send(request_of)
    assert slept and slept[-1] > 0.5


class Clock:
    """A clock of each thread's own: it stands still but for the thread's own sleep, so that nobody waits."""

    def __init__(self) -> None:
        self._local = threading.local()

    def __call__(self) -> float:
        return float(getattr(self._local, "moment", 0.0))

    def sleep(self, seconds: float) -> None:
        self._local.moment = self() + seconds


@pytest.mark.parametrize("n_clients", [1, 4])
def test_the_rate_as_the_server_sees_it(server: Server, request_of: Request, n_clients: int) -> None:
    clock = Clock()
    limiters = Limiters(clock)
    settings = ServiceSettings(base_url=server.url, requests_per_second=10, page_size=1)
    moments: list[float] = []

    def ask(client: Client) -> None:
        for number in range(3):
            request = Request(url=request_of.url, parameters={**request_of.parameters, "number": str(number)})
            client.send(request, lambda _payload: moments.append(clock()))

    # A run, `baseline resolve` and `doctor` have clients of their own, and a client may serve several threads.
    clients = [Client("pubmed", settings, limiters=limiters, sleep=clock.sleep) for _ in range(n_clients)]
    threads = [threading.Thread(target=ask, args=(clients[number % n_clients],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.close()
    assert len(server.asked("efetch")) == 12
    assert [round(moment, 6) for moment in sorted(moments)] == [round(number / 10, 6) for number in range(12)]


def test_each_service_has_a_limiter_of_its_own() -> None:
    limiters = Limiters()
    assert limiters.of("pubmed", 3) is limiters.of("pubmed", 3)
    assert limiters.of("pubmed", 3) is not limiters.of("europepmc", 3)


def test_a_key_allows_more() -> None:
    assert PubmedSettings().allowed_per_second == 3
    assert PubmedSettings(api_key=SecretStr("hush-hush")).allowed_per_second == 10


class Recording:
    """Keeps what a client hands over, in the order in which it does."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def keep(self, payload: Payload) -> None:
        self.calls.append(("keep", payload.status, payload.body))

    def note(self, _request: Request, payload: Payload | None, fault: SourceError | None) -> None:
        self.calls.append(("note", payload.status if payload else 0, type(fault).__name__ if fault else ""))


@pytest.mark.parametrize(
    ("fault", "status", "body", "name"),
    [
        (faults.status(503, "too busy"), 503, b"too busy", "ServiceFaultError"),
        (faults.status(400, "what?"), 400, b"what?", "QueryRejectedError"),
        (faults.html_in_200, 200, b"Under maintenance", "ServiceFaultError"),
        (faults.truncated, 200, b"", "ServiceFaultError"),
        (faults.reset, 0, b"", "UnreachableError"),
    ],
    ids=["5xx", "4xx", "html", "truncated", "reset"],
)
def test_every_answer_is_recorded_before_it_is_looked_into(
    server: Server, request_of: Request, fault: faults.Spoil, status: int, body: bytes, name: str
) -> None:
    def check(payload: Payload) -> None:
        recording.calls.append(("check",))
        if b"<PubmedArticle>" not in payload.body:
            raise ServiceFaultError("no articles")

    server.world.add(Article(pmid="1", title="Words"))
    server.spoil(fault)
    recording = Recording()
    settings = ServiceSettings(base_url=server.url, requests_per_second=100_000, page_size=1, max_attempts=1)
    client = Client("pubmed", settings, recorder=recording, sleep=lambda _seconds: None)
    with pytest.raises(SourceError):
        client.send(request_of, check)
    first, last = recording.calls[0], recording.calls[-1]
    assert last == ("note", status, name)
    if status:
        assert first[:2] == ("keep", status)
        assert body in first[2]  # type: ignore[operator]
    client.send(request_of, check)
    client.close()
    assert [call[0] for call in recording.calls[-3:]] == ["keep", "check", "note"]
    assert recording.calls[-1] == ("note", 200, "")


def test_seen_requests_tell_their_method(make: Callable[..., Client], request_of: Request, server: Server) -> None:
    make().send(request_of)
    seen: Seen = server.seen[0]
    assert (seen.method, seen.parameters["id"]) == ("GET", "1")
