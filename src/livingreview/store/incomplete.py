"""What thin records there are, what was looked for in vain, and which dois want their notices read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, distinct, func, or_, select

from livingreview.records import Fidelity, Followed, Kind, Tries
from livingreview.store.base import Base
from livingreview.store.queries import ISSUE, RECORD, RUN, SCORE, VERSION

_OTHER = RECORD.alias("other")


class IncompleteRecords(Base):
    """Records of which a fuller copy is looked for."""

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        with self._read() as connection:
            return connection.execute(query).all()

    def incomplete_records(self) -> list[Followed]:
        """Publications that are less than PubMed's or Crossref's own record, or that only Crossref has; newest first.

        Left out are those that PubMed's full record is stored of already.
        """
        has_pubmed = (
            select(_OTHER.c.id)
            .where(_OTHER.c.doi == RECORD.c.doi, RECORD.c.doi != "", _OTHER.c.source == "pubmed")
            .where(_OTHER.c.fidelity >= int(Fidelity.FULL))
            .exists()
        )
        rows = self._rows(
            select(RECORD.c.source, RECORD.c.source_id, RECORD.c.fidelity, RECORD.c.kind)
            .where(RECORD.c.kind != str(Kind.TRIAL), RECORD.c.is_withdrawn.is_(False), ~has_pubmed)
            .where(
                or_(
                    and_(RECORD.c.source == "pubmed", RECORD.c.fidelity < int(Fidelity.FULL)),
                    RECORD.c.source == "crossref",
                )
            )
            .order_by(RECORD.c.first_run_id.desc(), RECORD.c.source, RECORD.c.source_id)
        )
        return [
            Followed(
                source=row.source,
                source_id=row.source_id,
                is_thin=row.fidelity < Fidelity.FULL,
                is_preprint=row.kind == Kind.PREPRINT,
            )
            for row in rows
        ]

    def lookup_tries(self, source: str, query: str) -> dict[str, Tries]:
        """Id -> how often a query of this name asked the source for it in vain, by its named exceptions."""
        rows = self._rows(
            select(
                ISSUE.c.source_id,
                func.count(distinct(ISSUE.c.run_id)).label("times"),
                func.max(RUN.c.now_at, type_=RUN.c.now_at.type).label("last_at"),
            )
            .join(RUN, RUN.c.id == ISSUE.c.run_id)
            .where(ISSUE.c.source == source, ISSUE.c.query == query)
            .group_by(ISSUE.c.source_id)
        )
        return {row.source_id: Tries(count=row.times, last_at=row.last_at) for row in rows}

    def noticed_dois(self, scopes: Sequence[str]) -> list[str]:
        """DOIs of stored records of these scopes from Crossref and Europe PMC, sorted."""
        rows = self._rows(
            select(RECORD.c.doi)
            .join(VERSION, and_(VERSION.c.record_id == RECORD.c.id, VERSION.c.number == RECORD.c.current_version))
            .join(SCORE, SCORE.c.version_id == VERSION.c.id)
            .where(RECORD.c.source.in_(("crossref", "europepmc")), RECORD.c.doi != "", SCORE.c.scope.in_(scopes))
            .where(RECORD.c.is_withdrawn.is_(False))
        )
        return sorted({row.doi for row in rows})

    def identifiers(self) -> tuple[frozenset[str], frozenset[str]]:
        """Every doi and every PMID that a stored record bears."""
        rows = self._rows(select(RECORD.c.doi, RECORD.c.pmid))
        return frozenset(row.doi for row in rows if row.doi), frozenset(row.pmid for row in rows if row.pmid)
