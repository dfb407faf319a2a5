"""Several processes want the lock of one store at the same instant, round after round: how many get it?

    python tests/benchmarks/lock_race.py --rounds 10000
    .ci/with-postgres .venv/bin/python tests/benchmarks/lock_race.py --rounds 10000

Rounds find, in turn, a lock whose process is gone, one of another machine that is too old, and none. On PostgreSQL
where LIVINGREVIEW_TEST_POSTGRES names a server, else on SQLite. Ends with 1 if a round had not exactly one holder.
"""

import argparse
import multiprocessing
import os
import platform
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine, text

from livingreview.errors import LivingReviewError, LockedError
from livingreview.store.repository import Repository

FOUND = ("its process is gone", "too old, of another machine", "free")
STALE_AFTER = timedelta(minutes=180)


def contend(url: str, folder: Path, barrier, said, rounds: int) -> None:
    repository = Repository.open(url, folder)
    for _ in range(rounds):
        barrier.wait()
        try:
            with repository.locked(STALE_AFTER):
                said.put("held")
                barrier.wait()
        except LockedError:
            said.put("refused")
            barrier.wait()
        except LivingReviewError as error:
            said.put(str(error))
            barrier.wait()
        barrier.wait()
    repository.close()


def lay_out(engine, found: str) -> None:
    """Leaves the lock as the next round finds it."""
    dead = os.fork()
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    is_old = found == FOUND[1]
    values = {
        "host": "elsewhere" if is_old else platform.node(),
        "pid": dead,
        "taken_at": datetime.now(UTC).replace(tzinfo=None) - (2 * STALE_AFTER if is_old else timedelta(0)),
    }
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM lock"))
        if found != FOUND[2]:
            connection.execute(
                text("INSERT INTO lock (name, host, pid, token, taken_at) VALUES ('run', :host, :pid, 'x', :taken_at)"),
                values,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        url = os.environ.get("LIVINGREVIEW_TEST_POSTGRES", f"sqlite:///{place}/store.db")
        Repository.open(url, Path(place)).close()
        engine = create_engine(url)
        barrier = multiprocessing.Barrier(options.processes + 1)
        said = multiprocessing.SimpleQueue()
        arguments = (url, Path(place), barrier, said, options.rounds)
        processes = [multiprocessing.Process(target=contend, args=arguments) for _ in range(options.processes)]
        for process in processes:
            process.start()
        rounds: Counter[tuple[str, int]] = Counter()
        others: Counter[str] = Counter()
        started = time.perf_counter()
        for number in range(options.rounds):
            found = FOUND[number % len(FOUND)]
            lay_out(engine, found)
            barrier.wait()
            words = [said.get() for _ in processes]
            barrier.wait()
            barrier.wait()
            rounds[found, words.count("held")] += 1
            others.update(word for word in words if word not in ("held", "refused"))
        for process in processes:
            process.join()
        seconds = time.perf_counter() - started
        engine.dispose()
    print(f"{options.rounds} rounds of {options.processes} processes on {url.partition(':')[0]} in {seconds:.0f} s")
    for (found, holders), count in sorted(rounds.items()):
        print(f"  {found}: {count} rounds with {holders} holders")
    print(f"errors: {dict(others) or 'none'}")
    if others or any(holders != 1 for _found, holders in rounds):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
