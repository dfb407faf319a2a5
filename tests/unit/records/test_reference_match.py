"""What names a reference is believed only where it agrees."""

from dataclasses import replace
from datetime import date

import pytest

from livingreview.records import Baseline, Person, Record, Reference
from livingreview.records.reference_match import agrees, match_of, open_references, with_matches

TITLE = "Exosomes: a title of the α kind"
REFERENCE = Reference(
    ref_no=7, first_author="Le Saux", year=2020, journal="J", title=TITLE, derived_doi="10.5555/guess"
)


def record(title: str = TITLE, family: str = "Le Saux", year: str = "2020-03") -> Record:
    people = (Person(family=family),) if family else ()
    return Record(
        source="crossref", source_id="10.5555/a", doi="10.5555/a", title=title, publication_date=year, persons=people
    )


def baseline(*references: Reference) -> Baseline:
    return Baseline(published_date=date(2022, 9, 14), references=references, trials=())


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (record(), True),
        (record("Exosomes \u2013 A Title of the \u03b1 Kind."), True),
        (record(family="LE SAUX"), True),
        (record(year="2019"), True),
        (record(year="2021"), True),
        (record(year="2022"), False),
        (record(year=""), False),
        (record(family="Saux"), False),
        (record(family=""), False),
        (record("Exosomes: a title of the \u03b2 kind"), False),
        (record(f"Erratum: {TITLE}"), False),
        (record(""), False),
    ],
)
def test_title_first_author_and_year_must_agree(found: Record, expected: bool) -> None:
    assert agrees(REFERENCE, found) is expected
    assert match_of(REFERENCE, found).is_confirmed is expected


def test_an_untitled_reference_agrees_with_nothing() -> None:
    assert not agrees(replace(REFERENCE, title=""), record(""))


def test_a_match_names_the_reference_of_its_title_alone() -> None:
    found = match_of(REFERENCE, record())
    (known,) = with_matches(baseline(REFERENCE), [found]).references
    assert known.doi == "10.5555/a"
    assert open_references(with_matches(baseline(REFERENCE), [found])) == ()
    renumbered = replace(REFERENCE, title="Quite another title of the same number")
    assert open_references(with_matches(baseline(renumbered), [found])) == (renumbered,)
    assert open_references(with_matches(baseline(REFERENCE), [replace(found, is_confirmed=False)])) == (REFERENCE,)


def test_what_the_files_say_is_never_replaced() -> None:
    own = replace(REFERENCE, pmid="1")
    assert with_matches(baseline(own), [match_of(REFERENCE, record())]).references == (own,)
