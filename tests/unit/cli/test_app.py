"""The frame of the command line: where options may stand, and how an error becomes a line and a code."""

import inspect
import sys
from pathlib import Path

import pytest

from livingreview import __version__, errors
from livingreview.cli import app, baseline, common
from livingreview.errors import ConfigError, LivingReviewError, LockedError, SourceError, StoreError, UsageError
from support.lab import Cli, Lab

ERRORS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, LivingReviewError)]


def test_no_command_shows_the_help(cli: Cli) -> None:
    ended = cli()
    assert ended.code == 2
    assert "Usage: " in ended.out and "snapshot" in ended.out and ended.err == ""


def test_the_version(cli: Cli) -> None:
    assert cli("--version").lines == [f"livingreview {__version__}"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--review", "imsc-ev", "status", "--json"],
        ["status", "--json", "--review", "imsc-ev"],
        ["status", "--review", "imsc-ev", "--json"],
    ],
)
def test_global_options_may_stand_anywhere(arguments: list[str]) -> None:
    assert app._hoist(arguments) == ["--review", "imsc-ev", "status", "--json"]


@pytest.mark.parametrize(
    ("arguments", "hoisted"),
    [
        (["status", "--now=2026-01-01"], ["--now=2026-01-01", "status"]),
        (["explain", "--", "--now"], ["explain", "--", "--now"]),
        (["status", "--now"], ["--now", "status"]),
        (["run", "--from", "x"], ["run", "--from", "x"]),
        ([], []),
    ],
)
def test_nothing_else_is_moved(arguments: list[str], hoisted: list[str]) -> None:
    assert app._hoist(arguments) == hoisted


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_is_one_line_and_its_code(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, kind: type[LivingReviewError]
) -> None:
    def fail(_project: object) -> None:
        raise kind("one thing\nand  another")

    monkeypatch.setattr(baseline, "check", fail)
    monkeypatch.setattr(common, "load_project", lambda _folder, _review: None)
    ended = cli("baseline", "check")
    assert (ended.code, ended.out, ended.err) == (kind.exit_code, "", "livingreview: one thing and another\n")


def test_the_codes_are_those_of_the_design() -> None:
    kinds = (LivingReviewError, UsageError, ConfigError, StoreError, SourceError, LockedError)
    assert [kind.exit_code for kind in kinds] == [1, 2, 2, 2, 3, 5]


def test_a_bug_keeps_its_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_folder: object, _review: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(common, "load_project", fail)
    with pytest.raises(ZeroDivisionError, match="ours"):
        app.main(["baseline", "check"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bogus"], "bogus"),
        (["status", "--jsn"], "--jsn"),
        (["run", "--fail-on", "everything"], "everything"),
        (["queue", "list", "--limit", "0"], "--limit"),
        (["queue", "list", "--limit", "many"], "--limit"),
        (["queue", "import"], "FILE"),
        (["queue", "add"], "--title"),
        (["status", "--now"], "see `livingreview --help`"),
        (["status", "--now", "yesterday"], "yesterday"),
        (["changes", "--since", "2026-13-01"], "2026-13-01"),
    ],
)
def test_a_slip_is_one_line_that_names_it(cli: Cli, arguments: list[str], words: str) -> None:
    ended = cli(*arguments)
    assert ended.code == 2 and ended.out == ""
    assert ended.err.startswith("livingreview: ") and ended.err.count("\n") == 1
    assert words.lower() in ended.err.lower()


def test_a_period_that_ends_before_it_begins(lab: Lab) -> None:
    ended = lab("changes", "--since", "2026-02-01", "--until", "2026-01-31")
    assert ended.code == 2 and "swap them" in ended.err


@pytest.mark.parametrize(
    ("value", "is_end", "moment"),
    [
        ("2026-11-22", False, "2026-11-22T00:00:00+00:00"),
        ("2026-11-22", True, "2026-11-22T23:59:59.999999+00:00"),
        ("2026-11-22T05:00", True, "2026-11-22T05:00:00+00:00"),
        ("2026-11-22T05:00:00Z", False, "2026-11-22T05:00:00+00:00"),
        ("2026-11-22T05:00:00+02:00", False, "2026-11-22T03:00:00+00:00"),
    ],
)
def test_moments(value: str, is_end: bool, moment: str) -> None:
    assert common.parse_moment(value, is_end=is_end).isoformat() == moment


def test_a_variable_that_sets_nothing_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_DATABSE_URL", "x")
    ended = cli("--version")
    assert ended.code == 0 and "warning: LIVINGREVIEW_DATABSE_URL sets nothing" in ended.err


def test_the_keyboard_stops_without_a_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_folder: object, _review: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(common, "load_project", stop)
    ended = cli("status")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == "livingreview: stopped; what was committed stays, the next run goes on from there\n"


def test_a_reader_that_has_gone_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_folder: object, _review: object) -> None:
        raise BrokenPipeError

    class Closed:
        is_closed = False

        def write(self, _text: str) -> None: ...

        def close(self) -> None:
            Closed.is_closed = True

    monkeypatch.setattr(common, "load_project", gone)
    monkeypatch.setattr(sys, "stderr", Closed())
    with pytest.raises(SystemExit) as ended:
        app.main(["status"])
    assert ended.value.code == 0 and Closed.is_closed


def test_a_cell_does_not_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    common.out_table("t", ("a",), [("\x1b[31mred [bold]words[/bold]\x07",)])
    shown = capsys.readouterr().out
    assert "[bold]words[/bold]" in shown and "\x1b[31m" not in shown and "\x07" not in shown


def test_a_result_of_another_kind_is_a_bug() -> None:
    with pytest.raises(TypeError, match="Path in a result"):
        common.out_json({"path": Path("x")})
