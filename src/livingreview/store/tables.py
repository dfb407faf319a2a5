"""The tables. One writer at a time (the run's lock), so ``record`` and ``record_version`` ids are given by the program.

Moments are stored in UTC and come back as aware datetimes. JSON columns hold canonical JSON, so equal values are equal
bytes on SQLite.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from livingreview.store.columns import ID_TYPE, UtcDateTime, id_column, json_column, moment, text_column
from livingreview.store.text_tables import ReviewSentenceRow

__all__ = ["ReviewSentenceRow", "UtcDateTime"]


class RunRow(SQLModel, table=True):
    """One pass through the pipeline. ``reported_at`` is set once its report is on disk.

    ``n_decisions`` is how many decisions stood in the store when it began, ``n_statement_decisions`` how many on
    statements: it knew the first so many of them.
    """

    __tablename__ = "run"

    id: int = id_column()
    name: str = Field(unique=True)
    road: str
    status: str
    now_at: datetime = moment()
    started_at: datetime = moment()
    finished_at: datetime | None = moment(is_nullable=True)
    reported_at: datetime | None = moment(is_nullable=True)
    code_version: str = ""
    config_hash: str = ""
    model: str = ""
    error: str = text_column()
    n_decisions: int = 0
    n_statement_decisions: int = 0
    drift: dict[str, Any] = json_column()


class QueryRow(SQLModel, table=True):
    """What one query of one run did, PRISMA-S style: what was asked, what was announced, what came."""

    __tablename__ = "run_query"

    id: int = id_column()
    run_id: int = Field(index=True, foreign_key="run.id")
    source: str
    name: str
    role: str
    query_hash: str
    text: str = text_column()
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
    error: str = text_column()


class IssueRow(SQLModel, table=True):
    """A named exception: an item that was announced or received and is not in the store, with the reason."""

    __tablename__ = "run_issue"

    id: int = id_column()
    run_id: int = Field(index=True, foreign_key="run.id")
    source: str
    source_id: str
    query: str
    reason: str = text_column()


class PayloadRow(SQLModel, table=True):
    """One answer or file as it was received; the bytes lie in the archive under ``key``.

    ``fault`` is the class of error that made an answer unusable, ``error`` its words; both are empty for one that was
    used. A request that ended without any usable answer has one more row, of status 0 and without a key.
    """

    __tablename__ = "payload"

    id: int = id_column()
    run_id: int = Field(index=True, foreign_key="run.id")
    key: str = Field(index=True)
    source: str
    url: str = text_column()
    parameters: dict[str, str] = json_column()
    is_post: bool = False
    status: int
    media_type: str = ""
    size_bytes: int = Field(sa_column=Column(ID_TYPE, nullable=False))
    retrieved_at: datetime = moment()
    headers: dict[str, str] = json_column()
    fault: str = ""
    error: str = text_column()


class WorkRow(SQLModel, table=True):
    """Records that are the same piece of research; named after its first record."""

    __tablename__ = "work"

    id: str = Field(primary_key=True)
    first_run_id: int = Field(index=True, foreign_key="run.id")


class RecordRow(SQLModel, table=True):
    """One item of one source; what it says stands in its versions.

    ``raw_digest`` names the bytes that were last found to say what the current version says, and the version of what
    read them; empty when nobody knows.
    """

    __tablename__ = "record"
    __table_args__ = (UniqueConstraint("source", "source_id"),)

    id: int = id_column(is_given=True)
    source: str
    source_id: str = Field(index=True)
    kind: str = Field(index=True)
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

    id: int = id_column()
    record_id: int = Field(index=True, foreign_key="record.id")
    other_id: int = Field(index=True, foreign_key="record.id")
    kind: str
    reason: str = text_column()
    evidence: dict[str, Any] = json_column()
    run_id: int | None = Field(default=None, index=True, foreign_key="run.id")
    made_by: str = ""
    made_at: datetime = moment()
    undone_by: str = ""
    undone_at: datetime | None = moment(is_nullable=True)
    undone_reason: str = text_column()


class WorkKeyRow(SQLModel, table=True):
    """By what a record may be tied to others, as it was linked last: see :mod:`livingreview.linking.keys`.

    ``camp`` is the record's source group for the block of a title, and empty for a name.
    """

    __tablename__ = "work_key"

    key: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    record_id: int = Field(primary_key=True, foreign_key="record.id", index=True)
    camp: str = ""


class LinkingRow(SQLModel, table=True):
    """One row: by which version of the rules, and up to which version of a record, every record has been linked."""

    __tablename__ = "linking"

    rules: str = Field(primary_key=True)
    through_version_id: int = Field(sa_column=Column(ID_TYPE, nullable=False))


class VersionRow(SQLModel, table=True):
    """One immutable state of a record.

    ``content_hash`` is the SHA-256 of ``content``, unless the text was left out of a snapshot
    (``is_text_complete`` False). ``is_derived`` is set with the commit of its score and changes.
    """

    __tablename__ = "record_version"
    __table_args__ = (
        UniqueConstraint("record_id", "number"),
        Index("ix_record_version_is_derived", "is_derived", "id"),
        # What is asked of all versions at once is answered from these alone, without a look at contents.
        Index("ix_record_version_number", "number", "run_id", "record_id"),
        Index("ix_record_version_is_text_complete", "is_text_complete", "record_id", "number"),
    )

    id: int = id_column(is_given=True)
    record_id: int = Field(index=True, foreign_key="record.id")
    number: int
    content_hash: str
    order_key: str
    fidelity: int
    is_withdrawal: bool = False
    is_text_complete: bool = True
    is_derived: bool = False
    content: str = text_column()
    envelope: dict[str, Any] = json_column()
    run_id: int = Field(index=True, foreign_key="run.id")
    payload_key: str = ""
    retrieved_at: datetime = moment()


class CursorRow(SQLModel, table=True):
    """How far a query has been read completely; an edited query has another hash and starts anew."""

    __tablename__ = "cursor"

    source: str = Field(primary_key=True)
    query_hash: str = Field(primary_key=True)
    query_name: str
    read_to_at: datetime = moment()
    stamp: str = text_column()
    run_id: int = Field(foreign_key="run.id")


class AbsenceRow(SQLModel, table=True):
    """An item that its source was asked for by id and did not return; the row goes when it is returned again.

    While its record is not withdrawn, it is a candidate: ``first_run_id`` missed it first. An item without a record is
    in doubt: a search listed it, and it has never come. ``n_missed`` says in how many later runs such an item was asked
    for by its id, beside items that were returned, and was not.
    """

    __tablename__ = "absence"

    source: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    first_run_id: int = Field(foreign_key="run.id")
    reason: str = text_column()
    merged_into: str = ""
    n_missed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ScoreRow(SQLModel, table=True):
    """What the model said of one version."""

    __tablename__ = "score"

    version_id: int = Field(primary_key=True, foreign_key="record_version.id", sa_type=ID_TYPE)
    model: str
    scope: str = Field(index=True)
    p_relevant: float
    probabilities: dict[str, float] = json_column()
    areas: list[str] = json_column()
    facets: dict[str, Any] = json_column()
    terms: list[Any] = json_column()


class ModelRow(SQLModel, table=True):
    """The card of every model that ever scored a record here."""

    __tablename__ = "model"

    id: str = Field(primary_key=True)
    trained_at: datetime = moment()
    card: dict[str, Any] = json_column()


class ChangeRow(SQLModel, table=True):
    """One typed event between two stored states."""

    __tablename__ = "change"

    id: int = id_column()
    run_id: int = Field(index=True, foreign_key="run.id")
    type: str = Field(index=True)
    severity: str
    source: str
    source_id: str = Field(index=True)
    work_id: str = Field(index=True)
    before: dict[str, Any] = json_column()
    after: dict[str, Any] = json_column()
    before_version: int = 0
    after_version: int = 0
    at: datetime = moment()
    effective_date: str = ""


class DecisionRow(SQLModel, table=True):
    """What a person said; rows are only ever added."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("work_id", "stage", "person", "decided_at"),)

    id: int = id_column()
    work_id: str = Field(index=True, foreign_key="work.id")
    stage: str
    decision: str
    reason: str = text_column()
    areas: list[str] = json_column()
    person: str
    decided_at: datetime = moment()


class StatementRuleRow(SQLModel, table=True):
    """How far a rule of a statement has been held against the store, and with the scores of which model."""

    __tablename__ = "statement_rule"

    rule_hash: str = Field(primary_key=True)
    model: str
    through_version_id: int = Field(sa_column=Column(ID_TYPE, nullable=False))


class EvidenceRow(SQLModel, table=True):
    """One state of a record that met a rule of a statement. ``is_proposed`` once a change has reported it."""

    __tablename__ = "statement_evidence"
    __table_args__ = (Index("ix_statement_evidence_record", "source_id", "source"),)

    id: int = id_column()
    run_id: int = Field(index=True, foreign_key="run.id")
    statement_id: str = Field(index=True)
    rule: int
    rule_hash: str
    effect: str
    source: str
    source_id: str
    version: int
    why: str = text_column()
    facts: list[str] = json_column()
    quotes: list[str] = json_column()
    is_proposed: bool = False


class StatementDecisionRow(SQLModel, table=True):
    """What a person made of the proposals for a statement; rows are only ever added."""

    __tablename__ = "statement_decision"
    __table_args__ = (UniqueConstraint("statement_id", "effect", "person", "decided_at"),)

    id: int = id_column()
    statement_id: str = Field(index=True)
    effect: str
    verdict: str
    reason: str = text_column()
    wording: str = text_column()
    person: str
    decided_at: datetime = moment()


class DigestRow(SQLModel, table=True):
    """One mail. ``pending`` from the moment it is built, ``delivered`` only once it has been accepted."""

    __tablename__ = "digest"

    id: int = id_column()
    message_id: str = Field(unique=True)
    status: str
    transport: str = ""
    recipients: list[str] = json_column()
    subject: str = text_column()
    created_at: datetime = moment()
    delivered_at: datetime | None = moment(is_nullable=True)


class DigestChangeRow(SQLModel, table=True):
    """Which changes a digest carries."""

    __tablename__ = "digest_change"

    digest_id: int = Field(primary_key=True, foreign_key="digest.id", sa_type=ID_TYPE)
    change_id: int = Field(primary_key=True, foreign_key="change.id", sa_type=ID_TYPE, index=True)


class LockRow(SQLModel, table=True):
    """Who is writing."""

    __tablename__ = "lock"

    name: str = Field(primary_key=True)
    host: str
    pid: int
    token: str
    taken_at: datetime = moment()
    boot_id: str = Field(default="", sa_column_kwargs={"server_default": ""})
    process_start: str = Field(default="", sa_column_kwargs={"server_default": ""})
