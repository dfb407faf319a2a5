"""The tables of the store, and what their rows say."""

from typing import Any

from sqlalchemy import Connection, Table

from livingreview.records import Record, Score
from livingreview.records.serialization import record_from
from livingreview.store import tables
from livingreview.store.hashing import loaded
from livingreview.store.ingest import table

RUN: Table = table(tables.RunRow)
QUERY: Table = table(tables.QueryRow)
ISSUE: Table = table(tables.IssueRow)
PAYLOAD: Table = table(tables.PayloadRow)
WORK: Table = table(tables.WorkRow)
WORK_LINK: Table = table(tables.WorkLinkRow)
WORK_KEY: Table = table(tables.WorkKeyRow)
LINKING: Table = table(tables.LinkingRow)
RECORD: Table = table(tables.RecordRow)
VERSION: Table = table(tables.VersionRow)
CURSOR: Table = table(tables.CursorRow)
ABSENCE: Table = table(tables.AbsenceRow)
SCORE: Table = table(tables.ScoreRow)
MODEL: Table = table(tables.ModelRow)
CHANGE: Table = table(tables.ChangeRow)
STATEMENT_RULE: Table = table(tables.StatementRuleRow)
EVIDENCE: Table = table(tables.EvidenceRow)
STATEMENT_DECISION: Table = table(tables.StatementDecisionRow)
REVIEW_SENTENCE: Table = table(tables.ReviewSentenceRow)
DIGEST: Table = table(tables.DigestRow)
DIGEST_CHANGE: Table = table(tables.DigestChangeRow)


def record_of(row: Any) -> Record:
    """The record of a row with ``content`` and ``envelope``."""
    return record_from(loaded(row.content), row.envelope)


def score_of(row: Any) -> Score | None:
    """The score of a row that has its columns; None before it was classified."""
    if row.model is None:
        return None
    return Score(
        scope=row.scope,
        probabilities=row.probabilities,
        areas=tuple(row.areas),
        facets={name: tuple((value, words) for value, words in found) for name, found in row.facets.items()},
        terms=tuple((term, weight) for term, weight in row.terms),
        model=row.model,
    )


def in_bytes(connection: Connection, column: Any) -> Any:
    """A column of texts in the order of their bytes; PostgreSQL sorts by the rules of a language otherwise."""
    return column.collate("C") if connection.dialect.name == "postgresql" else column
