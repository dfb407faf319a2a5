"""Files -> rows of a table, in the order of the files and of the records in them.

This process cuts the files into batches; a worker reads what is in a batch, scores it and gives back finished rows. Of
PubMed XML, where most of the time goes, only the bytes of the articles are handed over, so reading them is shared, too.
The batches are the same however many workers there are, and so are the rows, byte for byte. joblib keeps the workers
and the order; two batches a worker are on their way at a time.
"""

import csv
import io
import pickle
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache

from joblib import Parallel, delayed, parallel_config

from livingreview.classify import Model
from livingreview.classify.predict import predicted, predicted_columns
from livingreview.errors import InputError, LivingReviewError
from livingreview.export.plain import title_of
from livingreview.records import Problem, Record
from livingreview.records.sanitize import one_line
from livingreview.records.unread import Unread
from livingreview.sources.base import Item
from livingreview.sources.formats.files import unread_file
from livingreview.sources.formats.listing import Document
from livingreview.text.csv_cells import guarded

BATCH_RECORDS = 500
"""Of PubMed some 3 MB of text; a worker scores it in a seventh of a second."""
IDLE_SECONDS = 30
"""A worker without work ends after this, and half a minute later where its parent was killed: nothing else tells it."""

_FACTS = ("file", "source", "source_id", "pmid", "doi", "nct_ids", "title", "publication_date")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some items of one file, or why the rest of it cannot be read."""

    file: str
    items: tuple[Item | Unread, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of a batch.

    Attributes:
        rows: CSV, one line a record.
        problems: what could not be read, in words.
    """

    file: str
    rows: str = ""
    n_records: int = 0
    problems: tuple[str, ...] = ()
    fault: str = ""


@dataclass(slots=True)
class Counts:
    """What became of everything; ``faults`` and ``problems`` are lines that name their file."""

    n_records: int = 0
    faults: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def columns(model: Model) -> list[str]:
    """The head of the table: what a record is, and what ``predict`` adds."""
    return [*_FACTS, *predicted_columns(model)]


def score_files(files: Iterable[Document], model: Model, n_jobs: int, counts: Counts) -> Iterator[str]:
    """The table in pieces, its head first.

    A file that cannot be read, or breaks off, is noted in ``counts`` and stops only itself; the records before that
    are scored. Deletions have no row.

    Args:
        files: of any format that is read.
        model: that scores.
        n_jobs: worker processes; 1 works in this one.
        counts: filled in on the way.

    Raises:
        LivingReviewError: a worker ended without an answer.
    """
    yield _csv([columns(model)])
    # Bytes, since a worker unpacks them once: the model itself would be built anew for every batch, at a third of the
    # cost of scoring it.
    packed = pickle.dumps(model)
    work = (delayed(_score_packed)(packed, batch) for batch in _batches(files))
    with parallel_config(backend="loky", idle_worker_timeout=IDLE_SECONDS):
        found = Parallel(n_jobs, return_as="generator", batch_size=1)(work)
    try:
        for scored in found:
            counts.n_records += scored.n_records
            counts.problems += [f"{scored.file}: {problem}" for problem in scored.problems]
            if scored.fault:
                counts.faults.append(scored.fault)
            yield scored.rows
    except BrokenProcessPool as error:
        raise LivingReviewError(
            "bulk: a worker ended without an answer, perhaps for want of memory; try fewer --jobs"
        ) from error
    finally:
        with warnings.catch_warnings():  # Who stops asking knows that the rest is given up.
            warnings.simplefilter("ignore")
            found.close()


def _batches(files: Iterable[Document]) -> Iterator[Batch]:
    for file in files:
        items: list[Item | Unread] = []
        try:
            for item in unread_file(file):
                items.append(item)
                if len(items) == BATCH_RECORDS:
                    yield Batch(str(file), tuple(items))
                    items = []
        except InputError as error:
            yield Batch(str(file), tuple(items), str(error))
        else:
            yield Batch(str(file), tuple(items))


@lru_cache(maxsize=1)
def _unpacked(model: bytes) -> Model:
    unpacked: Model = pickle.loads(model)  # noqa: S301 - what this program packed for its own workers
    return unpacked


def _score_packed(model: bytes, batch: Batch) -> Scored:
    return score_batch(_unpacked(model), batch)


def score_batch(model: Model, batch: Batch) -> Scored:
    """The rows of a batch."""
    read = [item.read() if isinstance(item, Unread) else item for item in batch.items]
    records = [item for item in read if isinstance(item, Record)]
    problems = tuple(f"{item.source} {item.source_id}: {item.reason}" for item in read if isinstance(item, Problem))
    names = predicted_columns(model)
    rows = (
        [*map(guarded, _facts(batch.file, record)), *map(cells.__getitem__, names)]
        for record, cells in zip(records, predicted(model, records), strict=True)
    )
    return Scored(batch.file, _csv(rows), len(records), problems, batch.fault)


def _facts(file: str, record: Record) -> tuple[str, ...]:
    facts = (file, *record.key, record.pmid, record.doi, ";".join(record.nct_ids), title_of(record))
    return (*map(one_line, facts), record.publication_date)


def _csv(rows: Iterable[list[str]]) -> str:
    target = io.StringIO(newline="")
    csv.writer(target, lineterminator="\n").writerows(rows)
    return target.getvalue()
