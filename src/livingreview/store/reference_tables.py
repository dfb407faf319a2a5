"""Tables about the references of the published review; see :mod:`livingreview.store.tables`."""

from sqlmodel import Field, SQLModel

from livingreview.store.columns import id_column, text_column


class ReferenceMatchRow(SQLModel, table=True):
    """What a service gave for a reference that has neither PMID nor doi; the last row of a reference counts."""

    __tablename__ = "reference_match"

    id: int = id_column()
    run_id: int = Field(index=True, foreign_key="run.id")
    ref_no: int
    title: str = text_column()
    source: str
    found_title: str = text_column()
    is_confirmed: bool
    doi: str
    pmid: str
    pmcid: str
