"""Notices that one state has and the one before had not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from livingreview.records import Change, Notice, Record
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
    "RetractedandRepublishedIn": "corrected",
}


def told(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.type, str(change.severity)) for change in changes]


def noticed(record: Record, *notices: Notice) -> Record:
    return replace(record, notices=notices)


@pytest.mark.parametrize("kind", TYPES)
def test_each_kind_on_a_core_a_context_and_a_cited_record(changes_of: Derive, kind: str) -> None:
    type_ = TYPES[kind]
    is_grave = type_ in ("retracted", "concern_expressed")
    notice = Notice(kind=kind, pmid="9", citation="J. 2022")
    (core,) = changes_of(noticed(article(), notice), article())
    assert told([core]) == [(type_, "alert" if is_grave else "notable")]
    assert core.after["notice"] == {"kind": kind, "pmid": "9", "citation": "J. 2022"}
    context = changes_of(noticed(article(), notice), article(), scope="other")
    assert told(context) == [(type_, "notable" if is_grave else "routine")]
    cited = article(CITED_PMID)
    (baseline,) = changes_of(noticed(cited, notice), cited, scope="other")
    assert told([baseline]) == [(f"baseline_reference_{type_}", "alert" if is_grave else "notable")]
    assert baseline.after["ref_no"] == 1


@pytest.mark.parametrize(
    "kind", ["CommentIn", "ReprintIn", "RetractionOf", "ErratumFor", "UpdateOf", "CommentOn", "New"]
)
def test_what_says_nothing_of_its_truth(changes_of: Derive, kind: str) -> None:
    assert changes_of(noticed(article(), Notice(kind=kind, pmid="9")), article()) == []


def test_a_new_record_brings_its_notices_along(changes_of: Derive) -> None:
    assert told(changes_of(noticed(article(), RETRACTION))) == [("new_core_record", "notable"), ("retracted", "alert")]


def test_a_notice_is_told_of_once(changes_of: Derive) -> None:
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
    assert told(changes_of(retracted, article())) == [("retracted", "alert")]
    assert changes_of(retracted, retracted) == []
    both = noticed(retracted, RETRACTION)
    assert told(changes_of(both, article())) == [("retracted", "alert")]


def test_several_kinds_at_once(changes_of: Derive) -> None:
    record = noticed(
        article(), RETRACTION, Notice(kind="ExpressionOfConcernIn", citation="J"), Notice(kind="ErratumIn")
    )
    assert [change.type for change in changes_of(record, article())] == ["retracted", "concern_expressed", "corrected"]
