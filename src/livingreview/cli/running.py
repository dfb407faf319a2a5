"""``run``, ``train``, ``explain``, ``schedule``: what works on the store."""

import os
import sys
import time
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from livingreview.acquire import Watch
from livingreview.cli.common import invocation, out, out_json, out_table, store, tell
from livingreview.config import Project
from livingreview.deliver.actions import write_outputs, write_summary
from livingreview.errors import EXIT_CHANGE_FOUND, EXIT_DONE, EXIT_PARTIAL, UsageError
from livingreview.identity import nct_ids, normal_doi, normal_pmid
from livingreview.records import Severity
from livingreview.store.repository import Repository
from livingreview.views import StoredRecord

if TYPE_CHECKING:
    from livingreview.run import Outcome


class FailOn(StrEnum):
    """From which severity on a change makes the exit code 10."""

    ALERT = "alert"
    NOTABLE = "notable"


class Bars:
    """Progress bars on a terminal; nothing elsewhere, where the lines of the run speak."""

    def __init__(self) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed:,.0f}"),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Watch:
        if not sys.stderr.isatty():
            return Watch(tell=tell, sleep=time.sleep)
        self._progress.start()
        return Watch(tell=self._progress.console.print, progress=self._advance, sleep=time.sleep)

    def __exit__(self, *_error: object) -> None:
        if self._progress.live.is_started:
            self._progress.stop()

    def _advance(self, stage: str, done: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=None)
        self._progress.update(self._tasks[stage], completed=done)


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(run)
    app.command()(train)
    app.command()(explain)


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
    from livingreview.run import run_files, run_services

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
    from livingreview.replay import replay

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
    failed = "\n".join(f"- FAILED {source}: {error}" for source, error in outcome.failures.items())
    write_summary(page.read_text(encoding="utf-8") if page else f"Nothing could be read.\n\n{failed}\n", os.environ)
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


def train(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="The model's card as JSON.")] = False,
) -> None:
    """Train the classifier on the shipped labels and every decision, and score the store anew."""
    from livingreview import training
    from livingreview.config import load_baseline

    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        baseline = load_baseline(project)
        known = training.examples(project, repository, baseline)
        tell(f"classifier: training on {len(known)} labelled records")
        model = training.train(project, repository, known, call.now)
    if json:
        out_json(model.card)
        return
    out(f"Model {model.id}, trained on {len(known)} labelled records")
    labels = model.card["labels"]
    rows = [(name, str(count)) for name, count in labels["scopes"].items()]
    out_table("Labels by scope", ("scope", "labels"), rows)
    out_table("Labels by origin", ("origin", "labels"), [(name, str(n)) for name, n in labels["origins"].items()])
    out(f"Card: {project.path('models_dir') / project.review.slug / 'card.json'}")


def explain(
    context: typer.Context,
    record_id: Annotated[str, typer.Argument(help="A pmid, doi, NCT number or SOURCE:ID.")],
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say why a record was tagged as it was."""
    from dataclasses import asdict

    from livingreview import classify, training
    from livingreview.config import load_baseline

    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        stored = find_record(repository, record_id)
        baseline = load_baseline(project)
        model = training.current_model(project, repository, baseline, call.now, tell)
        known = training.examples(project, repository, baseline)
    reasons = classify.explain(model, stored.record, known)
    if json:
        values = asdict(reasons)
        del values["record"]
        values["nearest"] = [
            {
                "similarity": near.similarity,
                "title": near.example.record.title,
                "scope": near.example.scope,
                "areas": near.example.areas,
                "origin": near.example.origin,
            }
            for near in reasons.nearest
        ]
        out_json({"source": stored.record.source, "source_id": stored.record.source_id} | values)
        return
    score = reasons.score
    out(f"{stored.record.source} {stored.record.source_id}: {stored.record.title}")
    out(
        f"Scope {score.scope}; relevance {reasons.relevance:.3f}"
        f" (threshold {reasons.relevance_threshold:.3f}); model {score.model}"
    )
    rows = [
        (
            slug,
            f"{probability:.3f}",
            ", ".join(f"{term} {weight:+.2f}" for term, weight in reasons.scope_terms.get(slug, ())),
        )
        for slug, probability in sorted(score.probabilities.items(), key=lambda pair: -pair[1])
    ]
    out_table("Scopes", ("scope", "probability", "terms that spoke for it"), rows)
    area_rows = [
        (
            reason.area,
            f"{reason.probability:.3f}",
            f"{reason.threshold:.3f}",
            ", ".join([*reason.words, *(f"{term} {weight:+.2f}" for term, weight in reason.terms)]),
        )
        for reason in reasons.areas
    ]
    out_table("Areas", ("area", "probability", "threshold", "words of config, learnt terms"), area_rows)
    near_rows = [
        (f"{near.similarity:.2f}", near.example.scope or "", near.example.record.title) for near in reasons.nearest
    ]
    out_table("Nearest labelled records", ("likeness", "scope", "title"), near_rows)


def find_record(repository: Repository, value: str) -> StoredRecord:
    """The stored record that a person means by an identifier.

    Raises:
        UsageError: it is no identifier, or nothing is stored under it.
    """
    source, _, source_id = value.partition(":")
    found: list[StoredRecord] = []
    if source_id and source.isalpha():
        found = list(repository.records(source=source.lower(), ids=[source_id]))
    if not found and (numbers := nct_ids(value)):
        found = list(repository.records(source="clinicaltrials", ids=numbers))
    if not found and (doi := normal_doi(value)):
        found = repository.reference_records([], [doi])
    if not found and (pmid := normal_pmid(value)):
        found = list(repository.records(source="pubmed", ids=[pmid])) or repository.reference_records([pmid], [])
    if not found:
        raise UsageError(f"{value}: no such record in the store; give a pmid, doi, NCT number or SOURCE:ID")
    return found[0]
