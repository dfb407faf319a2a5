"""The ranker beside ASReview's default (ELAS u4), on labelled sets: how early all is found, and at what CPU time.

    python tests/benchmarks/ranking.py FOLDER_OR_FILES... [--seed 0 --seed 1] [--environment FOLDER] [--json FILE]

FILES are CSV with ``title``, ``abstract``, ``included``. ASReview is installed by pip into a virtual environment of its
own (in the temporary folder unless --environment names another), since it wants other versions than we do. Each of its
simulations is a process of its own, ``asreview simulate --prior-idx A B``, with the two records that
``livingreview simulate --seed`` draws; all of ours are one process. One label a fit on both sides, one thread, CPU
seconds of whole processes, start included; both orders of screening are measured by the same code.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from livingreview.screening.simulation.dataset import Dataset, read_dataset
from livingreview.screening.simulation.metrics import measure

PACKAGES = ["asreview==3.0.*", "pandas<3", "rispy<0.10"]
SHOWN = ("loss", "atd", "wss95", "wss95_cohen", "recall_at_10pct")
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TQDM_DISABLE": "1"}


def labels_of(project: Path, folder: str) -> list[int]:
    """The labels of an ASReview project in the order in which they were given, those given beforehand left out."""
    with zipfile.ZipFile(project) as packed:
        database = packed.extract("results.db", folder)
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT label FROM results WHERE querier IS NOT NULL ORDER BY rowid").fetchall()
    return [label for (label,) in rows]


def environment(folder: Path) -> Path:
    """The Python of ASReview's environment, made at first use."""
    python = folder / "bin" / "python"
    if not (folder / "bin" / "asreview").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def timed(command: list[str], folder: str) -> tuple[float, str]:
    """CPU seconds and output of one process."""
    with Path(folder, "log.txt").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, stderr=log, text=True)
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            log.seek(0)
            raise SystemExit(f"{command[:4]} ended with {os.waitstatus_to_exitcode(status)}: {log.read()[-2000:]}")
    return usage.ru_utime + usage.ru_stime, output


def theirs(python: Path, file: Path, dataset: Dataset, seed: int) -> dict[str, Any]:
    """One simulation of ASReview."""
    flags = dataset.are_relevant
    draw = np.random.RandomState(1000 + seed)
    priors = [int(draw.choice(np.flatnonzero(kind))) for kind in (flags, ~flags)]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder, "x.asreview")
        command = [str(python.parent / "asreview"), "simulate", str(file), "--prior-idx", *map(str, priors)]
        seconds, _ = timed([*command, "--seed", str(seed), "-o", str(project)], folder)
        labels = labels_of(project, folder)
    ranking = np.zeros(len(flags) - 2, dtype=np.int64)
    ranking[: len(labels)] = labels
    metrics = measure(ranking)
    return {"file": file.name, "seed": seed, "seconds": seconds} | {name: getattr(metrics, name) for name in SHOWN}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--environment", type=Path, default=Path(tempfile.gettempdir()) / "livingreview-asreview")
    parser.add_argument("--json", type=Path, help="keep every single figure here")
    options = parser.parse_args()
    seeds = options.seed or [0, 1]
    files = [file for path in options.files for file in (sorted(path.glob("*.csv")) if path.is_dir() else [path])]
    python = environment(options.environment)
    command = [sys.executable, "-m", "livingreview", "simulate", *map(str, files), "--json"]
    with tempfile.TemporaryDirectory() as folder:
        our_seconds, output = timed([*command, *(part for seed in seeds for part in ("--seed", str(seed)))], folder)
    rows: dict[str, list[dict[str, Any]]] = {"livingreview": [json.loads(line) for line in output.splitlines()]}
    rows["asreview"] = []
    for file in files:
        dataset = read_dataset(file)
        for seed in seeds:
            rows["asreview"].append(theirs(python, file, dataset, seed))
            print(json.dumps(rows["asreview"][-1]), file=sys.stderr, flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows), encoding="utf-8")
    tell(rows, our_seconds, [file.name for file in files])


def tell(rows: dict[str, list[dict[str, Any]]], our_seconds: float, files: list[str]) -> None:
    print("| set | way | " + " | ".join(SHOWN) + " | CPU s |\n|---|---|" + "---|" * (len(SHOWN) + 1))
    for file in [*files, "mean"]:
        for way, found in rows.items():
            mine = [row for row in found if file in (row["file"], "mean")]
            cells = [f"{statistics.fmean(row[name] for row in mine):.4f}" for name in (*SHOWN, "seconds")]
            print(f"| {file} | {way} | " + " | ".join(cells) + " |")
    their_seconds = sum(row["seconds"] for row in rows["asreview"])
    print(f"CPU of {len(rows['asreview'])} simulations: ours {our_seconds:.1f} s, ASReview {their_seconds:.1f} s,")
    print(f"ratio {our_seconds / their_seconds:.3f}")


if __name__ == "__main__":
    main()
