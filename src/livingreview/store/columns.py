"""Kinds of columns that the tables are made of."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Integer, Text, TypeDecorator
from sqlmodel import Field


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


ID_TYPE = BigInteger().with_variant(Integer, "sqlite")


def id_column(*, is_given: bool = False) -> Any:
    """A number; given by the program where it must be known before the row is written."""
    return Field(sa_column=Column(ID_TYPE, primary_key=True, autoincrement=not is_given), default=None)


def moment(*, is_nullable: bool = False) -> Any:
    """A moment in UTC."""
    return Field(sa_column=Column(UtcDateTime(), nullable=is_nullable), default=None)


def json_column() -> Any:
    """A value in canonical JSON."""
    return Field(sa_column=Column(JSON(none_as_null=True), nullable=False))


def text_column() -> Any:
    """A text of any length."""
    return Field(sa_column=Column(Text(), nullable=False))
