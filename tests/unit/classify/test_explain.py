"""Scores taken apart."""

import pytest

from livingreview.classify import explain


def test_an_explanation_adds_up(model, examples, make_article):
    record = make_article("Bamboo and the teeth of pandas in Oslo", "new")
    found = explain(model, record, examples)
    assert found.score == model.score([record])[0]
    assert found.relevance == pytest.approx(1 - found.score.probabilities["other"])
    assert found.scope_terms["core"] == found.score.terms
    assert all(weight > 0 for terms in found.scope_terms.values() for _, weight in terms)
    mouth = found.areas[0]
    assert (mouth.area, mouth.strength, mouth.words) == ("mouth", 1.0, ("teeth",))
    assert mouth.probability > mouth.threshold == model.area_threshold
    assert mouth.terms
    assert found.nearest[0].example.record.title == "Bamboo protects the teeth of pandas in Oslo"
    assert len(found.nearest) == 5
    similarities = [near.similarity for near in found.nearest]
    assert similarities == sorted(similarities, reverse=True)


def test_a_labelled_record_is_not_its_own_neighbour(model, examples):
    found = explain(model, examples[0].record, examples)
    assert examples[0] not in [near.example for near in found.nearest]


def test_an_area_below_its_threshold_is_explained_too(model, examples, make_article):
    found = explain(model, make_article("Caries", "new"), [])
    assert [reason.area for reason in found.areas] == ["caries", "mouth"] or {
        reason.area for reason in found.areas
    } == {"caries", "mouth"}
    caries = next(reason for reason in found.areas if reason.area == "caries")
    assert caries.words == ("caries",)
    assert caries.terms == ()
    assert found.nearest == ()
