"""The words and headings that config gives for each area, looked up in a record.

A term is one or more words, its last one a prefix when it ends in ``*``. It counts for its area and for the area's
top-level one. The strength of an area lies between 0 and 1: 1 when the title, a keyword, a heading or a trial's
condition names it, ``1 - exp(-n / 3)`` when the abstract names it ``n`` times.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import compress

import numpy as np

from livingreview.classify.features import Floats
from livingreview.config import RESIDUAL_ALIAS, Review
from livingreview.records import Record
from livingreview.text.normalise import Folder
from livingreview.text.tokens import Words, words_of_text

_Columns = tuple[int, ...]
_Entry = tuple[int, list[str], str, _Columns]
"""How many words before the anchor a term starts, its whole words, its last word if that is a prefix, its areas."""

_MAX_MEMO = 200_000


class _Anchored(dict[str, tuple[_Entry, ...]]):
    """Word -> the terms that are anchored at it; learnt word by word, since a text repeats its words."""

    def __init__(self, whole: dict[str, list[_Entry]], prefixes: dict[str, list[_Entry]]) -> None:
        super().__init__()
        self._whole = whole
        self._prefixes = prefixes
        self._lengths = sorted({len(prefix) for prefix in prefixes}) or [0]
        self._heads = {prefix[: self._lengths[0]] for prefix in prefixes}

    def __missing__(self, word: str) -> tuple[_Entry, ...]:
        entries = list(self._whole.get(word, ()))
        if word[: self._lengths[0]] in self._heads:
            for length in self._lengths:
                if length > len(word):
                    break
                entries += self._prefixes.get(word[:length], ())
        if len(self) > _MAX_MEMO:
            self.clear()
        found = self[word] = tuple(entries)
        return found


class AreaTerms:
    """The compiled terms of every area of a review.

    A term of several words is anchored at the one that the fewest terms share: "heart failure" is looked for at
    "heart", not at every "failure".
    """

    def __init__(self, review: Review, folder: Folder) -> None:
        """Compile them; terms are folded like the texts they are looked for in."""
        self.slugs = tuple(area.slug for area in review.every_area())
        column = {slug: place for place, slug in enumerate(self.slugs)}
        parents = review.area_parents()
        self._headings: dict[str, _Columns] = {}
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
        whole: dict[str, list[_Entry]] = defaultdict(list)
        prefixes: dict[str, list[_Entry]] = defaultdict(list)
        shares = Counter(piece for pieces in targets for piece in pieces)
        for pieces, found in sorted(targets.items()):
            anchor = min(range(len(pieces)), key=lambda place: (shares[pieces[place]], -len(pieces[place]), place))
            tail = pieces[-1][:-1] if pieces[-1].endswith("*") else ""
            entry = (anchor, list(pieces[:-1] if tail else pieces), tail, tuple(sorted(found)))
            if pieces[anchor].endswith("*"):
                prefixes[pieces[anchor][:-1]].append(entry)
            else:
                whole[pieces[anchor]].append(entry)
        self._anchored = _Anchored(dict(whole), dict(prefixes))

    def hits(self, words: list[str]) -> list[tuple[str, _Columns]]:
        """Every term in a list of folded words, as (matched words, columns of its areas)."""
        found = []
        anchored = list(map(self._anchored.__getitem__, words))
        for place in compress(range(len(words)), anchored):
            for before, whole, tail, columns in anchored[place]:
                start = place - before
                end = start + len(whole)
                if start < 0 or words[start:end] != whole:
                    continue
                if tail:
                    if end == len(words) or not words[end].startswith(tail):
                        continue
                    end += 1
                found.append((" ".join(words[start:end]), columns))
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
