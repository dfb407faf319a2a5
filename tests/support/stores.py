"""What a store holds, as plain rows that two stores can be compared by."""

from typing import Any

from sqlalchemy import create_engine, inspect, text

_RUN_OF_ITS_OWN = frozenset({"run", "run_query", "run_issue", "payload", "lock", "alembic_version"})
"""Tables about the way, not about what was found."""
PASSING = frozenset({"run_id", "first_run_id", "retrieved_at", "at", "made_at", "trained_at", "model"})
"""Columns that tell one run from another."""


def rows_of(url: str, *, is_run_log_left_out: bool = True, passing: frozenset[str] = PASSING) -> dict[str, list[Any]]:
    """Table -> its rows in a fixed order, without times and runs, and with records in the place of their numbers.

    The numbers of records and versions depend on the order in which sources were applied, which a crash may change;
    so a version is shown by its record's key and its own number.
    """
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            tables: dict[str, list[dict[str, Any]]] = {
                name: [dict(row._mapping) for row in connection.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608
                for name in inspect(engine).get_table_names()
                if not (is_run_log_left_out and name in _RUN_OF_ITS_OWN)
            }
    finally:
        engine.dispose()
    records = {row["id"]: f"{row['source']}:{row['source_id']}" for row in tables["record"]}
    versions = {row["id"]: f"{records[row['record_id']]}#{row['number']}" for row in tables["record_version"]}
    found: dict[str, list[Any]] = {}
    for name, rows in tables.items():
        plain = []
        for row in rows:
            values = {column: value for column, value in row.items() if column not in passing and column != "id"}
            if name == "record_version":
                values["record_id"] = records[row["record_id"]]
            if name == "work_link":
                values |= {column: records[row[column]] for column in ("record_id", "other_id")}
            if "version_id" in values:
                values["version_id"] = versions[row["version_id"]]
            plain.append(sorted((column, str(value)) for column, value in values.items()))
        found[name] = sorted(plain)
    return found
