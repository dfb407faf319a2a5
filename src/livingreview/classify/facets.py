"""Tags that are read from a record's own words by the patterns of config/reviews/<slug>/facets.toml."""

import re
from collections.abc import Sequence
from typing import Final

from livingreview.config import Facet, FacetValue
from livingreview.records import Record
from livingreview.text.normalise import FIELDS, fields, plain_text, required_literals

Facets = dict[str, tuple[tuple[str, str], ...]]
"""Facet slug -> values found, each as (value, the words it came from)."""

MAX_CAPTURED: Final = 20
"""A facet that takes words as they stand keeps this many of them at most."""


class FacetReader:
    """The compiled patterns of a review's facets."""

    def __init__(self, facets: Sequence[Facet]) -> None:
        """Note for each pattern which literals a match must hold, so that most are never tried."""
        self._facets = [
            (facet.slug, [(value, [(_sets(pattern), pattern) for pattern in value.patterns]) for value in facet.values])
            for facet in facets
        ]

    def read(self, record: Record) -> Facets:
        """Every facet value that a record's text shows, in the order of config; facets without one are left out.

        Patterns meet plain text (title, abstract, keywords, headings, conditions, interventions; case kept, each
        field on a line of its own). Of a value the first matching words are kept; a value with ``capture`` gives one
        pair for each distinct spelling, in the order of the text. A fallback gives way to any other value.
        """
        parts = fields(record)
        text = "\n".join(plain_text(parts[name]) for name in FIELDS if parts[name])
        lower = text.lower()
        found: Facets = {}
        for slug, values in self._facets:
            pairs: list[tuple[str, str]] = []
            fallbacks = {value.slug for value, _ in values if value.is_fallback}
            for value, patterns in values:
                words = _words_of(text, [pattern for sets, pattern in patterns if _may_match(sets, lower)])
                if value.capture:
                    pairs += _distinct([(_spelt(word, value), word) for word in words])[:MAX_CAPTURED]
                elif words:
                    pairs.append((value.slug, words[0]))
            kept = [pair for pair in pairs if pair[0] not in fallbacks]
            pairs = kept or pairs
            if pairs:
                found[slug] = tuple(pairs)
        return found


def _sets(pattern: re.Pattern[str]) -> tuple[tuple[str, ...], ...]:
    return required_literals(pattern.pattern)


def _may_match(sets: tuple[tuple[str, ...], ...], text: str) -> bool:
    return all(any(literal in text for literal in literals) for literals in sets)


def _words_of(text: str, patterns: Sequence[re.Pattern[str]]) -> list[str]:
    """What the patterns match, in the order of the text; of matches at one place the longest first."""
    matches = [match for pattern in patterns for match in pattern.finditer(text) if match.group().strip()]
    matches.sort(key=lambda match: (match.start(), -match.end()))
    return [" ".join(match.group().split()) for match in matches]


def _spelt(word: str, value: FacetValue) -> str:
    for pattern, replacement in value.rewrite:
        word = pattern.sub(replacement, word)
    return word


def _distinct(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs without repeated values; case does not tell two apart, the first one stays."""
    seen: dict[str, tuple[str, str]] = {}
    for pair in pairs:
        seen.setdefault(pair[0].casefold(), pair)
    return list(seen.values())
