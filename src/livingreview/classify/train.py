"""Examples -> a model with its card. The same examples, config and ``now`` give the same bytes."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from livingreview.canonical import canonical_json
from livingreview.classify.evaluate import cross_validate, report
from livingreview.classify.examples import Example, with_parents
from livingreview.classify.fit import fit, prepare_examples
from livingreview.classify.linear import best_temperature, best_threshold, softmax
from livingreview.classify.model import Model, config_hash
from livingreview.classify.modelfile import read_model
from livingreview.config import Review
from livingreview.errors import StoreError
from livingreview.text import fields

DEFAULT_RELEVANCE_THRESHOLD = 0.5


def train(review: Review, examples: Sequence[Example], *, now: datetime, code_version: str) -> Model:
    """Fit on every example; calibrate and choose the threshold on cross-validated predictions.

    Args:
        review: scopes, areas, variants and parameters.
        examples: at least two scopes among them; their order does not matter.
        now: the run's time, for the card.
        code_version: version of this package, for the card.

    Raises:
        InputError: labels of fewer than two scopes, or of one that config does not have.
    """
    ordered = sorted(examples, key=_example_text)
    data = prepare_examples(review, ordered)
    held_out = cross_validate(data)
    is_labelled = data.scopes >= 0
    logits, truth = held_out.logits[is_labelled], data.scopes[is_labelled]
    temperature = best_temperature(logits, truth)
    other = [scope.slug for scope in review.scopes].index(review.other_scope)
    relevance = 1 - softmax(logits, temperature)[:, other]
    is_positive = truth != other
    threshold = (
        best_threshold(relevance, is_positive, review.classifier.threshold_beta)
        if is_positive.any()
        else DEFAULT_RELEVANCE_THRESHOLD
    )
    fitted = fit(data, np.arange(len(ordered)))
    learnt = [slug for number, slug in enumerate(_slugs(review)) if number in set(fitted.learnt.tolist())]
    is_said = relevance >= threshold
    card = {
        "name": review.classifier.name,
        "review": review.slug,
        "trained_at": now.isoformat(),
        "code_version": code_version,
        "parameters": review.classifier.model_dump(mode="json"),
        "config_hash": config_hash(review),
        "data_hash": data_hash(ordered),
        "n_examples": len(ordered),
        "n_terms": len(fitted.features.terms),
        "labels": _label_counts(review, ordered),
        "areas_learnt": learnt,
        "temperature": temperature,
        "thresholds": {"relevance": threshold, "area": review.classifier.area_threshold},
        "evaluation": report(data, held_out, temperature=temperature)
        | {
            "relevance": {
                "threshold": threshold,
                "recall": _ratio(is_said & is_positive, is_positive),
                "precision": _ratio(is_said & is_positive, is_said),
                "note": "threshold and temperature were chosen on these same held-out predictions",
            }
        },
    }
    return Model(
        review,
        fitted,
        temperature=temperature,
        relevance_threshold=threshold,
        data_hash=data_hash(ordered),
        card=card,
    )


def data_hash(examples: Sequence[Example]) -> str:
    """Hex SHA-256 over texts and labels of the examples, in whatever order they come."""
    return hashlib.sha256("\n".join(sorted(map(_example_text, examples))).encode()).hexdigest()


def reason_to_train(folder: Path, review: Review, examples: Sequence[Example]) -> str:
    """Why the model in a folder cannot serve as it is; empty when it can."""
    try:
        values, _, _ = read_model(folder)
    except StoreError as error:
        return str(error)
    if values["config_hash"] != config_hash(review):
        return "config changed since the model was trained"
    if values["data_hash"] != data_hash(examples):
        return "labels changed since the model was trained"
    return ""


def _example_text(example: Example) -> str:
    areas = None if example.areas is None else sorted(example.areas)
    return canonical_json(["/".join(example.record.key), fields(example.record), example.scope, areas])


def _slugs(review: Review) -> list[str]:
    return [area.slug for area in review.every_area()]


def _label_counts(review: Review, examples: Sequence[Example]) -> dict[str, Any]:
    scopes = Counter(example.scope for example in examples if example.scope is not None)
    areas = Counter(slug for example in examples for slug in with_parents(example.areas or (), review))
    return {
        "scopes": {scope.slug: scopes[scope.slug] for scope in review.scopes},
        "areas": {slug: areas[slug] for slug in _slugs(review)},
        "origins": dict(sorted(Counter(example.origin for example in examples).items())),
    }


def _ratio(part: Any, whole: Any) -> float | None:
    return round(float(part.sum() / whole.sum()), 4) if whole.sum() else None
