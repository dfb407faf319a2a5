"""What is secret is found in every form, and nothing else is touched."""

import base64
import gzip
import html
import json
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from livingreview.config import MailSettings, PubmedSettings, Settings, secrets_of
from livingreview.config.redaction import MASK, Redactor, masked_parameters, without_login

KEY = "0f1e2d3c4b5a69788796a5b4c3d2e1f0abcd"
HARD = 'p@ss/w+rd&"<ü\\x'
LIMIT = 1_000_000


def escaped(word: str, form: str) -> str:
    return "".join(form.format(ord(letter)) for letter in word)


FORMS = {
    "raw": lambda word: word,
    "upper case": lambda word: word.upper() if word.isalnum() else word,
    "json": lambda word: json.dumps(word)[1:-1],
    "json twice": lambda word: json.dumps(json.dumps(word))[3:-3],
    "html": html.escape,
    "html twice": lambda word: html.escape(html.escape(word)),
    "url": lambda word: quote(word, safe=""),
    "url, small letters": lambda word: quote(word, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "url twice": lambda word: quote(quote(word, safe=""), safe=""),
    "every letter, url": lambda word: "".join(f"%{byte:02X}" for byte in word.encode()),
    "every letter, json": lambda word: escaped(word, "\\u{:04x}"),
    "every letter, json, large": lambda word: escaped(word, "\\u{:04X}"),
    "every letter, html": lambda word: escaped(word, "&#{};"),
    "every letter, html, hexadecimal": lambda word: escaped(word, "&#x{:04x};"),
    "one letter, html": lambda word: f"{word[0]}&#{ord(word[1])};{word[2:]}",
    "base64": lambda word: base64.b64encode(word.encode()).decode(),
    "base64 for addresses": lambda word: base64.urlsafe_b64encode(word.encode()).decode(),
    "base64 of a login": lambda word: base64.b64encode(f"me:{word}".encode()).decode(),
    "base64 of a longer login": lambda word: base64.b64encode(f"you:{word}!".encode()).decode(),
    "base64 in a field": lambda word: base64.b64encode(f'{{"key":"{word}"}}'.encode()).decode(),
    "base64 in an address": lambda word: quote(base64.b64encode(word.encode()).decode(), safe=""),
}


@pytest.mark.parametrize("word", [KEY, HARD, "secret"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_secret_is_found(word: str, form: str) -> None:
    given = FORMS[form](word)
    redactor = Redactor([word])
    body = f"<p>before {given} after</p>".encode()
    clean = redactor.body(body, LIMIT)
    assert MASK.encode() in clean
    assert clean.startswith(b"<p>before ") and clean.endswith(b" after</p>")
    # No more than the letters that base64 shares with what is beside the secret may be left of it.
    left = clean.removeprefix(b"<p>before ").removesuffix(b" after</p>").replace(MASK.encode(), b"")
    assert len(left) <= (0 if "base64" not in form else 20)
    assert redactor.finds(body) and not redactor.finds(clean)
    assert given not in redactor.text(f"said {given} there")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_wide_letters_stay_wide(encoding: str) -> None:
    clean = Redactor([KEY]).body(f"<a>{KEY}</a>".encode(encoding), LIMIT)
    assert clean.decode(encoding) == f"<a>{'*' * len(KEY)}</a>"


@pytest.mark.parametrize("form", ["raw", "every letter, url", "every letter, html", "base64", "every letter, json"])
@pytest.mark.parametrize("n_bytes", range(2, 40, 3))
def test_a_secret_that_is_cut_off_leaves_no_part(form: str, n_bytes: int) -> None:
    given = FORMS[form](KEY)
    body = b"<ERROR>key " + given.encode()[: n_bytes * len(given) // 40]
    clean = Redactor([KEY]).body(body, LIMIT)
    kept = clean.removeprefix(b"<ERROR>key ")
    per_letter = len(given) / len(KEY)
    assert kept == MASK.encode() or len(kept) / per_letter < 6


def test_gzip_within_the_body_is_looked_into() -> None:
    redactor = Redactor([KEY])
    packed = gzip.compress(f"<a>{KEY}</a>".encode()) + gzip.compress(b" more")
    assert gzip.decompress(redactor.body(packed, LIMIT)) == b"<a>***</a> more"
    harmless = gzip.compress(b"<a/>" * 50_000)
    assert redactor.body(harmless, LIMIT) == harmless
    # What is not looked at is not kept: what is beyond the limit, and what follows damage.
    assert gzip.decompress(redactor.body(harmless, 1_000)) == (b"<a/>" * 50_000)[:1_000]
    damaged = redactor.body(packed[:30] + b"\xff" * 40, LIMIT)
    assert KEY.encode() not in gzip.decompress(damaged)
    cut = gzip.compress(f"{'<a>' * 9}{KEY}".encode())
    assert KEY.encode() not in gzip.decompress(redactor.body(cut[:-9], LIMIT))


@pytest.mark.parametrize("shown", ["192.0.2.7", "2001:db8::7", "some0ther0key"])
def test_what_ncbi_says_of_the_caller_is_masked(shown: str) -> None:
    words = json.dumps({"error": "API rate limit exceeded", "api-key": shown, "count": "4", "limit": "3"})
    redactor = Redactor()
    for said in (words, json.dumps({"message": words}), html.escape(words), words.replace(": ", ":")):
        assert shown not in redactor.body(said.encode(), LIMIT).decode()
        assert shown not in redactor.text(said)
    clean = json.loads(redactor.body(words.encode(), LIMIT))
    assert clean == {"error": "API rate limit exceeded", "api-key": "***", "count": "4", "limit": "3"}


def test_nothing_else_is_touched() -> None:
    body = b"Keys of 36 letters, api key: none; &#233; %20 \\u00e9 <a href='x?api_key='/> abc abcde"
    assert Redactor([KEY, HARD, "abcde", "a", ""]).body(body, LIMIT) == body
    assert Redactor().text("no // one @ here") == "no // one @ here"


def test_addresses_go_from_messages_but_not_from_what_authors_published() -> None:
    redactor = Redactor(addresses=["me@example.org"])
    assert redactor.text("agent (mailto:me@example.org)") == "agent (mailto:***)"
    assert redactor.text("?mailto=ME%40example.org") == "?mailto=***"
    body = b"<Affiliation>Utopia. me@example.org.</Affiliation>"
    assert redactor.body(body, LIMIT) == body
    assert masked_parameters({"email": "me@example.org", "mailto": "", "id": "1"}) == {
        "email": "***",
        "mailto": "",
        "id": "1",
    }


def test_a_login_in_an_address_is_taken_out() -> None:
    assert without_login("https://me:pass@example.org/x?a=b@c") == "https://example.org/x?a=b@c"
    assert Redactor().text("see https://me:pass@example.org/x") == "see https://***@example.org/x"


def test_every_secret_of_the_settings_is_known() -> None:
    settings = Settings(
        database_url="postgresql://me:s%20ecret@127.0.0.1/x",
        mail=MailSettings(password=SecretStr("mail-word")),
        sources={"pubmed": {"api_key": KEY}, "europepmc": {"base_url": "https://a:pass-word@example.org"}},  # type: ignore[arg-type]
    )
    assert secrets_of(settings) == {KEY, "mail-word", "s%20ecret", "s ecret", "pass-word"}


@pytest.mark.parametrize("key", ["a", "12345", " 12345\n"])
def test_a_key_too_short_to_be_told_from_text_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="shorter than 6 letters"):
        PubmedSettings(api_key=SecretStr(key))
    assert PubmedSettings(api_key=SecretStr("")).api_key.get_secret_value() == ""


def test_backslashes_and_zeros_without_end_are_read_in_time_that_grows_with_their_number() -> None:
    """Each of these takes hours where a pattern tries every end of every beginning."""
    redactor = Redactor([KEY, HARD])
    for piece in (b"\\", b"&amp;", b"%25", b"&#0", b"0", b"\0", b'\\"api-key', b" "):
        body = piece * (300_000 // len(piece))
        assert redactor.body(body, LIMIT) == body
