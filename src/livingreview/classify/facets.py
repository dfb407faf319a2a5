"""Tags that are read from a record's own words by the patterns of config/reviews/<slug>/facets.toml."""

from collections.abc import Sequence
from typing import Final

from livingreview.config import Facet
from livingreview.records import Record
from livingreview.text import FIELDS, fields, plain_text

Facets = dict[str, tuple[tuple[str, str], ...]]
"""Facet slug -> values found, each as (value, the words it came from)."""

MAX_CAPTURED: Final = 20
"""A facet that takes words as they stand keeps this many of them at most."""


def read_facets(record: Record, facets: Sequence[Facet]) -> Facets:
    """Every facet value that a record's text shows, in the order of config; facets without one are left out.

    Patterns meet plain text (title, abstract, keywords, headings, conditions, interventions; case kept, each field on
    a line of its own). Of a value the first matching words are kept; a value with ``capture`` gives one pair for each
    distinct wording, in the order of the text.
    """
    parts = fields(record)
    text = "\n".join(plain_text(parts[name]) for name in FIELDS if parts[name])
    found: Facets = {}
    for facet in facets:
        pairs: list[tuple[str, str]] = []
        for value in facet.values:
            matches = [match for pattern in value.patterns for match in pattern.finditer(text) if match.group().strip()]
            matches.sort(key=lambda match: (match.start(), -match.end()))
            words = [" ".join(match.group().split()) for match in matches]
            if value.capture:
                pairs += list({word.casefold(): (word, word) for word in reversed(words)}.values())[::-1][:MAX_CAPTURED]
            elif words:
                pairs.append((value.slug, words[0]))
        if pairs:
            found[facet.slug] = tuple(pairs)
    return found
