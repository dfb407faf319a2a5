"""README and docs name what there is, name nothing that is not there, and lead nowhere that is not there."""

import re
import shlex
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from livingreview import errors, report
from livingreview.cli.app import _hoist, app
from livingreview.config import Settings
from livingreview.config.base import Frozen
from livingreview.records.change_types import ChangeType
from livingreview.sources import SOURCES
from livingreview.sources.formats.files import PARSERS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        ROOT / "SECURITY.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
)
README = (ROOT / "README.md").read_text(encoding="utf-8")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_KINDS = {str: "text", bool: "true or false", int: "whole number", float: "number", SecretStr: "secret"}


def page_name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, with its words."""
    for name, child in getattr(command, "commands", {}).items():
        if getattr(child, "commands", None):
            yield from commands(child, (*path, name))
        else:
            yield " ".join((*path, name)), child


ROOT_COMMAND: Any = typer.main.get_command(app)
COMMANDS = dict(commands(ROOT_COMMAND))


def settings(model: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Dotted names of every value of settings.toml, with their fields."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Frozen):
            yield from settings(field.annotation, (*path, name))
        else:
            yield ".".join((*path, name)), field


SETTINGS = dict(settings(Settings))


def kind_of(field: Any) -> str:
    if typing.get_origin(field.annotation) is typing.Literal:
        return ", ".join(f"`{value}`" for value in typing.get_args(field.annotation))
    return _KINDS[field.annotation]


def default_of(field: Any) -> str:
    value = field.default
    assert value is not PydanticUndefined
    if isinstance(value, SecretStr) or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def sections(text: str) -> dict[str, str]:
    """Heading of the second level -> what stands below it."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, heads left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def options_of(command: Any) -> set[str]:
    return {
        option
        for parameter in command.params
        for option in (parameter.opts if parameter.opts[0].startswith("-") else [parameter.name.upper()])
        if option != "--help"
    }


# Commands


def test_every_command_is_told_and_no_other() -> None:
    told = set(sections(page("commands.md"))) - {"Global options", "Exit codes", "JSON"}
    assert told == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_readme_names_every_command(name: str) -> None:
    assert f"livingreview {name}" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_told_and_no_other(name: str) -> None:
    told = {option for row in rows(sections(page("commands.md"))[name]) for option in re.findall(r"`([^`]+)`", row[0])}
    assert told == options_of(COMMANDS[name])


def test_every_global_option_is_told_and_no_other() -> None:
    cells = [row[0] for row in rows(sections(page("commands.md"))["Global options"])]
    assert {option for cell in cells for option in re.findall(r"`([^`]+)`", cell)} == options_of(ROOT_COMMAND)


def examples() -> Iterator[Any]:
    """Every command line that README and docs show in a block of code, or in a table of examples."""
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        shown = re.findall(r"^(?: {4}|\$ )(?:\S+=\S+ )*livingreview (.+)$", text, re.MULTILINE)
        shown += re.findall(r"^\| `livingreview ([^`]+)` \|", text, re.MULTILINE)
        for line in shown:
            yield pytest.param(line, id=f"{page_name(path)}: {line[:50]}")


@pytest.mark.parametrize("line", list(examples()))
def test_every_example_can_be_typed(line: str) -> None:
    words = _hoist(shlex.split(line, comments=True))
    command = ROOT_COMMAND
    context = command.make_context("livingreview", words)
    while getattr(command, "commands", None):
        name, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        context = command.make_context(name, words, parent=context)


def test_there_are_examples() -> None:
    told = {words for parameters in examples() for words in [str(parameters.values[0])]}
    for name in COMMANDS:
        assert any(line == name or line.startswith(f"{name} ") for line in told), f"no example of {name}"


def test_every_exit_code_is_told_and_no_other() -> None:
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    told = {int(row[0]) for row in rows(sections(page("commands.md"))["Exit codes"]) if row[0].isdigit()}
    assert told == codes | {129, 130, 143}
    assert codes <= {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}


# Settings


def test_every_setting_is_told_as_it_is_and_no_other() -> None:
    told = {row[0].strip("`"): row[1:] for row in rows(page("settings.md")) if row[0].startswith("`")}
    assert set(told) - {"LIVINGREVIEW_CONFIG", "LIVINGREVIEW_FIELD_DATA", "LIVINGREVIEW_TEST_POSTGRES"} == set(SETTINGS)
    for name, field in SETTINGS.items():
        variable = "LIVINGREVIEW_" + "__".join(part.upper() for part in name.split("."))
        kind, default, shown, words = told[name]
        assert (name, kind, default, shown) == (name, kind_of(field), default_of(field), f"`{variable}`")
        assert words, f"{name}: says nothing"


def test_settings_toml_holds_only_what_differs_from_nothing() -> None:
    """The file may leave defaults out, but what it says is what the docs call the default."""

    def values(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
        for name, value in table.items():
            if isinstance(value, dict):
                yield from values(value, f"{path}{name}.")
            else:
                yield f"{path}{name}", value

    for name, value in values(tomllib.loads((ROOT / "config" / "settings.toml").read_text(encoding="utf-8"))):
        assert value == SETTINGS[name].default, name


def test_no_page_names_a_variable_that_sets_nothing() -> None:
    known = {"LIVINGREVIEW_" + name.upper().replace(".", "__") for name in SETTINGS}
    known |= {"LIVINGREVIEW_CONFIG", "LIVINGREVIEW_FIELD_DATA", "LIVINGREVIEW_TEST_POSTGRES", "LIVINGREVIEW_"}
    files = [*PAGES, *(ROOT / ".github" / "workflows").glob("*.yml"), ROOT / "Makefile", ROOT / ".ci" / "with-postgres"]
    for path in files:
        assert set(re.findall(r"LIVINGREVIEW_\w*", path.read_text(encoding="utf-8"))) <= known, page_name(path)


# Sources, sections, data


@pytest.mark.parametrize("name", [*SOURCES, *PARSERS])
def test_every_source_and_format_is_told(name: str) -> None:
    assert f"`{name}`" in page("sources.md")


@pytest.mark.parametrize("section", report.SECTIONS, ids=lambda section: section.slug)
def test_every_section_of_the_report_is_told(section: Any) -> None:
    assert f"| `{section.slug}` | {section.title} |" in page("report.md")


def test_every_type_of_change_is_told() -> None:
    told = set(re.findall(r"\w+", sections(page("design.md"))["Changes"]))
    assert set(ChangeType) <= told


def test_every_file_of_data_has_its_origin() -> None:
    told = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    files = [path for path in (ROOT / "data").rglob("*") if path.is_file() and "snapshot" not in path.parts]
    assert len(files) > 1
    for path in files:
        assert path.name == "README.md" or f"`{path.relative_to(ROOT / 'data').as_posix()}`" in told


# Pages


@pytest.mark.parametrize("path", PAGES, ids=page_name)
def test_no_link_is_dead(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            name, _, anchor = target.partition("#")
            goal = path.parent / name if name else path
            assert goal.exists(), f"{path.name} leads to {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
                assert anchor in {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}, target


@pytest.mark.parametrize("path", PAGES, ids=page_name)
def test_no_page_names_a_machine(path: Path) -> None:
    assert not re.search(r"(?<![\w.])/(work|home|root|tmp|Users)/", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=page_name)
def test_every_page_can_be_reached(path: Path) -> None:
    """From the README, or from the list of the folder that it stands in."""
    linked = {
        (source.parent / target.split("#")[0]).resolve()
        for source in PAGES
        for target in _LINK.findall(source.read_text(encoding="utf-8"))
        if not target.startswith(("http", "#", "mailto:"))
    }
    assert path in linked


def test_the_newest_release_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.findall(r"^## \[(\d\S+)\] - (\S+)$", changelog, re.MULTILINE)[0]
    citation = dict(re.findall(r"^(\S+): (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE))
    assert (citation["version"], citation["date-released"]) == newest
    assert (project["version"], project["license"]) == (newest[0], citation["license"])
    assert citation["repository-code"] == project["urls"]["Repository"]


def test_the_checks_see_what_is_wrong() -> None:
    assert rows("| a | b |\n|---|---|\n| `x` | 1 \\| 2 |") == [["a", "b"], ["`x`", "1 \\| 2"]]
    assert sections("# t\n\n## a\none\n## b\ntwo\n") == {"a": "\none\n", "b": "\ntwo\n"}
    assert kind_of(types.SimpleNamespace(annotation=typing.Literal["a", "b"])) == "`a`, `b`"
