"""README and docs name what there is, and lead nowhere that is not there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from livingreview import report
from livingreview.cli.app import app
from livingreview.config import Settings
from livingreview.config.base import Frozen
from livingreview.sources import SOURCES
from livingreview.sources.files import PARSERS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, with its words."""
    for name, child in getattr(command, "commands", {}).items():
        if getattr(child, "commands", None):
            yield from commands(child, (*path, name))
        else:
            yield " ".join((*path, name)), child


COMMANDS = dict(commands(typer.main.get_command(app)))


def settings(model: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Dotted names of every value of settings.toml."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Frozen):
            yield from settings(field.annotation, (*path, name))
        else:
            yield ".".join((*path, name))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_told(name: str) -> None:
    assert f"## {name}\n" in page("commands.md")
    assert f"livingreview {name}" in README or f"`{name}`" in README


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_told(name: str) -> None:
    section = page("commands.md").split(f"## {name}\n")[1].split("\n## ")[0]
    for parameter in COMMANDS[name].params:
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                assert f"`{option}`" in section or f"{option}," in section or f", {option}`" in section


@pytest.mark.parametrize("name", list(settings(Settings)))
def test_every_setting_is_told(name: str) -> None:
    variable = "LIVINGREVIEW_" + "__".join(part.upper() for part in name.split("."))
    assert f"| `{name}` |" in page("settings.md")
    assert f"`{variable}`" in page("settings.md")


@pytest.mark.parametrize("name", [*SOURCES, *PARSERS])
def test_every_source_and_format_is_told(name: str) -> None:
    assert f"`{name}`" in page("sources.md")


@pytest.mark.parametrize("section", report.SECTIONS, ids=lambda section: section.slug)
def test_every_section_of_the_report_is_told(section: Any) -> None:
    assert f"| `{section.slug}` |" in page("report.md")


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5, 10])
def test_every_exit_code_is_told(code: int) -> None:
    assert f"| {code} |" in page("commands.md")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_is_dead(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#", "mailto:")):
            assert (path.parent / target.split("#")[0]).exists(), f"{path.name} leads to {target}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_page_names_a_machine(path: Path) -> None:
    assert not re.search(r"(?<![\w.])/(work|home|root|tmp|Users)/", path.read_text(encoding="utf-8"))


def test_every_file_of_data_has_its_origin() -> None:
    told = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    files = [path for path in (ROOT / "data").rglob("*.csv") if "snapshot" not in path.parts]
    assert files
    for path in files:
        assert str(path.relative_to(ROOT / "data")) in told
