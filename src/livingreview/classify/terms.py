"""The words and headings that config gives for each area, looked up in a record.

A term is one or more words, its last one a prefix when it ends in ``*``. It counts for its area and for the area's
top-level one. The strength of an area lies between 0 and 1: 1 when the title, a keyword, a heading or a trial's
condition names it, ``1 - exp(-n / 3)`` when the abstract names it ``n`` times.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from livingreview.classify.examples import RESIDUAL_ALIAS
from livingreview.classify.features import Floats, Words, words_of_text
from livingreview.config import Review
from livingreview.records import Record
from livingreview.text import Folder

_Entries = tuple[tuple[tuple[str, ...], tuple[int, ...]], ...]
"""(further words of a term, columns of its areas) of every term that starts with one word."""

_MAX_MEMO = 200_000


class AreaTerms:
    """The compiled terms of every area of a review."""

    def __init__(self, review: Review, folder: Folder) -> None:
        """Compile them; terms are folded like the texts they are looked for in."""
        self.slugs = tuple(area.slug for area in review.every_area())
        column = {slug: place for place, slug in enumerate(self.slugs)}
        parents = review.area_parents()
        self._starts: dict[str, list[tuple[tuple[str, ...], tuple[int, ...]]]] = defaultdict(list)
        self._memo: dict[str, _Entries] = {}
        self._headings: dict[str, tuple[int, ...]] = {}
        targets: dict[tuple[str, ...], set[int]] = defaultdict(set)
        residual = review.area_of_alias().get(RESIDUAL_ALIAS)
        for area in review.every_area():
            if area.slug == residual:
                continue
            columns = {column[area.slug], column[parents[area.slug]]}
            for term in area.terms:
                words = words_of_text(folder(term.rstrip("*")))
                if words:
                    if term.endswith("*"):
                        words[-1] += "*"
                    targets[tuple(words)] |= columns
            for heading in area.mesh:
                name = heading.casefold()
                self._headings[name] = tuple(sorted(columns | set(self._headings.get(name, ()))))
        for pieces, found in sorted(targets.items()):
            self._starts[pieces[0]].append((pieces, tuple(sorted(found))))
        self._prefixes = tuple(sorted(piece[:-1] for piece in self._starts if piece.endswith("*")))

    def _learn(self, word: str) -> None:
        entries = list(self._starts.get(word, ()))
        for prefix in self._prefixes:
            if word.startswith(prefix):
                entries += self._starts[prefix + "*"]
        self._memo[word] = tuple((pieces[1:], columns) for pieces, columns in entries)

    def hits(self, words: Sequence[str]) -> list[tuple[str, tuple[int, ...]]]:
        """Every term in a list of folded words, as (matched words, columns of its areas)."""
        if len(self._memo) > _MAX_MEMO:
            self._memo.clear()
        for word in set(words).difference(self._memo):
            self._learn(word)
        found = []
        for place, entries in enumerate(list(map(self._memo.get, words))):
            if not entries:
                continue
            for tail, columns in entries:
                if not tail:
                    found.append((words[place], columns))
                    continue
                here = words[place + 1 : place + 1 + len(tail)]
                if len(here) == len(tail) and all(map(_fits, here, tail)):
                    found.append((" ".join((words[place], *here)), columns))
        return found

    def heading_hits(self, record: Record) -> list[tuple[str, tuple[int, ...]]]:
        """Every MeSH heading of a record that stands for an area; qualifiers and major-topic stars do not matter."""
        names = (heading.split("/")[0].strip("* ").casefold() for heading in record.mesh)
        return [(name, self._headings[name]) for name in names if name in self._headings]

    def strengths(self, records: Sequence[Record], words: Sequence[Words]) -> Floats:
        """How strongly each record names each area, shape ``(n_records, n_areas)``, each between 0 and 1."""
        width = len(self.slugs)
        named: list[int] = []
        counted: list[int] = []
        for row, (record, own) in enumerate(zip(records, words, strict=True)):
            start = row * width
            for _, columns in (*self.hits(own.title), *self.hits(own.headings), *self.heading_hits(record)):
                named += [start + column for column in columns]
            for _, columns in self.hits(own.abstract):
                counted += [start + column for column in columns]
        shape = (len(records), width)
        is_named = np.bincount(np.array(named, dtype=np.int64), minlength=shape[0] * width).reshape(shape) > 0
        counts = np.bincount(np.array(counted, dtype=np.int64), minlength=shape[0] * width).reshape(shape)
        return np.where(is_named, 1.0, 1 - np.exp(-counts / 3))


def _fits(word: str, piece: str) -> bool:
    return word.startswith(piece[:-1]) if piece.endswith("*") else word == piece
