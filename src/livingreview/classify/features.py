"""Records -> numbers: field-weighted TF-IDF of words and word pairs, and which concepts of the review are present.

Each field is a TF-IDF vector of length 1, the record their weighted sum, again of length 1: a title keeps its share
whether it stands alone or above a long abstract, so a model that learnt from titles works on full records.

A *concept* is the token of a name variant (config, ``[[variants]]``). Its presence in a record lies between 0 and 1: 1
in a title or among keywords and headings, ``1 - exp(-n / 2)`` when an abstract names it ``n`` times. A *signature* is a
set of concepts; a record belongs to it to the degree that just these concepts are present.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain, repeat
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from livingreview.config import ClassifierParameters, Review
from livingreview.text.tokens import Words, concepts_of, stop_words_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCKS: Final = ("title", "abstract", "headings")
"""The three weighted fields; keywords, MeSH, conditions and interventions are one."""

_UNKNOWN: Final = -1
_SKIPPED: Final = -2


class Features:
    """A vocabulary with its weights; immutable once built."""

    def __init__(
        self,
        *,
        terms: Sequence[str],
        idf: Floats,
        concepts: Sequence[str],
        signatures: Ints,
        stop_words: Iterable[str],
        block_weights: Sequence[float],
    ) -> None:
        """Take the parts of :meth:`learn` or of a model file.

        Args:
            terms: words and pairs of words joined by a space, sorted.
            idf: inverse document frequency of each, shape ``(n_terms,)``.
            concepts: tokens of the name variants.
            signatures: 0 or 1, shape ``(n_signatures, n_concepts)``.
            stop_words: words that are left out before pairs are made.
            block_weights: one weight for each of :data:`BLOCKS`.
        """
        self.terms = tuple(terms)
        self.idf = idf
        self.concepts = tuple(concepts)
        self.signatures = signatures
        self.stop_words = tuple(sorted(stop_words))
        self.block_weights = tuple(block_weights)
        words = sorted({word for term in self.terms for word in term.split()} | set(self.concepts))
        self._word_ids = dict(zip(words, range(len(words)), strict=True))
        self._known = self._word_ids | dict.fromkeys(self.stop_words, _SKIPPED)
        self._n_words = len(words)
        self._concept_ids = np.array([self._word_ids[name] for name in self.concepts], dtype=np.int64)
        pairs = [[self._word_ids[word] for word in term.split()] for term in self.terms]
        keys = np.array([ids[0] if len(ids) == 1 else self._pair_key(*ids) for ids in pairs], dtype=np.int64)
        self._columns = np.argsort(keys, kind="stable")
        self._keys = keys[self._columns]

    def _pair_key(self, first: Any, second: Any) -> Any:
        return (first + 1) * self._n_words + second

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each column of :meth:`matrix` is, in words: terms, concepts, signatures."""
        held = ([name for name, is_in in zip(self.concepts, row, strict=True) if is_in] for row in self.signatures)
        return (
            *self.terms,
            *(f"[{name}]" for name in self.concepts),
            *(f"[{'+'.join(names)} only]" if names else "[no concept]" for names in held),
        )

    @classmethod
    def learn(cls, records: Sequence[Words], review: Review) -> "Features":
        """Choose terms and signatures from examples."""
        parameters = review.classifier
        concepts = concepts_of(review)
        stop_words = stop_words_of(review)
        seen: Counter[str] = Counter()
        signatures: set[tuple[int, ...]] = set()
        for words in records:
            held: set[str] = set()
            for block in (words.title, words.abstract, words.headings):
                kept = [word for word in block if word not in stop_words]
                held.update(kept)
                if parameters.ngram_max > 1:
                    held.update(f"{first} {second}" for first, second in zip(kept, kept[1:], strict=False))
            seen.update(held)
            signatures.add(tuple(int(name in held) for name in concepts))
        terms = sorted(term for term, count in seen.items() if count >= parameters.min_df)
        counts = np.array([seen[term] for term in terms], dtype=np.float64)
        return cls(
            terms=terms,
            idf=np.log((1 + len(records)) / (1 + counts)) + 1,
            concepts=concepts,
            signatures=np.array(sorted(signatures), dtype=np.int64).reshape(len(signatures), len(concepts)),
            stop_words=stop_words,
            block_weights=block_weights(parameters),
        )

    def knows(self, word: str) -> bool:
        """Whether a word is in the vocabulary, alone or in a pair, or is left out on purpose."""
        return word in self._known

    def counts(self, blocks: Sequence[list[str]]) -> tuple[sparse.csr_array, Floats]:
        """Term counts, shape ``(n_blocks, n_terms)``, and concept counts, shape ``(n_blocks, n_concepts)``."""
        lengths = np.fromiter(map(len, blocks), dtype=np.int64, count=len(blocks))
        found_ids = map(self._known.get, chain.from_iterable(blocks), repeat(_UNKNOWN))
        ids = np.fromiter(found_ids, dtype=np.int64, count=int(lengths.sum()))
        rows = np.repeat(np.arange(len(blocks)), lengths)
        is_kept = ids != _SKIPPED
        ids, rows = ids[is_kept], rows[is_kept]
        is_word = ids >= 0
        is_pair = is_word[:-1] & is_word[1:] & (rows[:-1] == rows[1:])
        keys = np.concatenate([ids[is_word], self._pair_key(ids[:-1][is_pair], ids[1:][is_pair])])
        key_rows = np.concatenate([rows[is_word], rows[:-1][is_pair]])
        places = np.minimum(np.searchsorted(self._keys, keys), max(len(self._keys) - 1, 0))
        is_term = self._keys[places] == keys if len(self._keys) else np.zeros(len(keys), dtype=bool)
        table = sparse.coo_array(
            (np.ones(int(is_term.sum())), (key_rows[is_term], self._columns[places[is_term]])),
            shape=(len(blocks), len(self.terms)),
        ).tocsr()
        found = np.zeros((len(blocks), len(self.concepts)))
        for column, word_id in enumerate(self._concept_ids):
            found[:, column] = np.bincount(rows[ids == word_id], minlength=len(blocks))
        return table, found

    def matrix(self, records: Sequence[Words]) -> tuple[sparse.csr_array, Floats]:
        """TF-IDF, shape ``(n_records, n_terms)``, and concepts, shape ``(n_records, n_concepts + n_signatures)``."""
        total = sparse.csr_array((len(records), len(self.terms)))
        presence = np.zeros((len(records), len(self.concepts)))
        for name, weight in zip(BLOCKS, self.block_weights, strict=True):
            table, found = self.counts([getattr(words, name) for words in records])
            table.data = (1 + np.log(table.data)) * self.idf[table.indices]
            total = total + weight * _unit(table)
            presence = np.maximum(presence, 1 - np.exp(-found / 2) if name == "abstract" else np.minimum(found, 1))
        return _unit(total.tocsr()), np.hstack([presence, self._membership(presence)])

    def _membership(self, presence: Floats) -> Floats:
        degrees = np.ones((len(presence), len(self.signatures)))
        for column in range(len(self.concepts)):
            is_in = self.signatures[:, column][None, :] > 0
            degrees *= np.where(is_in, presence[:, [column]], 1 - presence[:, [column]])
        return degrees


def block_weights(parameters: ClassifierParameters) -> tuple[float, float, float]:
    """The weight of each of :data:`BLOCKS`."""
    return (parameters.title_weight, parameters.abstract_weight, parameters.headings_weight)


def _unit(table: sparse.csr_array) -> sparse.csr_array:
    norms = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    scale = 1 / np.where(norms > 0, norms, 1)
    scaled = sparse.csr_array(sparse.diags_array(scale) @ table)
    scaled.indices, scaled.indptr = scaled.indices.astype(np.int32), scaled.indptr.astype(np.int32)
    # A product is not sorted, and then a sum orders a row by what the others are: equal terms changed places.
    scaled.sort_indices()
    return scaled
