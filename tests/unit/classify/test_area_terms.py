"""Config's terms of the areas, found in records."""

import numpy as np
import pytest

from livingreview.classify.terms import AreaTerms
from livingreview.records import Section
from livingreview.text.tokens import folder_of, prepare


@pytest.fixture(scope="module")
def terms(review):
    return AreaTerms(review, folder_of(review))


def strengths(terms, review, record):
    row = terms.strengths([record], [prepare(record, folder_of(review))])[0]
    return dict(zip(terms.slugs, row, strict=True))


@pytest.mark.parametrize(
    ("title", "areas"),
    [
        ("A tooth", {"mouth"}),
        ("A toothless panda", set()),
        ("β-Plaques", {"mouth"}),
        ("Dental decay", {"mouth", "caries"}),
        ("Dental health, slow decay", set()),
        ("Cariesology of sleepers", {"mouth", "caries", "rest"}),
        ("Bad\u2010dreams", {"rest"}),
        ("Bad", set()),
        ("A zoo", set()),
    ],
)
def test_titles(terms, review, make_article, title, areas):
    found = strengths(terms, review, make_article(title))
    assert {slug for slug, strength in found.items() if strength} == areas


def test_the_abstract_counts_by_degrees_and_headings_wholly(terms, review, make_article):
    found = strengths(terms, review, make_article("X", abstract=(Section(text="Teeth, teeth, sleep."),)))
    assert found["mouth"] == pytest.approx(1 - np.exp(-2 / 3))
    assert found["rest"] == pytest.approx(1 - np.exp(-1 / 3))
    assert strengths(terms, review, make_article("X", mesh=("Mouth Diseases/*therapy",)))["mouth"] == 1
    assert strengths(terms, review, make_article("X", keywords=("sleep",)))["rest"] == 1


def test_hits_say_which_words(terms, review, make_article):
    words = prepare(make_article("Decayed? Dental decay and sleepiness"), folder_of(review)).title
    assert [text for text, _ in terms.hits(words)] == ["dental decay", "sleepiness"]


def test_memory_is_bounded(terms, monkeypatch):
    monkeypatch.setattr("livingreview.classify.terms._MAX_MEMO", 3)
    for number in range(20):
        assert terms.hits([f"word{number}", "tooth"])
    assert len(terms._anchored) < 10
