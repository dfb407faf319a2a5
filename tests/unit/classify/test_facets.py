"""Tags by pattern, each with the words it came from."""

from livingreview.classify import FacetReader
from livingreview.records import Section


def test_values_with_their_words(review, make_article):
    record = make_article(
        "A Menagerie of pandas", abstract=(Section(text="PND-1, pnd-1 and PND22 in zoos. PND\u20111"),)
    )
    assert FacetReader(review.facets).read(record) == {
        "place": (("zoo", "Menagerie"),),
        "gene": (("PND-1", "PND-1"), ("PND22", "PND22")),
    }


def test_nothing_found_is_an_empty_mapping(review, make_article):
    assert FacetReader(review.facets).read(make_article("Pandas")) == {}


def test_captures_are_limited(review, make_article):
    text = " ".join(f"PND{number}" for number in range(99))
    assert len(FacetReader(review.facets).read(make_article(text))["gene"]) == 20


def test_shipped_facets_miss_nothing_for_their_prefilter(project, labelled, monkeypatch):
    quick = FacetReader(project.review.facets)
    monkeypatch.setattr("livingreview.text.normalise.required_literals", lambda pattern: ())
    thorough = FacetReader(project.review.facets)
    found = [thorough.read(example.record) for example in labelled]
    assert [quick.read(example.record) for example in labelled] == found
    assert sum(map(bool, found)) > len(found) / 2


def test_shipped_facets_read_a_title(project, make_article):
    found = FacetReader(project.review.facets).read(
        make_article("Exosomes of iPSC-MSCs deliver miR-146a-5p to rats in a hydrogel")
    )
    assert "ipsc_msc" in [value for value, _ in found["ev_source"]]
    assert ("miR-146a-5p", "miR-146a-5p") in found["cargo"]


def test_shipped_facets_spell_a_microrna_one_way(project, make_article):
    text = "microRNA-146a-5p, hsa-miR-146a-5p and miR146a-5p; let-7a, Let-7A; miR-21"
    found = FacetReader(project.review.facets).read(make_article(text))["cargo"]
    assert [pair for pair in found if "-" in pair[0]] == [
        ("miR-146a-5p", "microRNA-146a-5p"),
        ("let-7a", "let-7a"),
        ("miR-21", "miR-21"),
    ]


def test_a_fallback_gives_way(project, make_article):
    reader = FacetReader(project.review.facets)
    assert reader.read(make_article("Exosomes of umbilical cord MSCs"))["ev_source"] == (
        ("umbilical_cord", "umbilical cord"),
    )
    assert reader.read(make_article("Exosomes of MSCs"))["ev_source"] == (("msc_unspecified", "MSCs"),)
