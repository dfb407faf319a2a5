"""Does what a run reads still look like what the model learnt from?

Two comparisons, both beside the training set. Scores: the population stability index of relevance over ten bins of
equal width, ``sum((p - q) * ln(p / q))``; below 0.1 nothing moved, above 0.25 the population is another one, by the
rule of thumb of credit scoring. Terms: the share of title words that the model does not know, beside the share that
each training title would have if it had been left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from livingreview.classify.features import Floats
from livingreview.classify.model import Model
from livingreview.records import Record, Score
from livingreview.text.tokens import Words, prepare

N_BINS: Final = 10
MIN_RECORDS: Final = 50
"""With fewer records chance alone moves both figures."""

MAX_STABILITY_INDEX: Final = 0.25
MAX_UNKNOWN_RATIO: Final = 1.5
"""How many times the unknown share of training may be exceeded."""

_MAX_TITLES: Final = 500
"""Titles whose words are counted; enough for the share to be sure to two digits."""

Ints = npt.NDArray[np.int64]


@dataclass
class Drift:
    """What a run has shown so far."""

    bins: Ints = field(default_factory=lambda: np.zeros(N_BINS, dtype=np.int64))
    n_titles: int = 0
    n_words: int = 0
    n_unknown: int = 0

    def add(self, model: Model, records: Sequence[Record], scores: Sequence[Score]) -> None:
        """Counts records with the scores that they were given."""
        self.bins += histogram(np.array([model.relevance(score) for score in scores]))
        for record in records[: max(_MAX_TITLES - self.n_titles, 0)]:
            words = prepare(Record(source="", source_id="", title=record.title), model.folder).title
            self.n_titles += 1
            self.n_words += len(words)
            self.n_unknown += sum(not model.fitted.features.knows(word) for word in words)

    def found(self, card: Mapping[str, Any]) -> dict[str, Any]:
        """The comparison with the training set that a model's card shows, JSON-ready.

        Returns:
            ``n_records``; with at least :data:`MIN_RECORDS` also ``stability_index``, ``unknown_share``,
            ``unknown_share_of_training`` and ``warnings``, one line each.
        """
        n_records = int(self.bins.sum())
        if n_records < MIN_RECORDS or not self.n_words:
            return {"n_records": n_records}
        reference = card["training_set"]
        index = stability_index(self.bins, np.array(reference["relevance_bins"], dtype=np.int64))
        share, usual = self.n_unknown / self.n_words, reference["unknown_share"]
        warnings = []
        if index > MAX_STABILITY_INDEX:
            warnings.append(f"scores lie elsewhere than in training (stability index {index:.2f})")
        if share > MAX_UNKNOWN_RATIO * usual:
            warnings.append(f"{share:.0%} of title words are unknown to the model ({usual:.0%} in training)")
        return {
            "n_records": n_records,
            "stability_index": round(index, 4),
            "unknown_share": round(share, 4),
            "unknown_share_of_training": usual,
            "warnings": warnings,
        }


def training_set(relevance: Floats, words: Sequence[Words]) -> dict[str, Any]:
    """What later runs are compared with: held-out relevance of the examples, and how rare their title words are.

    Args:
        relevance: shape ``(n_examples,)``.
        words: of the same examples.
    """
    titles = [own.title for own in words]
    holders: dict[str, int] = {}
    for own in words:
        for word in {*own.title, *own.abstract, *own.headings}:
            holders[word] = holders.get(word, 0) + 1
    n_words = sum(map(len, titles))
    n_alone = sum(holders[word] == 1 for title in titles for word in title)
    return {
        "relevance_bins": histogram(relevance).tolist(),
        "unknown_share": round(n_alone / n_words, 4) if n_words else 0.0,
    }


def histogram(relevance: Floats) -> Ints:
    """Records a bin, shape ``(n_bins,)``."""
    places = np.minimum((relevance * N_BINS).astype(np.int64), N_BINS - 1)
    return np.bincount(places, minlength=N_BINS).astype(np.int64)


def stability_index(seen: Ints, expected: Ints) -> float:
    """The population stability index of two histograms; an empty bin counts as half a record."""
    shares = [np.maximum(bins, 0.5) / np.maximum(bins, 0.5).sum() for bins in (seen, expected)]
    return float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())
