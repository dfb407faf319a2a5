"""Areas that are proposed."""

from livingreview.changes.area_groups import propose_areas
from support.pandas import REVIEW, article


def keyed(titles):
    records = [(article(title, str(number)), areas) for number, (title, areas) in enumerate(titles)]
    return {record.key: (record, areas) for record, areas in records}


PLACED = [(f"Bamboo for the teeth of pandas in study {number}", ("mouth",)) for number in range(6)]


def test_records_without_an_area_are_grouped_by_what_they_share():
    titles = [
        *PLACED,
        *[(f"Bamboo heals the broken femur shaft of pandas {number}", ()) for number in range(4)],
        *[(f"Bamboo against glaucoma of pandas {number}", ("none",)) for number in range(3)],
        ("Bamboo and the weather", ()),
        ("Bamboo and the railway", ()),
    ]
    femur, eye = propose_areas(REVIEW, keyed(titles))
    assert "femur shaft" in " ".join(femur.terms) or "broken femur" in femur.terms
    assert femur.keys == tuple(("pubmed", str(number)) for number in range(6, 10))
    assert eye.terms == ("glaucoma",)
    assert eye.keys == tuple(("pubmed", str(number)) for number in range(10, 13))


def test_what_placed_records_say_as_well_names_no_area():
    titles = [*PLACED, *[(f"Bamboo study of pandas {number}", ()) for number in range(4)]]
    assert propose_areas(REVIEW, keyed(titles)) == []


def test_two_records_are_no_area():
    titles = [*PLACED, ("Bamboo heals the femur", ()), ("Bamboo and the femur", ())]
    assert propose_areas(REVIEW, keyed(titles)) == []
    assert propose_areas(REVIEW, {}) == []


def test_the_order_of_the_records_does_not_matter():
    titles = [*PLACED, *[(f"Bamboo heals the femur {word}", ()) for word in ("shaft", "neck", "head", "again")]]
    records = keyed(titles)
    assert propose_areas(REVIEW, records) == propose_areas(REVIEW, dict(reversed(records.items())))
