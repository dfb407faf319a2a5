"""More ways to spoil an answer than :mod:`support.server` has: on the wire, in the bytes, and in what it says."""

import gzip
import json
import re
import time
from collections.abc import Callable

from support import server as base
from support.server import Handler, Spoil
from support.services import Answer
from support.world import Article, article_set, study

BOMB_BYTES = 3_000_000


def no_answer(seconds: float) -> Spoil:
    """Says nothing for so long."""

    def spoil(handler: Handler, _answer: Answer) -> None:
        handler.close_connection = True
        time.sleep(seconds)

    return spoil


def closed(handler: Handler, _answer: Answer) -> None:
    """Ends the connection in good order, without a byte."""
    handler.close_connection = True


def trickle(pause_seconds: float, times: int) -> Spoil:
    """A few bytes after each pause; no pause is longer than a read time-out."""

    def spoil(handler: Handler, answer: Answer) -> None:
        handler.close_connection = True
        handler.send_answer(answer, part=1)
        for place in range(1, times):
            time.sleep(pause_seconds)
            handler.wfile.write(answer.body[place : place + 1])
            handler.wfile.flush()

    return spoil


def headers_that_drip(pause_seconds: float, times: int) -> Spoil:
    """A header after each pause, and never the last one; no pause is longer than a read time-out."""

    def spoil(handler: Handler, _answer: Answer) -> None:
        handler.close_connection = True
        handler.connection.sendall(b"HTTP/1.1 200 OK\r\n")
        for number in range(times):
            time.sleep(pause_seconds)
            handler.connection.sendall(b"X-Header-%d: more\r\n" % number)

    return spoil


def endless_continue(pause_seconds: float, times: int) -> Spoil:
    """``100 Continue`` after each pause, and never an answer; without a pause, as fast as it is read."""

    def spoil(handler: Handler, _answer: Answer) -> None:
        handler.close_connection = True
        for _ in range(times):
            if pause_seconds:
                time.sleep(pause_seconds)
            handler.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * (1 if pause_seconds else 1_000))

    return spoil


def redirected(status: int, location: str) -> Spoil:
    """Answers with a redirect."""

    def spoil(handler: Handler, _answer: Answer) -> None:
        handler.send_answer(Answer(b"moved", "text/plain", status, {"Location": location}))

    return spoil


def chunks_that_break_off(handler: Handler, answer: Answer) -> None:
    """``Transfer-Encoding: chunked``, half of the body, no last chunk."""
    half = answer.body[: len(answer.body) // 2]
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.media_type)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(f"{len(half):x}\r\n".encode() + half + b"\r\n")
    handler.wfile.flush()
    handler.close_connection = True


def gzip_that_breaks_off(handler: Handler, answer: Answer) -> None:
    """Half of a compressed body, with a length that fits the half."""
    packed = gzip.compress(answer.body)
    handler.send_answer(Answer(packed[: len(packed) // 2], answer.media_type, headers={"Content-Encoding": "gzip"}))


def gzip_bomb(handler: Handler, answer: Answer) -> None:
    """Some megabytes in a few kilobytes."""
    packed = gzip.compress(b" " * BOMB_BYTES)
    handler.send_answer(Answer(packed, answer.media_type, headers={"Content-Encoding": "gzip"}))


def too_large(handler: Handler, answer: Answer) -> None:
    """The right answer, and white space after it beyond every limit."""
    handler.send_answer(Answer(answer.body + b" " * BOMB_BYTES, answer.media_type))


def _rewritten(rewrite: Callable[[bytes], bytes]) -> Spoil:
    def spoil(handler: Handler, answer: Answer) -> None:
        handler.send_answer(Answer(rewrite(answer.body), answer.media_type, answer.status, answer.headers))

    return spoil


def _latin1(body: bytes) -> bytes:
    text = body.decode()
    if "é" not in text:
        # An esearch answer, or JSON that escapes: the letter stands where the query or a title is repeated.
        text = re.sub(r"(</QueryTranslation>|\\u00e9)", "é", text, count=1)
    return text.encode("latin-1")


latin1 = _rewritten(_latin1)
"""Latin-1 bytes in what is declared, or by its format bound, to be UTF-8."""


def _utf16(body: bytes) -> bytes:
    declared = re.sub(r"^<\?xml[^>]*\?>", '<?xml version="1.0" encoding="UTF-16"?>', body.decode())
    return declared.encode("utf-16")


utf16 = _rewritten(_utf16)
"""UTF-16, and XML says so."""

json_error = base.status(200, json.dumps({"error": "API rate limit exceeded", "count": "11"}))
"""What NCBI's gateway says in JSON, with status 200."""


def _emptied(body: bytes) -> bytes:
    if b"<eSearchResult" in body:
        head = body[: body.index(b"<eSearchResult")]
        return (
            head + b"<eSearchResult><Count>0</Count><RetMax>0</RetMax><RetStart>0</RetStart><IdList/></eSearchResult>"
        )
    if b"<PubmedArticleSet" in body:
        return body[: body.index(b"<PubmedArticleSet")] + b"<PubmedArticleSet></PubmedArticleSet>"
    page = json.loads(body)
    if "protocolSection" in page:
        return b"{}"
    if "studies" in page:
        return json.dumps({"totalCount": 0, "studies": []}).encode()
    page |= {"hitCount": 0, "resultList": {"result": []}}
    page.pop("nextCursorMark", None)
    return json.dumps(page).encode()


emptied = _rewritten(_emptied)
"""A well-formed answer that says: nothing found."""


def _miscounted(body: bytes) -> bytes:
    if b"<eSearchResult" in body:
        return re.sub(rb"<Count>(\d+)", lambda found: b"<Count>%d" % (int(found[1]) + 1), body)
    page = json.loads(body)
    for name in ("totalCount", "hitCount"):
        if name in page:
            page[name] += 1
    return json.dumps(page).encode()


miscounted = _rewritten(_miscounted)
"""One more is counted than is there."""


def _thinned(body: bytes) -> bytes:
    if b"<eSearchResult" in body:
        return re.sub(rb"<Id>\d+</Id>\n", b"", body, count=1)
    if b"<PubmedArticleSet" in body:
        return re.sub(rb"<PubmedArticle>.*?</PubmedArticle>", b"", body, count=1, flags=re.DOTALL)
    page = json.loads(body)
    listed = page["studies"] if "studies" in page else page["resultList"]["result"]
    del listed[:1]
    return json.dumps(page).encode()


thinned = _rewritten(_thinned)
"""The first record or id of the page is not there; every count stays."""


def _of_another_request(body: bytes) -> bytes:
    if b"<PubmedArticleSet" in body:
        return article_set(*(Article(pmid=f"3999999{n}", title=f"Of something else {n}") for n in range(2)))
    other = study("NCT99999999", "Of something else", updated="2020-01-01")
    is_page = "protocolSection" not in json.loads(body)
    return json.dumps({"totalCount": 1, "studies": [other]} if is_page else other).encode()


of_another_request = _rewritten(_of_another_request)
"""A whole, well-formed answer of efetch or the registry that holds nothing of what was asked for."""


class Repeating:
    """Answers with the page before, whatever is asked for."""

    def __init__(self) -> None:
        self.first: Answer | None = None

    def remember(self, handler: Handler, answer: Answer) -> None:
        """The good answer, kept."""
        self.first = answer
        handler.send_answer(answer)

    def repeat(self, handler: Handler, _answer: Answer) -> None:
        """The kept one again."""
        assert self.first is not None
        handler.send_answer(self.first)
