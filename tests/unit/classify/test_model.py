"""Scores, model files and the card."""

import dataclasses
import json
import sys

import numpy as np
import pytest

from livingreview.classify import Example, Model, reason_to_train, train
from livingreview.errors import InputError, StoreError
from livingreview.records import Section


def test_scores_are_whole(model, make_article):
    core, animal, other, empty = model.score(
        [
            make_article("Bamboo saves the teeth of Ailuropoda in a zoo: PND-7"),
            make_article("Sleep of a giant panda"),
            make_article("Quantum chromodynamics"),
            make_article(""),
        ]
    )
    assert [core.scope, animal.scope, other.scope, empty.scope] == ["core", "animal", "other", "other"]
    assert set(core.probabilities) == {"other", "core", "animal", "unseen"}
    assert sum(core.probabilities.values()) == pytest.approx(1)
    assert core.areas == ("mouth",)
    assert animal.areas == ("rest",)
    assert core.facets["gene"] == (("PND-7", "PND-7"),)
    assert [term for term, _ in core.terms][0] == "[panda+bamboo only]"
    assert len(core.terms) <= 8
    assert (other.facets, other.terms, other.areas) == ({}, (), ())
    assert core.model == model.id
    assert model.is_relevant(core)
    assert not model.is_relevant(other)
    assert model.score([]) == []


def test_a_batch_scores_like_its_records_one_by_one(model, make_article, monkeypatch):
    records = [
        make_article(f"Pandas {word}", abstract=(Section(text=word),)) for word in ("sleep", "paws", "eat bamboo")
    ]
    alone = [model.score([record])[0] for record in records]
    monkeypatch.setattr("livingreview.classify.model._BATCH", 2)
    together = model.score(records)
    assert [score.areas for score in together] == [score.areas for score in alone]
    for one, other in zip(alone, together, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-12)


def test_an_area_without_examples_goes_by_its_terms(model, make_article):
    child, unseen = model.score([make_article("Caries of pandas"), make_article("The paws of pandas")])
    assert child.areas == ("mouth", "caries")
    assert unseen.areas == ("unseen_area",)
    assert "unseen_area" not in model.card["areas_learnt"]
    assert "rest" in model.card["areas_learnt"]


def test_save_and_load(model, review, make_article, tmp_path):
    model.save(tmp_path / "a")
    loaded = Model.load(tmp_path / "a", review)
    records = [make_article("Bamboo for the teeth of pandas"), make_article("Traffic")]
    assert loaded.id == model.id
    assert loaded.score(records) == model.score(records)
    loaded.save(tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        assert (tmp_path / "b" / path.name).read_bytes() == path.read_bytes()
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["arrays.npz", "card.json", "model.json"]


def test_training_is_reproducible_whatever_the_order(model, review, examples, now, tmp_path):
    again = train(review, examples[::-1], now=now, code_version="1.2.3")
    model.save(tmp_path / "a")
    again.save(tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        assert (tmp_path / "b" / path.name).read_bytes() == path.read_bytes()


def test_a_model_is_named_by_its_labels_and_its_configuration(model, review, examples, now):
    fewer = train(review, examples[:-1], now=now, code_version="1.2.3")
    other = review.model_copy(update={"classifier": review.classifier.model_copy(update={"is_balanced": False})})
    assert len({model.id, fewer.id, train(other, examples, now=now, code_version="1.2.3").id}) == 3


def test_the_card_says_what_it_was_made_of(model, now):
    card = json.loads(json.dumps(model.card))
    assert card["id"] == model.id
    assert card["trained_at"] == now.isoformat()
    assert card["code_version"] == "1.2.3"
    assert card["parameters"]["name"] == "test"
    assert card["labels"]["scopes"] == {"other": 22, "core": 11, "animal": 11, "unseen": 0}
    assert card["labels"]["areas"]["mouth"] == 12
    assert card["labels"]["origins"] == {"labels": 45}
    assert card["evaluation"]["relevance"]["recall"] >= 0.9
    assert len(card["data_hash"]) == 64


def _spoil_format(folder):
    path = folder / "model.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 3', '"format": 99'), encoding="utf-8")


def _spoil_json(folder):
    (folder / "model.json").write_text("{", encoding="utf-8")


def _spoil_arrays(folder):
    (folder / "arrays.npz").write_bytes(b"PK not a zip")


def _pickled_arrays(folder):
    np.savez(folder / "arrays.npz", idf=np.array([{"code": 1}], dtype=object))


def _other_arrays(folder):
    np.savez(folder / "arrays.npz", idf=np.zeros(3))


def _no_card(folder):
    (folder / "card.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_spoil_format, "model format 99, this version reads 3; run `livingreview train`"),
        (_spoil_json, "not a usable model"),
        (_spoil_arrays, "not a usable model"),
        (_pickled_arrays, "not a usable model"),
        (_other_arrays, "do not belong together"),
        (_no_card, "no model there"),
    ],
)
def test_a_spoilt_model_is_refused(model, review, examples, tmp_path, spoil, message):
    model.save(tmp_path)
    spoil(tmp_path)
    with pytest.raises(StoreError, match=message):
        Model.load(tmp_path, review)
    assert message in reason_to_train(tmp_path, review, examples)


def test_a_model_of_another_configuration_is_refused(model, review, examples, tmp_path):
    model.save(tmp_path)
    changed = review.model_copy(update={"variants": review.variants[:1]})
    with pytest.raises(StoreError, match="trained for another state of config/reviews/pandas"):
        Model.load(tmp_path, changed)
    assert "config changed" in reason_to_train(tmp_path, changed, examples)
    assert "labels changed" in reason_to_train(tmp_path, review, examples[1:])
    assert reason_to_train(tmp_path, review, examples[::-1]) == ""
    relabelled = [dataclasses.replace(examples[0], scope="other"), *examples[1:]]
    assert "labels changed since the model was trained (2)" in reason_to_train(tmp_path, review, relabelled)
    assert "no model there" in reason_to_train(tmp_path / "none", review, examples)


def test_a_few_new_labels_are_no_reason_to_train(review, examples, now, tmp_path):
    patient = review.model_copy(update={"classifier": review.classifier.model_copy(update={"retrain_after": 3})})
    train(patient, examples, now=now, code_version="1").save(tmp_path)
    assert reason_to_train(tmp_path, patient, examples[2:]) == ""
    assert reason_to_train(tmp_path, patient, examples[3:]).endswith("(3)")


def test_a_folder_that_cannot_be_written_to_is_named(model, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be written to"):
        model.save(tmp_path / "file")


def test_a_label_that_config_does_not_have_is_named(review, examples, now):
    wrong = dataclasses.replace(examples[0], scope="nonsense")
    with pytest.raises(InputError, match="label of pubmed/0: config has no scope or area 'nonsense'"):
        train(review, [wrong, *examples[1:]], now=now, code_version="1")


def test_scopes_alone_are_enough(review, examples, make_article, now):
    bare = [Example(record=item.record, scope=item.scope, areas=None, origin="decision") for item in examples]
    model = train(review, bare, now=now, code_version="1")
    assert "rest" in model.card["areas_learnt"], "what a title names by a term is a weak label"
    assert model.card["evaluation"]["areas"]["classes"] == {}
    assert model.score([make_article("Pandas asleep: sleep")])[0].areas == ("rest",)


def test_a_review_without_variants_works(review, examples, make_article, now):
    plain = review.model_copy(update={"variants": ()})
    model = train(plain, examples, now=now, code_version="1")
    assert model.score([make_article("Bamboo protects the teeth of pandas")])[0].scope == "core"


def test_shipped_review_tells_its_scopes_apart(shipped, make_article):
    titles = {
        "Small extracellular vesicles of human iPSC-derived mesenchymal stromal cells heal tendons": "imsc_ev",
        "iMSCs from aged donors are rejuvenated": "imsc",
        "Adipose-derived stem cell exosomes in wound healing": "msc_ev",
        "Exosomes of induced pluripotent stem cells after myocardial infarction": "ipsc_ev",
        "Vaccination against influenza in care homes": "other",
    }
    scores = shipped.score([make_article(title) for title in titles])
    assert [score.scope for score in scores] == list(titles.values())
    assert scores[0].areas == ("musculoskeletal", "tendinopathy")
    assert scores[2].areas == ("skin", "wound")
    assert scores[3].areas == ("cardiovascular", "heart")


def test_scores_do_not_hang_on_the_last_digits_of_a_machine(project, labelled, shipped, make_article, now, monkeypatch):
    """Another processor sums in another order: inputs that differ in the twelfth digit give the same six."""
    generator = np.random.default_rng(5)

    def shaken(table, columns):
        joined = beside(table, columns)
        joined.data *= 1 + 1e-12 * generator.normal(size=len(joined.data))
        return joined

    records = [
        make_article(f"{name} heal the cornea") for name in ("iMSC-EVs", "MSC exosomes", "Eye drops", "iPSC-EVs")
    ]
    beside = sys.modules["livingreview.classify.fit"]._beside
    monkeypatch.setattr("livingreview.classify.fit._beside", shaken)
    elsewhere = train(project.review, labelled, now=now, code_version="1")
    assert not np.array_equal(elsewhere.fitted.scope_weights, shipped.fitted.scope_weights)
    assert elsewhere.id == shipped.id
    for one, other in zip(shipped.score(records), elsewhere.score(records), strict=True):
        assert one.areas == other.areas
        assert one.probabilities == pytest.approx(other.probabilities, abs=5e-7)
    assert elsewhere.relevance_threshold == pytest.approx(shipped.relevance_threshold, abs=1e-5)
