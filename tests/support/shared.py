"""Made once a process though every test needs it: the command line, an empty store, trained models, drawn figures.

Equal inputs give equal results: that is shown by the tests of the makers themselves (of the migrations, of training, of
the drawings), which do without this.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest import mock

import typer.main
from sqlalchemy import Connection, Engine

from livingreview import classify
from livingreview.classify.model import Model
from livingreview.config import Review
from livingreview.report.drawing import pictures
from livingreview.store import engine

migrate = engine._migrate
"""How the program makes or migrates a schema."""
_create_engine, _train, _draw = engine.create_engine, classify.train, pictures.draw


class _Compiled(dict[Any, Any]):
    """Compiled statements of every engine: the key names the kind of database in place of the engine's own dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


_COMPILED = _Compiled()
_SCHEMA: list[str] = []
_MODELS: dict[tuple[str, ...], Model] = {}
_FIGURES: dict[tuple[str, str], str] = {}


@contextmanager
def program() -> Iterator[None]:
    """Commands are described, statements compiled, an empty SQLite store made and a model trained once a process."""
    with (
        mock.patch.object(typer.main, "get_command", functools.cache(typer.main.get_command)),
        mock.patch.object(engine, "create_engine", _create_sharing_engine),
        mock.patch.object(engine, "_migrate", _copy_schema),
        mock.patch.object(classify, "train", _train_once),
    ):
        yield


@contextmanager
def figures() -> Iterator[None]:
    """Figures that differ in their numbers alone are one picture, drawn once a process."""
    with mock.patch.object(pictures, "draw", _draw_once):
        yield


def _create_sharing_engine(*arguments: Any, **values: Any) -> Engine:
    made = _create_engine(*arguments, **values)
    made._compiled_cache = _COMPILED
    return made


def _copy_schema(connection: Connection, found: str | None, where: str) -> None:
    """The present schema for an empty file of SQLite; every other database is migrated."""
    schema = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    if connection.dialect.name != "sqlite" or connection.exec_driver_sql(schema).first():
        migrate(connection, found, where)
        return
    if _SCHEMA:
        for statement in _SCHEMA:
            connection.exec_driver_sql(statement)
        return
    migrate(connection, found, where)
    _SCHEMA.extend(connection.exec_driver_sql(schema).scalars())
    _SCHEMA.append(f"INSERT INTO alembic_version VALUES ('{engine.HEAD_REVISION}')")


def _train_once(review: Review, examples: Sequence[classify.Example], *, now: datetime, code_version: str) -> Model:
    key = (review.model_dump_json(), code_version, *sorted(map(repr, examples)))
    if key not in _MODELS:
        _MODELS[key] = _train(review, examples, now=now, code_version=code_version)
    model = _MODELS[key]
    return Model(
        review,
        model.fitted,
        temperature=model.temperature,
        relevance_threshold=model.relevance_threshold,
        label_hashes=model.label_hashes,
        card=model.card | {"trained_at": now.isoformat()},
    )


def _draw_once(slug: str, figure: Mapping[str, Any]) -> str:
    key = (slug, re.sub(r"\d+", "0", repr(figure)))
    if key not in _FIGURES:
        _FIGURES[key] = _draw(slug, figure)
    return _FIGURES[key]
