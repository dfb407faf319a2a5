"""The sentences of the published text of the review, as the last document gave them."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select

from livingreview.records.review_text import Sentence
from livingreview.store.base import Base
from livingreview.store.queries import REVIEW_SENTENCE


class ReviewSentences(Base):
    """One text at a time; it stays out of snapshots, since it belongs to its authors."""

    def keep_review_sentences(self, key: str, sentences: Sequence[Sentence]) -> None:
        """Keeps a text in the place of the one before, all of it or nothing.

        Args:
            key: of its document in the archive.
            sentences: in their order.
        """
        rows = [asdict(one) | {"key": key, "cites": list(one.cites)} for one in sentences]
        with self._begin() as connection:
            connection.execute(delete(REVIEW_SENTENCE))
            if rows:
                connection.execute(insert(REVIEW_SENTENCE), rows)

    def review_sentences(self) -> tuple[Sentence, ...]:
        """The text in its order; empty when none is kept."""
        table = REVIEW_SENTENCE
        columns = (table.c.number, table.c.section, table.c.text, table.c.cites)
        with self._read() as connection:
            rows = connection.execute(select(*columns).order_by(table.c.number))
            return tuple(Sentence(**{**row._mapping, "cites": tuple(row.cites)}) for row in rows)

    def review_text_key(self) -> str:
        """The document of the text; empty when none is kept."""
        with self._read() as connection:
            return connection.execute(select(REVIEW_SENTENCE.c.key).limit(1)).scalar() or ""
