"""Records scored a second, text preparation included: scope, areas, facets and terms of the records of a MEDLINE file.

    python tests/benchmarks/scoring.py [FILE] [--repeat 5] [--jobs 1 2]

First scoring alone, as a run does it (batches of 1,000, nothing parsed): in one process, then in several side by side,
each with its share. Then ``bulk`` over the file with each number of jobs; unpacking, parsing, the table and the start
of the workers included. Wall seconds go from the first batch to the last row; CPU seconds are those of this process and
all that it started. Every repeat begins with a model that has learnt nothing about words, and the ways take turns, so
that other load meets all of them alike; the load is told.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from file_run import shipped_file
from tagger import records_of, shipped_model

from livingreview.bulk.score import Counts, score_files
from livingreview.classify import Model
from livingreview.records import Record

_BATCH = 1_000

Way = Callable[[Model], int]


def scoring(records: list[Record]) -> Way:
    """Scores in this process, and nothing else."""

    def way(model: Model) -> int:
        for start in range(0, len(records), _BATCH):
            model.score(records[start : start + _BATCH])
        return len(records)

    return way


def side_by_side(records: list[Record], processes: int) -> Way:
    """The same in several processes, each with its share; forked, so that none has to be handed its records."""
    context = multiprocessing.get_context("fork")

    def way(model: Model) -> int:
        parts = [records[number::processes] for number in range(processes)]
        workers = [context.Process(target=scoring(part), args=(model,)) for part in parts]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return len(records)

    return way


def from_file(file: Path, n_jobs: int) -> Way:
    """All that the command does, but for finding the model."""

    def way(model: Model) -> int:
        counts = Counts()
        with TemporaryDirectory() as folder, (Path(folder) / "out.csv").open("w", encoding="utf-8") as target:
            target.writelines(score_files([file], model, n_jobs, counts))
        return counts.n_records

    return way


def cpu_seconds() -> float:
    """Of this process and of the workers that have ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    file = options.file or shipped_file()
    records = records_of(file)
    ways: dict[str, Way] = {"scoring alone, 1 process": scoring(records)}
    ways |= {f"scoring alone, {jobs} processes": side_by_side(records, jobs) for jobs in options.jobs if jobs > 1}
    ways |= {f"bulk, {jobs} jobs": from_file(file, jobs) for jobs in options.jobs}
    with TemporaryDirectory() as kept:
        folder = Path(kept)
        review = (trained := shipped_model()).review
        trained.save(folder)
        found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        for _ in range(options.repeat):
            for name, way in ways.items():
                model = Model.load(folder, review)
                wall, cpu = time.perf_counter(), cpu_seconds()
                count = way(model)
                spent = time.perf_counter() - wall, cpu_seconds() - cpu
                found[name].append((count / spent[0], spent[1] / count * 1e6, os.getloadavg()[0]))
    print(f"{file.name}, {len(records):,} records, {options.repeat} repeats in turn, medians (min to max)")
    for name, rows in found.items():
        walls, cpus, loads = zip(*rows, strict=True)
        print(
            f"{name:28} {statistics.median(walls):7,.0f} records/s of wall ({min(walls):,.0f} to {max(walls):,.0f})"
            f"  {statistics.median(cpus):5,.0f} us CPU a record ({min(cpus):,.0f} to {max(cpus):,.0f})"
            f"  load {min(loads):.1f} to {max(loads):.1f}"
        )


if __name__ == "__main__":
    main()
