"""What the notices and publication types of a record say of it."""

import pytest

from livingreview.changes.notices import ReviewRole, new_notices
from livingreview.records import Notice
from livingreview.records.change_types import ChangeType
from livingreview.records.notices import is_republished, is_retracted, notices_of
from support.records import article

SAYS = {
    "RetractionIn": ChangeType.RETRACTED,
    "PartialRetractionIn": ChangeType.RETRACTED,
    "RetractedandRepublishedIn": ChangeType.RETRACTED,
    "ExpressionOfConcernIn": ChangeType.CONCERN_EXPRESSED,
    "ErratumIn": ChangeType.CORRECTED,
    "UpdateIn": ChangeType.CORRECTED,
    "CorrectedandRepublishedIn": ChangeType.CORRECTED,
    "ReinstatementIn": ChangeType.REINSTATED,
}


@pytest.mark.parametrize(("kind", "type_"), SAYS.items())
def test_each_kind_of_notice_has_one_meaning(kind: str, type_: ChangeType) -> None:
    notice = Notice(kind=kind, pmid="9")
    record = article(notices=(notice,))
    assert notices_of(record) == {type_: [notice]}
    assert is_retracted(record) == (type_ == ChangeType.RETRACTED)
    assert is_republished(record) == ("Republished" in kind or "republished" in kind)
    (event,) = new_notices(article(), record, ReviewRole(), siblings=())
    assert event.type == type_


@pytest.mark.parametrize(
    "kind", ["RetractionOf", "RetractedandRepublishedFrom", "CorrectedandRepublishedFrom", "RepublishedIn", "CommentIn"]
)
def test_what_a_record_says_of_another_says_nothing_of_itself(kind: str) -> None:
    record = article(notices=(Notice(kind=kind, pmid="9"),))
    assert (notices_of(record), is_retracted(record), is_republished(record)) == ({}, False, False)


def test_the_publication_type_alone_says_that_a_record_is_retracted() -> None:
    assert is_retracted(article(publication_types=("Journal Article", "Retracted Publication")))
    assert not is_retracted(
        article(publication_types=("Retraction of Publication", "Corrected and Republished Article"))
    )
