"""Weekly runs upon services that show records late and hide them: what is lost, named, found late, and what it costs.

    python tests/benchmarks/late_records.py [--runs 20] [--seeds 3] [--each 20] [--background 20]

Records of three sources appear 0 to 40 days after the day that they bear, are hidden for none to two readings (not
listed at all, or listed by PubMed and not returned), and come back. Each must be stored two runs after it was shown for
the second time, or be named. The same weeks are played with other settings of overlap and recount, to see what each is
worth and what it costs. So many articles a week are added as the ordinary load. Seconds are CPU of the process, the
local server's included.
"""

import argparse
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import tiny_review  # noqa: E402
from support.fault_bench import command  # noqa: E402
from support.late import Shy, drawn, show  # noqa: E402
from support.server import Server, serve  # noqa: E402
from support.world import Article  # noqa: E402

START = datetime(2022, 1, 10, 5, tzinfo=UTC)
GROUPS = ((0, 7), (8, 30), (31, 40))
SETTINGS = {
    "as shipped (overlap 45, recount 4)": {},
    "overlap 30, recount 4": {"OVERLAP_DAYS": "30", "RECOUNT_WEEKS": "4"},
    "overlap 0, recount 4": {"OVERLAP_DAYS": "0", "RECOUNT_WEEKS": "4"},
    "overlap 0, no recount": {"OVERLAP_DAYS": "0", "RECOUNT_WEEKS": "999"},
}


@dataclass(slots=True)
class Played:
    """What came of one setting, over all seeds."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    found_late: int = 0
    requests: list[int] = field(default_factory=list)
    records: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def environment(server: Server, values: dict[str, str]) -> dict[str, str]:
    found = server.environment()
    found["LIVINGREVIEW_SOURCES__EUROPEPMC__IS_ENABLED"] = "true"
    for name in ("PUBMED", "CLINICALTRIALS", "EUROPEPMC"):
        found |= {f"LIVINGREVIEW_SOURCES__{name}__{key}": value for key, value in values.items()}
        found[f"LIVINGREVIEW_SOURCES__{name}__PAGE_SIZE"] = "200"
    return found


def play(
    root: Path, server: Server, shy: list[Shy], options: argparse.Namespace, values: dict[str, str], to: Played
) -> None:
    shown: dict[str, list[int]] = {}
    stored: set[str] = set()
    named: dict[str, str] = {}
    due: dict[str, str] = {}
    for number in range(options.runs):
        now = START + timedelta(weeks=number)
        show(server.world, shy, number, now)
        for place in range(options.background * (number + 1)):
            day = (now - timedelta(weeks=number - place // options.background, days=3)).date()
            server.world.add(Article(pmid=str(42_000_000 + place), title=f"Vesicles of loom cells {place}", edat=day))
        server.forget()
        begin = time.process_time()
        ended = command(root, environment(server, values), now.isoformat(), "run")
        to.seconds.append(time.process_time() - begin)
        assert ended.code == 0, ended
        to.requests.append(len(server.seen))
        to.records.append(sum(len(one.parameters["id"].split(",")) for one in server.asked("efetch")))
        with sqlite3.connect(root / "var" / "tiny.db") as connection:
            stored = {one for (one,) in connection.execute("SELECT source_id FROM record")}
            named |= dict(connection.execute("SELECT source_id, reason FROM run_issue ORDER BY id"))
        connection.close()
        for one in shy:
            if one.is_shown(number, now.date()):
                shown.setdefault(one.source_id, []).append(number)
            seen = shown.get(one.source_id, [])
            if len(seen) >= 2 and number == seen[1] + 2:
                is_there = one.source_id in stored
                due[one.source_id] = "stored" if is_there else "named" if one.source_id in named else "lost"
    to.found_late += sum(one.source_id in due and "found late" in named.get(one.source_id, "") for one in shy)
    for one in shy:
        days = (one.shown_on - one.bears).days
        group = next(f"{low} to {high}" for low, high in GROUPS if low <= days <= high)
        if one.source_id in due:
            to.outcomes[group, due[one.source_id]] += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--background", type=int, default=20)
    options = parser.parse_args()
    lost = 0
    with tempfile.TemporaryDirectory() as folder, serve() as server:
        template = tiny_review.write(Path(folder) / "template")
        assert command(template, environment(server, {}), START.isoformat(), "train").code == 0
        for name, values in SETTINGS.items():
            played = Played()
            for seed in range(options.seeds):
                root = shutil.copytree(template, Path(folder) / "project")
                play(root, server, drawn(seed, options.each, options.runs - 2, 40), options, values, played)
                shutil.rmtree(root)
            print(f"{name}:")
            for group in (f"{low} to {high}" for low, high in GROUPS):
                counts = {word: played.outcomes[group, word] for word in ("stored", "named", "lost")}
                print(f"  {group} days late: {counts}")
            n_runs = len(played.seconds)
            requests, fetched = sum(played.requests) / n_runs, sum(played.records) / n_runs
            seconds = sum(played.seconds) / n_runs
            print(f"  found late by a recount: {played.found_late}")
            print(f"  a run: {requests:.1f} requests, {fetched:.0f} articles fetched, {seconds:.2f} s", flush=True)
            if name == next(iter(SETTINGS)):
                lost = sum(count for (_, word), count in played.outcomes.items() if word == "lost")
    if lost:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
