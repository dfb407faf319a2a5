"""A command in a process of its own that need not start from nothing: a copy of this one, which may be killed."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from livingreview.cli import main


def start(
    config: Path, now: str, prepare: Callable[[], object] = lambda: None, arguments: Sequence[str] = ("run",)
) -> int:
    """Starts a command.

    Args:
        config: the folder of its settings.
        now: its moment.
        prepare: what the new process does first.
        arguments: the command; without them a run.

    Returns:
        The number of the process.
    """
    if child := os.fork():
        return child
    try:
        prepare()
        main(["--config", str(config), "--now", now, *arguments])
    except SystemExit as ended:
        os._exit(ended.code if isinstance(ended.code, int) else 0)
    finally:
        os._exit(99)


def end(process: int) -> int:
    """Waits for a process; its code, negative for the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
