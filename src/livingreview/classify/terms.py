"""The words and headings that config gives for each area, looked up in a record.

A term is one or more words, its last one a prefix when it ends in ``*``. It counts for its area and for the area's
top-level one. The strength of an area lies between 0 and 1: 1 when the title, a keyword, a heading or a trial's
condition names it, ``1 - exp(-n / 3)`` when the abstract names it ``n`` times.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from livingreview.classify.features import Floats, Words, words_of_text
from livingreview.config import Review
from livingreview.records import Record
from livingreview.text import Folder


class AreaTerms:
    """The compiled terms of every area of a review."""

    def __init__(self, review: Review, folder: Folder) -> None:
        """Compile them; terms are folded like the texts they are looked for in."""
        self.slugs = tuple(area.slug for area in review.every_area())
        column = {slug: place for place, slug in enumerate(self.slugs)}
        parents = review.area_parents()
        self._starts: dict[str, list[tuple[tuple[str, ...], frozenset[int]]]] = defaultdict(list)
        self._memo: dict[str, tuple[tuple[tuple[str, ...], frozenset[int]], ...]] = {}
        self._headings: dict[str, frozenset[int]] = {}
        targets: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for area in review.every_area():
            columns = {column[area.slug], column[parents[area.slug]]}
            for term in area.terms:
                words = words_of_text(folder(term.rstrip("*")))
                if words:
                    if term.endswith("*"):
                        words[-1] += "*"
                    targets[tuple(words)] |= columns
            for heading in area.mesh:
                name = heading.casefold()
                self._headings[name] = self._headings.get(name, frozenset()) | columns
        for pieces, found in sorted(targets.items()):
            self._starts[pieces[0]].append((pieces, frozenset(found)))
        self._prefixes = tuple(sorted(piece[:-1] for piece in self._starts if piece.endswith("*")))

    def _starting_with(self, word: str) -> tuple[tuple[tuple[str, ...], frozenset[int]], ...]:
        found = self._memo.get(word)
        if found is None:
            entries = list(self._starts.get(word, ()))
            for prefix in self._prefixes:
                if word.startswith(prefix):
                    entries += self._starts[prefix + "*"]
            found = tuple(entries)
            if len(self._memo) < 200_000:
                self._memo[word] = found
        return found

    def hits(self, words: Sequence[str]) -> list[tuple[str, frozenset[int]]]:
        """Every term in a list of folded words, as (matched words, columns of its areas)."""
        found = []
        for place, word in enumerate(words):
            for pieces, columns in self._starting_with(word):
                here = words[place : place + len(pieces)]
                if len(here) == len(pieces) and all(map(_fits, here[1:], pieces[1:])):
                    found.append((" ".join(here), columns))
        return found

    def heading_hits(self, record: Record) -> list[tuple[str, frozenset[int]]]:
        """Every MeSH heading of a record that stands for an area; qualifiers and major-topic stars do not matter."""
        names = (heading.split("/")[0].strip("* ").casefold() for heading in record.mesh)
        return [(name, self._headings[name]) for name in names if name in self._headings]

    def strengths(self, records: Sequence[Record], words: Sequence[Words]) -> Floats:
        """How strongly each record names each area, shape ``(n_records, n_areas)``, each between 0 and 1."""
        table = np.zeros((len(records), len(self.slugs)))
        counts = np.zeros_like(table)
        for row, (record, own) in enumerate(zip(records, words, strict=True)):
            for _, columns in (*self.hits(own.title), *self.hits(own.headings), *self.heading_hits(record)):
                table[row, list(columns)] = 1.0
            for _, columns in self.hits(own.abstract):
                counts[row, list(columns)] += 1.0
        return np.maximum(table, 1 - np.exp(-counts / 3))


def _fits(word: str, piece: str) -> bool:
    return word.startswith(piece[:-1]) if piece.endswith("*") else word == piece
