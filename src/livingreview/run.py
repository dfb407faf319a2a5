"""The line: sources -> decide -> store -> link -> classify -> changes -> report. Here alone the stages meet.

A run takes the store's lock, reads (services or files), puts records together into works, derives scores and changes
from every version that has none yet, and writes its report. It can be killed at any instant: what was committed stays,
what was not is read again, and versions without changes are linked and derived by the next run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from livingreview import __version__, changes, classify, decide, emerging, ledger, method, report, resolving
from livingreview.acquire import Acquired, Watch, read_services
from livingreview.canonical import canonical_json, content_of, envelope_of
from livingreview.config import Project, load_baseline
from livingreview.deliver import atom
from livingreview.errors import EXIT_DONE, EXIT_NOTHING_READ, EXIT_PARTIAL, InputError, StoreError
from livingreview.inbox import read_inbox
from livingreview.lines import Connect, live
from livingreview.plan import Asking, plan
from livingreview.records import Baseline, Record, Score
from livingreview.sources import Item, files, queries_of, retraction_watch
from livingreview.sources.retraction_watch import About
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
    inbox: Path | None = None,
) -> Outcome:
    """Reads every enabled service from where its queries stand, then the inbox, and reports.

    Args:
        project: settings and review.
        repository: the store.
        now: the moment that windows end at and changes bear.
        watch: who is told.
        connect: makes the line to each service; None asks the services themselves.
        is_wanted: what of the plan is asked.
        inbox: where people dropped files; None takes the folder of the settings.

    Raises:
        LockedError: another run is at work.
        StoreError: the store or a folder cannot be used.
    """
    baseline = load_baseline(project)

    def read(run: Run) -> Acquired:
        askings = [asking for asking in plan(project, repository, baseline, now) if is_wanted(asking)]
        lines = connect or live(project, repository, run, watch.sleep)
        acquired = read_services(project, repository, run, askings, watch, lines)

        def read_file(path: Path, name: str) -> None:
            _read_file(repository, baseline, run, path, name, acquired, watch)

        read_inbox(inbox or project.path("inbox_dir"), repository, read_file, acquired, watch)
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
    return run_documents(project, repository, files.find_documents(path), now, watch)


def run_documents(
    project: Project, repository: Repository, documents: Sequence[Path], now: datetime, watch: Watch
) -> Outcome:
    """Reads these files in their order, and reports; see :func:`run_files`."""
    baseline = load_baseline(project)

    def read(run: Run) -> Acquired:
        acquired = Acquired()
        for document in documents:
            try:
                _read_file(repository, baseline, run, document, document.name, acquired, watch)
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
    with repository.locked(timedelta(minutes=project.settings.lock_stale_after_minutes)):
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
            paths = write_report(project, repository, baseline, run, acquired.failures, found)
            _write_feed(project, repository, now)
            repository.mark_reported(run, now)
        except BaseException as error:
            # Whatever ends a run early is in its log, and goes on its way.
            repository.finish_run(run, "failed", error=str(error) or type(error).__name__)
            raise
    exit_code = EXIT_PARTIAL if acquired.failures else EXIT_DONE
    return Outcome(run=run, failures=acquired.failures, changes=found, report=paths, exit_code=exit_code)


def _read_file(
    repository: Repository, baseline: Baseline, run: Run, path: Path, name: str, acquired: Acquired, watch: Watch
) -> None:
    key, size_bytes = repository.archive.adopt(path)
    archived = repository.archive.path(key)
    received_at = datetime.now(UTC)
    repository.log_document(run, "files", name, key, size_bytes, received_at)
    tally = Tally()
    format_name = ""
    try:
        format_name, _ = files.parser_for(archived)
        about = _about(repository, baseline, format_name)
        with repository.writing(run, decide) as writing:
            items = _watched(about.wanted(files.unread_file(archived)), f"reading {name}", watch)
            writing.apply(items, key, received_at, tally)
            writing.log_query(_file_values(name, format_name + about.words), tally)
    except InputError as error:
        # The name alone: where a file lay is no part of a report.
        message = str(error).replace(str(archived), name)
        with repository.writing(run, decide) as writing:
            writing.log_query(_file_values(name, format_name) | {"error": message}, Tally())
        raise InputError(message) from error
    acquired.answered |= tally.sources or {"files"}
    acquired.received += tally.received
    counts = ", ".join(f"{count} {action}" for action, count in tally.counts.items() if count)
    watch.tell(f"{name}: {tally.received} items of {format_name} ({counts}){about.words}")
    if unstored := tally.counts[Action.UNSTORED]:
        watch.tell(f"{name}: {unstored} not stored, each named in the report with its reason")


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
    context = changes.Context.of(project.review, baseline, project.settings.trials, now)
    other = project.review.other_scope
    model: classify.Model | None = None
    drift = classify.Drift()
    done = 0
    watch.progress("classifying", done)
    while versions := repository.underived(_DERIVE_BATCH):
        if model is None:
            model = current_model(project, repository, baseline, now, watch.tell)
        records = [version.record for version in versions]
        scores = model.score(records)
        drift.add(model, records, scores)
        pairs = list(zip(versions, scores, strict=True))
        found = changes.derive_all(pairs, context)
        by_id: Mapping[int, Score] = {version.version_id: score for version, score in pairs}
        repository.commit_derived(run, list(by_id), by_id, found, other)
        done += len(versions)
        watch.progress("classifying", done)
    return (model.id, drift.found(model.card)) if model else ("", {})


def changes_to_report(repository: Repository, run: Run) -> tuple[StoredChange, ...]:
    """The changes that the report of a run tells: its own, and those of runs that ended before they could report."""
    runs = repository.runs()
    last_told = max((other.id for other in runs if other.id < run.id and other.reported_at is not None), default=0)
    names = [other.name for other in runs if last_told < other.id <= run.id]
    return tuple(found for name in names for found in repository.changes(run=name))


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
    changed = {(one.change.source, one.change.source_id) for one in found if one.change.type in changes.TRIAL_TYPES}
    wanted: dict[str, list[str]] = {}
    for source, source_id in sorted(baseline.trial_keys | changed):
        wanted.setdefault(source, []).append(source_id)
    for source, ids in wanted.items():
        for start in range(0, len(ids), _IDS_A_LOOK):
            for stored in repository.records(source=source, ids=ids[start : start + _IDS_A_LOOK]):
                kept[stored.record.key] = stored
    for stored in repository.reference_records(sorted(baseline.pmids), sorted(baseline.dois)):
        if context.is_baseline(stored.record):
            kept[stored.record.key] = stored
    queries = queries_of(review, settings)
    earlier = [other for other in repository.runs() if other.id < run.id and other.reported_at is not None]
    # The last one that searched: a run that read a file in between changed no method.
    asked = (repository.query_logs(other) for other in reversed(earlier))
    searched = next((logs for logs in asked if any(log.query_hash for log in logs)), [])
    return report.Material(
        review=review,
        baseline=baseline,
        run=run,
        previous_run=earlier[-1] if earlier else None,
        queries=tuple(repository.query_logs(run)),
        previous_queries=tuple(searched),
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
        told_trials=(*repository.telling.told("overdue"), *repository.telling.told("results_published")),
        new_areas=tuple(
            report.NewArea(terms=group.terms, keys=group.keys) for group in emerging.area_groups(review, kept.values())
        ),
    )
