"""Notices that one state has and the one before had not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from livingreview.records import Change, Kind, Notice, Record
from support.records import article
from support.tiny_review import CITED_PMID

Derive = Callable[..., list[Change]]

RETRACTION = Notice(kind="RetractionIn", pmid="9", citation="J. 2022")
TYPES = {
    "RetractionIn": "retracted",
    "PartialRetractionIn": "retracted",
    "ExpressionOfConcernIn": "concern_expressed",
    "ErratumIn": "corrected",
    "UpdateIn": "corrected",
    "CorrectedandRepublishedIn": "corrected",
    "RetractedandRepublishedIn": "retracted",
}


def types_of(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.type, str(change.severity)) for change in changes]


def noticed(record: Record, *notices: Notice) -> Record:
    return replace(record, notices=notices)


@pytest.mark.parametrize("kind", TYPES)
def test_each_kind_on_a_core_a_context_and_a_cited_record(changes_of: Derive, kind: str) -> None:
    type_ = TYPES[kind]
    is_grave = type_ in ("retracted", "concern_expressed")
    notice = Notice(kind=kind, pmid="9", citation="J. 2022")
    (core,) = changes_of(noticed(article(), notice), article())
    assert types_of([core]) == [(type_, "alert" if is_grave else "notable")]
    assert core.after["notice"] == {"kind": kind, "pmid": "9", "citation": "J. 2022"}
    context = changes_of(noticed(article(), notice), article(), scope="other")
    assert types_of(context) == [(type_, "notable" if is_grave else "routine")]
    cited = article(CITED_PMID)
    (baseline,) = changes_of(noticed(cited, notice), cited, scope="other")
    assert types_of([baseline]) == [(f"baseline_reference_{type_}", "alert" if is_grave else "notable")]
    assert baseline.after["ref_no"] == 1


@pytest.mark.parametrize("kind", ["RetractionIn", "ExpressionOfConcernIn", "ErratumIn"])
def test_what_a_person_included_or_a_statement_rests_on_counts_as_core(changes_of: Derive, kind: str) -> None:
    noted = noticed(article(), Notice(kind=kind, pmid="9"))
    severity = "notable" if kind == "ErratumIn" else "alert"
    (included,) = changes_of(noted, article(), scope="other", decision="include")
    assert (str(included.severity), included.after["is_included"]) == (severity, True)
    (evidence,) = changes_of(noted, article(), scope="other", evidence_of=("S01",))
    assert (str(evidence.severity), evidence.after["evidence_of"]) == (severity, ["S01"])
    (excluded,) = changes_of(noted, article(), scope="other", decision="exclude")
    assert str(excluded.severity) == ("routine" if kind == "ErratumIn" else "notable")


def test_a_notice_on_a_reference_names_the_statements_that_cite_it(changes_of: Derive) -> None:
    cited = article(CITED_PMID)
    (found,) = changes_of(noticed(cited, RETRACTION), cited, evidence_of=("S01",))
    assert (found.after["ref_no"], found.after["cited_by"], found.after["evidence_of"]) == (1, ["S01"], ["S01"])


@pytest.mark.parametrize(
    "kind", ["CommentIn", "ReprintIn", "RetractionOf", "ErratumFor", "UpdateOf", "CommentOn", "New"]
)
def test_what_says_nothing_of_its_truth(changes_of: Derive, kind: str) -> None:
    assert changes_of(noticed(article(), Notice(kind=kind, pmid="9")), article()) == []


def test_a_new_record_brings_its_notices_along(changes_of: Derive) -> None:
    assert types_of(changes_of(noticed(article(), RETRACTION))) == [
        ("new_core_record", "notable"),
        ("retracted", "alert"),
    ]


def test_a_notice_is_reported_once(changes_of: Derive) -> None:
    record = noticed(article(), RETRACTION)
    assert changes_of(record, record) == []
    assert changes_of(noticed(article(), replace(RETRACTION, citation="J. 2022 Jun")), record) == []


def test_a_second_correction_is_another_change(changes_of: Derive) -> None:
    first, second = Notice(kind="ErratumIn", pmid="1"), Notice(kind="ErratumIn", pmid="2")
    (found,) = changes_of(noticed(article(), first, second), noticed(article(), first))
    assert found.after["notice"]["pmid"] == "2"


def test_a_notice_that_goes_is_no_change(changes_of: Derive) -> None:
    assert changes_of(article(), noticed(article(), RETRACTION)) == []


def test_a_retraction_by_publication_type_alone(changes_of: Derive) -> None:
    retracted = article(publication_types=("Journal Article", "Retracted Publication"))
    assert types_of(changes_of(retracted, article())) == [("retracted", "alert")]
    assert changes_of(retracted, retracted) == []
    both = noticed(retracted, RETRACTION)
    assert types_of(changes_of(both, article())) == [("retracted", "alert")]


def test_a_text_is_retracted_once_whoever_says_so_first(changes_of: Derive) -> None:
    ours = noticed(article(doi="10.5555/x"), RETRACTION)
    theirs = noticed(
        Record(source="crossref", source_id="10.5555/x", doi="10.5555/x"), Notice(kind="RetractionIn", doi="10.5555/n")
    )
    for later, earlier in ((ours, theirs), (theirs, ours)):
        assert changes_of(later, siblings=(earlier,), reported_kinds=frozenset({Kind.ARTICLE})) == []
    by_type = article(doi="10.5555/x", publication_types=("Retracted Publication",))
    assert changes_of(theirs, siblings=(by_type,), reported_kinds=frozenset({Kind.ARTICLE})) == []
    concern = noticed(theirs, Notice(kind="ExpressionOfConcernIn", doi="10.5555/c"))
    assert types_of(changes_of(ours, siblings=(concern,), reported_kinds=frozenset({Kind.ARTICLE}))) == [
        ("retracted", "alert")
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "count"),
    [
        # One correction under two identifiers, or under one that both give.
        ([Notice(kind="ErratumIn", pmid="1")], [Notice(kind="ErratumIn", doi="10.5555/a")], 0),
        ([Notice(kind="ErratumIn", pmid="1", doi="10.5555/a")], [Notice(kind="ErratumIn", doi="10.5555/a")], 0),
        # Two: they can be compared and differ, or one more than the other copy has.
        ([Notice(kind="ErratumIn", doi="10.5555/b")], [Notice(kind="ErratumIn", doi="10.5555/a")], 1),
        ([Notice(kind="ErratumIn", pmid="1"), Notice(kind="ErratumIn", pmid="2")], [Notice(kind="ErratumIn")], 1),
        ([Notice(kind="ErratumIn", pmid="1")], [], 1),
    ],
)
def test_corrections_of_two_copies(changes_of: Derive, ours: list[Notice], theirs: list[Notice], count: int) -> None:
    sibling = noticed(Record(source="crossref", source_id="10.5555/x"), *theirs)
    found = changes_of(noticed(article(), *ours), article(), siblings=(sibling,))
    assert [change.type for change in found] == ["corrected"] * count


def test_a_reported_correction_does_not_match_the_next(changes_of: Derive) -> None:
    first, second = Notice(kind="ErratumIn", pmid="1"), Notice(kind="ErratumIn", pmid="2")
    sibling = noticed(Record(source="crossref", source_id="10.5555/x"), Notice(kind="ErratumIn", doi="10.5555/a"))
    (found,) = changes_of(noticed(article(), first, second), noticed(article(), first), siblings=(sibling,))
    assert found.after["notice"]["pmid"] == "2"


def test_retracted_and_republished_is_retracted_whoever_says_so_first(changes_of: Derive) -> None:
    ours = noticed(article(doi="10.5555/x"), Notice(kind="RetractedandRepublishedIn", pmid="9"))
    theirs = noticed(
        Record(source="crossref", source_id="10.5555/x", doi="10.5555/x"), Notice(kind="RetractionIn", doi="10.5555/n")
    )
    for later, earlier in ((ours, theirs), (theirs, ours)):
        assert changes_of(later, siblings=(earlier,), reported_kinds=frozenset({Kind.ARTICLE})) == []


def test_a_reinstatement(changes_of: Derive) -> None:
    notice = Notice(kind="ReinstatementIn", doi="10.5555/r")
    assert types_of(changes_of(noticed(article(), notice), article())) == [("reinstated", "notable")]


def test_several_kinds_at_once(changes_of: Derive) -> None:
    record = noticed(
        article(), RETRACTION, Notice(kind="ExpressionOfConcernIn", citation="J"), Notice(kind="ErratumIn")
    )
    assert [change.type for change in changes_of(record, article())] == ["retracted", "concern_expressed", "corrected"]
