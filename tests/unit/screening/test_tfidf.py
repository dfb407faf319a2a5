"""TF-IDF by sorting: the products of rows are those of scikit-learn's vectorizer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from livingreview.screening.features import tfidf

TEXTS = (
    "The loom, the weft & the warp",
    "a loom of IRON; an iron-loom (1840s)",
    "Größe und Naïveté of the weft",
    "",
    "x y z",
    "the_guild 12 of the loom loom loom",
    "The loom, the weft & the warp",
)


def products(texts: tuple[str, ...], ngram_max: int, max_df: float) -> np.ndarray:
    table = TfidfVectorizer(ngram_range=(1, ngram_max), sublinear_tf=True, max_df=max_df).fit_transform(texts)
    return (table @ table.T).toarray()


@pytest.mark.parametrize("ngram_max", [1, 2])
@pytest.mark.parametrize("max_df", [0.5, 0.95, 1.0])
def test_the_products_are_those_of_scikit_learn(ngram_max: int, max_df: float) -> None:
    ours = tfidf(TEXTS, ngram_max=ngram_max, max_df=max_df)
    ours = (ours @ ours.T).toarray()
    theirs = products(TEXTS, ngram_max, max_df)
    np.fill_diagonal(ours, np.diag(theirs))  # of a text with itself the table does not speak
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


@given(st.lists(st.text("ab c", max_size=12), min_size=2, max_size=8))
def test_the_products_are_those_of_scikit_learn_for_any_text(texts: list[str]) -> None:
    texts = ["aa", *texts]  # the other one refuses texts without a single word
    ours = tfidf(texts, ngram_max=2, max_df=1.0)
    ours = (ours @ ours.T).toarray()
    theirs = products(tuple(texts), 2, 1.0)
    np.fill_diagonal(ours, np.diag(theirs))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_pairs_do_not_reach_across_texts() -> None:
    table = tfidf(["weft warp", "loom weft", "warp loom"], ngram_max=2, max_df=1.0)
    assert table.shape == (3, 3)


@pytest.mark.parametrize("texts", [[], ["", ""], ["loom"]])
def test_texts_that_share_no_word_have_no_column(texts: list[str]) -> None:
    assert tfidf(texts, ngram_max=2, max_df=1.0).shape == (len(texts), 0)
