"""Words and pairs of words as numbers."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

from livingreview.classify.features import Features
from livingreview.records import Section
from livingreview.text.normalise import normal_text
from livingreview.text.tokens import STOP_WORDS, concepts_of, folder_of, prepare, words_of_text


@pytest.fixture
def words(review, make_article):
    folder = folder_of(review)
    titles = ["Bamboo-pandas of the zoo", "A zoo without bamboo", "Teeth of the red panda: β-plaque", "zoo zoo zoo"]
    return [prepare(make_article(title), folder) for title in titles]


def test_words_are_folded_and_cut(words):
    assert words[0].title == ["bambootoken", "pandatoken", "of", "the", "zoo"]
    assert words[2].title == ["teeth", "of", "the", "red", "pandatoken", "beta", "plaque"]
    assert words_of_text("±5 °C — naïve 細胞_1") == ["5", "C", "naïve", "細胞_1"]


def test_concepts_are_the_tokens_that_are_words(review):
    assert concepts_of(review) == ("pandatoken", "bambootoken")


def test_tf_idf_is_scikit_learn_s(words, review):
    features = Features.learn(words, review)
    table, _ = features.matrix(words)
    theirs = TfidfVectorizer(
        ngram_range=(1, 2),
        sublinear_tf=True,
        tokenizer=str.split,
        token_pattern=None,
        vocabulary=list(features.terms),
    ).fit_transform([" ".join(word for word in own.title if word not in features.stop_words) for own in words])
    assert np.allclose(table.toarray(), theirs.toarray())


def test_pairs_do_not_reach_over_stop_words_or_records(words, review):
    terms = Features.learn(words, review).terms
    assert "teeth red" in terms
    assert "bambootoken pandatoken" in terms
    assert "bambootoken teeth" not in terms


def test_a_record_has_the_same_row_in_any_company(words, review):
    features = Features.learn(words, review)
    together, _ = features.matrix(words)
    for number, one in enumerate(words):
        alone, _ = features.matrix([one])
        row = together[[number]]
        assert (row.indices == alone.indices).all()
        assert (np.diff(alone.indices) > 0).all()
        assert (row.data == alone.data).all()


def test_words_never_seen_count_for_nothing(words, review, make_article):
    features = Features.learn(words, review)
    strange = prepare(make_article("Quarks"), folder_of(review))
    table, concepts = features.matrix([strange])
    assert table.nnz == 0
    assert dict(zip(features.names[-concepts.shape[1] :], concepts[0], strict=True))["[no concept]"] == 1


def test_a_concept_is_certain_in_a_title_and_gradual_in_an_abstract(words, review, make_article):
    features = Features.learn(words, review)
    folder = folder_of(review)
    in_title = make_article("Panda")
    once = make_article("Beast", abstract=(Section(text="A panda."),))
    often = make_article("Beast", abstract=(Section(text="A panda. " * 9),))
    keyword = make_article("Beast", keywords=("Ailuropoda",))
    _, concepts = features.matrix([prepare(record, folder) for record in (in_title, once, often, keyword)])
    assert concepts[:, 0] == pytest.approx([1, 1 - np.exp(-0.5), 1 - np.exp(-4.5), 1])
    assert concepts[0, 2:].max() == 1
    names = dict(zip(features.names[-concepts.shape[1] :], concepts[0], strict=True))
    assert names["[pandatoken only]"] == 1
    assert names["[no concept]"] == 0


def test_a_title_weighs_the_same_above_a_long_abstract(words, review, make_article):
    features = Features.learn(words, review)
    folder = folder_of(review)
    record = make_article("zoo", abstract=(Section(text="teeth " * 500),))
    table, _ = features.matrix([prepare(record, folder)])
    row = dict(zip(features.terms, table.toarray()[0], strict=True))
    assert row["zoo"] > row["teeth"] > 0


def test_a_border_inside_a_text_does_no_harm(review, make_article):
    words = prepare(make_article("pan\x00da bamboo"), folder_of(review))
    assert words.title[-1] == "bambootoken"
    assert words.abstract == []


def test_shipped_variants_miss_nothing_for_their_prefilter(project, labelled):
    folder = folder_of(project.review)
    for example in labelled:
        naive = text = normal_text(example.record.title)
        for item in project.review.variants:
            for pattern in item.patterns:
                if not item.context or any(string in naive for string in item.context):
                    naive = pattern.sub(item.replacement, naive)
        assert folder.fold(text) == naive


def test_the_stop_words_are_those_of_scikit_learn():
    assert STOP_WORDS == ENGLISH_STOP_WORDS
