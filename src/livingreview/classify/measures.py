"""Figures of held-out predictions: shares with intervals, curves, calibration; none where labels are too few."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from livingreview.classify.features import Floats

MIN_POSITIVES: Final = 10
"""A class with fewer examples gets no figures."""

N_RESAMPLES: Final = 1000
N_BINS: Final = 10
"""Bins of a calibration curve, of equal width."""

Bools = npt.NDArray[np.bool_]


def too_few(n_positives: int) -> str:
    """What stands in place of a figure."""
    return f"too few ({n_positives})"


def figures(pairs: Mapping[str, tuple[Bools, Bools]], seed: int = 0) -> dict[str, Any]:
    """Precision, recall and F1 of each class, and their macro-F1, with 95 % intervals.

    Args:
        pairs: class -> (is it so, was it said), each of shape ``(n_examples,)``.
        seed: of the bootstrap.

    Returns:
        ``macro_f1`` over the classes with at least :data:`MIN_POSITIVES` examples, ``classes``, and ``too_few`` with
        the names of the others, which get a note in place of figures.
    """
    measured = {name: pair for name, pair in pairs.items() if pair[0].sum() >= MIN_POSITIVES}
    absent = [name for name in pairs if name not in measured]
    classes: dict[str, Any] = {name: {"n": int(pairs[name][0].sum())} for name in pairs}
    for name in absent:
        classes[name] |= {"note": too_few(classes[name]["n"]), "missing": MIN_POSITIVES - classes[name]["n"]}
    result: dict[str, Any] = {"classes": classes, "too_few": absent, "macro_f1": None}
    if not measured:
        return result
    weights = resamples(len(next(iter(measured.values()))[0]), seed)
    f1_scores = []
    for name, (truth, said) in measured.items():
        hits = weights @ (truth & said)
        n_said, n_true = weights @ said, weights @ truth
        f1 = _share(2 * hits, n_said + n_true)
        f1_scores.append(f1)
        classes[name] |= {
            "precision": interval(_share(hits, n_said)),
            "recall": interval(_share(hits, n_true)),
            "f1": interval(f1),
        }
    result["macro_f1"] = interval(np.mean(f1_scores, axis=0))
    return result


def resamples(n_examples: int, seed: int) -> Floats:
    """How often each example counts, shape ``(1 + n_resamples, n_examples)``: once in the first row, else by chance."""
    generator = np.random.default_rng(seed)
    draws = generator.multinomial(n_examples, np.full(n_examples, 1 / n_examples), size=N_RESAMPLES)
    return np.vstack([np.ones(n_examples), draws])


def precision_recall(scores: Floats, truth: Bools) -> dict[str, Any]:
    """The curve, one point for each distinct score from the highest on, and the area under it (average precision).

    Returns:
        ``average_precision``; ``recall`` and ``precision`` with the points; only ``note`` where positives are too few.
    """
    n_positives = int(truth.sum())
    if n_positives < MIN_POSITIVES:
        return {"note": too_few(n_positives)}
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    ends_tie = np.append(ranked[:-1] != ranked[1:], True)
    hits = np.cumsum(truth[order])[ends_tie]
    precision = hits / (np.flatnonzero(ends_tie) + 1)
    recall = hits / n_positives
    area = float((np.diff(recall, prepend=0) * precision).sum())
    return {
        "average_precision": round(area, 4),
        "recall": [round(float(value), 4) for value in recall],
        "precision": [round(float(value), 4) for value in precision],
    }


def calibration(probabilities: Floats, truth: Bools) -> dict[str, Any]:
    """How often it is so among records that were given about the same probability.

    Returns:
        ``bins`` that hold a record, each with ``n``, mean ``said`` and share ``so``; ``brier``, the mean squared error;
        ``expected_error``, the mean distance between said and so, weighted by the records (ECE).
    """
    places = np.minimum((probabilities * N_BINS).astype(int), N_BINS - 1)
    bins = []
    for place in np.unique(places):
        inside = places == place
        said, so = float(probabilities[inside].mean()), float(truth[inside].mean())
        bins.append({"n": int(inside.sum()), "said": round(said, 4), "so": round(so, 4)})
    error = sum(one["n"] * abs(one["said"] - one["so"]) for one in bins) / max(len(truth), 1)
    return {
        "bins": bins,
        "brier": round(float(((probabilities - truth) ** 2).mean()), 4),
        "expected_error": round(error, 4),
    }


def _share(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), 0.0)


def interval(values: Floats) -> dict[str, float]:
    """The first value is the figure, the others its bootstrap."""
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return {"value": round(float(values[0]), 4), "low": round(float(low), 4), "high": round(float(high), 4)}
