"""``queue``, ``digest``, ``snapshot``, ``schedule``: where decisions come in and results go out."""

import sys
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from json import loads
from pathlib import Path
from typing import Annotated

import typer

from livingreview import queue
from livingreview.acquire import Watch
from livingreview.by_hand import record_by_hand
from livingreview.cli.common import (
    Invocation,
    invocation,
    out,
    out_json,
    out_table,
    out_text,
    parse_moment,
    store,
    tell,
)
from livingreview.cli.running import Bars, tell_outcome
from livingreview.config import Project
from livingreview.deliver.digest import Facts, preview_digest, send_digest
from livingreview.deliver.mail import Picture
from livingreview.errors import EXIT_NOTHING_READ, InputError, LivingReviewError, StoreError
from livingreview.sources import queries_of
from livingreview.store.repository import Repository

queue_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
digest_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
snapshot_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_Stage = Annotated[str, typer.Option(help="title_abstract or full_text.")]
_Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
_Decided = Annotated[bool, typer.Option("--decided", help="Also works that are decided, last.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module that have no subcommands."""
    app.command()(schedule)


@queue_app.command("list")
def queue_list(
    context: typer.Context,
    stage: _Stage = "title_abstract",
    limit: Annotated[int, typer.Option(min=1, help="So many works.")] = 20,
    decided: _Decided = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """The works that wait for a decision, best first."""
    from livingreview.feedback import known_labels

    project = invocation(context).project()
    with store(project) as repository:
        rows = queue.list_queue(
            repository, project.review, stage=stage, is_decided_shown=decided, limit=limit, known=known_labels(project)
        )
    if json:
        for row in rows:
            out_json(
                {
                    "rank": row.rank,
                    "work_id": row.work_id,
                    "title": row.title,
                    "scope": row.scope,
                    "p_relevant": row.p_relevant,
                    "suggested_areas": list(row.suggested_areas),
                    "decision": row.decision.decision if row.decision else "",
                }
            )
        return
    cells = [
        (
            str(row.rank),
            row.work_id,
            row.scope,
            "" if row.p_relevant is None else f"{row.p_relevant:.2f}",
            " ".join(row.suggested_areas),
            row.title,
        )
        for row in rows
    ]
    out_table(f"Queue at {stage}", ("rank", "work", "scope", "relevant", "areas", "title"), cells)


@queue_app.command("stopping")
def queue_stopping(context: typer.Context, json: _Json = False) -> None:
    """How much is likely to be still in the queue, and whether a published rule would stop screening here."""
    from livingreview.feedback import say_stopping, stopping_of

    project = invocation(context).project()
    with store(project) as repository:
        works = {stored.work_id for stored in repository.records()}
        found = stopping_of(repository.decisions(), works, project.review.ranker)
    if json:
        out_json(asdict(found))
        return
    for line in say_stopping(found):
        out(line)


@queue_app.command("export")
def queue_export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option("--output", "-o", help="A file; without it standard output.")] = None,
    stage: _Stage = "title_abstract",
    decided: _Decided = False,
) -> None:
    """The queue as CSV, to fill in `decision` (include, exclude, maybe), `person` and `decided_at`."""
    from livingreview.feedback import known_labels

    project = invocation(context).project()
    with store(project) as repository:
        try:
            opened = file.open("w", encoding="utf-8", newline="") if file else nullcontext(sys.stdout)
            with opened as target:
                count = queue.export_queue(
                    repository,
                    project.review,
                    stage=stage,
                    out=target,
                    is_decided_shown=decided,
                    known=known_labels(project),
                )
        except OSError as error:
            raise StoreError(f"{file}: cannot be written to ({error.strerror or error})") from error
    tell(f"{count} works" + (f" in {file}" if file else ""))


@queue_app.command("import")
def queue_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The CSV file that came back.")],
    person: Annotated[str, typer.Option(help="Who decided, for rows that name nobody.")] = "",
    decided_at: Annotated[str, typer.Option(help="When, for rows that give no time.")] = "",
) -> None:
    """Take decisions back; all of the file or, if a row is wrong, nothing of it."""
    project = invocation(context).project()
    moment = parse_moment(decided_at) if decided_at else None
    with store(project) as repository:
        try:
            with file.open(encoding="utf-8", newline="") as source:
                done = queue.import_queue(repository, project.review, source, person=person, decided_at=moment)
        except queue.QueueError as error:
            for problem in error.problems[1:20]:
                tell(problem)
            raise
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{file}: cannot be read ({error})") from error
    for note in done.notes:
        tell(note)
    out(f"{done.added} decisions added, {done.repeated} known already, {done.skipped_empty} rows without a decision")


@queue_app.command("add")
def queue_add(
    context: typer.Context,
    title: Annotated[str, typer.Option(help="The record's title.")],
    pmid: Annotated[str, typer.Option(help="PMID.")] = "",
    doi: Annotated[str, typer.Option(help="DOI.")] = "",
    nct_id: Annotated[str, typer.Option(help="NCT number.")] = "",
    year: Annotated[str, typer.Option(help="Publication date: 2024, 2024-05 or 2024-05-01.")] = "",
    journal: Annotated[str, typer.Option(help="Journal.")] = "",
) -> int:
    """Take in a record that a person found by hand; the next run fills it from its source."""
    from livingreview.run import run_records

    call = invocation(context)
    project = call.project()
    record = record_by_hand(pmid=pmid, doi=doi, nct_id=nct_id, title=title, year=year, journal=journal)
    with store(project) as repository:
        outcome = run_records(project, repository, [record], call.now, Watch(tell=tell))
    return tell_outcome(outcome)


@digest_app.command("preview")
def digest_preview(context: typer.Context) -> None:
    """Print the mail as it would be sent, without its picture; nothing is sent and nothing noted."""
    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        facts = _facts(project, repository, call.now)
        message = preview_digest(repository, project.review, project.settings.mail, now=call.now, facts=facts)
    out_text(message.as_string())


@digest_app.command("send")
def digest_send(
    context: typer.Context,
    quiet: Annotated[bool, typer.Option("--even-if-quiet", help="Also a mail that says: nothing new.")] = False,
) -> None:
    """Send every change that no accepted mail has carried yet."""
    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        _send(project, repository, call.now, is_quiet_sent=quiet)


def _send(project: Project, repository: Repository, now: datetime, *, is_quiet_sent: bool = False) -> None:
    with repository.locked(project.settings.lock_stale_after):
        sent = send_digest(
            repository,
            project.review,
            project.settings.mail,
            now=now,
            facts=replace(_facts(project, repository, now), pictures=_pictures(project, repository)),
            is_quiet_sent=is_quiet_sent,
            root=project.root,
        )
    for outcome in sent:
        out(str(outcome))
    if not sent:
        out("Nothing to send: every change has been delivered.")


def _facts(project: Project, repository: Repository, now: datetime) -> Facts:
    services = project.settings.services()
    status = repository.status(project.review, queries_of(project.review, project.settings), services, now)
    reported = [run for run in repository.runs() if run.reported_at is not None]
    note = f"Report: {project.settings.out_dir}/{reported[-1].name}/report.html" if reported else ""
    asked = {name: found for name, found in status.items() if name not in services or services[name].is_enabled}
    return Facts(sources_status=asked, report_note=note)


_MAILED = "over_time"
"""The figure of the last report that goes with a mail."""


def _pictures(project: Project, repository: Repository) -> tuple[Picture, ...]:
    """The figure as the last report tells it; none when that report is not there or knows no figures."""
    from livingreview.report import drawn_png

    reported = [run for run in repository.runs() if run.reported_at is not None]
    if not reported:
        return ()
    path = project.path("out_dir") / reported[-1].name / "report.json"
    try:
        figure = loads(path.read_text(encoding="utf-8"))["sections"]["figures"]["figures"][_MAILED]
    except (OSError, ValueError, KeyError):
        return ()
    png = drawn_png(_MAILED, figure)
    return (Picture(title=figure["title"], alt=figure["alt"], png=png),) if png else ()


@snapshot_app.command("export")
def snapshot_export(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Without it data/<review>/snapshot.")] = None,
) -> None:
    """Write the store as sorted text, abstracts left out."""
    project = invocation(context).project()
    target = folder or project.data_dir / "snapshot"
    with store(project) as repository:
        lines = repository.export_snapshot(target)
    out(f"{sum(lines.values())} lines in {len(lines)} files: {target}")


@snapshot_app.command("restore")
def snapshot_restore(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="Without it data/<review>/snapshot.")] = None,
) -> None:
    """Fill an empty store from a snapshot."""
    project = invocation(context).project()
    source = folder or project.data_dir / "snapshot"
    with store(project) as repository:
        lines = repository.restore_snapshot(source)
    out(f"{sum(lines.values())} lines from {len(lines)} files: {source}")


def schedule(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say the next times.")] = False,
) -> None:
    """Run, report and mail week after week, until stopped."""
    from livingreview.schedule import build_scheduler, next_times, serve

    call = invocation(context)
    project = call.project()
    for moment in next_times(project.settings.schedule, datetime.now(UTC), 3):
        out(f"Next: {moment:%a %Y-%m-%d %H:%M %Z}")
    if not dry_run:
        serve(build_scheduler(project.settings.schedule, lambda: _job(call)))


def _job(call: Invocation) -> None:
    from livingreview.run import run_services

    project = call.project()
    now = datetime.now(UTC).replace(microsecond=0)
    with store(project) as repository:
        with Bars() as watch:
            outcome = run_services(project, repository, now, watch)
        code = tell_outcome(outcome)
        if project.settings.schedule.is_digest_sent:
            _send(project, repository, now)
        if code == EXIT_NOTHING_READ:
            raise LivingReviewError("no source could be read; the digest says so")


__all__ = ["digest_app", "queue_app", "register", "snapshot_app"]
