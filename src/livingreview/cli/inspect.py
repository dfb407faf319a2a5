"""``status``, ``changes``, ``report``, ``evidence``, ``doctor``: what only looks."""

import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from livingreview.cli.common import invocation, out, out_json, out_json_text, out_table, period, say_moment, store, tell
from livingreview.errors import EXIT_DONE, EXIT_USAGE, StoreError, UsageError
from livingreview.records import StoredChange
from livingreview.sources import queries_of
from livingreview.text.wording import effect_counts, waiting_words

_Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
_Since = Annotated[str, typer.Option(help="From this date on (ISO).")]
_Until = Annotated[str, typer.Option(help="Up to this date, the whole day (ISO).")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(status)
    app.command()(changes)
    app.command()(report)
    app.command()(evidence)
    app.command()(doctor)


def status(context: typer.Context, json: _Json = False) -> None:
    """How far every source has been searched, triaged and reported, and how many suggestions wait."""
    from livingreview.statements.evaluate import waiting

    call = invocation(context)
    project = call.project()
    settings = project.settings
    with store(project) as repository:
        found = repository.status(project.review, queries_of(project.review, settings), settings.services(), call.now)
        proposals = waiting(project.review, repository)
    days = max((proposal.days(call.now) for proposal in proposals), default=0)
    if json:
        since = min((proposal.since for proposal in proposals), default=None)
        suggestions = {"n": len(proposals), "since": since, "days": days}
        out_json({"sources": {name: asdict(source) for name, source in found.items()}, "suggestions": suggestions})
        return
    rows = [
        (
            name,
            f"{source.records:,}",
            f"{source.versions:,}",
            say_moment(source.searched_through_at) + (" OVERDUE" if source.is_overdue else ""),
            say_moment(source.triaged_through_at),
            say_moment(source.reported_through_at),
            f"{source.last_run['run']} {source.last_run['status']}" if source.last_run else "none",
        )
        for name, source in found.items()
    ]
    columns = ("source", "records", "versions", "searched through", "triaged through", "reported through", "last run")
    out_table(f"{project.review.slug} at {say_moment(call.now)} UTC", columns, rows)
    for name, source in found.items():
        if source.last_run and source.last_run["error"]:
            out(f"FAILED {name}: {source.last_run['error']}")
    if proposals:
        counts = effect_counts([one.effect for one in proposals], project.review.published_date.year)
        out(f"{waiting_words(len(proposals), days)}: {counts}")


def changes(
    context: typer.Context,
    since: _Since = "",
    until: _Until = "",
    run: Annotated[str, typer.Option(help="Only those of this run.")] = "",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Every change of the store, or of a period or run."""
    call = invocation(context)
    begin, end = period(since, until)
    with store(call.project()) as repository:
        if run:
            repository.run(run)
        found = repository.changes(run=run, since=begin, until=end)
    if json:
        for one in found:
            out_json(change_line(one))
        return
    rows = [
        (one.change.severity, one.change.type, f"{one.change.source} {one.change.source_id}", _say_title(one), one.run)
        for one in found
    ]
    out_table(f"{len(found)} changes", ("severity", "type", "record", "what", "run"), rows)


def change_line(found: StoredChange) -> dict[str, Any]:
    """A change as ``changes --json`` prints it."""
    change = found.change
    return {
        "type": change.type,
        "severity": str(change.severity),
        "source": change.source,
        "source_id": change.source_id,
        "work": change.work,
        "before": change.before,
        "after": change.after,
        "at": change.at,
        "effective_date": change.effective_date,
        "run": found.run,
    }


def _say_title(found: StoredChange) -> str:
    before, after = found.change.before, found.change.after
    if title := after.get("title"):
        return str(title)
    return "; ".join(f"{name}: {before.get(name, '?')} -> {value}" for name, value in after.items())


def report(
    context: typer.Context,
    run: Annotated[str, typer.Option(help="Of this run; without it the last one.")] = "",
    since: _Since = "",
    until: _Until = "",
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON instead of writing files.")] = False,
) -> None:
    """Build the report of a run, or of a period, from the store."""
    from livingreview import report as reports
    from livingreview.pipeline.report import write_report
    from livingreview.replay.as_of import material_of_period, material_of_run

    call = invocation(context)
    project = call.project()
    begin, end = period(since, until)
    if run and (begin or end):
        raise UsageError("--run and a period: ask for one of them")
    is_period = bool(begin or end)
    with store(project) as repository:
        if is_period:
            made = material_of_period(project, repository, begin, end)
        else:
            made = material_of_run(project, repository, run)
    folder = made.run.name
    if is_period:
        folder = f"{since or 'the-beginning'}_{until or made.run.now_at.date()}".replace(":", "")
    if json:
        out_json_text(reports.render_json(reports.build(made)))
        return
    for path in write_report(project, made, folder):
        out(f"Report: {path}")


def evidence(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option("--output", "-o", help="A file; without it standard output.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="Studies of this scope; may be given again.")] = None,
) -> None:
    """The first draft of an evidence table as CSV, one row a study, for a person to correct."""
    from livingreview.export.evidence_table import evidence_rows, write_evidence

    project = invocation(context).project()
    review = project.review
    known = [one.slug for one in review.scopes]
    if unknown := [slug for slug in scope or () if slug not in known]:
        raise UsageError(f"{unknown[0]}: no such scope; there are {', '.join(known)}")
    with store(project) as repository:
        rows = evidence_rows(repository, review, scope or [review.core_scope])
    try:
        opened = file.open("w", encoding="utf-8", newline="") if file else nullcontext(sys.stdout)
        with opened as target:
            write_evidence(target, review, rows)
    except OSError as error:
        raise StoreError(f"{file}: cannot be written to ({error.strerror or error})") from error
    tell(f"{len(rows)} studies" + (f" in {file}" if file else ""))


def doctor(
    context: typer.Context,
    live: Annotated[bool, typer.Option("--live", help="Ask the services, too.")] = False,
    json: _Json = False,
) -> int:
    """Check settings, installation, store, archive, folders, lock, clock, mail and model, and say what to do."""
    from livingreview.operations.doctor import examine

    call = invocation(context)
    findings = examine(call.project, call.now, is_live=live)
    if json:
        out_json({"checks": [asdict(finding) for finding in findings]})
    else:
        rows = [("ok" if finding.is_ok else "WRONG", finding.name, finding.words) for finding in findings]
        out_table("livingreview doctor", ("", "what", "result"), rows)
    return EXIT_DONE if all(finding.is_ok for finding in findings) else EXIT_USAGE
