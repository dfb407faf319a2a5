"""Where a redirect leads, and whether it is followed.

A redirect within the host is followed, and so is one to another host as long as nothing goes there that was meant for
the first: no body, no secret, no address of the operator. From https to http none is followed.
"""

from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from livingreview.config.redaction import Redactor
from livingreview.errors import QueryRejectedError, ServiceFaultError
from livingreview.records.sanitize import clip

MAX_REDIRECTS = 5
_KEEPS_METHOD = frozenset({307, 308})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request on the way to an answer.

    Attributes:
        is_post: with the body of the first request.
        is_first: it is the first one, which alone has parameters.
        is_home: it goes to the host that was to be asked.
    """

    url: str
    is_post: bool = False
    is_first: bool = False
    is_home: bool = True


def next_hop(first: Hop, hop: Hop, status: int, location: str, redactor: Redactor, where: str) -> Hop:
    """The request that a redirect asks for.

    Args:
        first: the request as it was to be sent.
        hop: the one that was answered so.
        status: of the answer; all but 307 and 308 ask for GET.
        location: where to.
        redactor: knows what must not leave the host.
        where: service and host, for messages.

    Raises:
        ServiceFaultError: it leads nowhere.
        QueryRejectedError: it is not followed; the message names both hosts.
    """
    try:
        url = urljoin(hop.url, location)
        old, new = urlsplit(hop.url), urlsplit(url)
        is_home = _is_one_host(urlsplit(first.url), new)
    except ValueError as error:
        raise malformed(location, redactor, where) from error
    if not new.hostname or new.scheme not in _PORTS:
        raise malformed(location, redactor, where)
    is_post = hop.is_post and status in _KEEPS_METHOD
    target = clip(redactor.text(f"{new.scheme}://{host_of(url)}"))
    if old.scheme == "https" and new.scheme == "http":
        raise QueryRejectedError(f"{where}: redirects to {target}, from https to http: not followed; check base_url")
    if is_post and not is_home:
        raise QueryRejectedError(
            f"{where}: redirects to {target} ({status}), another host, to which no request is sent on; check base_url"
        )
    if not is_home and redactor.names_asker(url):
        raise QueryRejectedError(f"{where}: redirects to {target} with what is secret in the address: not followed")
    return Hop(url=url, is_post=is_post, is_home=is_home)


def malformed(location: str, redactor: Redactor, where: str) -> ServiceFaultError:
    """An error for a redirect to what is no address."""
    shown = clip(redactor.text(location), 100)
    return ServiceFaultError(f"{where}: redirects to {shown!r}, which is no address that can be asked")


def host_of(url: str) -> str:
    """Host and port, without a login.

    Raises:
        ValueError: it is no address.
    """
    return urlsplit(url).netloc.rpartition("@")[2]


def _is_one_host(one: SplitResult, other: SplitResult) -> bool:
    """The same host and port; from http to https the port may go with the scheme."""
    ports = [(part.port or _PORTS.get(part.scheme, 0)) for part in (one, other)]
    return one.hostname == other.hostname and (ports[0] == ports[1] or ports == [80, 443])
