"""A real HTTP server on 127.0.0.1 that answers as E-utilities, ClinicalTrials.gov API v2, Europe PMC and Crossref do.

It answers from a :class:`~support.world.World` that tests change between runs, records every request, and takes faults
by script: the n-th request to a path is answered wrongly, once, some times, or for ever.
"""

import gzip
import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from support import services
from support.services import Answer
from support.world import World

EUTILS = "/entrez/eutils"
REGISTRY = "/api/v2"
EUROPEPMC = "/europepmc/webservices/rest"
CROSSREF = "/crossref"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came."""

    at_seconds: float
    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]


Spoil = Callable[["Handler", Answer], None]
"""Sends a spoiled answer in place of the good one."""


@dataclass(slots=True)
class Fault:
    """A scripted fault.

    Attributes:
        path: part of the path of the requests it spoils.
        first: the number of the first of these that it spoils, from 1.
        times: how many it spoils; None for ever.
        where: spoils only requests that this holds for.
    """

    spoil: Spoil
    path: str = ""
    first: int = 1
    times: int | None = 1
    where: Callable[[Seen], bool] = lambda _seen: True
    count: int = 0

    def takes(self, seen: Seen) -> bool:
        """Whether this request is spoiled; counts it."""
        if self.path not in seen.path or not self.where(seen):
            return False
        self.count += 1
        return self.count >= self.first and (self.times is None or self.count < self.first + self.times)


@dataclass(slots=True)
class Server:
    """A running server; see :func:`serve`."""

    http: ThreadingHTTPServer
    world: World = field(default_factory=World)
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    on_request: Callable[[Seen], None] = lambda _seen: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.http.server_port}"

    def environment(self) -> dict[str, str]:
        """The settings that make the program ask this server, quickly and without waiting."""
        values = {}
        for name, path in (
            ("PUBMED", EUTILS),
            ("CLINICALTRIALS", REGISTRY),
            ("EUROPEPMC", EUROPEPMC),
            ("CROSSREF", CROSSREF),
        ):
            values[f"SOURCES__{name}__BASE_URL"] = self.url + path
        for name in ("PUBMED", "CLINICALTRIALS", "EUROPEPMC", "CROSSREF", "FEEDS"):
            values[f"SOURCES__{name}__REQUESTS_PER_SECOND"] = "10000"
            values[f"SOURCES__{name}__MAX_WAIT_SECONDS"] = "0.01"
            values[f"SOURCES__{name}__READ_TIMEOUT_SECONDS"] = "10"
        values["SOURCES__EUROPEPMC__IS_ENABLED"] = "false"
        values["SOURCES__CROSSREF__IS_ENABLED"] = "false"
        values["SOURCES__FEEDS__IS_ENABLED"] = "false"
        return {f"LIVINGREVIEW_{name}": value for name, value in values.items()}

    def spoil(
        self,
        spoil: Spoil,
        path: str = "",
        *,
        first: int = 1,
        times: int | None = 1,
        where: Callable[[Seen], bool] = lambda _seen: True,
    ) -> Fault:
        """Scripts a fault."""
        fault = Fault(spoil, path, first, times, where)
        self.faults.append(fault)
        return fault

    def mend(self) -> None:
        """Takes every fault away."""
        self.faults.clear()

    def asked(self, path: str) -> list[Seen]:
        """The requests whose path holds this."""
        return [seen for seen in self.seen if path in seen.path]

    def renew(self) -> None:
        """An empty world, no faults and no requests, as of a new server."""
        self.world, self.on_request = World(), lambda _seen: None
        self.mend()
        self.forget()

    def forget(self) -> None:
        """Empties the log of requests."""
        self.seen.clear()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    lab: Server

    def do_GET(self) -> None:  # noqa: N802
        self._answer(dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)))

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        self._answer(dict(parse_qsl(urlsplit(self.path).query) + parse_qsl(body, keep_blank_values=True)))

    def _answer(self, parameters: Mapping[str, str]) -> None:
        lab = self.lab
        seen = Seen(time.monotonic(), self.command, urlsplit(self.path).path, parameters, dict(self.headers))
        with lab.lock:
            lab.seen.append(seen)
            spoiling = [fault for fault in lab.faults if fault.takes(seen)]
            answer = _route(lab.world, seen)
        lab.on_request(seen)
        if spoiling:
            spoiling[0].spoil(self, answer)
        else:
            self.send_answer(answer)

    def send_answer(self, answer: Answer, *, length: int | None = None, part: int | None = None) -> None:
        """Sends an answer; ``length`` is what it claims to hold, ``part`` how much of it is sent."""
        self.send_response(answer.status)
        if answer.media_type:
            self.send_header("Content-Type", answer.media_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) if length is None else length))
        self.end_headers()
        self.wfile.write(answer.body[:part])
        self.wfile.flush()

    def log_message(self, *_arguments: Any) -> None:
        """Says nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_arguments: Any) -> None:
        """A client that hung up is no news."""


def _route(world: World, seen: Seen) -> Answer:
    asked = seen.parameters
    for name, answer in (
        (f"{EUTILS}/esearch.fcgi", services.esearch),
        (f"{EUTILS}/efetch.fcgi", services.efetch),
        (f"{EUTILS}/ecitmatch.cgi", services.ecitmatch),
        (f"{EUTILS}/einfo.fcgi", services.einfo),
        (f"{REGISTRY}/version", services.version),
        (f"{REGISTRY}/studies", services.studies),
        (f"{CROSSREF}/works", services.crossref_list),
        (f"{EUROPEPMC}/search", services.europepmc),
        (f"{EUROPEPMC}/searchPOST", services.europepmc),
    ):
        if seen.path == name:
            return answer(world, asked)
    if found := re.fullmatch(rf"{REGISTRY}/studies/(\w+)", seen.path):
        return services.single_study(world, found[1])
    if found := re.fullmatch(rf"{REGISTRY.rpartition('/')[0]}/int/studies/(\w+)/history(?:/(\d+))?", seen.path):
        return services.study_history(world, found[1], found[2] or "")
    if seen.path.startswith(f"{CROSSREF}/works/"):
        return services.crossref_work(world, unquote(seen.path.removeprefix(f"{CROSSREF}/works/")))
    if found := re.fullmatch(rf"{EUROPEPMC}/(PMC\d+)/fullTextXML", seen.path):
        body = world.full_texts.get(found[1])
        return Answer(body, "application/xml") if body else Answer(b"", "text/plain", 404)
    if seen.path in world.feeds:
        body = world.feeds[seen.path]
        tag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        marks = {"ETag": tag, "Last-Modified": "Wed, 01 Jun 2022 00:00:00 GMT"}
        if seen.headers.get("If-None-Match") == tag:
            return Answer(b"", "", 304, marks)
        return Answer(body, "application/rss+xml", headers=marks)
    return Answer(b"no such path", "text/plain", 404)


@contextmanager
def serve(world: World | None = None) -> Iterator[Server]:
    """A server on a free port of 127.0.0.1 for as long as the block lasts."""
    handler = type("Handler", (Handler,), {})
    http = _Server(("127.0.0.1", 0), handler)
    server = Server(http, world or World())
    handler.lab = server  # type: ignore[attr-defined]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


# Faults


def status(code: int, words: str = "", **headers: str) -> Spoil:
    """Answers with a status; ``Retry_After="1"`` becomes the header ``Retry-After``."""

    def spoil(handler: Handler, _answer: Answer) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.send_answer(Answer((words or f"status {code}").encode(), "text/plain", code, named))

    return spoil


def reset(handler: Handler, _answer: Answer) -> None:
    """Ends the connection with RST, without a byte."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def truncated(handler: Handler, answer: Answer) -> None:
    """Promises the whole body, sends half of it and hangs up."""
    handler.send_answer(answer, part=len(answer.body) // 2)
    handler.close_connection = True


def cut_short(handler: Handler, answer: Answer) -> None:
    """Half of the body, with a length that fits the half: only the content tells."""
    half = answer.body[: len(answer.body) // 2]
    handler.send_answer(Answer(half, answer.media_type, answer.status, answer.headers))


def drip(seconds: float) -> Spoil:
    """Half of the body at once, the rest after so many seconds."""

    def spoil(handler: Handler, answer: Answer) -> None:
        handler.send_answer(answer, part=len(answer.body) // 2)
        time.sleep(seconds)
        handler.wfile.write(answer.body[len(answer.body) // 2 :])
        handler.wfile.flush()

    return spoil


def error_in_200(handler: Handler, answer: Answer) -> None:
    """What E-utilities, and Europe PMC and Crossref in their own ways, say with status 200 when they are not well."""
    if "message-type" in answer.body.decode():
        words = {"status": "failed", "message-type": "exception", "message": "Search Backend failed"}
        handler.send_answer(Answer(json.dumps(words).encode(), answer.media_type))
        return
    if "json" in answer.media_type:
        words = {"version": "6.9", "errCode": 500, "errMsg": "Search Backend failed"}
        handler.send_answer(Answer(json.dumps(words).encode(), answer.media_type))
        return
    handler.send_answer(
        Answer(
            b'<?xml version="1.0" encoding="UTF-8" ?>\n<eFetchResult>\n\t<ERROR>Search Backend failed: read failed'
            b"</ERROR>\n</eFetchResult>\n",
            answer.media_type,
        )
    )


def html_in_200(handler: Handler, _answer: Answer) -> None:
    """A page for people."""
    handler.send_answer(Answer(b"<!DOCTYPE html><html><body><h1>Under maintenance</h1></body></html>", "text/html"))


def empty_body(handler: Handler, answer: Answer) -> None:
    """Nothing, with status 200."""
    handler.send_answer(Answer(b"", answer.media_type))


def wrong_charset(handler: Handler, answer: Answer) -> None:
    """The answer in UTF-16, without saying so."""
    handler.send_answer(Answer(answer.body.decode().encode("utf-16"), answer.media_type))


def gzip_bomb(megabytes: int) -> Spoil:
    """So many megabytes of spaces, in a few kilobytes."""

    def spoil(handler: Handler, answer: Answer) -> None:
        body = gzip.compress(b" " * megabytes * 1_000_000)
        handler.send_answer(Answer(body, answer.media_type, headers={"Content-Encoding": "gzip"}))

    return spoil
