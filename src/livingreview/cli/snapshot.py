"""``snapshot``: the store as text that git can keep."""

from pathlib import Path
from typing import Annotated

import typer

from livingreview.cli.common import invocation, out, store

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("export")
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


@app.command("restore")
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
