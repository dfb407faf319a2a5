"""``export``: what of the store a person takes elsewhere."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from livingreview.cli.common import invocation, period, store, tell
from livingreview.errors import StoreError


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command()(export)


def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Option("--output", "-o", help="A file; without it standard output.")] = None,
    form: Annotated[
        str, typer.Option("--format", help="ris, nbib, bibtex, csv or jsonl; without it by the file's extension.")
    ] = "",
    scope: Annotated[list[str] | None, typer.Option(help="Of this scope; may be given again.")] = None,
    area: Annotated[
        list[str] | None, typer.Option(help="Of this area, or of one below it; may be given again.")
    ] = None,
    decision: Annotated[
        list[str] | None, typer.Option(help="Decided so: include, exclude, maybe, none; may be given again.")
    ] = None,
    stage: Annotated[
        str, typer.Option(help="Whose decision: title_abstract or full_text; without it the last one of all.")
    ] = "",
    source: Annotated[list[str] | None, typer.Option(help="From this source; may be given again.")] = None,
    since: Annotated[str, typer.Option(help="First stored from this date on (ISO).")] = "",
    until: Annotated[str, typer.Option(help="First stored up to this date, the whole day (ISO).")] = "",
    records: Annotated[bool, typer.Option("--records", help="Every record, not one entry a work.")] = False,
) -> None:
    """Take works elsewhere: to a reference manager, a screening tool, a spreadsheet, LaTeX."""
    from livingreview import export as exports

    review = (project := invocation(context).project()).review
    begin, end = period(since, until)
    name = exports.format_of(form, file)
    selection = exports.Selection(
        scopes=tuple(scope or ()),
        areas=tuple(area or ()),
        decisions=tuple(decision or ()),
        stage=stage,
        sources=tuple(source or ()),
        since=begin,
        until=end,
        is_by_record=records,
    )
    with store(project) as repository:
        chosen, found = exports.selected(repository, review, selection)
        try:
            opened = file.open("w", encoding="utf-8", newline="") if file else nullcontext(sys.stdout)
            with opened as target:
                target.writelines(exports.parts(name, found, review))
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StoreError(f"{file}: cannot be written to ({error.strerror or error})") from error
    withdrawn = f"; left out: {chosen.n_withdrawn} withdrawn by their source" if chosen.n_withdrawn else ""
    tell(f"{len(chosen.keys)} {'records' if records else 'works'}" + (f" in {file}" if file else "") + withdrawn)
