"""How good a classifier is, measured on records that it had not seen.

Cross-validation gives the figures of a model card. The full evaluation adds a nested one, in which temperature and
threshold are chosen without the records they are measured on; a split by time; a learning curve; and the worst mistakes
by name. Background labels teach and are never measured on.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from livingreview.classify.examples import Example, example_text
from livingreview.classify.features import Floats
from livingreview.classify.fit import Prepared, prepare_examples
from livingreview.classify.held_out import (
    DEFAULT_RELEVANCE_THRESHOLD,
    N_FOLDS,
    OutOfFold,
    Rows,
    choose,
    cross_validate,
    folds_of,
    measured_rows,
    nothing_said,
    other_scope,
    say,
)
from livingreview.classify.linear import log_loss, softmax
from livingreview.classify.measures import (
    MIN_POSITIVES,
    N_RESAMPLES,
    Bools,
    calibration,
    figures,
    precision_recall,
    too_few,
)
from livingreview.config import Review

N_MISTAKES: Final = 15
_SHARES: Final = (0.2, 0.4, 0.6, 0.8, 1.0)
"""Shares of the training folds that the learning curve learns from."""


def report(
    data: Prepared, held_out: OutOfFold, *, temperature: float, threshold: float, n_folds: int = N_FOLDS
) -> dict[str, Any]:
    """Figures of cross-validated predictions, JSON-ready."""
    seed = data.review.classifier.seed
    return {
        "method": f"{n_folds}-fold cross-validation, stratified by scope, seed {seed}; "
        f"intervals: 95 %, bootstrap of {N_RESAMPLES}",
        **_scope_figures(data, held_out.logits / temperature, measured_rows(data)),
        "areas": _area_figures(data, held_out.areas, np.flatnonzero(data.has_areas & data.is_measured)),
        "relevance": _relevance(data, held_out.logits / temperature, np.full(len(data.scopes), threshold))
        | {
            "threshold": threshold,
            "note": "threshold and temperature were chosen on these same held-out predictions",
        },
    }


def evaluate(review: Review, examples: Sequence[Example], *, n_folds: int = N_FOLDS) -> dict[str, Any]:
    """Everything that is known of how good a model trained on these examples is, JSON-ready.

    The order of the examples does not matter.

    Raises:
        InputError: labels of fewer than two scopes, or of one that config does not have.
    """
    examples = sorted(examples, key=example_text)
    data = prepare_examples(review, examples)
    plain = cross_validate(data, n_folds=n_folds)
    temperature, threshold = choose(data, plain, np.arange(len(data.scopes)))
    nested, thresholds = _nested(data, n_folds)
    measured = measured_rows(data)
    probabilities = softmax(nested.logits)
    truth = data.scopes
    scopes = [scope.slug for scope in review.scopes]
    relevance = 1 - probabilities[:, other_scope(review)]
    is_relevant = truth != other_scope(review)
    asked = {"relevant": (relevance, is_relevant)} | {
        slug: (probabilities[:, number], truth == number) for number, slug in enumerate(scopes)
    }
    return report(data, plain, temperature=temperature, threshold=threshold, n_folds=n_folds) | {
        "nested": {
            "method": "temperature and threshold chosen by cross-validation inside each training fold",
            **_scope_figures(data, nested.logits, measured),
            "areas": _area_figures(data, nested.areas, np.flatnonzero(data.has_areas & data.is_measured)),
            "relevance": _relevance(data, nested.logits, thresholds),
        },
        "precision_recall": {
            name: precision_recall(scores[measured], is_so[measured]) for name, (scores, is_so) in asked.items()
        },
        "calibration": {
            name: calibration(scores[measured], is_so[measured]) for name, (scores, is_so) in asked.items()
        },
        "temporal": _temporal(data, examples),
        "learning_curve": _learning_curve(data, n_folds),
        "mistakes": _mistakes(data, examples, probabilities),
    }


def _nested(data: Prepared, n_folds: int) -> tuple[OutOfFold, Floats]:
    """Calibrated predictions, and the threshold that each was to meet, shape ``(n_examples,)``."""
    folds = folds_of(data.scopes, n_folds, data.review.classifier.seed)
    found = nothing_said(data)
    thresholds = np.full(len(folds), DEFAULT_RELEVANCE_THRESHOLD)
    for fold in np.unique(folds):
        train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        temperature, threshold = choose(data, cross_validate(data, train, n_folds=n_folds), train)
        say(data, train, test, found)
        found.logits[test] /= temperature
        thresholds[test] = threshold
    return found, thresholds


def _temporal(data: Prepared, examples: Sequence[Example]) -> dict[str, Any]:
    """Learn from the past, be measured on what came after; figures only where each side has enough positives."""
    years = np.array([int(text) if (text := one.record.publication_date[:4]).isdigit() else 0 for one in examples])
    dated = np.flatnonzero((years > 0) & data.is_measured & (data.scopes >= 0))
    best: tuple[int, float, int] | None = None
    for year in np.unique(years[dated])[1:]:
        late = years[dated] >= year
        n_enough = sum(
            min(int((data.scopes[dated][late] == number).sum()), int((data.scopes[dated][~late] == number).sum()))
            >= MIN_POSITIVES
            for number in range(len(data.review.scopes))
        )
        found = (n_enough, -abs(float(late.mean()) - 0.3), int(year))
        best = max(best, found) if best else found
    if best is None or not best[0]:
        return {"note": "no year leaves enough labels before and after it"}
    year = best[2]
    test = dated[years[dated] >= year]
    # Undated labels would let the future in; background titles are of no time that matters.
    train = np.concatenate([dated[years[dated] < year], np.flatnonzero(~data.is_measured)])
    found_out = nothing_said(data)
    say(data, train, test, found_out)
    measured = _scope_figures(data, found_out.logits, test)
    with_areas = test[data.has_areas[test]]
    areas = _area_figures(data, found_out.areas, with_areas)
    _refuse(
        measured["scopes"], {s.slug: int((data.scopes[train] == n).sum()) for n, s in enumerate(data.review.scopes)}
    )
    _refuse(areas, {slug: int(data.areas[train, number].sum()) for number, slug in _top_areas(data.review)})
    return {"learnt_before": year, "n_train": len(train), "n_test": len(test), **measured, "areas": areas}


def _refuse(found: dict[str, Any], n_train: dict[str, int]) -> None:
    """Takes back the figures of classes that had too few positives to learn from."""
    for slug, values in found["classes"].items():
        values["n_train"] = n_train[slug]
        if n_train[slug] < MIN_POSITIVES and slug not in found["too_few"]:
            found["classes"][slug] = {"n": values["n"], "n_train": n_train[slug], "note": too_few(n_train[slug])}
            found["too_few"].append(slug)
    if found["too_few"]:
        kept = [one["f1"]["value"] for one in found["classes"].values() if "f1" in one]
        found["macro_f1"] = {"value": round(float(np.mean(kept)), 4)} if kept else None


def _learning_curve(data: Prepared, n_folds: int) -> list[dict[str, Any]]:
    """Macro-F1 of scopes by the number of labels that were learnt from."""
    seed = data.review.classifier.seed
    folds = folds_of(data.scopes, n_folds, seed)
    points = []
    for share in _SHARES:
        found = nothing_said(data)
        sizes = []
        for fold in np.unique(folds):
            train = np.flatnonzero(folds != fold)
            kept = train[folds_of(data.scopes[train], 100, seed) < round(100 * share)]
            if len(set(data.scopes[kept][data.scopes[kept] >= 0].tolist())) < 2:
                break
            say(data, kept, np.flatnonzero(folds == fold), found)
            sizes.append(int(data.is_measured[kept].sum()))
        else:
            scopes = _scope_figures(data, found.logits, measured_rows(data))["scopes"]
            points.append({"n_labels": round(float(np.mean(sizes))), "macro_f1": scopes["macro_f1"]})
    return points


def _mistakes(data: Prepared, examples: Sequence[Example], probabilities: Floats) -> list[dict[str, Any]]:
    """The records whose own scope was given the least probability, worst first."""
    rows = measured_rows(data)
    own = probabilities[rows, data.scopes[rows]]
    said = probabilities[rows].argmax(axis=1)
    scopes = [scope.slug for scope in data.review.scopes]
    worst = [place for place in np.argsort(own, kind="stable") if said[place] != data.scopes[rows][place]]
    return [
        {
            "title": examples[rows[place]].record.title,
            "is": scopes[data.scopes[rows][place]],
            "said": scopes[said[place]],
            "probability": round(float(own[place]), 4),
        }
        for place in worst[:N_MISTAKES]
    ]


def _scope_figures(data: Prepared, logits: Floats, rows: Rows) -> dict[str, Any]:
    truth, probabilities = data.scopes[rows], softmax(logits[rows])
    said = probabilities.argmax(axis=1)
    scopes = [scope.slug for scope in data.review.scopes]
    pairs = {slug: (truth == number, said == number) for number, slug in enumerate(scopes)}
    return {
        "scopes": figures(pairs, data.review.classifier.seed)
        | {
            "log_loss": round(log_loss(probabilities, truth), 4),
            "confusion": {
                slug: {other: int(((truth == row) & (said == column)).sum()) for column, other in enumerate(scopes)}
                for row, slug in enumerate(scopes)
            },
        }
    }


def _area_figures(data: Prepared, areas: Floats, rows: Rows) -> dict[str, Any]:
    said = areas[rows] > data.review.classifier.area_threshold
    pairs: dict[str, tuple[Bools, Bools]] = {
        slug: (data.areas[rows, number], said[:, number])
        for number, slug in _top_areas(data.review)
        if data.areas[rows, number].any()
    }
    return figures(pairs, data.review.classifier.seed)


def _relevance(data: Prepared, logits: Floats, thresholds: Floats) -> dict[str, Any]:
    rows = measured_rows(data)
    other = other_scope(data.review)
    is_relevant = data.scopes[rows] != other
    is_said = 1 - softmax(logits[rows])[:, other] >= thresholds[rows]
    return {
        "recall": _ratio(is_said & is_relevant, is_relevant),
        "precision": _ratio(is_said & is_relevant, is_said),
    }


def _top_areas(review: Review) -> list[tuple[int, str]]:
    tops = {area.slug for area in review.areas}
    return [(number, area.slug) for number, area in enumerate(review.every_area()) if area.slug in tops]


def _ratio(part: Bools, whole: Bools) -> float | None:
    return round(float(part.sum() / whole.sum()), 4) if whole.sum() else None
