"""Figures with intervals, and none where labels are too few."""

import numpy as np
import pytest

from livingreview.classify import evaluate
from livingreview.classify.evaluate import figures, folds_of
from livingreview.errors import InputError


def test_folds_spread_every_label():
    labels = np.repeat([0, 1, -1], [50, 7, 3])
    folds = folds_of(labels, 5, seed=3)
    assert np.bincount(folds).tolist() == [12, 12, 12, 12, 12]
    assert set(np.bincount(folds[labels == 1], minlength=5).tolist()) <= {1, 2}
    assert (folds == folds_of(labels, 5, seed=3)).all()
    assert (folds != folds_of(labels, 5, seed=4)).any()


def test_figures_are_right():
    truth = np.array([True] * 12 + [False] * 8)
    said = np.array([True] * 9 + [False] * 3 + [True] * 1 + [False] * 7)
    found = figures({"a": (truth, said)})["classes"]["a"]
    assert found["precision"]["value"] == pytest.approx(0.9)
    assert found["recall"]["value"] == pytest.approx(0.75)
    assert found["f1"]["value"] == pytest.approx(2 * 9 / (10 + 12), abs=1e-4)
    assert found["f1"]["low"] < found["f1"]["value"] < found["f1"]["high"]


def test_too_few_positives_get_no_figure():
    enough, few = np.array([True] * 10 + [False] * 10), np.array([True] * 9 + [False] * 11)
    found = figures({"enough": (enough, enough), "few": (few, few)})
    assert found["classes"]["few"] == {"n": 9, "note": "too few (9)"}
    assert found["too_few"] == ["few"]
    assert found["macro_f1"]["value"] == 1
    assert figures({"few": (few, few)})["macro_f1"] is None


def test_evaluate_a_review(review, examples):
    found = evaluate(review, examples)
    assert found["scopes"]["macro_f1"]["value"] > 0.9
    assert found["scopes"]["classes"]["unseen"] == {"n": 0, "note": "too few (0)"}
    assert sum(found["scopes"]["confusion"]["core"].values()) == 11
    assert found["areas"]["classes"]["rest"]["f1"]["value"] > 0.9
    assert "unseen_area" not in found["areas"]["classes"]
    assert evaluate(review, examples) == found


def test_one_scope_alone_cannot_be_learnt(review, examples):
    with pytest.raises(InputError, match="fewer than two scopes"):
        evaluate(review, [example for example in examples if example.scope == "core"])


def test_shipped_labels_reach_what_is_claimed(project, labelled):
    found = evaluate(project.review, labelled)
    core = found["scopes"]["classes"][project.review.core_scope]
    assert found["scopes"]["macro_f1"]["value"] >= 0.85
    assert core["f1"]["value"] >= 0.80
    assert found["areas"]["macro_f1"]["value"] >= 0.85
