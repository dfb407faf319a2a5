"""Figures with intervals, and none where labels are too few."""

import dataclasses

import numpy as np
import pytest

from livingreview.classify import Example, evaluate
from livingreview.classify.examples import BACKGROUND
from livingreview.classify.held_out import folds_of
from livingreview.classify.measures import calibration, figures, precision_recall
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
    assert found["classes"]["few"] == {"n": 9, "note": "too few (9)", "missing": 1}
    assert found["too_few"] == ["few"]
    assert found["macro_f1"]["value"] == 1
    assert figures({"few": (few, few)})["macro_f1"] is None


def test_evaluate_a_review(review, examples, evaluation):
    found = evaluation
    assert found["scopes"]["macro_f1"]["value"] > 0.9
    assert found["scopes"]["classes"]["unseen"] == {"n": 0, "note": "too few (0)", "missing": 10}
    assert sum(found["scopes"]["confusion"]["core"].values()) == 11
    assert found["areas"]["classes"]["rest"]["f1"]["value"] > 0.9
    assert "unseen_area" not in found["areas"]["classes"]
    assert evaluate(review, examples) == found


def test_one_scope_alone_cannot_be_learnt(review, examples):
    with pytest.raises(InputError, match="fewer than two scopes"):
        evaluate(review, [example for example in examples if example.scope == "core"])


@pytest.mark.slow
def test_shipped_labels_reach_what_is_claimed(project, labelled):
    found = evaluate(project.review, labelled)
    core = found["scopes"]["classes"][project.review.core_scope]
    assert found["scopes"]["macro_f1"]["value"] >= 0.85
    assert core["f1"]["value"] >= 0.80
    assert found["areas"]["macro_f1"]["value"] >= 0.85
    nested = found["nested"]
    assert nested["scopes"]["macro_f1"]["value"] >= 0.85
    assert nested["relevance"]["recall"] >= 0.9
    assert sum(sum(row.values()) for row in found["scopes"]["confusion"].values()) < len(labelled)
    temporal = found["temporal"]
    for values in temporal["scopes"]["classes"].values():
        assert ("f1" in values) == (min(values["n"], values["n_train"]) >= 10)
        assert "f1" in values or values["note"].startswith("too few (")
    assert any("f1" in values for values in temporal["scopes"]["classes"].values())
    sizes = [point["n_labels"] for point in found["learning_curve"]]
    assert sizes == sorted(sizes)
    assert len(sizes) == 5
    own = [mistake["probability"] for mistake in found["mistakes"]]
    assert own == sorted(own)
    assert all(mistake["is"] != mistake["said"] for mistake in found["mistakes"])
    assert found["precision_recall"]["relevant"]["average_precision"] > 0.9


def test_a_precision_recall_curve_keeps_ties_together():
    scores = np.array([0.9, 0.8, 0.8, 0.1] * 5)
    truth = np.array([True, True, False, False] * 5)
    found = precision_recall(scores, truth)
    assert found["recall"] == [0.5, 1, 1]
    assert found["precision"] == [1, pytest.approx(10 / 15, abs=1e-4), 0.5]
    assert found["average_precision"] == pytest.approx(0.5 + 0.5 * 10 / 15, abs=1e-4)
    assert precision_recall(scores[:8], truth[:8]) == {"note": "too few (4)"}


def test_calibration_says_how_often_it_is_so():
    found = calibration(np.array([0.05, 0.05, 0.95, 1.0]), np.array([False, True, True, True]))
    assert [one["n"] for one in found["bins"]] == [2, 2]
    assert found["bins"][0] == {"n": 2, "said": 0.05, "so": 0.5}
    assert found["expected_error"] == pytest.approx((2 * 0.45 + 2 * 0.025) / 4)


def test_background_teaches_but_is_not_measured(review, examples, evaluation, make_article):
    far = [
        Example(
            record=make_article(f"Steel of Turin {number}", f"b{number}"), scope="other", areas=None, origin=BACKGROUND
        )
        for number in range(30)
    ]
    with_it = evaluate(review, [*examples, *far])
    assert with_it["scopes"]["classes"]["other"]["n"] == evaluation["scopes"]["classes"]["other"]["n"]
    assert "Turin" not in str(with_it["mistakes"])


def test_no_year_with_enough_labels_gives_no_temporal_figure(evaluation):
    assert evaluation["temporal"] == {"note": "no year leaves enough labels before and after it"}


def test_learning_from_the_past(review, examples):
    dated = [
        dataclasses.replace(one, record=dataclasses.replace(one.record, publication_date=str(2018 + number // 4 % 2)))
        for number, one in enumerate(examples * 2)
    ]
    found = evaluate(review, dated)["temporal"]
    assert (found["learnt_before"], found["n_train"], found["n_test"]) == (2019, 45, 43)
    assert found["scopes"]["classes"]["core"]["f1"]["value"] > 0.9
    assert found["scopes"]["classes"]["unseen"]["note"] == "too few (0)"
