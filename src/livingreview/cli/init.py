"""``init``: copies config/ and data/ for someone who installed the package."""

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from livingreview.cli.common import out
from livingreview.errors import StoreError, UsageError

_FOLDERS = ("config", "data")


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(init)


def init(
    folder: Annotated[Path, typer.Argument(help="A folder that has no config/ and data/ yet.")],
) -> None:
    """Lay out config/ and data/ of the first review, to run or to change into another one."""
    try:
        for name in _FOLDERS:
            if (folder / name).exists():
                raise UsageError(f"{folder / name}: is there already; choose another folder")
        for name in _FOLDERS:
            shutil.copytree(_share() / name, folder / name)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written to ({error.strerror or error})") from error
    out(f"Laid out in {folder}. Next: cd {folder} && livingreview run")


def _share() -> Path:
    """What the wheel carries; in a checkout, the checkout itself."""
    packed = Path(str(files("livingreview"))) / "_share"
    return packed if packed.is_dir() else Path(__file__).parents[3]
