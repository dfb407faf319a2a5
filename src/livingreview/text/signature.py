"""The signature of a sentence: hashes by which it is found again in any rendering, without any of its words.

A rendering (publisher's page, JATS, PDF, Markdown) changes markup, dashes, quotation marks, citations, superscripts,
spaces around Greek letters and the ends of lines, and none of the words. So all of these are taken away
(:func:`words_of`), every run of three words is hashed, and the smallest hashes are kept: the same sentence gives the
same ones (min-wise hashing: Broder, 1997).
"""

import hashlib
import html
import re
import unicodedata
from collections.abc import Collection
from typing import Final

from livingreview.text.normalise import normal_letters

MAX_HASHES: Final = 16
"""Hashes in a signature; all of a sentence of up to 18 words."""
MIN_WORDS: Final = 5
"""A shorter sentence has too few trigrams to be told from others."""

_RUN: Final = 3
_NAMES: Final = (
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|omicron|pi|rho|sigma|tau|upsilon|phi|chi"
    "|psi|omega"
)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>")
_RAISED_TAG: Final = re.compile(r"<sup\b[^<>]*>[^<>]*</sup>", re.IGNORECASE)
_RAISED: Final = re.compile(r"\^\{[^{}]*\}|\^\d+|[⁰¹²³⁴-⁹⁺⁻⁼⁽⁾ⁿ]+")
_NUMBERS: Final = r"\s*\d{1,3}(?:\s*[,;–—−‐‑-]\s*\d{1,3})*\s*"
_CITATION: Final = re.compile(rf"\[{_NUMBERS}\]|\({_NUMBERS}\)")
_SOFT: Final = re.compile("[\u00ad\u200b\u2060\ufeff]\\s*")
_GREEK: Final = re.compile(rf"[\s‐-―−-]*([Α-Ωα-ωϑϕϵ]+|\b(?:{_NAMES})\b)[\s‐-―−-]*", re.IGNORECASE)
_JOINED: Final = re.compile(r"\s*[-/]\s*")
_NOTHING: Final = re.compile("[\"'`‘’‛“”„‟«»ʼ′″*_^{}\\\\$~]+")
_WORD: Final = re.compile(r"[^\W_]+")


def words_of(sentence: str) -> list[str]:
    """The words of a sentence in a form that every rendering shares.

    Markup, citations and superscripts are gone; dashes, slashes, and what white space stands around them or around a
    Greek letter, join what they part, so that ``IFN γ``, ``IFN-γ`` and ``IFNγ`` are one, and so are ``tech-`` and
    ``nology`` on two lines.
    """
    text = html.unescape(sentence)
    for pattern in (_RAISED_TAG, _TAG, _RAISED):
        text = pattern.sub("", text)
    text = _SOFT.sub("", unicodedata.normalize("NFKC", text))
    text = _NOTHING.sub("", _CITATION.sub(" ", text))
    text = normal_letters(_GREEK.sub(r"\1", text))
    return _WORD.findall(_JOINED.sub("", text))


def trigram_hashes(sentence: str) -> frozenset[str]:
    """Hashes of every run of three words, 8 hex digits each; of two words or one, of what there is."""
    words = words_of(sentence)
    runs = [words[start : start + _RUN] for start in range(max(1, len(words) - _RUN + 1))] if words else []
    return frozenset(hashlib.blake2b(" ".join(run).encode(), digest_size=4).hexdigest() for run in runs)


def signature(sentence: str) -> str:
    """The signature of a sentence, as ``places`` of a statement hold it.

    Raises:
        ValueError: the sentence has fewer than :data:`MIN_WORDS` words.
    """
    if len(words_of(sentence)) < MIN_WORDS:
        raise ValueError(f"a sentence of fewer than {MIN_WORDS} words cannot be told from others")
    return " ".join(sorted(trigram_hashes(sentence))[:MAX_HASHES])


def similarity(signed: str, hashes: Collection[str]) -> float:
    """Which share of a signature's hashes is among those of a sentence."""
    wanted = signed.split()
    return sum(one in hashes for one in wanted) / len(wanted)
