"""``queue``: works that wait for a decision, and decisions that come back."""

import sys
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from livingreview.acquisition.manual import record_by_hand
from livingreview.acquisition.progress import Watch
from livingreview.cli.common import invocation, out, out_json, out_table, parse_moment, rows_that_came_back, store, tell
from livingreview.cli.run import tell_outcome
from livingreview.errors import StoreError
from livingreview.screening.csv_exchange import export_queue, import_queue
from livingreview.screening.queue import list_queue

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

_Stage = Annotated[str, typer.Option(help="title_abstract or full_text.")]
_Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
_Decided = Annotated[bool, typer.Option("--decided", help="Also works that are decided, last.")]


@app.command("list")
def queue_list(
    context: typer.Context,
    stage: _Stage = "title_abstract",
    limit: Annotated[int, typer.Option(min=1, help="So many works.")] = 20,
    decided: _Decided = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """The works that wait for a decision, best first."""
    from livingreview.screening.feedback import known_labels

    project = invocation(context).project()
    with store(project) as repository:
        rows = list_queue(
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


@app.command("stopping")
def queue_stopping(context: typer.Context, json: _Json = False) -> None:
    """How much is likely to be still in the queue, and whether a published rule would stop screening here."""
    from livingreview.screening.feedback import say_stopping, stopping_of

    project = invocation(context).project()
    with store(project) as repository:
        works = {stored.work_id for stored in repository.records()}
        found = stopping_of(repository.decisions(), works, project.review.ranker)
    if json:
        out_json(asdict(found))
        return
    for line in say_stopping(found):
        out(line)


@app.command("export")
def queue_export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option("--output", "-o", help="A file; without it standard output.")] = None,
    stage: _Stage = "title_abstract",
    decided: _Decided = False,
) -> None:
    """The queue as CSV, to fill in `decision` (include, exclude, maybe), `person` and `decided_at`."""
    from livingreview.screening.feedback import known_labels

    project = invocation(context).project()
    with store(project) as repository:
        try:
            opened = file.open("w", encoding="utf-8", newline="") if file else nullcontext(sys.stdout)
            with opened as target:
                count = export_queue(
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


@app.command("import")
def queue_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The CSV file that came back.")],
    person: Annotated[str, typer.Option(help="Who decided, for rows that name nobody.")] = "",
    decided_at: Annotated[str, typer.Option(help="When, for rows that give no time.")] = "",
) -> None:
    """Take decisions back; all of the file or, if a row is wrong, nothing of it."""
    project = invocation(context).project()
    moment = parse_moment(decided_at) if decided_at else None
    with store(project) as repository, rows_that_came_back(file) as source:
        done = import_queue(repository, project.review, source, person=person, decided_at=moment)
    for note in done.notes:
        tell(note)
    out(f"{done.added} decisions added, {done.repeated} known already, {done.skipped_empty} rows without a decision")


@app.command("add")
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
    from livingreview.pipeline.run import run_records

    call = invocation(context)
    project = call.project()
    record = record_by_hand(pmid=pmid, doi=doi, nct_id=nct_id, title=title, year=year, journal=journal)
    with store(project) as repository:
        outcome = run_records(project, repository, [record], call.now, Watch(tell=tell))
    return tell_outcome(outcome)
