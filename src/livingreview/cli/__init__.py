"""The command line: ``livingreview COMMAND``; exit codes as :mod:`livingreview.errors` defines them."""

import atexit
import gc

_GARBAGE_THRESHOLDS = (100_000, 20, 100)
"""Modules and records are many small objects that live to the end of a command: to look for garbage among them again
and again, as often as Python does by itself, took an eighth of its start and of a report on 100,000 works."""


def main(arguments: list[str] | None = None) -> None:
    """Runs one command and ends the process with its exit code."""
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    # Python would look for garbage among all of them once more before it goes, another tenth.
    atexit.register(gc.freeze)
    # Only now, so that it holds for what is loaded here, too.
    from livingreview.cli import app

    app.main(arguments)
