"""Compiled templates: kept beside compiled modules, never in the way."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from livingreview.report.escape import markdown_value
from livingreview.text import templates


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Python keeps what it compiles in this test."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "cache"))
    return tmp_path / "cache"


def made(autoescape: bool = True, finalize: Callable[[Any], Any] | None = None) -> Environment:
    environment = templates.environment("livingreview.report", autoescape, finalize)
    environment.filters |= {"one_line": str, "tight": str}
    return environment


def rendered(environment: Environment) -> str:
    return str(environment.get_template("html.j2").module.strong("<b>"))  # type: ignore[attr-defined]


def kept(cache: Path) -> set[Path]:
    return set(cache.rglob("*.jinja"))


def test_a_template_is_compiled_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rendered(made()) == "<strong>&lt;b&gt;</strong>"
    before = kept(cache)
    assert len(before) == 1
    assert next(iter(before)).is_relative_to(cache / str(Path(__file__).resolve().parents[3]).lstrip("/"))
    again = made()
    with monkeypatch.context() as patched:
        patched.setattr(Environment, "_generate", lambda *_: pytest.fail("compiled again"))
        again.get_template("html.j2")
    assert kept(cache) == before


def test_the_same_template_for_another_format_is_another(cache: Path) -> None:
    made().get_template("html.j2")
    made(finalize=markdown_value).get_template("html.j2")
    made(autoescape=False).get_template("html.j2")
    assert len(kept(cache)) == 3


def test_nothing_is_written_where_python_writes_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(made())
    assert not cache.exists()


def test_a_folder_that_cannot_be_written_to_costs_no_page(cache: Path) -> None:
    cache.write_text("in the way")
    assert rendered(made()) == "<strong>&lt;b&gt;</strong>"
