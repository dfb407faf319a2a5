"""Records scored a second, text preparation included: scope, areas, facets and terms of the records of a MEDLINE file.

    python tests/benchmarks/scoring.py [FILE] [--repeat 5] [--processes 2]

Parsing is not timed. One process, as a run does it (batches of 1,000), in CPU seconds; then several processes side by
side, each with its share of the records, in wall seconds from the first start to the last end. Every repeat is a fresh
process, so nothing learnt about words is carried over.
"""

import argparse
import multiprocessing
import statistics
import time
from pathlib import Path

from file_run import shipped_file
from tagger import records_of, shipped_model

from livingreview.classify import Model
from livingreview.records import Record

_BATCH = 1_000


def score(model: Model, records: list[Record]) -> float:
    """CPU seconds of scoring the records in batches."""
    started = time.process_time()
    for start in range(0, len(records), _BATCH):
        model.score(records[start : start + _BATCH])
    return time.process_time() - started


def side_by_side(model: Model, records: list[Record], processes: int) -> tuple[float, list[float]]:
    """Wall seconds of all, CPU seconds of each."""
    context = multiprocessing.get_context("fork")
    queue: multiprocessing.SimpleQueue[float] = context.SimpleQueue()
    workers = [
        context.Process(target=lambda part: queue.put(score(model, part)), args=(records[number::processes],))
        for number in range(processes)
    ]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - started, [queue.get() for _ in workers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    model = shipped_model()
    records = records_of(options.file or shipped_file())
    print(f"{len(records):,} records, {options.repeat} repeats, records/s: median (min to max)")
    alone = [len(records) / side_by_side(model, records, 1)[1][0] for _ in range(options.repeat)]
    _say("one process, CPU", alone)
    together = [side_by_side(model, records, options.processes) for _ in range(options.repeat)]
    _say(f"{options.processes} processes, CPU each", [len(records) / sum(cpu) for _, cpu in together])
    _say(f"{options.processes} processes, wall", [len(records) / wall for wall, _ in together])


def _say(name: str, rates: list[float]) -> None:
    print(f"{name:24} {statistics.median(rates):8,.0f}  ({min(rates):,.0f} to {max(rates):,.0f})")


if __name__ == "__main__":
    main()
