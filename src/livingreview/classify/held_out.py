"""What models say of records that they have not seen: folds, and what is chosen on them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from livingreview.classify.features import Floats
from livingreview.classify.fit import Prepared, fit
from livingreview.classify.linear import ABSENT_LOGIT, best_temperature, softmax, steady_threshold
from livingreview.config import Review

N_FOLDS: Final = 5
DEFAULT_RELEVANCE_THRESHOLD: Final = 0.5

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OutOfFold:
    """What models that had not seen an example said of it.

    Attributes:
        logits: of scopes, shape ``(n_examples, n_scopes)``, before calibration.
        areas: probabilities, shape ``(n_examples, n_areas)``.
    """

    logits: Floats
    areas: Floats


def folds_of(labels: npt.NDArray[np.int64], n_folds: int, seed: int) -> npt.NDArray[np.int64]:
    """A fold number for each example, each label spread evenly over the folds; shape ``(n_examples,)``."""
    generator = np.random.default_rng(seed)
    folds = np.empty(len(labels), dtype=np.int64)
    dealt = 0
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        folds[rows] = (dealt + np.arange(len(rows))) % n_folds
        dealt += len(rows)
    return folds


def cross_validate(data: Prepared, rows: Rows | None = None, *, n_folds: int = N_FOLDS) -> OutOfFold:
    """Fit on all folds but one, say something of that one, for each.

    Args:
        data: the examples.
        rows: those that take part; all of them when not given. The others keep :data:`ABSENT_LOGIT`.
        n_folds: how many folds.

    Raises:
        InputError: labels of fewer than two scopes.
    """
    chosen = np.arange(len(data.scopes)) if rows is None else rows
    folds = folds_of(data.scopes[chosen], n_folds, data.review.classifier.seed)
    found = nothing_said(data)
    for fold in np.unique(folds):
        say(data, chosen[folds != fold], chosen[folds == fold], found)
    return found


def choose(data: Prepared, held_out: OutOfFold, rows: Rows) -> tuple[float, float]:
    """Temperature and relevance threshold from held-out predictions of some examples that have a scope."""
    rows = rows[data.is_measured[rows] & (data.scopes[rows] >= 0)]
    logits, truth = held_out.logits[rows], data.scopes[rows]
    temperature = best_temperature(logits, truth)
    other = other_scope(data.review)
    is_relevant = truth != other
    if not is_relevant.any():
        return temperature, DEFAULT_RELEVANCE_THRESHOLD
    parameters = data.review.classifier
    relevance = 1 - softmax(logits, temperature)[:, other]
    return temperature, steady_threshold(relevance, is_relevant, parameters.threshold_beta, parameters.seed)


def nothing_said(data: Prepared) -> OutOfFold:
    """No prediction yet, for any example."""
    return OutOfFold(np.full((len(data.scopes), len(data.review.scopes)), ABSENT_LOGIT), np.zeros_like(data.strengths))


def say(data: Prepared, train: Rows, test: Rows, found: OutOfFold) -> None:
    """Writes what a model of some rows says of others."""
    fitted = fit(data, train)
    table, whole = fitted.scope_table([data.words[row] for row in test])
    found.logits[test] = fitted.scope_logits(whole)
    found.areas[test] = fitted.area_probabilities(table, data.strengths[test])


def measured_rows(data: Prepared) -> Rows:
    """The examples that figures of scopes count."""
    return np.flatnonzero((data.scopes >= 0) & data.is_measured)


def other_scope(review: Review) -> int:
    """Number of the irrelevant scope."""
    return [scope.slug for scope in review.scopes].index(review.other_scope)
