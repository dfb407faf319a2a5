"""Which reference of the review a record is."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.changes import Context
from livingreview.config import Review, TrialsSettings
from livingreview.records import Baseline, Kind, Record, Reference
from livingreview.records.reference_index import ReferenceIndex
from livingreview.report.context import Frame
from livingreview.report.data import Material
from support.records import NOW, article

TITLE = "A title that is long enough to be nobody else's"
names = {
    "pmid": st.sampled_from(["", "1", "2"]),
    "doi": st.sampled_from(["", "10.5555/a", "10.5555/b"]),
    "pmcid": st.sampled_from(["", "PMC1", "PMC2"]),
    "title": st.sampled_from(["Introduction", TITLE, f"Another {TITLE}"]),
}


def reference(ref_no: int, **values: str) -> Reference:
    return Reference(**{"ref_no": ref_no, "first_author": "A", "year": 2020, "journal": "J", "title": "T"} | values)  # type: ignore[arg-type]


references = st.lists(st.builds(dict, **names), max_size=5).map(  # type: ignore[arg-type]
    lambda found: [reference(number, **values) for number, values in enumerate(found, start=1)]
)
records = st.builds(lambda values: replace(article(), **values), st.builds(dict, **names))  # type: ignore[arg-type]


def number_of(references: list[Reference], record: Record) -> int:
    found = ReferenceIndex(references).find(record)
    return found.ref_no if found else 0


@given(references=references, record=records, data=st.data())
def test_change_and_report_name_the_same_number_in_whatever_order_the_references_stand(
    references: list[Reference], record: Record, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(references))
    wanted = number_of(references, record)
    review = Review.model_construct(statements=())
    baseline = Baseline(published_date=date(2022, 9, 14), references=tuple(shuffled), trials=())
    told = Context.of(review, baseline, TrialsSettings(), NOW).reference_of(record)
    material = object.__new__(Material)
    object.__setattr__(material, "baseline", baseline)
    shown = Frame(material).reference_of(record)
    assert [one.ref_no if one else 0 for one in (told, shown)] == [wanted, wanted]


@pytest.mark.parametrize(
    ("record", "number"),
    [
        ({"pmid": "1", "doi": "10.5555/b", "title": TITLE}, 9),
        ({"doi": "10.5555/b", "pmcid": "PMC3", "title": TITLE}, 4),
        ({"pmcid": "PMC3", "title": TITLE}, 5),
        ({"title": TITLE.upper() + "!"}, 2),
        ({"title": "Introduction"}, 0),
        ({"pmid": "7"}, 0),
        ({"pmid": "1", "kind": Kind.TRIAL}, 0),
    ],
)
def test_the_stronger_name_decides(record: dict[str, str], number: int) -> None:
    cited = [
        reference(9, pmid="1"),
        reference(4, doi="10.5555/b"),
        reference(5, pmcid="PMC3"),
        reference(2, title=TITLE),
        reference(3, title="Introduction"),
    ]
    assert number_of(cited, replace(article(), **({"pmid": "", "doi": "", "title": ""} | record))) == number  # type: ignore[arg-type]


def test_of_several_references_of_one_name_the_lowest_number_wins() -> None:
    cited = [reference(12, pmid="1"), reference(3, pmid="1"), reference(7, pmid="1")]
    assert number_of(cited, article("1")) == 3
