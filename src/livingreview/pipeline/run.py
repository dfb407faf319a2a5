"""The pipeline of a run: sources -> versions -> store -> link -> classify -> changes -> report. Here the stages meet.

A run takes the store's lock, reads (services or files), puts records together into works, derives scores and changes
from every version that has none yet, and writes its report. It can be killed at any instant: what was committed stays,
what was not is read again, and versions without changes are linked and derived by the next run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from livingreview import __version__
from livingreview.acquisition import enrichment, review_text
from livingreview.acquisition.context import RunContext
from livingreview.acquisition.documents import file_values, read_file
from livingreview.acquisition.inbox import find_inbox, read_inbox
from livingreview.acquisition.plan import Asking, plan
from livingreview.acquisition.progress import Watch
from livingreview.acquisition.services import Acquired, read_services
from livingreview.acquisition.transport import Connect, live
from livingreview.config import Project, load_baseline
from livingreview.errors import EXIT_DONE, EXIT_NOTHING_READ, EXIT_PARTIAL, InputError, LockedError
from livingreview.pipeline import method, monitor
from livingreview.pipeline.derive import derive
from livingreview.pipeline.report import changes_to_report, material, write_feed, write_report
from livingreview.records import Record, Run, StoredChange
from livingreview.records.serialization import canonical_json, content_of, envelope_of
from livingreview.sources.formats.listing import Document, find_documents
from livingreview.statements import evaluate
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository


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
    """Reads every enabled service from where each query left off, then the inbox, and reports.

    Args:
        project: settings and review.
        repository: the store.
        now: the moment that windows end at and changes bear.
        watch: where progress is reported.
        connect: makes the transport to each service; None asks the services themselves.
        is_wanted: what of the plan is asked.
        inbox: files that people dropped; None takes those of the folder of the settings.

    Raises:
        LockedError: another run is at work.
        StoreError: the store or a folder cannot be used.
    """

    def read(context: RunContext) -> Acquired:
        askings = [asking for asking in plan(context) if is_wanted(asking)]
        transports = connect or live(context)
        acquired = read_services(context, askings, transports)

        def read_dropped(document: Document) -> None:
            read_file(context, document, acquired, is_read_once=True)

        dropped = find_inbox(project.path("inbox_dir"), acquired) if inbox is None else inbox
        read_inbox(dropped, read_dropped, acquired, watch)
        enrichment.follow(context, askings, acquired, transports, is_wanted)
        review_text.fetch_once(context, transports, acquired)
        return acquired

    return _run(project, repository, "services", now, watch, read)


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

    def read(context: RunContext) -> Acquired:
        acquired = Acquired()
        for document in documents:
            try:
                read_file(context, document, acquired)
            except InputError as error:
                acquired.failures[document.name] = str(error)
        if not acquired.answered:
            raise InputError(next(iter(acquired.failures.values())))
        return acquired

    return _run(project, repository, "files", now, watch, read)


def run_records(
    project: Project, repository: Repository, records: Sequence[Record], now: datetime, watch: Watch
) -> Outcome:
    """Takes in records that a person found by hand, and reports."""

    def read(context: RunContext) -> Acquired:
        tally = Tally()
        document = canonical_json([[content_of(record), envelope_of(record)] for record in records]).encode()
        key = context.repository.archive.put(document)
        context.repository.log_document(context.run, "hand", "found by hand", key, len(document), datetime.now(UTC))
        with context.repository.writing(context.run) as writing:
            writing.apply(records, key, datetime.now(UTC), tally)
            writing.log_query(file_values("found by hand", "by hand"), tally)
        return Acquired(answered=set(tally.sources), received=tally.received)

    return _run(project, repository, "hand", now, watch, read)


def _run(
    project: Project,
    repository: Repository,
    channel: str,
    now: datetime,
    watch: Watch,
    read: Callable[[RunContext], Acquired],
) -> Outcome:
    baseline = load_baseline(project)
    with repository.locked(project.settings.lock_stale_after):
        run = repository.start_run(channel, now, __version__, project.config_hash())
        # A decision that arrives from here on is of the next run.
        repository = repository.for_run(run)
        context = RunContext(project=project, repository=repository, baseline=baseline, run=run, watch=watch)
        try:
            method.archive(context)
            review_text.note_document(context)
            acquired = read(context)
            if acquired.failures and not acquired.answered:
                error = "; ".join(acquired.failures.values())
                repository.finish_run(run, "failed", error=error)
                return Outcome(run=run, failures=acquired.failures, changes=(), exit_code=EXIT_NOTHING_READ)
            repository.link_works(run)
            model, drift = derive(context)
            groups = monitor.record_changes(context)
            watch.progress(evaluate.STAGE, 0)
            evaluate.evaluate_rules(context)
            status = "partial" if acquired.failures else "done"
            repository.finish_run(run, status, model=model, error="; ".join(acquired.failures.values()), drift=drift)
            run = repository.run(run.name)
            context = replace(context, run=run)
            found = changes_to_report(context)
            gathered = material(context, acquired.failures, found, groups=groups)
            paths = write_report(project, gathered, run.name)
            write_feed(context)
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
