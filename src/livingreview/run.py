"""The line: sources -> decide -> store -> link -> classify -> changes -> report. Here alone the stages meet.

A run takes the store's lock, reads (services or files), puts records together into works, derives scores and changes
from every version that has none yet, and writes its report. It can be killed at any instant: what was committed stays,
what was not is read again, and versions without changes are linked and derived by the next run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livingreview import __version__, changes, decide, emerging, ledger, method, resolving
from livingreview.acquire import Acquired, Watch, read_services
from livingreview.canonical import canonical_json, content_of, envelope_of
from livingreview.config import Project, load_baseline
from livingreview.errors import EXIT_DONE, EXIT_NOTHING_READ, EXIT_PARTIAL, InputError, LockedError
from livingreview.http import Request
from livingreview.inbox import find_inbox, read_inbox, was_read
from livingreview.lines import Connect, live
from livingreview.plan import Asking, plan
from livingreview.records import Baseline, Record, Score
from livingreview.reporting import changes_to_report, material, write_feed, write_report
from livingreview.sources import Item, files, retraction_watch
from livingreview.sources.found import Document, find_documents
from livingreview.sources.retraction_watch import About
from livingreview.store.apply import Tally
from livingreview.store.repository import Repository
from livingreview.verdicts import Action, Unread
from livingreview.views import Run, StoredChange

_DERIVE_BATCH = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    Attributes:
        failures: source or file -> why it could not be read.
        changes: the changes that this run found, and those that an earlier one could not report any more.
        report: the files of its report; none when nothing could be read.
    """

    run: Run
    failures: dict[str, str]
    changes: tuple[StoredChange, ...]
    report: tuple[Path, ...] = ()
    exit_code: int = EXIT_DONE


def run_services(
    project: Project,
    repository: Repository,
    now: datetime,
    watch: Watch,
    *,
    connect: Connect | None = None,
    is_wanted: Callable[[Asking], bool] = lambda _asking: True,
    inbox: Sequence[Document] | None = None,
) -> Outcome:
    """Reads every enabled service from where its queries stand, then the inbox, and reports.

    Args:
        project: settings and review.
        repository: the store.
        now: the moment that windows end at and changes bear.
        watch: who is told.
        connect: makes the line to each service; None asks the services themselves.
        is_wanted: what of the plan is asked.
        inbox: files that people dropped; None takes those of the folder of the settings.

    Raises:
        LockedError: another run is at work.
        StoreError: the store or a folder cannot be used.
    """
    baseline = load_baseline(project)

    def read(run: Run) -> Acquired:
        askings = [asking for asking in plan(project, repository, baseline, now) if is_wanted(asking)]
        lines = connect or live(project, repository, run, watch.sleep)
        acquired = read_services(project, repository, run, askings, watch, lines)

        def read_file(document: Document) -> None:
            _read_file(repository, baseline, run, document, acquired, watch, is_read_once=True)

        dropped = find_inbox(project.path("inbox_dir"), acquired) if inbox is None else inbox
        read_inbox(dropped, read_file, acquired, watch)
        resolving.follow(project, repository, run, askings, acquired, watch, lines, is_wanted)
        return acquired

    return _run(project, repository, baseline, "services", now, watch, read)


def run_files(project: Project, repository: Repository, path: Path, now: datetime, watch: Watch) -> Outcome:
    """Reads a file or a folder of files instead of the services, and reports.

    A file that cannot be read stops only itself.

    Raises:
        InputError: there is nothing to read, or not one file could be read.
        LockedError: another run is at work.
        StoreError: the store or a folder cannot be used.
    """
    return run_documents(project, repository, find_documents(path), now, watch)


def run_documents(
    project: Project, repository: Repository, documents: Sequence[Document], now: datetime, watch: Watch
) -> Outcome:
    """Reads these files in their order, and reports; see :func:`run_files`."""
    baseline = load_baseline(project)

    def read(run: Run) -> Acquired:
        acquired = Acquired()
        for document in documents:
            try:
                _read_file(repository, baseline, run, document, acquired, watch)
            except InputError as error:
                acquired.failures[document.name] = str(error)
        if not acquired.answered:
            raise InputError(next(iter(acquired.failures.values())))
        return acquired

    return _run(project, repository, baseline, "files", now, watch, read)


def run_records(
    project: Project, repository: Repository, records: Sequence[Record], now: datetime, watch: Watch
) -> Outcome:
    """Takes in records that a person found by hand, and reports."""
    baseline = load_baseline(project)

    def read(run: Run) -> Acquired:
        tally = Tally()
        document = canonical_json([[content_of(record), envelope_of(record)] for record in records]).encode()
        key = repository.archive.put(document)
        repository.log_document(run, "hand", "found by hand", key, len(document), datetime.now(UTC))
        with repository.writing(run, decide) as writing:
            writing.apply(records, key, datetime.now(UTC), tally)
            writing.log_query(_file_values("found by hand", "by hand"), tally)
        return Acquired(answered=set(tally.sources), received=tally.received)

    return _run(project, repository, baseline, "hand", now, watch, read)


def _run(
    project: Project,
    repository: Repository,
    baseline: Baseline,
    road: str,
    now: datetime,
    watch: Watch,
    read: Callable[[Run], Acquired],
) -> Outcome:
    with repository.locked(project.settings.lock_stale_after):
        run = repository.start_run(road, now, __version__, project.config_hash())
        try:
            method.archive(project, repository, run)
            acquired = read(run)
            if acquired.failures and not acquired.answered:
                error = "; ".join(acquired.failures.values())
                repository.finish_run(run, "failed", error=error)
                return Outcome(run=run, failures=acquired.failures, changes=(), exit_code=EXIT_NOTHING_READ)
            repository.works.link(run)
            model, drift = _derive(project, repository, baseline, run, now, watch)
            emerging.tell(project, repository, baseline, run, now, watch)
            watch.progress(ledger.STAGE, 0)
            ledger.weigh(project, repository, baseline, run, now)
            status = "partial" if acquired.failures else "done"
            repository.finish_run(run, status, model=model, error="; ".join(acquired.failures.values()), drift=drift)
            run = repository.run(run.name)
            found = changes_to_report(repository, run)
            gathered = material(project, repository, baseline, run, acquired.failures, found)
            paths = write_report(project, gathered, run.name)
            write_feed(project, repository, now)
            repository.mark_reported(run, now)
        except LockedError:
            # Who took the lock over has closed this run in its log.
            raise
        except BaseException as error:
            # Whatever ends a run early is in its log, and goes on its way.
            repository.finish_run(run, "failed", error=str(error) or type(error).__name__)
            raise
    exit_code = EXIT_PARTIAL if acquired.failures else EXIT_DONE
    return Outcome(run=run, failures=acquired.failures, changes=found, report=paths, exit_code=exit_code)


def _read_file(
    repository: Repository,
    baseline: Baseline,
    run: Run,
    document: Document,
    acquired: Acquired,
    watch: Watch,
    *,
    is_read_once: bool = False,
) -> None:
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
        raise _log_unread(repository, run, name, "", message) from error
    archived = repository.archive.path(key)
    received_at = datetime.now(UTC)
    repository.log_document(run, "files", name, key, size_bytes, received_at)
    tally = Tally()
    try:
        about = _about(repository, baseline, format_name)
        with repository.writing(run, decide) as writing:
            items = _watched(about.wanted(files.unread_file(archived)), f"reading {name}", watch)
            writing.apply(items, key, received_at, tally)
            writing.log_query(_file_values(name, format_name + about.words), tally)
    except InputError as error:
        # The name alone: where a file lay is no part of a report.
        message = str(error).replace(str(archived), name)
        raise _log_unread(repository, run, name, format_name, message) from error
    acquired.answered |= tally.sources or {"files"}
    acquired.received += tally.received
    counts = ", ".join(f"{count} {action}" for action, count in tally.counts.items() if count)
    watch.tell(f"{name}: {tally.received} items of {format_name} ({counts}){about.words}")
    if unstored := tally.counts[Action.UNSTORED]:
        watch.tell(f"{name}: {unstored} not stored, each named in the report with its reason")


def _log_unread(repository: Repository, run: Run, name: str, format_name: str, message: str) -> InputError:
    with repository.writing(run, decide) as writing:
        writing.log_query(_file_values(name, format_name) | {"error": message}, Tally())
    return InputError(message)


def _about(repository: Repository, baseline: Baseline, format_name: str) -> About:
    """What of a file is wanted: all of it, but of the Retraction Watch database only what is stored or cited."""
    if format_name != retraction_watch.FORMAT:
        return About(is_all_wanted=True)
    dois, pmids = repository.following.identifiers()
    return About(dois=dois | baseline.dois, pmids=pmids | baseline.pmids)


def _watched(items: Iterable[Item | Unread], stage: str, watch: Watch) -> Iterator[Item | Unread]:
    for number, item in enumerate(items, start=1):
        if number % 500 == 0:
            watch.progress(stage, number)
        yield item


def _file_values(name: str, text: str) -> dict[str, object]:
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


def _derive(
    project: Project, repository: Repository, baseline: Baseline, run: Run, now: datetime, watch: Watch
) -> tuple[str, dict[str, Any]]:
    """Scores and changes of every version that has none.

    Returns:
        The model's id, and how the records compare with its training set; both empty when nothing was to do.
    """
    watch.progress("classifying", 0)
    versions = repository.underived(_DERIVE_BATCH)
    if not versions:
        return "", {}
    # Only here are the libraries of the classifier needed, which take their time to load.
    from livingreview import classify
    from livingreview.training import current_model

    context = changes.Context.of(project.review, baseline, project.settings.trials, now)
    model = current_model(project, repository, baseline, now, watch.tell)
    drift = classify.Drift()
    done = 0
    while versions:
        records = [version.record for version in versions]
        scores = model.score(records)
        drift.add(model, records, scores)
        pairs = list(zip(versions, scores, strict=True))
        found = changes.derive_all(pairs, context)
        by_id: Mapping[int, Score] = {version.version_id: score for version, score in pairs}
        repository.commit_derived(run, list(by_id), by_id, found, project.review.other_scope)
        done += len(versions)
        watch.progress("classifying", done)
        versions = repository.underived(_DERIVE_BATCH)
    return model.id, drift.found(model.card)
