"""``schedule``: week after week."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from livingreview.cli.common import Invocation, invocation, out, store
from livingreview.cli.digest import out_mailed
from livingreview.cli.run import Bars, tell_outcome
from livingreview.errors import EXIT_NOTHING_READ, LivingReviewError


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(schedule)


def schedule(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say the next times.")] = False,
) -> None:
    """Run, report and mail week after week, until stopped."""
    from livingreview.operations.schedule import build_scheduler, next_times, serve

    call = invocation(context)
    project = call.project()
    for moment in next_times(project.settings.schedule, datetime.now(UTC), 3):
        out(f"Next: {moment:%a %Y-%m-%d %H:%M %Z}")
    if not dry_run:
        serve(build_scheduler(project.settings.schedule, lambda: _job(call)))


def _job(call: Invocation) -> None:
    from livingreview.operations.jobs import run_and_mail

    project = call.project()
    now = datetime.now(UTC).replace(microsecond=0)
    with store(project) as repository, Bars() as watch:
        done = run_and_mail(project, repository, now, watch)
    code = tell_outcome(done.run)
    if done.mail_error is not None:
        raise done.mail_error
    if done.mailed is not None:
        out_mailed(done.mailed)
    if code == EXIT_NOTHING_READ:
        raise LivingReviewError("no source could be read; the digest says so")
