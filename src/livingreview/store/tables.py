"""The tables. One writer at a time (the run's lock), so ``record`` and ``record_version`` ids are given by the program.

Moments are stored in UTC and come back as aware datetimes. JSON columns hold canonical JSON, so equal values are equal
bytes on SQLite.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC; a naive one is an error, never a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps no zone, so it is dropped there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_ID = BigInteger().with_variant(Integer, "sqlite")


def _id(*, is_given: bool = False) -> Any:
    return Field(sa_column=Column(_ID, primary_key=True, autoincrement=not is_given), default=None)


def _moment(*, is_nullable: bool = False) -> Any:
    return Field(sa_column=Column(UtcDateTime(), nullable=is_nullable), default=None)


def _json() -> Any:
    return Field(sa_column=Column(JSON(none_as_null=True), nullable=False))


def _text() -> Any:
    return Field(sa_column=Column(Text(), nullable=False))


class RunRow(SQLModel, table=True):
    """One pass along the line. ``reported_at`` is set once its report is on disk."""

    __tablename__ = "run"

    id: int = _id()
    name: str = Field(unique=True)
    road: str
    status: str
    now_at: datetime = _moment()
    started_at: datetime = _moment()
    finished_at: datetime | None = _moment(is_nullable=True)
    reported_at: datetime | None = _moment(is_nullable=True)
    code_version: str = ""
    config_hash: str = ""
    model: str = ""
    error: str = _text()


class QueryRow(SQLModel, table=True):
    """What one query of one run did, PRISMA-S style: what was asked, what was announced, what came."""

    __tablename__ = "run_query"

    id: int = _id()
    run_id: int = Field(index=True, foreign_key="run.id")
    source: str
    name: str
    role: str
    query_hash: str
    text: str = _text()
    since: str = ""
    until: str = ""
    announced: int | None = None
    received: int = 0
    new: int = 0
    revised: int = 0
    unchanged: int = 0
    older: int = 0
    thinner: int = 0
    withdrawn: int = 0
    unstored: int = 0
    requests: int = 0
    is_reconciled: bool = False
    is_skipped: bool = False
    error: str = _text()


class IssueRow(SQLModel, table=True):
    """A named exception: an item that was announced or received and is not in the store, with the reason."""

    __tablename__ = "run_issue"

    id: int = _id()
    run_id: int = Field(index=True, foreign_key="run.id")
    source: str
    source_id: str
    query: str
    reason: str = _text()


class PayloadRow(SQLModel, table=True):
    """One answer or file as it was received; the bytes lie in the archive under ``key``."""

    __tablename__ = "payload"

    id: int = _id()
    run_id: int = Field(index=True, foreign_key="run.id")
    key: str = Field(index=True)
    source: str
    url: str = _text()
    parameters: dict[str, str] = _json()
    is_post: bool = False
    status: int
    media_type: str = ""
    size_bytes: int = Field(sa_column=Column(_ID, nullable=False))
    retrieved_at: datetime = _moment()


class WorkRow(SQLModel, table=True):
    """Records that are the same piece of research; named after its first record."""

    __tablename__ = "work"

    id: str = Field(primary_key=True)
    first_run_id: int = Field(index=True, foreign_key="run.id")


class RecordRow(SQLModel, table=True):
    """One item of one source; what it says stands in its versions.

    ``raw_digest`` names the bytes that were last found to say what the current version says, and the code that read
    them; empty when nobody knows.
    """

    __tablename__ = "record"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: int = _id(is_given=True)
    source: str
    source_id: str
    kind: str
    work_id: str = Field(index=True, foreign_key="work.id")
    first_run_id: int = Field(index=True, foreign_key="run.id")
    current_version: int
    content_hash: str
    order_key: str
    fidelity: int
    is_withdrawn: bool = False
    doi: str = Field(default="", index=True)
    pmid: str = Field(default="", index=True)
    raw_digest: str = ""


class WorkLinkRow(SQLModel, table=True):
    """Why two records are one work, or that they are not; rows are only ever added and undone, never removed.

    ``made_by`` and ``undone_by`` name a person, and are empty where the rules spoke. A pair that a person parted is a
    row undone by that person, and stays parted until a person joins it.
    """

    __tablename__ = "work_link"

    id: int = _id()
    record_id: int = Field(index=True, foreign_key="record.id")
    other_id: int = Field(index=True, foreign_key="record.id")
    kind: str
    reason: str = _text()
    evidence: dict[str, Any] = _json()
    run_id: int | None = Field(default=None, index=True, foreign_key="run.id")
    made_by: str = ""
    made_at: datetime = _moment()
    undone_by: str = ""
    undone_at: datetime | None = _moment(is_nullable=True)
    undone_reason: str = _text()


class VersionRow(SQLModel, table=True):
    """One immutable state of a record.

    ``content_hash`` is the SHA-256 of ``content``, unless the text was left out of a snapshot
    (``is_text_complete`` False). ``is_derived`` is set with the commit of its score and changes.
    """

    __tablename__ = "record_version"
    __table_args__ = (
        UniqueConstraint("record_id", "number"),
        Index("ix_record_version_is_derived", "is_derived", "id"),
    )

    id: int = _id(is_given=True)
    record_id: int = Field(index=True, foreign_key="record.id")
    number: int
    content_hash: str
    order_key: str
    fidelity: int
    is_withdrawal: bool = False
    is_text_complete: bool = True
    is_derived: bool = False
    content: str = _text()
    envelope: dict[str, Any] = _json()
    run_id: int = Field(index=True, foreign_key="run.id")
    payload_key: str = ""
    retrieved_at: datetime = _moment()


class CursorRow(SQLModel, table=True):
    """How far a query has been read completely; an edited query has another hash and starts anew."""

    __tablename__ = "cursor"

    source: str = Field(primary_key=True)
    query_hash: str = Field(primary_key=True)
    query_name: str
    read_to_at: datetime = _moment()
    stamp: str = _text()
    run_id: int = Field(foreign_key="run.id")


class ScoreRow(SQLModel, table=True):
    """What the model said of one version."""

    __tablename__ = "score"

    version_id: int = Field(primary_key=True, foreign_key="record_version.id", sa_type=_ID)
    model: str
    scope: str = Field(index=True)
    p_relevant: float
    probabilities: dict[str, float] = _json()
    areas: list[str] = _json()
    facets: dict[str, Any] = _json()
    terms: list[Any] = _json()


class ModelRow(SQLModel, table=True):
    """The card of every model that ever scored a record here."""

    __tablename__ = "model"

    id: str = Field(primary_key=True)
    trained_at: datetime = _moment()
    card: dict[str, Any] = _json()


class ChangeRow(SQLModel, table=True):
    """One typed event between two stored states."""

    __tablename__ = "change"

    id: int = _id()
    run_id: int = Field(index=True, foreign_key="run.id")
    type: str = Field(index=True)
    severity: str
    source: str
    source_id: str
    work_id: str = Field(index=True)
    before: dict[str, Any] = _json()
    after: dict[str, Any] = _json()
    before_version: int = 0
    after_version: int = 0
    at: datetime = _moment()
    effective_date: str = ""


class DecisionRow(SQLModel, table=True):
    """What a person said; rows are only ever added."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("work_id", "stage", "person", "decided_at"),)

    id: int = _id()
    work_id: str = Field(index=True, foreign_key="work.id")
    stage: str
    decision: str
    reason: str = _text()
    areas: list[str] = _json()
    person: str
    decided_at: datetime = _moment()


class DigestRow(SQLModel, table=True):
    """One mail. ``pending`` from the moment it is built, ``delivered`` only once it has been accepted."""

    __tablename__ = "digest"

    id: int = _id()
    message_id: str = Field(unique=True)
    status: str
    transport: str = ""
    recipients: list[str] = _json()
    subject: str = _text()
    created_at: datetime = _moment()
    delivered_at: datetime | None = _moment(is_nullable=True)


class DigestChangeRow(SQLModel, table=True):
    """Which changes a digest carries."""

    __tablename__ = "digest_change"

    digest_id: int = Field(primary_key=True, foreign_key="digest.id", sa_type=_ID)
    change_id: int = Field(primary_key=True, foreign_key="change.id", sa_type=_ID, index=True)


class LockRow(SQLModel, table=True):
    """Who is writing."""

    __tablename__ = "lock"

    name: str = Field(primary_key=True)
    host: str
    pid: int
    token: str
    taken_at: datetime = _moment()
