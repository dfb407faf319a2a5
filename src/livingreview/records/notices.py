"""What the notices and publication types of a record say of its truth: one meaning for every room.

Facts: MEDLINE/PubMed Data Element Descriptions (``CommentsCorrections/@RefType``, publication types) and NLM's page
"Errata, Retractions, and Other Linked Citations in PubMed". A ``RefType`` in ``...In`` stands on the record that the
notice is about, one in ``...Of``, ``...For`` or ``...From`` on the notice or on the later article; the latter says
nothing of the record that bears it. ``Retracted Publication`` is the publication type of the retracted article,
``Retraction of Publication`` that of the notice, ``Corrected and Republished Article`` that of the later article.

Three meanings are a choice:

- *Retracted and republished* is retracted. The journal took back the article under this PMID, and published it anew
  under another one: who relies on the first relies on what no longer stands, and must look at the second. That record
  names the first by ``RetractedandRepublishedFrom``, is retracted by nothing, and speaks for their work
  (:mod:`.representative`).
- *Retracted in part* is retracted. NLM files such notices as errata since October 2016, so PubMed says it of older
  articles only, but Crossref still does, and nobody but a person can say whether the part is the one relied on.
- *Reinstated* does not take *retracted* back. Notices bear no date that could be compared, and a journal may retract
  again; PubMed takes its ``RetractionIn`` away when an article is reinstated.

``ReinstatementIn`` is no word of PubMed's; it is made from Crossref's and Retraction Watch's.
"""

from collections.abc import Mapping
from typing import Final

from livingreview.records.change_types import ChangeType
from livingreview.records.record import Notice, Record

RETRACTED_PUBLICATION: Final = "Retracted Publication"
"""The publication type of a retracted article; it may come before any notice does."""
NOTICE_PUBLICATION_TYPES: Final = frozenset({"Published Erratum", "Retraction of Publication", "Expression of Concern"})
"""Publication types of records that speak of another article, and are not the article itself."""
_MEANINGS: Final[Mapping[str, ChangeType]] = {
    "RetractionIn": ChangeType.RETRACTED,
    "PartialRetractionIn": ChangeType.RETRACTED,
    "RetractedandRepublishedIn": ChangeType.RETRACTED,
    "ExpressionOfConcernIn": ChangeType.CONCERN_EXPRESSED,
    "ErratumIn": ChangeType.CORRECTED,
    "UpdateIn": ChangeType.CORRECTED,
    "CorrectedandRepublishedIn": ChangeType.CORRECTED,
    "ReinstatementIn": ChangeType.REINSTATED,
}
_REPUBLISHED: Final = frozenset({"RetractedandRepublishedIn", "CorrectedandRepublishedIn"})


def notices_of(record: Record) -> dict[ChangeType, list[Notice]]:
    """What was said of a record, by its meaning, in the order of its notices; empty when nothing was.

    A retraction that only the publication type states is a notice of that kind, without identifiers.
    """
    found: dict[ChangeType, list[Notice]] = {}
    for notice in record.notices:
        if meaning := _MEANINGS.get(notice.kind):
            found.setdefault(meaning, []).append(notice)
    if RETRACTED_PUBLICATION in record.publication_types:
        found.setdefault(ChangeType.RETRACTED, [Notice(kind=RETRACTED_PUBLICATION)])
    return found


def is_retracted(record: Record) -> bool:
    """Whether a record is retracted, as a whole or in part, republished or not."""
    return ChangeType.RETRACTED in notices_of(record)


def is_republished(record: Record) -> bool:
    """Whether the article was published anew under another identifier, which takes its place."""
    return any(notice.kind in _REPUBLISHED for notice in record.notices)


def may_carry_notices(content: str) -> bool:
    """Whether :func:`notices_of` a record can find anything, by its stored content; False is sure, True is not.

    Args:
        content: canonical JSON of a record, in which empty fields are left out.
    """
    return '"notices"' in content or RETRACTED_PUBLICATION in content
