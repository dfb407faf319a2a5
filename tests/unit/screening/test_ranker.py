"""The ranker: the support vector machine that it stands in for, and labels one by one as labels all at once."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.svm import LinearSVC

from livingreview.config import RankerParameters
from livingreview.screening.features import tfidf
from livingreview.screening.ranker import Ranker
from livingreview.screening.simulation.dataset import Dataset

Make = Callable[..., Dataset]
PARAMETERS = RankerParameters()


def machine(dataset: Dataset, rows: list[int], parameters: RankerParameters = PARAMETERS) -> np.ndarray:
    """Decision values of scikit-learn's machine, weighted as ASReview weighs."""
    table = tfidf(dataset.texts, ngram_max=2, max_df=0.95)
    flags = dataset.are_relevant[rows]
    weights = np.where(flags, 1.0, flags.sum() / (parameters.relevant_ratio * (~flags).sum()))
    weights *= len(weights) / weights.sum()
    # A column of its own for each labelled text stands for the terms that it shares with no other.
    own = np.zeros((len(dataset.texts), len(rows)))
    lengths = np.asarray(table.multiply(table).sum(axis=1)).ravel()
    own[rows, np.arange(len(rows))] = np.sqrt(1 - lengths[rows])
    whole = np.hstack([table.toarray(), own])
    fitted = LinearSVC(C=parameters.inverse_regularisation, tol=1e-8, max_iter=100_000, dual=True, random_state=0)
    return fitted.fit(whole[rows], flags, sample_weight=weights).decision_function(whole)


@pytest.mark.parametrize("inverse_regularisation", [0.11, 5.0])
@pytest.mark.parametrize("n_labels", [2, 9, 60])
def test_scores_are_those_of_the_machine(make: Make, n_labels: int, inverse_regularisation: float) -> None:
    """At 5.0 some labels lie outside the margin."""
    dataset = make(120, 30)
    parameters = RankerParameters(inverse_regularisation=inverse_regularisation)
    rows = [int(np.flatnonzero(dataset.are_relevant)[0]), int(np.flatnonzero(~dataset.are_relevant)[0])]
    rows += [row for row in range(120) if row not in rows][: n_labels - 2]
    ranker = Ranker.of_texts(dataset.texts, parameters)
    ranker.label(rows, dataset.are_relevant[rows])
    waiting = np.setdiff1d(np.arange(120), rows)
    expected = machine(dataset, rows, parameters)
    np.testing.assert_allclose(ranker.scores()[waiting], expected[waiting], atol=2e-4)
    order = waiting[np.argsort(-ranker.scores()[waiting], kind="stable")]
    assert (np.diff(expected[order]) < 4e-4).all()


def test_label_by_label_is_all_at_once(make: Make) -> None:
    dataset = make(150, 40)
    step = Ranker.of_texts(dataset.texts, PARAMETERS)
    rows = np.random.RandomState(3).permutation(150)[:80]
    for row in rows:
        step.label([int(row)], dataset.are_relevant[[row]])
        step.scores()
    whole = Ranker.of_texts(dataset.texts, PARAMETERS)
    whole.label(rows, dataset.are_relevant[rows])
    np.testing.assert_allclose(step.scores(), whole.scores(), atol=1e-4)
    assert step.labelled.tolist() == whole.labelled.tolist() == rows.tolist()


def test_a_label_can_be_taken_back(make: Make) -> None:
    dataset = make(60, 20)
    rows = list(range(20))
    wrong = Ranker.of_texts(dataset.texts, PARAMETERS)
    wrong.label(rows, ~dataset.are_relevant[rows])
    wrong.scores()
    wrong.label(rows, dataset.are_relevant[rows])
    right = Ranker.of_texts(dataset.texts, PARAMETERS)
    right.label(rows, dataset.are_relevant[rows])
    np.testing.assert_allclose(wrong.scores(), right.scores(), atol=1e-4)
    assert len(wrong.labelled) == 20


def test_a_record_named_twice_takes_the_last_label(make: Make) -> None:
    dataset = make(30, 10)
    twice = Ranker.of_texts(dataset.texts, PARAMETERS)
    twice.label([3, 4, 3], [False, False, True])
    once = Ranker.of_texts(dataset.texts, PARAMETERS)
    once.label([3, 4], [True, False])
    np.testing.assert_allclose(twice.scores(), once.scores(), atol=1e-5)


def test_labels_of_one_kind_rank_by_likeness() -> None:
    texts = ["weft warp loom", "weft warp guild", "anvil forge tongs", "anvil forge guild"]
    ranker = Ranker.of_texts(texts, PARAMETERS)
    assert not ranker.scores().any()
    ranker.label([0], [True])
    assert ranker.scores()[1] > ranker.scores()[2]
    bad = Ranker.of_texts(texts, PARAMETERS)
    bad.label([2], [False])
    assert bad.scores()[1] > bad.scores()[3]


def test_what_is_novel_is_like_the_rest_and_unlike_the_labelled() -> None:
    texts = ["weft warp", "weft warp loom", "anvil forge", "anvil forge slag", "anvil forge tongs", ""]
    ranker = Ranker.of_texts(texts, PARAMETERS)
    ranker.label([0], [True])
    novelty = ranker.novelty()
    assert novelty[3] > novelty[5] > novelty[1]
