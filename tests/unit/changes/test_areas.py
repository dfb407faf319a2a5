"""New areas: known by their records, reported once, and again when they have doubled."""

from livingreview.changes import Group, new_areas
from livingreview.records import Severity
from support.records import NOW


def keys(*numbers: int) -> tuple[tuple[str, str], ...]:
    return tuple(("pubmed", str(number)) for number in numbers)


def group(*numbers: int) -> Group:
    return Group(terms=("snoring", "sleep"), keys=keys(*numbers))


def test_a_group_is_reported_with_its_records() -> None:
    (change,) = new_areas([group(1, 2, 3)], (), {("pubmed", "1"): "Snoring"}, 3, NOW)
    assert (change.type, change.source, change.source_id) == ("new_area", "review", "area: snoring")
    assert (change.severity, change.at, change.before) == (Severity.NOTABLE, NOW, {})
    assert change.after["n_works"] == 3
    assert change.after["records"][0] == {"source": "pubmed", "source_id": "1", "title": "Snoring"}


def test_once_and_again_when_it_doubled() -> None:
    reported = keys(1, 2, 3, 4)
    assert new_areas([group(1, 2, 3, 4)], reported, {}, 3, NOW) == []
    assert new_areas([group(1, 2, 3, 4, 5, 6, 7)], reported, {}, 3, NOW) == []
    (change,) = new_areas([group(1, 2, 3, 4, 5, 6, 7, 8)], reported, {}, 3, NOW)
    assert (change.before, change.after["n_works"]) == ({"n_works": 4}, 8)
    assert [one["source_id"] for one in change.after["records"]][:4] == ["5", "6", "7", "8"]


def test_another_grouping_of_what_was_reported_is_no_news() -> None:
    reported = keys(1, 2, 3, 4, 5, 6)
    assert new_areas([group(1, 4, 5), group(2, 3, 6)], reported, {}, 3, NOW) == []
    assert new_areas([group(7, 8)], reported, {}, 3, NOW) == []
