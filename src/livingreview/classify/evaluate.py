"""How good a classifier is: cross-validation with bootstrap intervals, and no number where there are too few labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from livingreview.classify.examples import Example
from livingreview.classify.features import Floats
from livingreview.classify.fit import Prepared, fit, prepare_examples
from livingreview.classify.linear import ABSENT_LOGIT, log_loss, softmax
from livingreview.config import Review

N_FOLDS: Final = 5
MIN_POSITIVES: Final = 10
"""A class with fewer examples gets no figures."""

_N_RESAMPLES: Final = 1000

Bools = npt.NDArray[np.bool_]


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


def cross_validate(data: Prepared, *, n_folds: int = N_FOLDS) -> OutOfFold:
    """Fit on all folds but one, say something of that one, for each.

    Raises:
        InputError: labels of fewer than two scopes.
    """
    folds = folds_of(data.scopes, n_folds, data.review.classifier.seed)
    logits = np.full((len(folds), len(data.review.scopes)), ABSENT_LOGIT)
    areas = np.zeros_like(data.strengths)
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        fitted = fit(data, np.flatnonzero(folds != fold))
        table, whole = fitted.scope_table([data.words[row] for row in rows])
        logits[rows] = fitted.scope_logits(whole)
        areas[rows] = fitted.area_probabilities(table, data.strengths[rows])
    return OutOfFold(logits, areas)


def evaluate(review: Review, examples: Sequence[Example], *, n_folds: int = N_FOLDS) -> dict[str, Any]:
    """The figures of the model card: scopes and top-level areas, from cross-validation.

    Raises:
        InputError: labels of fewer than two scopes, or of one that config does not have.
    """
    data = prepare_examples(review, examples)
    return report(data, cross_validate(data, n_folds=n_folds), temperature=1.0, n_folds=n_folds)


def report(data: Prepared, held_out: OutOfFold, *, temperature: float, n_folds: int = N_FOLDS) -> dict[str, Any]:
    """Figures of held-out predictions, JSON-ready."""
    review = data.review
    is_labelled = data.scopes >= 0
    truth = data.scopes[is_labelled]
    probabilities = softmax(held_out.logits[is_labelled], temperature)
    said = probabilities.argmax(axis=1)
    scopes = [scope.slug for scope in review.scopes]
    tops = [(number, area.slug) for number, area in _top_areas(review) if data.areas[:, number].any()]
    has_areas = data.has_areas
    said_areas = held_out.areas > review.classifier.area_threshold
    return {
        "method": f"{n_folds}-fold cross-validation, stratified by scope, seed {review.classifier.seed}; "
        f"intervals: 95 %, bootstrap of {_N_RESAMPLES}",
        "scopes": figures(
            {slug: (truth == number, said == number) for number, slug in enumerate(scopes)}, review.classifier.seed
        )
        | {
            "log_loss": round(log_loss(probabilities, truth), 4),
            "confusion": {
                slug: {other: int(((truth == row) & (said == column)).sum()) for column, other in enumerate(scopes)}
                for row, slug in enumerate(scopes)
            },
        },
        "areas": figures(
            {slug: (data.areas[has_areas, number], said_areas[has_areas, number]) for number, slug in tops},
            review.classifier.seed,
        ),
    }


def figures(pairs: Mapping[str, tuple[Bools, Bools]], seed: int = 0) -> dict[str, Any]:
    """Precision, recall and F1 of each class, and their macro-F1, with intervals.

    Args:
        pairs: class -> (is it so, was it said), each of shape ``(n_examples,)``.
        seed: of the bootstrap.

    Returns:
        ``macro_f1`` over the classes with at least :data:`MIN_POSITIVES` examples, ``classes``, and ``too_few`` with
        the names of the others, which get a note in place of figures.
    """
    measured = {name: pair for name, pair in pairs.items() if pair[0].sum() >= MIN_POSITIVES}
    too_few = [name for name in pairs if name not in measured]
    classes: dict[str, Any] = {name: {"n": int(pairs[name][0].sum())} for name in pairs}
    for name in too_few:
        classes[name]["note"] = f"too few ({classes[name]['n']})"
    result: dict[str, Any] = {"classes": classes, "too_few": too_few, "macro_f1": None}
    if not measured:
        return result
    n_examples = len(next(iter(measured.values()))[0])
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(n_examples, np.full(n_examples, 1 / n_examples), size=_N_RESAMPLES)
    weights = np.vstack([np.ones(n_examples), draws])
    f1_scores = []
    for name, (truth, said) in measured.items():
        hits = weights @ (truth & said)
        n_said, n_true = weights @ said, weights @ truth
        f1 = _share(2 * hits, n_said + n_true)
        f1_scores.append(f1)
        classes[name] |= {
            "precision": _interval(_share(hits, n_said)),
            "recall": _interval(_share(hits, n_true)),
            "f1": _interval(f1),
        }
    result["macro_f1"] = _interval(np.mean(f1_scores, axis=0))
    return result


def _top_areas(review: Review) -> list[tuple[int, Any]]:
    tops = {area.slug for area in review.areas}
    return [(number, area) for number, area in enumerate(review.every_area()) if area.slug in tops]


def _share(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), 0.0)


def _interval(values: Floats) -> dict[str, float]:
    """The first value is the figure, the others its bootstrap."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return {"value": round(float(values[0]), 4), "low": round(float(low), 4), "high": round(float(high), 4)}
