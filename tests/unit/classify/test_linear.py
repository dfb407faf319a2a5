"""Logistic regression as plain arrays, calibration and thresholds."""

import numpy as np
import pytest
from scipy import sparse

from livingreview.classify.linear import (
    ABSENT_LOGIT,
    best_temperature,
    best_threshold,
    fit_classes,
    fit_yes_no,
    sigmoid,
    softmax,
)


@pytest.fixture
def table():
    generator = np.random.default_rng(0)
    return sparse.csr_array(generator.normal(size=(60, 3)))


def test_two_classes_of_three(table):
    labels = np.where(table.toarray()[:, 0] > 0, 2, 0)
    weights, bias = fit_classes(table, labels, 3, inverse_regularisation=10, is_balanced=False)
    probabilities = softmax(table @ weights.T + bias)
    assert (probabilities.argmax(axis=1) == labels).mean() > 0.95
    assert not weights[1].any()
    assert bias[1] == ABSENT_LOGIT
    assert probabilities.sum(axis=1) == pytest.approx(1)


def test_yes_no(table):
    labels = table.toarray()[:, 1] > 0
    weights, bias = fit_yes_no(table, labels, inverse_regularisation=10, seed=0)
    assert ((sigmoid(table @ weights + bias) > 0.5) == labels).mean() > 0.95


def test_temperature_tames_overconfidence():
    generator = np.random.default_rng(1)
    logits = generator.normal(size=(500, 3))
    labels = np.array([generator.choice(3, p=row) for row in softmax(logits)])
    assert best_temperature(logits, labels) == pytest.approx(1, abs=0.25)
    assert best_temperature(4 * logits, labels) == pytest.approx(4, abs=1)


def test_threshold_favours_recall_and_keeps_ties_together():
    scores = np.array([0.9, 0.8, 0.4, 0.4, 0.1, 0.0])
    truth = np.array([True, False, True, False, False, False])
    assert best_threshold(scores, truth, 2.0) == pytest.approx(0.25)
    assert best_threshold(scores, truth, 0.2) == pytest.approx(0.85)
