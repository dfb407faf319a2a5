"""A card that a person reads, and its figures."""

import copy

import pytest

from livingreview.classify import card
from livingreview.classify.draw import draw
from livingreview.errors import StoreError


def test_the_card_says_what_how_good_and_where_it_fails(model, evaluation):
    found = copy.deepcopy(evaluation)
    found["mistakes"] = [{"title": "A <b>|panda|*", "is": "core", "said": "other", "probability": 0.0123}]
    text = card.markdown(model.card, found, {"Calibration": "calibration.svg"})
    assert text.startswith(f"# Model card: pandas, test ({model.id})\n")
    assert "| unseen | 0 | too few (0) | |  |" in text
    assert "| A \\<b\\>\\|panda\\|\\* | core | other | 0.012 |" in text
    assert "No figure: no year leaves enough labels before and after it." in text
    assert "![Calibration](calibration.svg)" in text
    f1 = evaluation["nested"]["scopes"]["classes"]["core"]["f1"]
    assert f"{f1['value']:.2f} ({f1['low']:.2f} to {f1['high']:.2f}) |" in text
    assert dict(card.facts(model.card))["labels"] == "45 labels"


def test_figures_without_labels_enough_are_not_given():
    assert card.figure(None) == "too few"
    assert card.figure({"value": 0.5}) == "0.50"


def test_figures_are_drawn_to_the_same_bytes(evaluation, tmp_path):
    first, second = draw(tmp_path / "a", evaluation), draw(tmp_path / "b", evaluation)
    assert list(first) == ["Precision and recall", "Calibration", "Confusion of scopes", "Learning curve"]
    for title, path in first.items():
        content = path.read_bytes()
        assert content.startswith(b"<?xml")
        assert b"<dc:date>" not in content
        assert content == second[title].read_bytes()


def test_a_folder_that_cannot_be_drawn_to_is_named(evaluation, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="give another folder"):
        draw(tmp_path / "file", evaluation)
