"""Kills the making and the migrating of the schema at every statement, and opens the store again.

    python tests/benchmarks/schema_kills.py
    .ci/with-postgres .venv/bin/python tests/benchmarks/schema_kills.py

Killed with SIGKILL, in a process of its own, before each statement that changes something and before the commit: from
nothing, and from a store with data of every earlier schema. On SQLite each kill strikes a fresh copy; afterwards the
stores that 0.1.0 leaves where it is killed are opened, too. On PostgreSQL, where LIVINGREVIEW_TEST_POSTGRES names a
server, the same database is killed again and again. Ends with 1 if a store did not open whole.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from livingreview.errors import LivingReviewError  # noqa: E402
from livingreview.store.engine import open_engine  # noqa: E402
from support import schemas  # noqa: E402


def opens_whole(url: str, start: str, whole: object) -> bool:
    try:
        open_engine(url).dispose()
    except LivingReviewError as error:
        print(f"    {error}")
        return False
    return schemas.described(url) == (whole, schemas.KEPT if start else dict.fromkeys(schemas.KEPT, 0))


def on_sqlite(folder: Path) -> int:
    wrong = 0
    open_engine(f"sqlite:///{folder / 'whole.db'}").dispose()
    whole = schemas.described(f"sqlite:///{folder / 'whole.db'}")[0]
    for start in ["", *schemas.revisions()[:-1]]:
        old = folder / f"old-{start}.db"
        old.touch()
        schemas.make(f"sqlite:///{old}", start)
        kills = lost = 0
        while True:
            path = Path(shutil.copy(old, folder / "killed.db"))
            url = f"sqlite:///{path}"
            was_killed = schemas.killed_while_opening(url, kills + 1)
            lost += not opens_whole(url, start, whole)
            for file in folder.glob("killed.db*"):
                file.unlink()
            if not was_killed:
                break
            kills += 1
        print(f"sqlite, from {start or 'nothing'}: {kills} kills, {lost} stores not whole", flush=True)
        path = Path(shutil.copy(old, folder / "before.db"))
        images = schemas.crash_images(path, folder / f"images-{start}", lambda: schemas.migrate_as_before(path))  # noqa: B023
        spoilt = sum(not opens_whole(f"sqlite:///{image}", start, whole) for image in images)
        print(f"  as 0.1.0 leaves it: {len(images)} states, {spoilt} not whole", flush=True)
        for file in folder.glob("before.db*"):
            file.unlink()
        wrong += lost + spoilt
    return wrong


def on_postgres(server: str) -> int:
    plain = server.replace("postgresql+psycopg://", "postgresql://")
    wrong = 0
    whole = None
    with psycopg.connect(plain, autocommit=True) as connection:
        for start in [None, "", *schemas.revisions()[:-1]]:
            connection.execute("CREATE DATABASE killed")
            url = plain.rpartition("/")[0] + "/killed"
            if start is None:
                open_engine(url).dispose()
                whole = schemas.described(url)[0]
            else:
                schemas.make(url, start)
                kills = 0
                while schemas.killed_while_opening(url, kills + 1):
                    kills += 1
                is_whole = opens_whole(url, start, whole)
                print(f"postgresql, from {start or 'nothing'}: {kills} kills, whole: {is_whole}", flush=True)
                wrong += not is_whole
            connection.execute("DROP DATABASE killed WITH (FORCE)")
    return wrong


def main() -> None:
    if server := os.environ.get("LIVINGREVIEW_TEST_POSTGRES"):
        wrong = on_postgres(server)
    else:
        with tempfile.TemporaryDirectory() as place:
            wrong = on_sqlite(Path(place))
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
