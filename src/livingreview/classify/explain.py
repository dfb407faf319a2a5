"""Why a record got its score: terms with their weights, thresholds, and the labelled titles nearest to it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from livingreview.classify.examples import Example
from livingreview.classify.features import Floats
from livingreview.classify.model import N_TERMS, Model
from livingreview.records import Record, Score
from livingreview.text.tokens import prepare

Terms = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaReason:
    """One area that a record was given, or nearly.

    Attributes:
        probability: between 0 and 1.
        threshold: above it the area is given.
        strength: how strongly the terms of config name it, between 0 and 1.
        words: the record's own words and headings that are terms of the area.
        terms: the learnt terms that spoke for it, with weights; empty for an area that goes by its terms alone.
    """

    area: str
    probability: float
    threshold: float
    strength: float
    words: tuple[str, ...]
    terms: Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A labelled record and how like it is: cosine of the TF-IDF vectors, between 0 and 1."""

    similarity: float
    example: Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that made one score.

    Attributes:
        relevance: ``1 - p(other)``.
        scope_terms: scope slug -> the terms that spoke for it against the mean of all scopes.
        areas: with a term of theirs in the record or above the threshold, most probable first.
        nearest: labelled records, nearest first.
    """

    record: Record
    score: Score
    relevance: float
    relevance_threshold: float
    scope_terms: dict[str, Terms]
    areas: tuple[AreaReason, ...]
    nearest: tuple[Neighbour, ...]


def explain(model: Model, record: Record, examples: Sequence[Example], *, n_nearest: int = 5) -> Explanation:
    """Take one score apart.

    Args:
        model: what made it.
        record: any record, scored here anew.
        examples: labelled records to look for neighbours in; the record itself is left out.
        n_nearest: how many neighbours at most; those without a common term are none.
    """
    table, whole, _, strengths, areas = model.tables([record])
    score = model.score([record])[0]
    return Explanation(
        record=record,
        score=score,
        relevance=model.relevance(score),
        relevance_threshold=model.relevance_threshold,
        scope_terms={scope: model.scope_terms(whole, number) for number, scope in enumerate(model.scopes)},
        areas=_areas(model, record, table, strengths[0], areas[0]),
        nearest=_nearest(model, record, table, examples, n_nearest),
    )


def _areas(
    model: Model, record: Record, table: sparse.csr_array, strengths: Floats, probabilities: Floats
) -> tuple[AreaReason, ...]:
    own = prepare(record, model.folder)
    hits = [hit for words in (own.title, own.headings, own.abstract) for hit in model.terms.hits(words)]
    hits += model.terms.heading_hits(record)
    rows = {int(column): row for row, column in enumerate(model.fitted.learnt)}
    names = model.fitted.features.names
    reasons = []
    for column, slug in enumerate(model.terms.slugs):
        if strengths[column] == 0 and probabilities[column] <= model.area_threshold:
            continue
        terms: Terms = ()
        if column in rows:
            gains = table.data * model.fitted.area_weights[rows[column], table.indices]
            order = [place for place in np.argsort(-gains, kind="stable")[:N_TERMS] if gains[place] > 0]
            terms = tuple(
                (model.readable(names[table.indices[place]]), round(float(gains[place]), 4)) for place in order
            )
        reasons.append(
            AreaReason(
                area=slug,
                probability=float(probabilities[column]),
                threshold=model.area_threshold,
                strength=float(strengths[column]),
                words=tuple(dict.fromkeys(words for words, columns in hits if column in columns)),
                terms=terms,
            )
        )
    return tuple(sorted(reasons, key=lambda reason: -reason.probability))


def _nearest(
    model: Model, record: Record, table: sparse.csr_array, examples: Sequence[Example], n_nearest: int
) -> tuple[Neighbour, ...]:
    others = [example for example in examples if example.record.key != record.key]
    if not others:
        return ()
    labelled, _ = model.fitted.scope_table([prepare(example.record, model.folder) for example in others])
    similarities = np.asarray((labelled @ table.T).todense()).ravel()
    order = [place for place in np.argsort(-similarities, kind="stable")[:n_nearest] if similarities[place] > 0]
    return tuple(Neighbour(similarity=round(float(similarities[place]), 4), example=others[place]) for place in order)
