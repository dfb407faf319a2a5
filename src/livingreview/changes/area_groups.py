"""Core records that fit no known area, grouped by the words they share: a new area is proposed, never made.

Greedy and deterministic: the term that most sets the unplaced records apart from the placed ones takes every unplaced
record that holds it, then the next term the rest, until no group of enough records is left.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from livingreview.config import RESIDUAL_ALIAS, Review
from livingreview.records import Record
from livingreview.text.tokens import Words, concepts_of, folder_of, prepare, stop_words_of

MIN_RECORDS: Final = 3
"""A group of fewer records is no area."""

N_TERMS: Final = 5
_MIN_LENGTH: Final = 4
"""Letters of a word that may name an area."""

_MIN_RATIO: Final = 3.0
"""How many times as frequent a term must be among unplaced records as among placed ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedArea:
    """A group of core records with what they have in common, the strongest term first."""

    terms: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]


def propose_areas(
    review: Review, records: Mapping[tuple[str, str], tuple[Record, Sequence[str]]]
) -> list[ProposedArea]:
    """Groups of core records without a disease area, the largest first.

    Args:
        review: its name variants and stop words are no terms.
        records: key -> (record of the core scope, slugs of its areas).
    """
    # The residual area takes what belongs to no disease; its conditions (children) are areas like any other.
    residual = review.area_of_alias().get(RESIDUAL_ALIAS)
    placed = {key for key, (_, areas) in records.items() if any(slug != residual for slug in areas)}
    open_keys = set(records) - placed
    if len(open_keys) < MIN_RECORDS:
        # So few make no group, and reading the texts of all records is what costs.
        return []
    folder = folder_of(review)
    ignored = {*concepts_of(review), *stop_words_of(review)}
    held = {key: _terms(prepare(record, folder), ignored) for key, (record, _) in records.items()}
    known = Counter(term for key in placed for term in held[key])
    groups: list[ProposedArea] = []
    while True:
        ranked = _ranked([held[key] for key in sorted(open_keys)], known, len(placed))
        if not ranked:
            return sorted(groups, key=lambda group: (-len(group.keys), group.keys))
        keys = tuple(sorted(key for key in open_keys if ranked[0] in held[key]))
        shared = _ranked([held[key] for key in keys], known, len(placed))
        groups.append(ProposedArea(terms=tuple(_distinct(shared)[:N_TERMS]), keys=keys))
        open_keys -= set(keys)


def _terms(own: Words, ignored: set[str]) -> set[str]:
    """Words and pairs of the title, keywords and headings, and words that an abstract names more than once."""
    found: set[str] = set()
    for block in (own.title, own.headings):
        kept = [word if _may_name(word, ignored) else "" for word in block]
        found.update(word for word in kept if word)
        found.update(f"{first} {second}" for first, second in zip(kept, kept[1:], strict=False) if first and second)
    found.update(word for word, count in Counter(own.abstract).items() if count > 1 and _may_name(word, ignored))
    return found


def _may_name(word: str, ignored: set[str]) -> bool:
    return len(word) >= _MIN_LENGTH and word not in ignored and not word[0].isdigit()


def _ranked(open_terms: Sequence[set[str]], known: Counter[str], n_placed: int) -> list[str]:
    """Terms of enough records that set them apart, best first; a pair before its words where they tie."""
    counts = Counter(term for terms in open_terms for term in terms)
    worth = {}
    for term, count in counts.items():
        ratio = (count / len(open_terms)) / ((known[term] + 0.5) / (n_placed + 1))
        if count >= MIN_RECORDS and ratio >= _MIN_RATIO:
            worth[term] = count * math.log(ratio)
    return sorted(worth, key=lambda term: (-worth[term], -len(term), term))


def _distinct(terms: Iterable[str]) -> list[str]:
    """Without words that an earlier term holds already."""
    kept: list[str] = []
    for term in terms:
        if not any(set(term.split()) <= set(other.split()) for other in kept):
            kept.append(term)
    return kept
