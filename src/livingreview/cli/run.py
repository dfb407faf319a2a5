"""``run``: the pipeline from the services, or from files, to the report."""

import os
import sys
import time
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livingreview.acquisition.progress import Watch
from livingreview.cli.common import invocation, out, out_json, store, tell
from livingreview.config import Project
from livingreview.deliver.actions import write_outputs, write_summary
from livingreview.errors import EXIT_CHANGE_FOUND, EXIT_DONE, EXIT_PARTIAL, UsageError
from livingreview.records import Severity
from livingreview.records.sanitize import shown

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from livingreview.pipeline.run import Outcome


class FailOn(StrEnum):
    """From which severity on a change makes the exit code 10."""

    ALERT = "alert"
    NOTABLE = "notable"


class Bars:
    """Progress bars on a terminal; nothing elsewhere, where the run prints lines."""

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def __enter__(self) -> Watch:
        if not sys.stderr.isatty():
            return Watch(tell=tell, sleep=time.sleep)
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self._progress = progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f}"),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        tasks: dict[str, TaskID] = {}

        def advance(stage: str, done: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(shown(stage), total=None)
            progress.update(tasks[stage], completed=done)

        def tell_above(text: str) -> None:
            progress.console.print(shown(text), markup=False, highlight=False, emoji=False, soft_wrap=True)

        progress.start()
        return Watch(tell=tell_above, progress=advance, sleep=time.sleep)

    def __exit__(self, *_error: object) -> None:
        if self._progress is not None:
            self._progress.stop()


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(run)


def run(
    context: typer.Context,
    from_path: Annotated[
        Path | None, typer.Option("--from", help="Read this file or folder instead of the services.")
    ] = None,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="End with 10 when such a change, or a graver one, was found.")
    ] = None,
    replay: Annotated[
        str, typer.Option(metavar="RUN", help="Make this run again from the raw archive, and compare.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="With --replay: write the replayed report to this folder.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The outcome as one line of JSON.")] = False,
) -> int:
    """Read what is new, say what changed, write the report."""
    from livingreview.pipeline.run import run_files, run_services

    call = invocation(context)
    if replay and (from_path or fail_on):
        raise UsageError("--replay reads nothing new: leave --from and --fail-on out")
    if output and not replay:
        raise UsageError("--output is where a replayed report goes: give --replay RUN, or set out_dir")
    project = call.project()
    if replay:
        return _replay(project, replay, output, is_json=json)
    with store(project) as repository, Bars() as watch:
        if from_path is not None:
            outcome = run_files(project, repository, from_path, call.now, watch)
        else:
            outcome = run_services(project, repository, call.now, watch)
    _tell_workflow(outcome)
    return tell_outcome(outcome, fail_on, is_json=json)


def _replay(project: Project, name: str, folder: Path | None, *, is_json: bool) -> int:
    from livingreview.replay.replay import replay

    with store(project) as repository:
        found = replay(project, repository, name, tell, folder)
    if is_json:
        out_json(
            {"run": name, "is_identical": not found.difference, "difference": found.difference, "notes": found.notes}
        )
    else:
        for note in found.notes:
            out(f"Note: {note}")
        out(f"{name}: differs: {found.difference}" if found.difference else f"{name}: identical")
    return EXIT_PARTIAL if found.difference else EXIT_DONE


def _tell_workflow(outcome: "Outcome") -> None:
    """The report as the step's summary and the counts as its outputs, where a CI workflow asks for them."""
    page = next((path for path in outcome.report if path.suffix == ".md"), None)
    write_summary(page.read_text(encoding="utf-8") if page else _failures(outcome), os.environ)
    alerts = sum(found.change.severity == Severity.ALERT for found in outcome.changes)
    write_outputs(
        {
            "run": outcome.run.name,
            "changes": len(outcome.changes),
            "alerts": alerts,
            "exit_code": outcome.exit_code,
            "report": str(page.parent) if page else "",
        },
        os.environ,
    )


def _failures(outcome: "Outcome") -> str:
    from livingreview.report.escape import markdown_text

    failed = "".join(
        f"- FAILED {markdown_text(source)}: {markdown_text(error)}\n" for source, error in outcome.failures.items()
    )
    return f"Nothing could be read.\n\n{failed}"


def tell_outcome(outcome: "Outcome", fail_on: FailOn | None = None, *, is_json: bool = False) -> int:
    """Prints how a run ended; returns its exit code."""
    severities = Counter(found.change.severity for found in outcome.changes)
    if is_json:
        out_json(
            {
                "run": outcome.run.name,
                "status": outcome.run.status if outcome.report else "failed",
                "changes": len(outcome.changes),
                "severities": {str(severity): severities[severity] for severity in Severity},
                "failures": outcome.failures,
                "report": [str(path) for path in outcome.report],
            }
        )
    else:
        for source, error in outcome.failures.items():
            out(f"FAILED {error}" if error.startswith(source) else f"FAILED {source}: {error}")
        if not outcome.report:
            out("Nothing could be read; nothing was changed but the run log.")
        for path in outcome.report:
            out(f"Report: {path}")
        out(", ".join(f"{severities[severity]} {severity}" for severity in Severity))
        out(f"{len(outcome.changes)} changes")
    if outcome.exit_code != EXIT_DONE:
        return outcome.exit_code
    graver = {FailOn.ALERT: (Severity.ALERT,), FailOn.NOTABLE: (Severity.ALERT, Severity.NOTABLE)}
    if fail_on is not None and any(severities[severity] for severity in graver[fail_on]):
        return EXIT_CHANGE_FOUND
    return EXIT_DONE
