"""The line: sources -> decide -> store -> link -> classify -> changes -> report. Here alone the stages meet.

A run takes the store's lock, reads (services or files), puts records together into works, derives scores and changes
from every version that has none yet, and writes its report. It can be killed at any instant: what was committed stays,
what was not is read again, and versions without changes are linked and derived by the next run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livingreview import __version__, changes, classify, decide, report
from livingreview.acquire import Acquired, Watch, plan, read_services
from livingreview.config import Project, load_baseline
from livingreview.deliver import atom
from livingreview.errors import EXIT_DONE, EXIT_NOTHING_READ, EXIT_PARTIAL, InputError, StoreError
from livingreview.records import Baseline, Record, Score
from livingreview.sources import Item, files, queries_of
from livingreview.store.apply import Tally
from livingreview.store.repository import Repository
from livingreview.training import current_model
from livingreview.verdicts import Action, Unread
from livingreview.views import Run, StoredChange, StoredRecord

_DERIVE_BATCH = 1_000
_IDS_A_LOOK = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended.

    Attributes:
        failures: source or file -> why it could not be read.
        changes: the changes that this run found.
        report: the files of its report; none when nothing could be read.
    """

    run: Run
    failures: dict[str, str]
    changes: tuple[StoredChange, ...]
    report: tuple[Path, ...] = ()
    exit_code: int = EXIT_DONE


def run_services(project: Project, repository: Repository, now: datetime, watch: Watch) -> Outcome:
    """Reads every enabled service from where its queries stand, and reports.

    Args:
        project: settings and review.
        repository: the store.
        now: the moment that windows end at and changes bear.
        watch: who is told.

    Raises:
        LockedError: another run is at work.
        StoreError: the store or a folder cannot be used.
    """
    baseline = load_baseline(project)

    def read(run: Run) -> Acquired:
        watched = {"pubmed": sorted(baseline.pmids, key=int), "clinicaltrials": sorted(baseline.nct_ids)}
        askings = plan(project, repository, watched, now)
        return read_services(project, repository, run, askings, watch)

    return _run(project, repository, baseline, "services", now, watch, read)


def run_files(project: Project, repository: Repository, path: Path, now: datetime, watch: Watch) -> Outcome:
    """Reads a file or a folder of files instead of the services, and reports.

    A file that cannot be read stops only itself.

    Raises:
        InputError: there is nothing to read, or not one file could be read.
        LockedError: another run is at work.
        StoreError: the store or a folder cannot be used.
    """
    documents = files.find_documents(path)
    baseline = load_baseline(project)

    def read(run: Run) -> Acquired:
        acquired = Acquired()
        for document in documents:
            try:
                _read_file(repository, run, document, acquired, watch)
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
        with repository.writing(run, decide) as writing:
            writing.apply(records, "", datetime.now(UTC), tally)
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
    with repository.locked(timedelta(minutes=project.settings.lock_stale_after_minutes)):
        run = repository.start_run(road, now, __version__, project.config_hash())
        try:
            acquired = read(run)
            if acquired.failures and not acquired.answered:
                error = "; ".join(acquired.failures.values())
                repository.finish_run(run, "failed", error=error)
                return Outcome(run=run, failures=acquired.failures, changes=(), exit_code=EXIT_NOTHING_READ)
            repository.works.link(run)
            model = _derive(project, repository, baseline, run, now, watch)
            status = "partial" if acquired.failures else "done"
            repository.finish_run(run, status, model=model, error="; ".join(acquired.failures.values()))
            run = repository.run(run.name)
            found = tuple(repository.changes(run=run.name))
            paths = write_report(project, repository, baseline, run, acquired.failures, found)
            _write_feed(project, repository, now)
            repository.mark_reported(run, now)
        except BaseException as error:
            # Whatever ends a run early is in its log, and goes on its way.
            repository.finish_run(run, "failed", error=str(error) or type(error).__name__)
            raise
    exit_code = EXIT_PARTIAL if acquired.failures else EXIT_DONE
    return Outcome(run=run, failures=acquired.failures, changes=found, report=paths, exit_code=exit_code)


def _read_file(repository: Repository, run: Run, path: Path, acquired: Acquired, watch: Watch) -> None:
    format_name, _ = files.parser_for(path)
    key, size_bytes = repository.archive.adopt(path)
    archived = repository.archive.path(key)
    received_at = datetime.now(UTC)
    repository.log_file(run, path.name, key, size_bytes, received_at)
    tally = Tally()
    try:
        with repository.writing(run, decide) as writing:
            items = _watched(files.unread_file(archived), f"reading {path.name}", watch)
            writing.apply(items, key, received_at, tally)
            writing.log_query(_file_values(path.name, format_name), tally)
    except InputError as error:
        message = str(error).replace(str(archived), str(path))
        with repository.writing(run, decide) as writing:
            writing.log_query(_file_values(path.name, format_name) | {"error": message}, Tally())
        raise InputError(message) from error
    acquired.answered |= tally.sources or {"files"}
    acquired.received += tally.received
    counts = ", ".join(f"{count} {action}" for action, count in tally.counts.items() if count)
    watch.tell(f"{path.name}: {tally.received} items of {format_name} ({counts})")
    if unstored := tally.counts[Action.UNSTORED]:
        watch.tell(f"{path.name}: {unstored} not stored, each named in the report with its reason")


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


def _derive(project: Project, repository: Repository, baseline: Baseline, run: Run, now: datetime, watch: Watch) -> str:
    """Scores and changes of every version that has none; returns the model's id, empty when nothing was to do."""
    context = changes.Context.of(project.review, baseline, project.settings.trials, now)
    other = project.review.other_scope
    model: classify.Model | None = None
    done = 0
    while versions := repository.underived(_DERIVE_BATCH):
        if model is None:
            model = current_model(project, repository, baseline, now, watch.tell)
        scores = model.score([version.record for version in versions])
        pairs = list(zip(versions, scores, strict=True))
        found = [change for version, score in pairs for change in changes.derive(version, score, context)]
        by_id: Mapping[int, Score] = {version.version_id: score for version, score in pairs}
        repository.commit_derived(run, list(by_id), by_id, found, other)
        done += len(versions)
        watch.progress("classifying", done)
    return model.id if model else ""


def write_report(
    project: Project,
    repository: Repository,
    baseline: Baseline,
    run: Run,
    failures: Mapping[str, str],
    found: Sequence[StoredChange],
) -> tuple[Path, ...]:
    """Builds the report of a run from the store and writes it to ``out/<run>/``.

    Raises:
        StoreError: the folder cannot be written to.
    """
    return report.write(
        report.build(material(project, repository, baseline, run, failures, found)), project.path("out_dir") / run.name
    )


def _write_feed(project: Project, repository: Repository, now: datetime) -> None:
    """``out/changes.atom``: the newest changes of every run."""
    path = project.path("out_dir") / "changes.atom"
    found = repository.changes(last=atom.MAX_ENTRIES)
    try:
        draft = path.with_suffix(".part")
        draft.write_text(atom.feed(project.review, found, now=now), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error


def material(
    project: Project,
    repository: Repository,
    baseline: Baseline,
    run: Run,
    failures: Mapping[str, str],
    found: Sequence[StoredChange],
) -> report.Material:
    """Everything that the report of one run is made of."""
    review, settings = project.review, project.settings
    context = changes.Context.of(review, baseline, settings.trials, run.now_at)
    relevant = [scope.slug for scope in review.scopes if scope.is_relevant]
    kept: dict[tuple[str, str], StoredRecord] = {
        stored.record.key: stored for stored in repository.records(scopes=relevant)
    }
    # Trials whose registry entry changed are shown with their titles, whatever their scope.
    changed = {one.change.source_id for one in found if one.change.source == "clinicaltrials"}
    wanted = sorted(baseline.nct_ids | changed)
    for start in range(0, len(wanted), _IDS_A_LOOK):
        for stored in repository.records(source="clinicaltrials", ids=wanted[start : start + _IDS_A_LOOK]):
            kept[stored.record.key] = stored
    for stored in repository.reference_records(sorted(baseline.pmids), sorted(baseline.dois)):
        if context.is_baseline(stored.record):
            kept[stored.record.key] = stored
    queries = queries_of(review, settings)
    earlier = [other for other in repository.runs() if other.id < run.id and other.reported_at is not None]
    return report.Material(
        review=review,
        baseline=baseline,
        run=run,
        previous_run=earlier[-1] if earlier else None,
        queries=tuple(repository.query_logs(run)),
        issues=tuple(repository.issues(run)),
        changes=tuple(found),
        records=tuple(kept[key] for key in sorted(kept)),
        trial_history={
            nct: tuple(repository.versions("clinicaltrials", nct))
            for nct in sorted(baseline.nct_ids)
            if ("clinicaltrials", nct) in kept
        },
        counts=repository.counts(),
        status=repository.status(review, queries, settings.services(), run.now_at),
        model_card=repository.model_card(run.model),
        failures=dict(failures),
        now=run.now_at,
    )
