"""Where a redirect may lead, and what never goes there."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from livingreview.config import ServiceSettings
from livingreview.config.redaction import Redactor
from livingreview.errors import QueryRejectedError, ServiceFaultError, SourceError
from livingreview.records.exchange import Request
from livingreview.sources.http import Client, Limiters
from livingreview.sources.http.redirects import Hop, next_hop
from support.server import Server, serve
from support.spoils import redirected

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0abcd"
MAIL = "me@example.org"


@pytest.fixture
def elsewhere() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def make(server: Server) -> Iterator[Callable[[], Client]]:
    made: list[Client] = []

    def build() -> Client:
        values = {"base_url": server.url, "requests_per_second": 100_000, "page_size": 1, "email": MAIL}
        settings = ServiceSettings(**values)  # type: ignore[arg-type]
        made.append(Client("pubmed", settings, limiters=Limiters(), sleep=lambda _seconds: None))
        return made[-1]

    yield build
    for client in made:
        client.close()


def posted(server: Server) -> Request:
    parameters = {"db": "pubmed", "email": MAIL}
    return Request(
        url=f"{server.url}/entrez/eutils/einfo.fcgi", parameters=parameters, secrets={"api_key": KEY}, is_post=True
    )


def got(server: Server) -> Request:
    return Request(url=f"{server.url}/entrez/eutils/einfo.fcgi", parameters={"db": "pubmed"})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_that_was_meant_for_one_host_goes_to_another(
    make: Callable[[], Client], server: Server, elsewhere: Server, status: int
) -> None:
    server.spoil(redirected(status, f"{elsewhere.url}/entrez/eutils/einfo.fcgi?a=b"), "einfo", times=None)
    if status in (307, 308):
        with pytest.raises(QueryRejectedError) as caught:
            make().send(posted(server))
        # Both hosts are named, in one line, and it is not tried again.
        assert server.url.removeprefix("http://") in str(caught.value) and elsewhere.url in str(caught.value)
        assert len(server.seen) == 1
        assert elsewhere.seen == []
        return
    make().send(posted(server))
    (seen,) = elsewhere.seen
    assert (seen.method, dict(seen.parameters)) == ("GET", {"a": "b"})
    assert KEY not in str(seen.headers) and MAIL not in str(seen.headers)
    assert server.seen[0].parameters["api_key"] == KEY and MAIL in server.seen[0].headers["User-Agent"]


@pytest.mark.parametrize("part", [f"?api_key={KEY}", f"?k={KEY.upper()}", f"?mailto={quote(MAIL)}", f"/{KEY}"])
@pytest.mark.parametrize("ask", [got, posted])
def test_no_secret_goes_to_another_host_within_the_address(
    make: Callable[[], Client], server: Server, elsewhere: Server, part: str, ask: Callable[[Server], Request]
) -> None:
    server.spoil(redirected(302, f"{elsewhere.url}/x{part}"), times=None)
    request = replace(posted(server), is_post=ask is posted)
    with pytest.raises(QueryRejectedError, match="not followed") as caught:
        make().send(request)
    assert elsewhere.seen == []
    assert KEY not in str(caught.value).lower() and MAIL not in str(caught.value)


@pytest.mark.parametrize(("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_within_the_host_a_redirect_is_followed(
    make: Callable[[], Client], server: Server, status: int, method: str
) -> None:
    server.spoil(redirected(status, "/entrez/eutils/einfo.fcgi?moved=yes"))
    assert make().send(posted(server)).status == 200
    last = server.seen[-1]
    assert (last.method, last.parameters["moved"]) == (method, "yes")
    assert ("api_key" in last.parameters) == (method == "POST")


def test_parameters_of_an_address_go_once(make: Callable[[], Client], server: Server) -> None:
    server.spoil(redirected(301, "?db=other"))
    assert make().send(got(server)).status == 200
    assert [dict(seen.parameters) for seen in server.seen] == [{"db": "pubmed"}, {"db": "other"}]


@pytest.mark.parametrize(
    "location",
    ["http://[", "http://[::1", "http://127.0.0.1:port/", "http://127.0.0.1:99999/", "http:///x", "ftp://127.0.0.1/x"]
    + [
        "file:///etc/hostname",
        "http://" + "a" * 70 + ".invalid/",
        "javascript:alert(1)",
    ]
    + ["//["],
)
def test_a_redirect_to_a_malformed_address_is_a_fault_of_the_service(
    make: Callable[[], Client], server: Server, location: str
) -> None:
    server.spoil(redirected(302, location), times=None)
    with pytest.raises(SourceError) as caught:
        make().send(got(server))
    assert "\n" not in str(caught.value)
    server.mend()
    server.spoil(redirected(302, "http://["))
    assert make().send(got(server)).status == 200


def test_redirects_without_end(make: Callable[[], Client], server: Server) -> None:
    server.spoil(redirected(302, "/entrez/eutils/einfo.fcgi"), times=None)
    with pytest.raises(QueryRejectedError, match="more than 5 times"):
        make().send(got(server))
    assert len(server.seen) == 6


def hop(url: str, location: str, *, is_post: bool = False, status: int = 302) -> Hop:
    first = Hop(url=url, is_post=is_post, is_first=True)
    return next_hop(first, first, status, location, Redactor([KEY]), "pubmed (here)")


def test_the_scheme_may_grow_safer_but_not_less_safe() -> None:
    assert hop("http://example.org/x", "https://example.org/x", is_post=True, status=308).is_post
    assert hop("http://example.org:80/x", "https://EXAMPLE.org:443/x").is_home
    assert not hop("http://example.org/x", "https://example.org:8443/x").is_home
    assert not hop("https://example.org/x", "https://api.example.org/x").is_home
    for location in ("http://example.org/x", "http://other.example/x"):
        with pytest.raises(QueryRejectedError, match=r"pubmed \(here\).*http://.*from https to http"):
            hop("https://example.org/x", location)


def test_a_login_that_a_redirect_names_is_not_shown() -> None:
    with pytest.raises(QueryRejectedError) as caught:
        hop("https://example.org/x", f"http://me:{KEY}@other.example/x")
    assert KEY not in str(caught.value) and "me" not in str(caught.value).split()
    with pytest.raises(ServiceFaultError) as fault:
        hop("https://example.org/x", f"http://[{KEY}")
    assert KEY not in str(fault.value)


def test_an_alias_of_the_registry_is_followed(make: Callable[[], Client], server: Server) -> None:
    server.spoil(redirected(301, "/api/v2/version"), "/api/v2/studies/NCT90000001")
    found = make().send(Request(url=f"{server.url}/api/v2/studies/NCT90000001", parameters={"format": "json"}))
    assert "dataTimestamp" in json.loads(found.body)
