"""Examples -> a model with its card. The same examples, config and ``now`` give the same bytes."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from livingreview.classify.drift import training_set
from livingreview.classify.evaluate import report
from livingreview.classify.examples import Example, example_text, with_parents
from livingreview.classify.fit import fit, prepare_examples
from livingreview.classify.held_out import choose, cross_validate, other_scope
from livingreview.classify.linear import softmax
from livingreview.classify.model import Model, config_hash
from livingreview.classify.modelfile import read_model
from livingreview.config import Review
from livingreview.errors import StoreError


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
    ordered = sorted(examples, key=example_text)
    data = prepare_examples(review, ordered)
    held_out = cross_validate(data)
    temperature, threshold = choose(data, held_out, np.arange(len(ordered)))
    relevance = 1 - softmax(held_out.logits, temperature)[:, other_scope(review)]
    fitted = fit(data, np.arange(len(ordered)))
    learnt = [slug for number, slug in enumerate(_slugs(review)) if number in set(fitted.learnt.tolist())]
    card = {
        "name": review.classifier.name,
        "review": review.slug,
        "trained_at": now.isoformat(),
        "code_version": code_version,
        "parameters": review.classifier.model_dump(mode="json"),
        "config_hash": config_hash(review),
        "data_hash": hashlib.sha256(label_hashes(ordered).tobytes()).hexdigest(),
        "n_examples": len(ordered),
        "n_terms": len(fitted.features.terms),
        "labels": _label_counts(review, ordered),
        "areas_learnt": learnt,
        "temperature": temperature,
        "thresholds": {"relevance": threshold, "area": review.classifier.area_threshold},
        "training_set": training_set(relevance, data.words),
        "evaluation": report(data, held_out, temperature=temperature, threshold=threshold),
    }
    return Model(
        review,
        fitted,
        temperature=temperature,
        relevance_threshold=threshold,
        label_hashes=label_hashes(ordered),
        card=card,
    )


def label_hashes(examples: Sequence[Example]) -> npt.NDArray[np.uint64]:
    """One number for each distinct example, from its text and its labels, sorted; the first 64 bits of a SHA-256."""
    digests = (hashlib.sha256(example_text(example).encode()).digest() for example in examples)
    return np.unique(np.array([int.from_bytes(digest[:8]) for digest in digests], dtype=np.uint64))


def reason_to_train(folder: Path, review: Review, examples: Sequence[Example]) -> str:
    """Why the model in a folder cannot serve as it is; empty when it can.

    A few new labels are no reason: ``retrain_after`` of the parameters says how many are.
    """
    try:
        values, arrays, _ = read_model(folder)
    except StoreError as error:
        return str(error)
    if values["config_hash"] != config_hash(review):
        return "config changed since the model was trained"
    n_changed = len(np.setxor1d(arrays["label_hashes"], label_hashes(examples)))
    if n_changed >= review.classifier.retrain_after:
        return f"labels changed since the model was trained ({n_changed})"
    return ""


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
