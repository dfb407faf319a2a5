"""The three files of a report in their folder."""

from collections.abc import Mapping
from pathlib import Path

from livingreview.atomic import written_aside
from livingreview.errors import StoreError
from livingreview.report.data import Report
from livingreview.report.render import NO_PICTURES, render_html, render_json, render_markdown


def write(report: Report, folder: Path, pictures: Mapping[str, str] = NO_PICTURES) -> tuple[Path, ...]:
    """Writes ``report.md``, ``report.html`` and ``report.json``, each aside first and then renamed into its place.

    Args:
        report: a built one.
        folder: is made where it is not there.
        pictures: see :func:`~livingreview.report.render.render_html`.

    Returns:
        The three paths, in that order.

    Raises:
        StoreError: the folder cannot be made or written to.
    """
    contents = {
        "report.md": render_markdown(report),
        "report.html": render_html(report, pictures),
        "report.json": render_json(report),
    }
    paths = []
    path = folder
    try:
        for name, text in contents.items():
            path = folder / name
            with written_aside(path) as file:
                file.write(text.encode())
            paths.append(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise StoreError(f"{path}: the report cannot be written ({reason}); free it or set out_dir") from error
    return tuple(paths)
