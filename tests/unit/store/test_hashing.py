"""The text that contents are known by."""

from dataclasses import replace

import pytest
from hypothesis import given

from livingreview.records import Notice, Person, Record, Section, TrialFacts
from livingreview.records.serialization import canonical_json, content_hash, content_of
from livingreview.store.hashing import content_json
from support.records import article, records, trial


@given(records)
def test_a_content_is_canonical_json(record: Record) -> None:
    assert content_json(record) == canonical_json(content_of(record))


@pytest.mark.parametrize("title", ["\u007f\u0080\u2028", '"\\/\b\f\n\r\t\x01', "\U0001f9ec", "\ufeff", "<&>'"])
def test_odd_letters_are_written_alike(title: str) -> None:
    assert content_json(article(title=title)) == canonical_json(content_of(article(title=title)))


@pytest.mark.parametrize("count", [0, -1, 2**53 + 1, 2**63, 2**64, 10**30])
def test_numbers_of_any_size(count: int) -> None:
    record = trial(enrollment_count=count)
    assert content_json(record) == canonical_json(content_of(record))


def test_the_hash_of_a_content_never_moves() -> None:
    """Stores and snapshots are full of these hashes: another value here is a change of every record everywhere."""
    record = article(
        title="Ünï <b>",
        abstract=(Section(label="AIM", text="Wörds."), Section(text="More.")),
        persons=(Person(family="A", given="B", affiliations=("Here",)), Person(collective="C")),
        notices=(Notice(kind="ErratumIn", pmid="1"),),
        mesh=("Exosomes/metabolism",),
        nct_ids=("NCT00000001",),
        trial=TrialFacts(status="RECRUITING", enrollment_count=0, has_results=False, phases=("PHASE1",)),
    )
    expected = "e199b62f676a133e16ee142d6deed443f0a8ac27f5e893702013da71e0b4627a"
    assert content_hash(content_json(record)) == expected
    assert content_hash(content_json(replace(record, source_date="2022-05-01", indexing_status="MEDLINE"))) == expected
