"""A service that repeats the API key, in whatever way: the key is in nothing that a run leaves behind."""

import base64
import email
import gzip
import html
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email import policy
from pathlib import Path
from urllib.parse import quote

import pytest

from support import server as faults
from support.lab import Lab
from support.server import Handler, Seen, Spoil
from support.services import Answer
from support.spoils import redirected
from support.tiny_review import CITED_PMID, CITED_TITLE, PRINTED_NCT
from support.world import Article, study

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0abcd"
MAIL = "operator@example.org"
FIRST, SECOND = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z"
NCBI = json.dumps({"error": "API rate limit exceeded", "api-key": KEY, "count": "11", "limit": "10"})
IN_BASE64 = [base64.b64encode(b"\0" * n + KEY.encode()).decode()[4:-4] for n in range(3)]
FORMS = [
    *(KEY, KEY.upper(), *IN_BASE64),
    "".join(f"%{ord(letter):02x}" for letter in KEY),
    "".join(f"\\u{ord(letter):04x}" for letter in KEY),
    "".join(f"&#{ord(letter)};" for letter in KEY),
]


def said(words: str | bytes, status: int = 200, media_type: str = "text/plain", **headers: str) -> Spoil:
    body = words if isinstance(words, bytes) else words.encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def spoil(handler: Handler, _answer: Answer) -> None:
        handler.send_answer(Answer(body, media_type, status, named))

    return spoil


def broken_off(handler: Handler, _answer: Answer) -> None:
    handler.send_answer(Answer(f"<ERROR>no key {KEY}".encode(), "text/xml"), length=5_000)
    handler.close_connection = True


def broken_off_within(handler: Handler, _answer: Answer) -> None:
    handler.send_answer(Answer(f"<ERROR>no key {KEY[:20]}".encode(), "text/xml"), length=5_000)
    handler.close_connection = True


def odd_header(handler: Handler, _answer: Answer) -> None:
    handler.close_connection = True
    handler.connection.sendall(f"HTTP/1.1 500 {KEY}\r\nno header {KEY}\r\nX-{KEY}: {KEY}\r\n\r\n{KEY}".encode())


def odd_status(handler: Handler, _answer: Answer) -> None:
    handler.close_connection = True
    handler.connection.sendall(f"{KEY} is no status\r\n\r\n".encode())


KINDS = {
    "429 in JSON": said(NCBI, 429, "application/json", Retry_After="0"),
    "400 in JSON": said(NCBI, 400, "application/json"),
    "400 in JSON, quoted": said(json.dumps({"message": NCBI}), 400, "application/json"),
    "JSON with status 200": said(NCBI, 200, "application/json"),
    "ERROR with status 200": said(f"<eSearchResult><ERROR>key {KEY} is bad</ERROR></eSearchResult>", 200, "text/xml"),
    "a warning with status 200": said(
        "<eSearchResult><Count>0</Count><IdList/><ErrorList><PhraseNotFound>"
        f"{KEY}</PhraseNotFound></ErrorList></eSearchResult>"
    ),
    "malformed XML": said(f"<eSearchResult><{KEY} api='{KEY}'></eSearchResult>", 200, "text/xml"),
    "another document": said(f"<K{KEY}/>", 200, "text/xml"),
    "a page for people": said(f"<html>{KEY}</html>", 500, "text/html"),
    "across the cut of a message": said("x" * 280 + KEY + "y" * 300, 400),
    "escaped": said(FORMS[-3] + FORMS[-2] + html.escape(FORMS[-1]) + quote(quote(FORMS[-3])), 400),
    "base64": said(" ".join(base64.b64encode(f"{n}{KEY}".encode()).decode() for n in ("", "1", "12", "me:")), 400),
    "upper case in UTF-16": said(KEY.upper().encode("utf-16"), 400),
    "headers": said("no", 400, **{"Retry_After": KEY, "Set_Cookie": f"a={KEY}", "ETag": KEY, "Last-Modified": KEY}),
    "media type": said("no", 400, f"text/{KEY}"),
    "header that is none": odd_header,
    "status line": odd_status,
    "redirect elsewhere": redirected(302, f"http://127.0.0.1:9/x?api_key={KEY}"),
    "redirect within the host": redirected(302, f"/x?api_key={KEY}"),
    "redirect to what is no address": redirected(302, f"http://[{KEY}"),
    "redirect to a path, for ever": redirected(307, f"?api_key={KEY}"),
    "broken off after it": broken_off,
    "broken off within it": broken_off_within,
    "over the limit": said(KEY + "z" * 1_200_000, 200),
    "gzip within the body": said(gzip.compress(NCBI.encode()), 200, "application/gzip"),
    "gzip that breaks off": said(gzip.compress((NCBI * 9).encode())[:-9], 400),
}


def texts(path: Path) -> Iterator[bytes]:
    """What a file holds, unpacked and decoded."""
    data = path.read_bytes()
    while data.startswith(b"\x1f\x8b"):
        yield data
        data = gzip.decompress(data)
    yield data
    if path.suffix == ".eml":
        for part in email.message_from_bytes(data, policy=policy.default).walk():
            if not part.is_multipart():
                yield part.get_payload(decode=True)  # type: ignore[misc]


def found_in(root: Path, words: list[str]) -> list[str]:
    return sorted(
        f"{word[:12]} in {path.relative_to(root)}"
        for path in root.rglob("*")
        if path.is_file()
        for data in texts(path)
        for word in words
        if word.encode() in data or word.encode("utf-16-le") in data
    )


@pytest.fixture
def keyed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__API_KEY", KEY)
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__MAX_BODY_MEGABYTES", "1")
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__REQUESTS_PER_SECOND_WITH_KEY", "10000")
    for name in ("PUBMED", "CLINICALTRIALS", "CROSSREF"):
        monkeypatch.setenv(f"LIVINGREVIEW_SOURCES__{name}__EMAIL", MAIL)
    lab.server.world.add(Article(pmid=CITED_PMID, title=CITED_TITLE), Article(pmid="31000001", title="Loom cells"))
    lab.server.world.register(study(PRINTED_NCT, "Vesicles of loom cells for burns", updated="2022-01-20"))
    return lab


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_is_in_nothing_that_a_failure_leaves_behind(
    keyed: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__CLINICALTRIALS__IS_ENABLED", "false")
    keyed.server.spoil(KINDS[kind], times=None)
    with caplog.at_level(logging.DEBUG, "livingreview"):
        ended = keyed("run", now=FIRST)
    assert ended.code in (3, 4) and "FAILED pubmed" in ended.out
    assert any(seen.parameters.get("api_key") == KEY for seen in keyed.server.seen)
    shown = [ended.out, ended.err, caplog.text]
    for arguments in (("status", "--json"), ("status",), ("doctor",), ("snapshot", "export", keyed.root / "snapshot")):
        told = keyed(*arguments, now=SECOND)
        shown += [told.out, told.err]
    assert not [form for form in FORMS for text in shown if form in text]
    assert found_in(keyed.root, [*FORMS, KEY[:12]]) == []


def test_the_key_and_the_address_are_in_nothing_that_a_run_leaves_behind(keyed: Lab) -> None:
    """The whole line: reports, mail, feed and snapshot of a run in which a source failed, and those of a good one."""
    seen: list[Seen] = keyed.server.seen
    keyed.server.spoil(KINDS["429 in JSON"], "esearch", times=None)
    partial = keyed("run", now=FIRST)
    keyed.server.mend()
    whole = keyed("run", now=SECOND)
    assert (partial.code, whole.code) == (3, 0), whole.err
    mailed = keyed("digest", "send", now=SECOND)
    exported = keyed("snapshot", "export", keyed.root / "snapshot", now=SECOND)
    told = [keyed("status", "--json"), keyed("report", "--run", "20220601T050000Z"), keyed("changes"), mailed, exported]
    assert all(one.code == 0 for one in told), told
    assert not [form for form in [*FORMS, MAIL] for one in [partial, whole, *told] if form in one.out + one.err]
    assert list(keyed.root.rglob("*.eml"))
    assert found_in(keyed.root, [*FORMS, MAIL, MAIL.replace("@", "%40")]) == []
    # Both were sent nonetheless.
    assert {one.parameters.get("email") for one in seen if "efetch" in one.path} == {MAIL}
    assert {one.parameters.get("api_key") for one in seen if "efetch" in one.path} == {KEY}
    assert all(f"mailto:{MAIL}" in one.headers["User-Agent"] for one in seen)


def test_a_replay_needs_neither_address_nor_key(keyed: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    assert keyed("run", now=FIRST).code == 0
    for mail in (MAIL, "another@example.org", ""):
        for name in ("PUBMED", "CLINICALTRIALS", "CROSSREF"):
            monkeypatch.setenv(f"LIVINGREVIEW_SOURCES__{name}__EMAIL", mail)
        ended = keyed("run", "--replay", "20220601T050000Z", now="2023-01-01")
        assert (ended.code, ended.lines[-1]) == (0, "20220601T050000Z: identical"), ended.out + ended.err


def test_rows_of_before_are_masked_when_they_leave_the_machine(keyed: Lab) -> None:
    """Stores of before hold the address as it was sent; replays do not mind, and no snapshot shows it."""
    assert keyed("run", now=FIRST).code == 0
    with closing(sqlite3.connect(keyed.root / "var" / "tiny.db")) as connection:
        rows = connection.execute("SELECT id, parameters FROM payload").fetchall()
        sent = [(parameters.replace('"***"', f'"{MAIL}"'), number) for number, parameters in rows]
        assert sum(MAIL in parameters for parameters, _ in sent) > 3
        connection.executemany("UPDATE payload SET parameters = ? WHERE id = ?", sent)
        connection.commit()
    ended = keyed("run", "--replay", "20220601T050000Z", now="2023-01-01")
    assert ended.lines[-1] == "20220601T050000Z: identical", ended.out + ended.err
    assert keyed("snapshot", "export", keyed.root / "snapshot").code == 0
    assert '"email":"***"' in (keyed.root / "snapshot" / "payloads.jsonl").read_text()
    assert found_in(keyed.root / "snapshot", [MAIL]) == []


def test_a_caller_without_a_key_is_not_told_by_its_address(lab: Lab) -> None:
    words = json.dumps({"error": "API rate limit exceeded", "api-key": "192.0.2.77", "count": "4", "limit": "3"})
    lab.server.spoil(faults.status(429, words, Retry_After="0"), "esearch", times=None)
    ended = lab("run", now=FIRST)
    assert "API rate limit exceeded" in ended.out
    assert "192.0.2.77" not in ended.out + ended.err
    assert found_in(lab.root, ["192.0.2.77"]) == []
