"""The application: global options, every command, and the one place where an error becomes a line and a code."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from livingreview import __version__
from livingreview.cli import (
    baseline,
    classifier,
    digest,
    export,
    init,
    inspect,
    queue,
    run,
    schedule,
    simulate,
    snapshot,
    statements,
    works,
)
from livingreview.cli.common import Invocation, parse_moment, tell
from livingreview.cli.stopping import Stop, end, stoppable
from livingreview.config import unknown_variables
from livingreview.errors import EXIT_USAGE, LivingReviewError, UsageError
from livingreview.records.sanitize import clip

_CommandLineError: type[Exception] = typer.BadParameter.__mro__[2]
"""The base class of every error about the command line; typer does not name it."""
_INTERRUPTED = 130
_GLOBAL_OPTIONS = ("--review", "--config", "--now")

app = typer.Typer(
    name="livingreview",
    help="Keeps a published review alive: what is new, what changed, which sentence does it touch.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (run, classifier, inspect, export, simulate, init, schedule):
    module.register(app)
app.add_typer(baseline.app, name="baseline", help="The published review's own transcript.")
app.add_typer(works.app, name="works", help="Which records are one work, and why.")
app.add_typer(statements.app, name="statements", help="The statements of the review, and what touches them.")
app.add_typer(queue.app, name="queue", help="Triage by CSV: works ranked, decisions come back.")
app.add_typer(digest.app, name="digest", help="The mail of changes that nobody has been sent yet.")
app.add_typer(snapshot.app, name="snapshot", help="The store as text that git can keep.")


def _say_version(is_asked: bool) -> None:
    if is_asked:
        sys.stdout.write(f"livingreview {__version__}\n")
        raise typer.Exit


@app.callback()
def _globals(
    context: typer.Context,
    review: Annotated[str, typer.Option(help="Slug of the review; without it the one of settings.toml.")] = "",
    config: Annotated[
        Path | None, typer.Option(help="Folder of settings.toml; without it LIVINGREVIEW_CONFIG, then ./config.")
    ] = None,
    now: Annotated[str, typer.Option(help="Take this moment for the present (ISO date or time, UTC).")] = "",
    version: Annotated[
        bool, typer.Option("--version", help="Say the version and end.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    moment = parse_moment(now) if now else datetime.now(UTC).replace(microsecond=0)
    context.obj = Invocation(review, config, moment)


def _hoist(arguments: list[str]) -> list[str]:
    """Global options to the front, wherever they were typed."""
    first, rest = [], []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest.append(argument)
            break
        if argument in _GLOBAL_OPTIONS:
            first.extend([argument, *([value] if (value := next(waiting, None)) is not None else [])])
        elif argument.startswith(tuple(f"{name}=" for name in _GLOBAL_OPTIONS)):
            first.append(argument)
        else:
            rest.append(argument)
    return [*first, *rest, *waiting]


def _check_text(arguments: list[str]) -> None:
    """Bytes that are no UTF-8, and NUL, are refused at the door: no store holds them, and no file name NUL.

    Raises:
        UsageError: some argument holds them.
    """
    for argument in arguments:
        if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in argument):
            raise UsageError(f"{clip(argument, 80)!r}: no text in UTF-8; write it anew, or rename the file")


def main(arguments: list[str] | None) -> None:
    """Runs one command and ends the process with its exit code."""
    with stoppable() as stop:
        _main(arguments, stop)


def _main(arguments: list[str] | None, stop: Stop) -> None:
    for name in unknown_variables(os.environ):
        tell(f"warning: {name} sets nothing that livingreview knows; see docs/settings.md")
    try:
        given = sys.argv[1:] if arguments is None else arguments
        _check_text(given)
        code = app(args=_hoist(given), standalone_mode=False)
        if code == _INTERRUPTED:
            # typer makes an exit of Ctrl-C, without a word.
            raise KeyboardInterrupt
    except LivingReviewError as error:
        tell(f"livingreview: {error}")
        sys.exit(error.exit_code)
    except _CommandLineError as error:
        words = str(getattr(error, "format_message", error.__str__)())
        if type(error).__name__ == "NoArgsIsHelpError":
            sys.stdout.write(words + "\n")
        else:
            tell(f"livingreview: {' '.join(words.split()).rstrip('.')}; see `livingreview --help`")
        sys.exit(EXIT_USAGE)
    except (KeyboardInterrupt, typer.Abort):
        end(stop)
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); nothing is wrong with us.
        sys.stderr.close()
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)
