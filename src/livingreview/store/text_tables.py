"""The table of the published text of the review."""

from sqlmodel import Field, SQLModel

from livingreview.store.columns import id_column, json_column, text_column


class ReviewSentenceRow(SQLModel, table=True):
    """One sentence of the published text; in no snapshot, since the text is its authors'.

    ``key`` names its document in the archive.
    """

    __tablename__ = "review_sentence"

    number: int = id_column(is_given=True)
    key: str = Field()
    section: str = text_column()
    text: str = text_column()
    cites: list[int] = json_column()
