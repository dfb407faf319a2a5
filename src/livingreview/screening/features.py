"""Texts -> TF-IDF of words and word pairs, by sorting numbers instead of words: 50,000 abstracts in seconds.

The weights are those of scikit-learn's ``TfidfVectorizer`` with ``sublinear_tf`` and ``max_df`` (a test holds them
against each other): a word is two or more letters, digits or underscores, in lower case; a term that stands in more
than ``max_df`` of the texts is left out; ``(1 + ln tf) * (ln((1 + n) / (1 + df)) + 1)``, each text of length 1.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_WORD: Final = re.compile(r"\b\w\w+\b")


def tfidf(texts: Sequence[str], *, ngram_max: int, max_df: float) -> sparse.csr_array:
    """The texts as rows, shape ``(n_texts, n_terms)``, in single precision.

    Terms of one text alone have no column, though they count towards its length: no two rows meet in them. So the
    product of two different rows is what it would be with every column; that of a row with itself is 1 (0 for an empty
    text), which the table does not say.

    Args:
        texts: one a record.
        ngram_max: 1 for words, 2 for words and pairs of neighbours.
        max_df: the share of texts beyond which a term is left out.
    """
    texts_of_terms, terms, n_terms = _occurrences(texts, ngram_max)
    pairs, counts = np.unique(texts_of_terms * n_terms + terms, return_counts=True)
    rows, columns = pairs // max(n_terms, 1), pairs % max(n_terms, 1)
    spread = np.bincount(columns, minlength=n_terms)
    is_kept = (spread <= max_df * len(texts))[columns]
    rows, columns, counts = rows[is_kept], columns[is_kept], counts[is_kept]
    weights = (1 + np.log(counts)) * (np.log((1 + len(texts)) / (1 + spread)) + 1)[columns]
    lengths = np.sqrt(np.bincount(rows, weights=weights**2, minlength=len(texts)))
    weights /= lengths[rows]
    is_shared = (spread > 1)[columns]
    rows, columns, weights = rows[is_shared], columns[is_shared], weights[is_shared]
    names, places = np.unique(columns, return_inverse=True)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(texts)))])
    return sparse.csr_array(
        (weights.astype(np.float32), places.astype(np.int32), starts.astype(np.int32)),
        shape=(len(texts), len(names)),
    )


def _occurrences(texts: Sequence[str], ngram_max: int) -> tuple[Ints, Ints, int]:
    """Text number and term number of every word and pair as they stand, and how many terms there are."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    flat = array("i")
    lengths = np.zeros(len(texts), dtype=np.int64)
    for place, text in enumerate(texts):
        words = _WORD.findall(text.lower())
        lengths[place] = len(words)
        flat.extend(map(numbers.__getitem__, words))
    words_of_texts = np.frombuffer(flat, dtype=np.int32).astype(np.int64) if flat else np.zeros(0, dtype=np.int64)
    rows = np.repeat(np.arange(len(texts)), lengths)
    if ngram_max == 1:
        return rows, words_of_texts, len(numbers)
    is_pair = rows[1:] == rows[:-1]
    keys = words_of_texts[:-1][is_pair] * len(numbers) + words_of_texts[1:][is_pair]
    names, pairs = np.unique(keys, return_inverse=True)
    return (
        np.concatenate([rows, rows[:-1][is_pair]]),
        np.concatenate([words_of_texts, pairs + len(numbers)]),
        len(numbers) + len(names),
    )
