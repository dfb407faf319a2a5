"""Who may import whom (docs/design.md), checked on the source text of every module."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "src" / "livingreview"
LAYERS = (
    ("errors", "records", "verdicts", "views"),
    ("config", "http", "identity", "text"),
    ("sources", "decide", "store", "classify", "changes", "report", "deliver"),
    ("acquire", "training", "run", "baseline", "queue", "doctor"),
    ("schedule", "cli"),
)
LAYER_OF = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
CONFINED = {
    "requests": {"http"},
    "Bio": {"sources"},
    "feedparser": {"sources"},
    "rispy": {"sources"},
    "lxml": {"sources"},
    "xml": {"sources"},
    "sqlmodel": {"store"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "sklearn": {"classify"},
    "scipy": {"classify"},
    "apscheduler": {"schedule"},
    "typer": {"cli"},
    "rich": {"cli"},
    "jinja2": {"report", "deliver"},
}
MAX_LINES = 400
RESTLESS = {"open", "print", "input", "exec", "eval", "connect", "create_engine", "urlopen", "mkdir", "getenv"}
"""Calls that must not happen while a module is being imported."""


def modules() -> list[Path]:
    return sorted(path for path in ROOT.rglob("*.py") if "migrations" not in path.parts)


def room_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return "" if parts[0] in ("__init__", "__main__") else parts[0]


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything that is imported, at the top or within."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(room: str, source: str) -> list[str]:
    """What a module of ``room`` may not do."""
    found = []
    tree = ast.parse(source)
    for name in imports(tree):
        parts = name.split(".")
        if parts[0] == "livingreview" and len(parts) > 1 and parts[1] in LAYER_OF:
            other = parts[1]
            is_lower = LAYER_OF[other] < LAYER_OF[room]
            is_sibling = LAYER_OF[other] == LAYER_OF[room] and LAYER_OF[room] != 2
            if other != room and not is_lower and not is_sibling:
                found.append(f"{room} imports {other}")
        elif parts[0] in CONFINED and room not in CONFINED[parts[0]]:
            found.append(f"{room} imports {parts[0]}")
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.If):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Lambda):
                break
            if isinstance(node, ast.Call):
                called = node.func
                name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
                if name in RESTLESS:
                    found.append(f"{room} calls {name} at import")
            if isinstance(node, ast.Attribute) and node.attr == "environ":
                found.append(f"{room} reads the environment at import")
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_keeps_to_its_layer(path: Path) -> None:
    room = room_of(path)
    source = path.read_text(encoding="utf-8")
    if room:
        assert room in LAYER_OF, f"{room} has no layer; give it one here and in docs/design.md"
        assert violations(room, source) == []
    assert len(source.splitlines()) <= MAX_LINES, "is there a second room in it?"


@pytest.mark.parametrize(
    ("room", "source", "words"),
    [
        ("store", "from livingreview.sources import base", "store imports sources"),
        ("report", "from livingreview import run", "report imports run"),
        ("records", "import livingreview.config", "records imports config"),
        ("report", "import requests", "report imports requests"),
        ("run", "def f():\n    import sqlalchemy.orm", "run imports sqlalchemy"),
        ("http", "FILE = open('x')", "http calls open at import"),
        ("http", "import os\nHOME = os.environ['HOME']", "http reads the environment at import"),
    ],
)
def test_a_violation_is_seen(room: str, source: str, words: str) -> None:
    assert words in violations(room, source)


def test_every_layer_is_lived_in() -> None:
    rooms = {room_of(path) for path in modules()} - {""}
    assert rooms == set(LAYER_OF)
