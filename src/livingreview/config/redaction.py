"""Secrets and the operator's addresses, taken out of whatever is kept, logged or raised.

A service may repeat what it was sent: NCBI's own answer to too many requests has a field ``api-key``, which holds the
key, or the caller's IP address where there is none. So a secret is looked for in every form that an answer may give it:
as it is, in either case; with any of its letters escaped as in JSON, HTML or an address, several times over; in base64
at each of its three alignments, as after ``user:``; with the zero bytes of UTF-16; within gzip; and cut off where the
answer ends. What another compression holds is not found.

Words of fewer than :data:`~livingreview.config.settings.MIN_SECRET_CHARS` letters are left alone: they stand in any
text by chance. The settings refuse an API key that is so short.
"""

import base64
import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain

from pydantic import BaseModel

from livingreview.config.settings import MIN_SECRET_CHARS, addresses_of, secrets_of

MASK = "***"
CONTACT_PARAMETERS = frozenset({"email", "mailto"})
"""Parameters by which a service learns who asks: PubMed's and Crossref's."""
_GZIP_MAGIC = b"\x1f\x8b"
_INFLATE = 16 + zlib.MAX_WBITS
_BLOCK_BYTES = 1 << 16
_MIN_PART = 4
"""So many letters of a secret at the end of an answer are a part of it."""
_NAMED = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_LOGIN = re.compile(r"(?<=//)[^/?#@\s]*@")
_KEY_FIELD = re.compile(
    rb"""((?:\\{0,8}"|&quot;|&\#34;)api[-_]?key(?:\\{0,8}"|&quot;|&\#34;)\s{0,9}:\s{0,9}(?:\\{0,8}"|&quot;|&\#34;))"""
    rb"""[^"\\&<>\s]{1,200}""",
    re.IGNORECASE,
)
"""NCBI's field of that name in JSON, also where the JSON was quoted once more; what it holds is a key or an address."""
_KEY_NAMES = (b"api-key", b"api_key", b"apikey")
_ESCAPE_SIGNS = (b"%3", b"%4", b"%5", b"%6", b"%7", b"%25", b"u00", b"&#", b"amp;#")
"""One of them stands wherever a digit or letter is escaped, which no honest writer does."""
_BROKEN_ESCAPE = re.compile(rb"(?:%(?:25){0,3}2?[\da-fA-F]?|\\{1,8}(?:u[\da-fA-F]{0,3})?|&[#\w;]{0,20})?\Z")


class Redactor:
    """Puts ``***`` in the place of secrets.

    Args:
        secrets: keys and passwords.
        addresses: of the operator; they are taken out of messages and headers, not out of the bodies of answers, where
            they may be what an author published.
    """

    def __init__(self, secrets: Iterable[str] = (), addresses: Iterable[str] = ()) -> None:
        self._secrets = tuple(map(_needle, _long_enough(secrets)))
        self._addresses = tuple(map(_needle, _long_enough(addresses)))

    @classmethod
    def of(cls, settings: BaseModel) -> "Redactor":
        """That of every secret and address within some settings."""
        return cls(secrets_of(settings), addresses_of(settings))

    def adding(self, secrets: Iterable[str]) -> "Redactor":
        """One that knows these secrets, too."""
        made = Redactor()
        made._secrets = tuple(dict.fromkeys((*self._secrets, *map(_needle, _long_enough(secrets)))))
        made._addresses = self._addresses
        return made

    def text(self, text: str) -> str:
        """A message or header without secrets, addresses and the login that an address on the net may hold."""
        data = _LOGIN.sub(f"{MASK}@", text).encode("utf-8", "surrogatepass")
        for needle in chain(self._secrets, self._addresses):
            data = needle.masked(_Haystack(data))
        return _KEY_FIELD.sub(rb"\1***", data).decode("utf-8", "surrogatepass")

    def body(self, body: bytes, max_bytes: int) -> bytes:
        """The body of an answer without secrets.

        Args:
            body: the whole of it, so that nothing is cut in two.
            max_bytes: of a body that is gzip, no more than this is unpacked; the rest is left out.
        """
        if not body.startswith(_GZIP_MAGIC):
            return self._clean(body)
        inflated, is_whole = _inflated(body, max_bytes)
        clean = self._clean(inflated)
        return body if is_whole and clean == inflated else gzip.compress(clean, mtime=0)

    def finds(self, data: bytes) -> bool:
        """Whether a secret, whole, is in these bytes."""
        hay = _Haystack(data)
        return any(needle.is_in(hay) for needle in self._secrets)

    def names_asker(self, text: str) -> bool:
        """Whether a secret or an address of the operator is in this text."""
        hay = _Haystack(text.encode("utf-8", "surrogatepass"))
        return any(needle.is_in(hay) for needle in chain(self._secrets, self._addresses))

    def _clean(self, body: bytes) -> bytes:
        hay = _Haystack(body)
        for needle in self._secrets:
            clean = needle.without_cut_off(needle.masked(hay))
            hay = hay if clean is hay.data else _Haystack(clean)
        return _KEY_FIELD.sub(rb"\1***", hay.data) if any(map(hay.lowered.__contains__, _KEY_NAMES)) else hay.data


def masked_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a request without the address of who asks."""
    return {name: MASK if name in CONTACT_PARAMETERS and value else value for name, value in parameters.items()}


def without_login(url: str) -> str:
    """An address on the net without the user and password that may stand in it."""
    return _LOGIN.sub("", url)


def _long_enough(words: Iterable[str]) -> list[str]:
    return sorted({word for given in words if len(word := given.strip()) >= MIN_SECRET_CHARS})


class _Needle:
    """One word in all its forms."""

    def __init__(self, word: str) -> None:
        self._forms = [[*map(_forms_of, word)], *([*map(_forms_of, text)] for text in _base64_of(word))]
        # UTF-16 and UTF-32 have zero bytes between the letters.
        self._pattern = re.compile(b"|".join(rb"\x00{0,3}".join(form) for form in self._forms))
        # The longest run of letters and digits in each form, which stands as it is where no letter is escaped.
        self._anchors = [
            max(re.findall(b"[a-z0-9]+", text.lower().encode()), key=len, default=b"") for text in _texts_of(word)
        ]
        self._max_bytes = max(map(len, self._forms)) * 12

    def is_in(self, hay: "_Haystack") -> bool:
        return any(self._pattern.search(hay.data, *span) for span in self._spans(hay))

    def masked(self, hay: "_Haystack") -> bytes:
        spans = self._spans(hay)
        if not any(self._pattern.search(hay.data, *span) for span in spans):
            return hay.data
        parts, end = [], 0
        for first, last in spans:
            parts += [hay.data[end:first], self._pattern.sub(_mask_of, hay.data[first:last])]
            end = last
        return b"".join([*parts, hay.data[end:]])

    def without_cut_off(self, data: bytes) -> bytes:
        """Without the beginning of the word at the very end."""
        tail = data[-self._max_bytes :]
        for start in range(len(tail)):
            if any(self._is_beginning(form, tail, start) for form in self._forms):
                return data[: len(data) - len(tail) + start] + MASK.encode()
        return data

    def _spans(self, hay: "_Haystack") -> list[tuple[int, int]]:
        """The parts in which the word may be, found cheaply: about its longest run of letters, and about escapes."""
        if hay.is_wide or min(map(len, self._anchors)) < _MIN_PART:
            return [(0, len(hay.data))]
        places = sorted([*hay.escapes, *(place for anchor in self._anchors for place in hay.places(anchor))])
        spans: list[tuple[int, int]] = []
        for place in places:
            first, last = max(0, place - self._max_bytes), place + self._max_bytes
            if spans and first <= spans[-1][1]:
                spans[-1] = (spans[-1][0], last)
            else:
                spans.append((first, last))
        return spans

    @staticmethod
    def _is_beginning(form: list[bytes], tail: bytes, start: int) -> bool:
        place, count = start, 0
        for letter in form:
            found = _compiled(letter).match(tail, place)
            if found is None:
                break
            place, count = found.end(), count + 1
        return count >= _MIN_PART and _BROKEN_ESCAPE.match(tail, place) is not None


class _Haystack:
    """Bytes that are searched for several words; what all of them need is found once."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.lowered = data.lower()
        self.is_wide = b"\0" in data
        self.escapes = [place for sign in _ESCAPE_SIGNS for place in self.places(sign)]

    def places(self, word: bytes) -> Iterator[int]:
        place = self.lowered.find(word)
        while place >= 0:
            yield place
            place = self.lowered.find(word, place + 1)


_needle = lru_cache(maxsize=64)(_Needle)


@lru_cache(maxsize=512)
def _compiled(letter: bytes) -> re.Pattern[bytes]:
    return re.compile(letter + rb"\x00{0,3}")


def _mask_of(found: re.Match[bytes]) -> bytes:
    """Where the letters are two bytes wide, so is the mask."""
    return re.sub(rb"[^\x00]", b"*", found[0]) if b"\0" in found[0] else MASK.encode()


def _texts_of(word: str) -> list[str]:
    return [word, *_base64_of(word)]


def _base64_of(word: str) -> list[str]:
    """What stands in base64 wherever the word does, whatever is before and after it."""
    found = []
    for n_before, n_shared in ((0, 0), (1, 2), (2, 3)):
        data = b"\0" * n_before + word.encode()
        found.append(base64.b64encode(data).decode()[n_shared : len(data) * 8 // 6])
    return found


@lru_cache(maxsize=512)
def _forms_of(letter: str) -> bytes:
    """A pattern of everything that may stand for one letter."""
    forms: list[bytes] = []
    for one in sorted({letter, letter.lower(), letter.upper()} if letter.isascii() else {letter}):
        raw = one.encode()
        forms.append(re.escape(raw))
        forms.append(b"".join(rb"%%(?:25){0,3}%s" % _hex(f"{byte:02x}") for byte in raw))
        units = one.encode("utf-16-be")
        pairs = [units[place : place + 2].hex() for place in range(0, len(units), 2)]
        forms.append(b"".join(rb"\\(?:\\){0,8}u%s" % _hex(pair) for pair in pairs))
        forms.append(rb"&(?:amp;){0,3}\#0{0,6}%d;" % ord(one))
        forms.append(rb"&(?:amp;){0,3}\#[xX]0{0,6}%s;" % _hex(f"{ord(one):x}"))
    if name := _NAMED.get(letter):
        forms.append(rb"&(?:amp;){0,3}%s;" % name.encode())
    if not letter.isalnum():
        forms.append(rb"\\(?:\\){0,8}" + re.escape(letter.encode()))
    # An address may have + for a space, and base64 two letters of its own in addresses.
    forms += {" ": [rb"\+"], "+": [b"-"], "/": [b"_"]}.get(letter, [])
    return b"(?:" + b"|".join(forms) + b")"


def _hex(digits: str) -> bytes:
    return "".join(f"[{digit}{digit.upper()}]" if digit.isalpha() else digit for digit in digits).encode()


def _inflated(body: bytes, max_bytes: int) -> tuple[bytes, bool]:
    """What can be unpacked, and whether that is all."""
    unpacked = bytearray()
    stream = zlib.decompressobj(_INFLATE)
    is_ended = False
    try:
        for place in range(0, len(body), _BLOCK_BYTES):
            block = body[place : place + _BLOCK_BYTES]
            while block:
                is_ended = False
                unpacked += stream.decompress(block, max_bytes + 1 - len(unpacked))
                if len(unpacked) > max_bytes:
                    return bytes(unpacked[:max_bytes]), False
                block = stream.unconsumed_tail
                if stream.eof:
                    # Members may follow each other.
                    is_ended = True
                    block, stream = stream.unused_data, zlib.decompressobj(_INFLATE)
    except zlib.error:
        return bytes(unpacked), False
    return bytes(unpacked), is_ended
