"""Records: every field is content or envelope, and comes back as it went."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.records import (
    Baseline,
    Fidelity,
    Notice,
    Person,
    PrintedTrial,
    Record,
    Reference,
    Section,
    TrialFacts,
)
from livingreview.records.serialization import canonical_json, content_hash, content_of, envelope_of, record_from
from support.records import article, records


def hash_of(record: Record) -> str:
    return content_hash(canonical_json(content_of(record)))


@given(records)
def test_a_record_comes_back_from_its_parts(record: Record) -> None:
    content = json.loads(canonical_json(content_of(record)))
    envelope = json.loads(canonical_json(envelope_of(record)))
    assert record_from(content, envelope) == record


@given(records)
def test_every_field_that_says_something_is_in_exactly_one_part(record: Record) -> None:
    content, envelope = content_of(record), envelope_of(record)
    assert not set(content) & set(envelope)
    for item in dataclasses.fields(Record):
        if getattr(record, item.name) not in ("", (), None):
            assert item.name in (envelope if item.metadata.get("is_volatile") else content)


@given(records, st.data())
def test_volatile_fields_do_not_touch_the_hash(record: Record, data: st.DataObject) -> None:
    other = data.draw(records)
    volatile = [item.name for item in dataclasses.fields(Record) if item.metadata.get("is_volatile")]
    assert hash_of(record) == hash_of(dataclasses.replace(record, **{name: getattr(other, name) for name in volatile}))


@given(records, st.data())
def test_every_content_field_touches_the_hash(record: Record, data: st.DataObject) -> None:
    other = data.draw(records)
    for item in dataclasses.fields(Record):
        if not item.metadata.get("is_volatile") and getattr(record, item.name) != getattr(other, item.name):
            changed = dataclasses.replace(record, **{item.name: getattr(other, item.name)})
            assert hash_of(changed) != hash_of(record)


def test_empty_fields_are_left_out() -> None:
    record = Record(source="pubmed", source_id="1", persons=(Person(family="Author"),), trial=TrialFacts())
    assert content_of(record) == {
        "source": "pubmed",
        "source_id": "1",
        "kind": "article",
        "persons": [{"family": "Author"}],
        "trial": {},
    }
    assert record_from(content_of(record), envelope_of(record)) == record


def test_zero_and_false_are_not_empty() -> None:
    record = Record(source="c", source_id="1", trial=TrialFacts(enrollment_count=0, has_results=False))
    assert content_of(record)["trial"] == {"enrollment_count": 0, "has_results": False}


def test_unknown_fields_are_an_error() -> None:
    with pytest.raises(TypeError):
        record_from({"source": "x", "source_id": "1", "kind": "article", "colour": "red"}, {"fidelity": 3})


def test_an_abstract_as_one_text() -> None:
    record = article(abstract=(Section(label="AIM", text="a"), Section(text="b")))
    assert record.abstract_text == "AIM: a\nb"


def test_states_are_ordered_by_version_then_date_then_stamp() -> None:
    ordered = [
        article(source_version=1, source_date="2022"),
        article(source_version=1, source_date="2022-05"),
        article(source_version=1, source_date="2022-05-01"),
        article(source_version=1, source_date="2022-05-01", source_stamp="2025-01-01"),
        article(source_version=2, source_date="2021-01-01"),
        article(source_version=10),
    ]
    assert sorted(ordered, key=lambda record: record.order_key) == ordered


def test_the_parts_of_a_record_are_all_packed() -> None:
    parts = {
        Person: Person(family="a", given="b", collective="c", orcid="d", affiliations=("e",)),
        Section: Section(label="a", text="b"),
        Notice: Notice(kind="a", pmid="1", doi="10.1/x", citation="c"),
    }
    record = article(persons=(parts[Person],), abstract=(parts[Section],), notices=(parts[Notice],))
    content = content_of(record)
    for kind, name in ((Person, "persons"), (Section, "abstract"), (Notice, "notices")):
        assert set(content[name][0]) == {item.name for item in dataclasses.fields(kind)}


def test_fidelity_orders_channels() -> None:
    assert Fidelity.POINTER < Fidelity.FACTS < Fidelity.CITATION < Fidelity.FULL


def test_a_baseline_knows_its_identifiers() -> None:
    reference = Reference(ref_no=1, first_author="A", year=2020, journal="J", title="T", doi="10.5555/a", pmid="1")
    trial = PrintedTrial(
        nct_id="NCT00000001", title="", ev_source="", condition="", status="", location="", area="", note="", role=""
    )
    bare = dataclasses.replace(reference, ref_no=2, doi="", pmid="")
    found = Baseline(
        published_date=None,  # type: ignore[arg-type]
        references=(reference, bare),
        trials=(trial, dataclasses.replace(trial, nct_id="")),
    )
    assert (found.pmids, found.dois, found.nct_ids) == ({"1"}, {"10.5555/a"}, {"NCT00000001"})
