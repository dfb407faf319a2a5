"""What a run reads, beside what the model learnt from."""

import numpy as np
import pytest

from livingreview.classify import Drift
from livingreview.classify.drift import histogram, stability_index, training_set
from livingreview.text.tokens import Words


def test_the_same_distribution_has_not_moved():
    bins = np.array([80, 10, 5, 0, 0, 0, 0, 0, 0, 5])
    assert stability_index(bins, bins * 3) == pytest.approx(0, abs=0.05)
    assert stability_index(bins, bins[::-1].copy()) > 1


def test_the_index_is_that_of_the_formula():
    seen, expected = np.array([30, 70]), np.array([50, 50])
    by_hand = (0.3 - 0.5) * np.log(0.3 / 0.5) + (0.7 - 0.5) * np.log(0.7 / 0.5)
    assert stability_index(seen, expected) == pytest.approx(by_hand)


def test_every_relevance_has_a_bin():
    assert histogram(np.array([0.0, 0.099, 0.1, 0.95, 1.0])).tolist() == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]


def test_words_of_one_example_alone_are_what_it_would_not_have_known():
    words = [Words(["a", "b"], [], []), Words(["a", "c"], ["b"], []), Words(["a"], [], ["d"])]
    assert training_set(np.zeros(3), words)["unknown_share"] == pytest.approx(1 / 5)


def drift_of(model, records, n_batches=2):
    drift = Drift()
    for start in range(n_batches):
        batch = records[start::n_batches]
        drift.add(model, batch, model.score(batch))
    return drift.found(model.card)


def test_records_like_those_of_training_raise_no_warning(model, examples):
    found = drift_of(model, [example.record for example in examples] * 2)
    assert found["n_records"] == 2 * len(examples)
    assert found["warnings"] == []
    assert found["stability_index"] < 0.25
    assert found["unknown_share"] == 0


def test_strange_records_are_warned_of(model, make_article):
    found = drift_of(model, [make_article(f"Quarks and gluons of sort {number}") for number in range(60)])
    assert [warning.split(" ")[0] for warning in found["warnings"]] == ["scores", found["warnings"][1].split(" ")[0]]
    assert "of title words are unknown" in found["warnings"][1]


def test_a_few_records_say_nothing(model, make_article):
    assert drift_of(model, [make_article("Quarks")] * 49) == {"n_records": 49}
    assert Drift().found(model.card) == {"n_records": 0}
