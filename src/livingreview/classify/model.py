"""The classifier of a review: scores records, explains nothing it did not use, loads without running code."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from livingreview.classify.facets import FacetReader
from livingreview.classify.features import Features, Floats
from livingreview.classify.fit import Fitted
from livingreview.classify.linear import softmax
from livingreview.classify.modelfile import read_model, write_model
from livingreview.classify.terms import AreaTerms
from livingreview.config import Review
from livingreview.errors import StoreError
from livingreview.records import Record, Score
from livingreview.records.serialization import canonical_json
from livingreview.text.tokens import folder_of, prepare

N_TERMS: Final = 8
"""How many terms a score names."""

_BATCH: Final = 2000
_FITTED_ARRAYS: Final = (
    "scope_weights",
    "scope_bias",
    "area_weights",
    "area_bias",
    "learnt",
    "shared",
    "parent_columns",
)

METHOD: Final = 1
"""Raised whenever features or fitting change so that the same labels give other scores."""


def config_hash(review: Review) -> str:
    """Hex SHA-256 of the parts of config that a score depends on."""
    parts = review.model_dump(mode="json", include={"scopes", "variants", "areas", "facets", "classifier"})
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def model_id(config_hash: str, label_hashes: npt.NDArray[np.uint64]) -> str:
    """The first 12 hex digits of a SHA-256 over what a model is made of: method, configuration and labels.

    The weights themselves are left out: another processor rounds their last bits in another way, and the same model
    trained on two machines of a CI service would pass for a change of method.

    Args:
        config_hash: see :func:`config_hash`.
        label_hashes: one number a distinct example, shape ``(n_distinct,)``, sorted.
    """
    digest = hashlib.sha256(f"{METHOD} {config_hash} ".encode())
    digest.update(np.ascontiguousarray(label_hashes, dtype="<u8").tobytes())
    return digest.hexdigest()[:12]


class Model:
    """A trained classifier, bound to the review it was trained for.

    Attributes:
        id: names what it was made of; see :func:`model_id`.
        relevance_threshold: a record whose ``1 - p(other)`` reaches it counts as relevant.
        area_threshold: an area whose probability exceeds it is given.
        card: what the model was made of and how good it is, JSON-ready.
    """

    def __init__(
        self,
        review: Review,
        fitted: Fitted,
        *,
        temperature: float,
        relevance_threshold: float,
        label_hashes: npt.NDArray[np.uint64],
        card: dict[str, Any],
    ) -> None:
        """Bind weights to a review; :func:`livingreview.classify.train` makes them."""
        self.review = review
        self.fitted = fitted
        self.temperature = temperature
        self.relevance_threshold = relevance_threshold
        self.area_threshold = review.classifier.area_threshold
        self.label_hashes = label_hashes
        self.scopes = tuple(scope.slug for scope in review.scopes)
        self.folder = folder_of(review)
        self.terms = AreaTerms(review, self.folder)
        self.facets = FacetReader(review.facets)
        tokens = {item.replacement.strip(): item.name for item in review.variants if item.replacement.strip()}
        self._names = sorted(tokens.items(), key=lambda pair: (-len(pair[0]), pair))
        self._other = self.scopes.index(review.other_scope)
        self.id = model_id(config_hash(review), label_hashes)
        self.card = card | {"id": self.id}

    def score(self, records: Sequence[Record]) -> list[Score]:
        """Scores in the order of the records.

        Facets and terms are read for records that reach the relevance threshold or whose best scope is a relevant
        one; the rest carry scope, probabilities and areas.
        """
        scores: list[Score] = []
        for start in range(0, len(records), _BATCH):
            scores += self._score_batch(records[start : start + _BATCH])
        return scores

    def relevance(self, score: Score) -> float:
        """``1 - p(other)``: what the triage queue is sorted by, between 0 and 1."""
        return 1.0 - score.probabilities[self.review.other_scope]

    def is_relevant(self, score: Score) -> bool:
        """Whether the relevance reaches the threshold."""
        return self.relevance(score) >= self.relevance_threshold

    def tables(self, records: Sequence[Record]) -> tuple[sparse.csr_array, sparse.csr_array, Floats, Floats, Floats]:
        """What a score is made of, one row a record.

        Returns:
            TF-IDF ``(n_records, n_terms)``; the scope classifier's input ``(n_records, n_columns)``; scope
            probabilities ``(n_records, n_scopes)``; area strengths and area probabilities ``(n_records, n_areas)``.
        """
        words = [prepare(record, self.folder) for record in records]
        table, whole = self.fitted.scope_table(words)
        probabilities = softmax(self.fitted.scope_logits(whole), self.temperature)
        strengths = self.terms.strengths(records, words)
        return table, whole, probabilities, strengths, self.fitted.area_probabilities(table, strengths)

    def areas_above(self, probabilities: Floats) -> tuple[str, ...]:
        """Slugs of the areas above the threshold with their parents, in the order of config.

        Args:
            probabilities: of one record, shape ``(n_areas,)``.
        """
        is_above = np.asarray(probabilities > self.area_threshold)
        is_above[self.fitted.parent_columns[is_above]] = True
        return tuple(self.terms.slugs[column] for column in np.flatnonzero(is_above))

    def scope_terms(self, row: sparse.csr_array, scope: int, n_terms: int = N_TERMS) -> tuple[tuple[str, float], ...]:
        """The terms of one record that spoke most for a scope against the mean of all, strongest first.

        Args:
            row: the record's row of the scope classifier's input, shape ``(1, n_columns)``.
            scope: number of the scope.
            n_terms: how many at most.
        """
        weights = self.fitted.scope_weights
        gains = row.data * (weights[scope, row.indices] - weights[:, row.indices].mean(axis=0)) / self.temperature
        gains = np.round(gains, 4)
        order = np.argsort(-gains, kind="stable")[:n_terms]
        names = self.fitted.features.names
        return tuple(
            (self.readable(names[row.indices[place]]), float(gains[place])) for place in order if gains[place] > 0
        )

    def readable(self, term: str) -> str:
        """A term with the names of the variants in place of their tokens."""
        for token, name in self._names:
            term = term.replace(token, name)
        return term

    def save(self, folder: Path) -> None:
        """Write ``model.json``, ``arrays.npz`` and ``card.json``; the same model gives the same bytes.

        Raises:
            StoreError: the folder cannot be written to.
        """
        write_model(folder, self._values(), self._arrays(), self.card)

    @classmethod
    def load(cls, folder: Path, review: Review) -> "Model":
        """The model that :meth:`save` wrote.

        Raises:
            StoreError: there is none, it is broken or of another format, or it was trained for another configuration.
        """
        values, arrays, card = read_model(folder)
        if values["config_hash"] != config_hash(review):
            raise StoreError(
                f"{folder}: trained for another state of config/reviews/{review.slug}; run `livingreview train`"
            )
        features = Features(
            terms=values["terms"],
            idf=arrays["idf"],
            concepts=values["concepts"],
            signatures=arrays["signatures"],
            stop_words=values["stop_words"],
            block_weights=values["block_weights"],
        )
        fitted = Fitted(
            features=features,
            concept_weight=values["concept_weight"],
            term_weight=values["term_weight"],
            **{name: arrays[name] for name in _FITTED_ARRAYS},
        )
        return cls(
            review,
            fitted,
            temperature=values["temperature"],
            relevance_threshold=values["relevance_threshold"],
            label_hashes=arrays["label_hashes"],
            card=card,
        )

    def _score_batch(self, records: Sequence[Record]) -> list[Score]:
        _, whole, probabilities, _, areas = self.tables(records)
        relevance = 1 - probabilities[:, self._other]
        best = probabilities.argmax(axis=1)
        has_details = np.asarray((relevance >= self.relevance_threshold) | (best != self._other))
        has_area = np.asarray((areas > self.area_threshold).any(axis=1))
        scores = []
        for row, record in enumerate(records):
            is_detailed = bool(has_details[row])
            scores.append(
                Score(
                    scope=self.scopes[best[row]],
                    probabilities=dict(zip(self.scopes, probabilities[row].tolist(), strict=True)),
                    areas=self.areas_above(areas[row]) if has_area[row] else (),
                    facets=self.facets.read(record) if is_detailed else {},
                    terms=self.scope_terms(whole[[row]], int(best[row])) if is_detailed else (),
                    model=self.id,
                )
            )
        return scores

    def _values(self) -> dict[str, Any]:
        features = self.fitted.features
        return {
            "review": self.review.slug,
            "config_hash": config_hash(self.review),
            "scopes": list(self.scopes),
            "areas": list(self.terms.slugs),
            "terms": list(features.terms),
            "concepts": list(features.concepts),
            "stop_words": list(features.stop_words),
            "block_weights": list(features.block_weights),
            "concept_weight": self.fitted.concept_weight,
            "term_weight": self.fitted.term_weight,
            "temperature": self.temperature,
            "relevance_threshold": self.relevance_threshold,
        }

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        features = self.fitted.features
        return {
            "idf": features.idf,
            "signatures": features.signatures,
            "label_hashes": self.label_hashes,
            **{name: getattr(self.fitted, name) for name in _FITTED_ARRAYS},
        }
