"""Reads one document (a file that a person gave) into the store: archive, parse, version, log."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from livingreview.acquisition.context import RunContext
from livingreview.acquisition.inbox import was_read
from livingreview.acquisition.progress import Watch
from livingreview.acquisition.services import Acquired
from livingreview.errors import InputError
from livingreview.records.exchange import Request
from livingreview.records.unread import Unread
from livingreview.sources import Item
from livingreview.sources.formats import files, retraction_watch
from livingreview.sources.formats.listing import Document
from livingreview.sources.formats.retraction_watch import About
from livingreview.store.ingest import Tally
from livingreview.store.versioning import Action


def read_file(context: RunContext, document: Document, acquired: Acquired, *, is_read_once: bool = False) -> None:
    """Archives one file, stores its records and logs what became of each; what it brought is added to ``acquired``.

    Args:
        context: of the run that reads; its repository must be locked by the caller.
        document: the file.
        acquired: gets the source that was answered for, and the number of items.
        is_read_once: pass over a file whose bytes were read before.

    Raises:
        InputError: it cannot be read, or is of no format; the run log says so.
    """
    repository, run, watch = context.repository, context.run, context.watch
    name = document.name
    try:
        with document.open() as file:
            if is_read_once and was_read(repository, file):
                watch.tell(f"{name}: read before, passed over")
                return
            # What is of no format is none of ours to keep.
            format_name = files.format_of(file, document)
            key, size_bytes = repository.archive.adopt(file)
    except InputError as error:
        message = str(error) if str(error).startswith(name) else f"{name}: {error}"
        repository.log_silence(run, "files", Request(url=name), InputError(message))
        raise _log_unread(context, name, "", message) from error
    archived = repository.archive.path(key)
    received_at = datetime.now(UTC)
    repository.log_document(run, "files", name, key, size_bytes, received_at)
    tally = Tally()
    try:
        about = _about(context, format_name)
        with repository.writing(run) as writing:
            items = _watched(about.wanted(files.unread_file(archived)), f"reading {name}", watch)
            writing.apply(items, key, received_at, tally)
            writing.log_query(file_values(name, format_name + about.words), tally)
    except InputError as error:
        # The name alone: where a file lay is no part of a report.
        message = str(error).replace(str(archived), name)
        raise _log_unread(context, name, format_name, message) from error
    acquired.answered |= tally.sources or {"files"}
    acquired.received += tally.received
    counts = ", ".join(f"{count} {action}" for action, count in tally.counts.items() if count)
    watch.tell(f"{name}: {tally.received} items of {format_name} ({counts}){about.words}")
    if unstored := tally.counts[Action.UNSTORED]:
        watch.tell(f"{name}: {unstored} not stored, each named in the report with its reason")


def _log_unread(context: RunContext, name: str, format_name: str, message: str) -> InputError:
    with context.repository.writing(context.run) as writing:
        writing.log_query(file_values(name, format_name) | {"error": message}, Tally())
    return InputError(message)


def _about(context: RunContext, format_name: str) -> About:
    """What of a file is wanted: all of it, but of the Retraction Watch database only what is stored or cited."""
    if format_name != retraction_watch.FORMAT:
        return About(is_all_wanted=True)
    dois, pmids = context.repository.identifiers()
    return About(dois=dois | context.baseline.dois, pmids=pmids | context.baseline.pmids)


def _watched(items: Iterable[Item | Unread], stage: str, watch: Watch) -> Iterator[Item | Unread]:
    for number, item in enumerate(items, start=1):
        if number % 500 == 0:
            watch.progress(stage, number)
        yield item


def file_values(name: str, text: str) -> dict[str, object]:
    """The row of the log of queries for a file.

    Args:
        name: of the file.
        text: its format, and what of it was wanted.
    """
    return {
        "source": "files",
        "name": name,
        "role": "file",
        "query_hash": "",
        "text": text,
        "since": "",
        "until": "",
        "announced": None,
        "requests": 0,
        "is_reconciled": True,
        "is_skipped": False,
        "error": "",
    }
