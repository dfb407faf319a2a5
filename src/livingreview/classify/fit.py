"""The numbers of a classifier: what examples teach, before anything is measured, named or saved."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy import sparse
from threadpoolctl import threadpool_limits

from livingreview.classify.examples import BACKGROUND, Example, with_parents
from livingreview.classify.features import Features, Floats
from livingreview.classify.linear import fit_classes, fit_yes_no, sigmoid
from livingreview.classify.terms import AreaTerms
from livingreview.config import Review
from livingreview.errors import InputError
from livingreview.text.tokens import Words, folder_of, prepare

MIN_AREA_EXAMPLES = 8
"""An area with fewer positive examples is judged by its terms alone."""

_PRIOR = np.array([4.0, -1.0, -2.5])
"""Own strength, strongest other area, bias: stands in where no example has an area at all."""


@dataclass(frozen=True)
class Prepared:
    """Examples with what does not depend on the split: words, strengths and labels.

    Attributes:
        strengths: shape ``(n_examples, n_areas)``.
        scopes: scope numbers in the order of config, -1 for unknown, shape ``(n_examples,)``.
        areas: which areas each belongs to, parents included, shape ``(n_examples, n_areas)``. Where nobody said, a
            weak label stands: the areas that the title, a keyword or a heading names by a term of config.
        has_areas: whether anybody said, shape ``(n_examples,)``; what is measured, while weak labels only teach.
        is_measured: whether figures may count it, shape ``(n_examples,)``; background teaches only.
    """

    review: Review
    words: list[Words]
    strengths: Floats
    scopes: npt.NDArray[np.int64]
    areas: npt.NDArray[np.bool_]
    has_areas: npt.NDArray[np.bool_]
    is_measured: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Fitted:
    """Weights of the two classifiers.

    Attributes:
        scope_weights: shape ``(n_scopes, n_terms + n_concept_columns)``.
        scope_bias: shape ``(n_scopes,)``.
        area_weights: of the areas with enough examples, shape ``(n_learnt, n_terms + 2)``; the last two columns are
            the area's own strength and that of the strongest other top-level area.
        area_bias: shape ``(n_learnt,)``.
        learnt: area numbers of those rows.
        shared: the same two columns and a bias, for every other area, shape ``(3,)``.
    """

    features: Features
    scope_weights: Floats
    scope_bias: Floats
    area_weights: Floats
    area_bias: Floats
    learnt: npt.NDArray[np.int64]
    shared: Floats
    concept_weight: float
    term_weight: float
    parent_columns: npt.NDArray[np.int64]
    top_columns: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        columns = np.arange(len(self.parent_columns))
        object.__setattr__(self, "top_columns", columns[self.parent_columns == columns])

    def scope_table(self, words: Sequence[Words]) -> tuple[sparse.csr_array, sparse.csr_array]:
        """TF-IDF alone, and the scope classifier's whole input: TF-IDF and weighted concepts."""
        table, concepts = self.features.matrix(words)
        return table, _beside(table, self.concept_weight * concepts)

    def scope_logits(self, table: sparse.csr_array) -> Floats:
        """Shape ``(n_records, n_scopes)``."""
        return np.asarray(table @ self.scope_weights.T) + self.scope_bias

    def area_probabilities(self, table: sparse.csr_array, strengths: Floats) -> Floats:
        """Shape ``(n_records, n_areas)``."""
        own = self.term_weight * strengths
        other = self.term_weight * _strongest_other(strengths, self.top_columns, self.parent_columns)
        logits = self.shared[0] * own + self.shared[1] * other + self.shared[2]
        if len(self.learnt):
            n_terms = table.shape[1]
            logits[:, self.learnt] = (
                np.asarray(table @ self.area_weights[:, :n_terms].T)
                + own[:, self.learnt] * self.area_weights[:, n_terms]
                + other[:, self.learnt] * self.area_weights[:, n_terms + 1]
                + self.area_bias
            )
        return sigmoid(logits)


def prepare_examples(review: Review, examples: Sequence[Example]) -> Prepared:
    """Everything that is needed of examples, once, however often they are split.

    Raises:
        InputError: an example has a scope or an area that config does not have.
    """
    folder = folder_of(review)
    records = [example.record for example in examples]
    words = [prepare(record, folder) for record in records]
    terms = AreaTerms(review, folder)
    scopes = {scope.slug: number for number, scope in enumerate(review.scopes)}
    columns = {slug: number for number, slug in enumerate(terms.slugs)}
    areas = np.zeros((len(examples), len(columns)), dtype=bool)
    labels = np.full(len(examples), -1, dtype=np.int64)
    for row, example in enumerate(examples):
        try:
            if example.scope is not None:
                labels[row] = scopes[example.scope]
            for slug in with_parents(example.areas or (), review):
                areas[row, columns[slug]] = True
        except KeyError as error:
            raise InputError(
                f"label of {'/'.join(example.record.key)}: config has no scope or area {error}; mend the label"
            ) from error
    strengths = terms.strengths(records, words)
    has_areas = np.array([example.areas is not None for example in examples], dtype=bool)
    areas[~has_areas] = strengths[~has_areas] >= 1
    return Prepared(
        review=review,
        words=words,
        strengths=strengths,
        scopes=labels,
        areas=areas,
        has_areas=has_areas,
        is_measured=np.array([example.origin != BACKGROUND for example in examples], dtype=bool),
    )


def fit(data: Prepared, rows: npt.NDArray[np.int64]) -> Fitted:
    """Learn from some of the examples.

    On one thread: sums come out in the same order, hence the same to the last bit, and so small a problem is solved
    faster.

    Raises:
        InputError: they show fewer than two scopes.
    """
    with threadpool_limits(1):
        return _fit(data, rows)


def _fit(data: Prepared, rows: npt.NDArray[np.int64]) -> Fitted:
    review, parameters = data.review, data.review.classifier
    words = [data.words[row] for row in rows]
    features = Features.learn(words, review)
    table, concepts = features.matrix(words)
    scopes = data.scopes[rows]
    is_labelled = scopes >= 0
    if len(set(scopes[is_labelled].tolist())) < 2:
        raise InputError(
            f"review {review.slug}: labels of fewer than two scopes; label some titles in "
            f"data/{review.slug}/labels/ or decide some records in triage"
        )
    whole = _beside(table, parameters.concept_weight * concepts)
    scope_weights, scope_bias = fit_classes(
        whole[is_labelled],
        scopes[is_labelled],
        len(review.scopes),
        inverse_regularisation=parameters.inverse_regularisation,
        is_balanced=parameters.is_balanced,
    )
    slugs = [area.slug for area in review.every_area()]
    parents = review.area_parents()
    parent_columns = np.array([slugs.index(parents[slug]) for slug in slugs], dtype=np.int64)
    top_columns = np.flatnonzero(parent_columns == np.arange(len(slugs)))

    labels, strengths = data.areas[rows], data.strengths[rows]
    own = parameters.term_weight * strengths
    other = parameters.term_weight * _strongest_other(strengths, top_columns, parent_columns)
    positives = labels.sum(axis=0)
    learnt = np.flatnonzero((positives >= MIN_AREA_EXAMPLES) & (positives < len(labels))).astype(np.int64)
    weights = np.zeros((len(learnt), table.shape[1] + 2))
    bias = np.zeros(len(learnt))
    for place, column in enumerate(learnt):
        weights[place], bias[place] = fit_yes_no(
            _beside(table, np.column_stack([own[:, column], other[:, column]])),
            labels[:, column],
            inverse_regularisation=parameters.area_inverse_regularisation,
            seed=parameters.seed,
        )
    return Fitted(
        features=features,
        scope_weights=scope_weights,
        scope_bias=scope_bias,
        area_weights=weights,
        area_bias=bias,
        learnt=learnt,
        shared=_shared(own, other, labels, parameters.area_inverse_regularisation, parameters.seed),
        concept_weight=parameters.concept_weight,
        term_weight=parameters.term_weight,
        parent_columns=parent_columns,
    )


def _shared(
    own: Floats, other: Floats, labels: npt.NDArray[np.bool_], inverse_regularisation: float, seed: int
) -> Floats:
    """One small model over all areas at once: what a term is worth where an area has no examples of its own."""
    if not labels.any():
        return _PRIOR.copy()
    table = sparse.csr_array(np.column_stack([own.ravel(), other.ravel()]))
    table.indices, table.indptr = table.indices.astype(np.int32), table.indptr.astype(np.int32)
    weights, bias = fit_yes_no(table, labels.ravel(), inverse_regularisation=inverse_regularisation, seed=seed)
    return np.array([*weights, bias])


def _strongest_other(
    strengths: Floats, top_columns: npt.NDArray[np.int64], parent_columns: npt.NDArray[np.int64]
) -> Floats:
    """Per area, the strength of the strongest top-level area that is not its own; same shape as ``strengths``."""
    tops = strengths[:, top_columns]
    if tops.shape[1] < 2:
        return np.zeros_like(strengths)
    ranked = np.sort(tops, axis=1)
    own = strengths[:, parent_columns]
    return np.where(own >= ranked[:, [-1]], ranked[:, [-2]], ranked[:, [-1]])


def _beside(table: sparse.csr_array, columns: Floats) -> sparse.csr_array:
    joined = sparse.csr_array(sparse.hstack([table, sparse.csr_array(columns)]))
    joined.indices, joined.indptr = joined.indices.astype(np.int32), joined.indptr.astype(np.int32)
    return joined
