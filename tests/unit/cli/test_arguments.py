"""Whatever is typed for whatever option of whatever command: a code, at most one line of complaint, no traceback."""

import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import typer

from livingreview.cli import app as frame
from support import tiny_review
from support.lab import Ended
from support.lines import is_fit, is_obeyed

LONG = "x" * 5_000
TEXTS = ("", "-", LONG, "../../x", "a/b", "a\n::error::b", "\x1b[31m", "\u202ex", "%s{}", "a\0b", os.fsdecode(b"\xff"))
PATHS = (*TEXTS, "/", "/dev/null/x", "nowhere/x", "." * 300, "~nobody/x")
NUMBERS = ("", "x", "-1", "9" * 5_000, str(10**30), "1.5", "nan", "\u0663")
FLOATS = (*NUMBERS, "inf", "1e999", "-0.0")
DATES = (
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "9999-12-31", "2022-13-01", "2022-02-30"),
    *("2022-01-01/05:00", "2022-01-01T05:00:00+99:00", "2022-01-01T24:00", "2022W011", "now", "1e9"),
)
REQUIRED = {
    "run": ["--from", "papers.csv"],
    "bulk": ["papers.csv", "-o", "bulk.csv", "--jobs", "1"],
    "predict": ["--csv", "papers.csv"],
    "explain": ["10.5555/tiny.9001"],
    "simulate": ["screened.csv"],
    "schedule": ["--dry-run"],
    "export": ["--format", "ris"],
    "init": ["made"],
    "baseline place": ["Vesicles of loom cells mend the cornea", "--section", "1"],
    "queue import": ["queue.csv"],
    "queue add": ["--title", "By hand", "--pmid", "31000001"],
    "works show": ["crossref:10.5555/tiny.9001"],
    "works join": ["crossref:10.5555/tiny.9001", "crossref:10.5555/tiny.9002"],
    "works split": ["crossref:10.5555/tiny.9001"],
    "statements show": ["S1"],
    "statements decide": ["S1", "--effect", "outdates", "--by", "NAME", "--accept"],
}
"""What a command wants besides."""
DATA = {"export", "queue export", "predict", "evidence"}
"""They write a document to standard output."""
PARTS = 3
"""Into so many parts are the values divided; the default suite types one of them for each option."""
SLOW = {"train", "evaluate"}
"""They take seconds, and their only option is where the card goes or how it is printed."""
PAPERS = """\
title,doi,year,journal
Vesicles of loom cells mend the torn cornea of invented mice,10.5555/tiny.9001,2022,J Inv
Bobbins in the weaving trade of an invented town and its people,10.5555/tiny.9002,2022,J Inv
"""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, child in getattr(command, "commands", {}).items():
        if getattr(child, "commands", None):
            yield from commands(child, (*path, name))
        else:
            yield " ".join((*path, name)), child


ROOT: Any = typer.main.get_command(frame.app)
COMMANDS = dict(commands(ROOT))
Type = Callable[..., Ended]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two papers in its store."""
    root = tiny_review.write(tmp_path_factory.mktemp("arguments") / "tiny")
    (root / "papers.csv").write_text(PAPERS, encoding="utf-8")
    (root / "screened.csv").write_text(
        "title,abstract,included\n" + "".join(f"Paper {n} of looms,,{n % 2}\n" for n in range(12))
    )
    (root / "queue.csv").write_text("work_id,stage,decision,person,decided_at\n")
    return root


@pytest.fixture
def typed(place: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Runs one command in the project's folder, no service to be asked."""
    monkeypatch.chdir(place)
    for name in ("PUBMED", "CLINICALTRIALS", "EUROPEPMC", "CROSSREF"):
        monkeypatch.setenv(f"LIVINGREVIEW_SOURCES__{name}__IS_ENABLED", "false")

    def run(*arguments: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            frame.main(list(arguments))
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())

    return run


def assert_sound(name: str, ended: Ended) -> None:
    assert ended.code in (0, 2, 3, 4, 5), ended
    for line in (ended.err if name in DATA else ended.out + ended.err).split("\n"):
        assert is_fit(line) and not is_obeyed(line), line
    if ended.code == 2 and name != "doctor":
        *_, last, end = ended.err.split("\n")
        assert last.startswith("livingreview: ") and end == ""
        assert sum(line.startswith("livingreview: ") for line in ended.err.split("\n")) == 1


def values_of(parameter: Any) -> tuple[str, ...]:
    known = {Path: PATHS, int: NUMBERS, float: FLOATS}.get(parameter.type_descriptor.annotation)
    return known or (DATES if parameter.name in ("since", "until", "year", "decided_at") else ()) + TEXTS


CASES = [
    (name, parameter.name)
    for name, command in COMMANDS.items()
    for parameter in command.params
    if not getattr(parameter, "is_flag", False) and name not in SLOW
]


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.slow) for part in range(1, PARTS))])
@pytest.mark.parametrize(("name", "which"), CASES)
def test_every_option_of_every_command(typed: Type, name: str, which: str, part: int) -> None:
    """A part of the values for each option: which, changes from option to option."""
    (parameter,) = (one for one in COMMANDS[name].params if one.name == which)
    values = values_of(parameter)
    if which == "from_path":
        # An empty path is the present folder, and reading all of it takes its time.
        values = values[1:]
    if name == "queue add" and which != "year":
        # Each that is taken is a run of its own.
        values = (LONG, "a\n::error::b", "a\0b", os.fsdecode(b"\xff"))
    first = (CASES.index((name, which)) + part) % PARTS
    for value in values[first::PARTS]:
        assert_sound(name, typed("--now", "2022-06-01", *name.split(), *with_value(name, parameter, value)))


def with_value(name: str, parameter: Any, value: str) -> list[str]:
    """What the command wants, with this value for this parameter."""
    base = REQUIRED.get(name, [])
    if parameter.opts[0].startswith("-"):
        at = next((number for number, one in enumerate(base) if one in parameter.opts), len(base))
        return [*base[:at], *base[at + 2 :], parameter.opts[0], value]
    places = [one.name for one in COMMANDS[name].params if not one.opts[0].startswith("-")]
    at = places.index(parameter.name)
    return [*base[:at], value, *base[at + 1 :]]


@pytest.mark.parametrize(("option", "values"), [("--review", TEXTS), ("--config", PATHS[1:]), ("--now", DATES)])
def test_every_global_option(typed: Type, option: str, values: tuple[str, ...]) -> None:
    for value in values:
        if value:
            assert_sound("status", typed(option, value, "status"))


@pytest.mark.parametrize("name", [one for one in COMMANDS if one not in SLOW])
def test_every_command_at_the_ends_of_time_and_names(typed: Type, name: str) -> None:
    for option, value in (("--now", "1000-01-01"), ("--now", "8999-12-31"), ("--review", LONG), ("--config", LONG)):
        assert_sound(name, typed(option, value, *name.split(), *REQUIRED.get(name, [])))


@pytest.mark.parametrize("slug", ["../../x", "..", "/etc", "a/b", "A", "-a", "a b", "x" * 65, "a\n", "\u0430", "a\0b"])
@pytest.mark.parametrize("way", ["option", "environment", "settings", "review.toml"])
def test_a_slug_is_checked_before_a_path_is_made(
    typed: Type, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slug: str, way: str
) -> None:
    if way == "environment" and "\0" in slug:
        pytest.skip("no variable holds NUL")
    root = tmp_path / "a" / "b" / "c"
    shutil.copytree(place / "config", root / "config")
    shutil.copytree(place / "data", root / "data")
    # Whoever left the folder would find a review there.
    for outside in (tmp_path / "a" / "b" / "x", root / "x"):
        shutil.copytree(place / "config" / "reviews" / "tiny", outside)
    options = ["--config", str(root / "config")]
    if way == "option":
        options += ["--review", slug]
    elif way == "environment":
        monkeypatch.setenv("LIVINGREVIEW_REVIEW", slug)
    else:
        path = root / "config" / ("settings.toml" if way == "settings" else "reviews/tiny/review.toml")
        key = "review" if way == "settings" else "slug"
        text = path.read_text(encoding="utf-8")
        line = f"{key} = {json.dumps(slug)}"
        assert (made := re.sub(f'^{key} = "tiny"$', lambda _found: line, text, flags=re.MULTILINE)) != text
        path.write_text(made, encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    ended = typed(*options, "--now", "2022-06-01", "status")
    assert_sound("status", ended)
    assert ended.code == 2
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "name",
    ["lock_stale_after_minutes", "sources__pubmed__lag_days", "sources__pubmed__overdue_after_days"]
    + [
        "resolving__max_tries",
        "resolving__days_between_tries",
        "trials__overdue_after_days",
        "trials__notable_slip_days",
    ],
)
def test_days_beyond_all_measure_are_refused(typed: Type, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"LIVINGREVIEW_{name.upper()}", "9" * 12)
    ended = typed("status")
    assert_sound("status", ended)
    assert ended.code == 2 and name.replace("__", ".") in ended.err
