"""Who may import whom (docs/design.md), and what no module does while it is imported; read from the source text."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "livingreview"
LAYERS = (
    ("errors", "records", "canonical", "verdicts", "views", "grounds"),
    ("aside", "config", "redaction", "http", "identity", "text", "tokens", "linking", "telling"),
    ("sources", "decide", "store", "classify", "screen", "changes", "report", "deliver"),
    ("plan", "lines", "method", "acquire", "resolving", "training", "ledger", "new_areas", "shelf", "emerging")
    + ("reporting", "run", "hindsight", "inbox", "baseline", "by_hand", "feedback", "queue", "evidence", "export")
    + ("bulk", "doctor", "replay", "recall"),
    ("schedule", "cli"),
)
LAYER_OF = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
STRANGERS = 2
"""The layer whose rooms never import each other."""
CONFINED = {
    "requests": {"http"},
    "rapidfuzz": {"linking"},
    "Bio": {"sources"},
    "feedparser": {"sources"},
    "rispy": {"sources"},
    "lxml": {"sources"},
    "xml": {"sources"},
    "sqlmodel": {"store"},
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "sklearn": {"classify"},
    "scipy": {"classify", "screen"},
    "numpy": {"classify", "screen"},
    "matplotlib": {"classify", "screen", "report"},
    "apscheduler": {"schedule"},
    "smtplib": {"deliver"},
    "typer": {"cli"},
    "rich": {"cli"},
    "jinja2": {"report", "deliver", "telling"},
}
MAX_LINES = 400
CLOCKS = {
    "acquire.py": "when an answer was received",
    "cli/app.py": "the present, unless --now says otherwise",
    "cli/ends.py": "when a schedule that runs for months fires",
    "http/client.py": "when an answer was received",
    "method.py": "when a method was archived",
    "run.py": "when a file was received",
    "store/repository.py": "the age of a lock, the end of a run",
    "store/health.py": "a row that is written and taken back",
    "store/runlog.py": "the beginning of a run, when a request ended",
}
"""The modules that may ask what time it is, and what for; everywhere else ``now`` is a parameter."""
RESTLESS = frozenset(
    [
        "open",
        "print",
        "input",
        "exec",
        "eval",
        "connect",
        "create_engine",
        "Session",
        "urlopen",
        "getenv",
        "now",
        "today",
        "utcnow",
    ]
    + [
        "mkdir",
        "exists",
        "is_dir",
        "is_file",
        "glob",
        "rglob",
        "iterdir",
        "read_text",
        "read_bytes",
        "write_text",
        "write_bytes",
    ]
)
"""Calls that must not happen while a module is being imported."""


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).with_suffix("").parts[0]
    return "" if first in ("__init__", "__main__") else first


def imports(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything that is imported, at the top or within."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            if not node.level:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when the module is imported: not the bodies of functions, but their decorators and defaults."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            parts: list[ast.AST] = [*child.decorator_list, child.args]
        elif isinstance(child, ast.Lambda):
            parts = [child.args]
        else:
            parts = [child]
            yield child
        for part in parts:
            yield from at_import(part)


def violations(room: str, source: str) -> list[str]:
    """What a module of ``room`` may not do."""
    found = []
    tree = ast.parse(source)
    for name in imports(tree):
        parts = name.split(".")
        if name.startswith("."):
            found.append(f"{room} imports {name}: imports are absolute")
        elif parts[0] == "livingreview" and len(parts) > 1 and parts[1] in LAYER_OF:
            other = parts[1]
            is_lower = LAYER_OF[other] < LAYER_OF[room]
            is_friend = LAYER_OF[other] == LAYER_OF[room] != STRANGERS
            if other != room and not is_lower and not is_friend:
                found.append(f"{room} imports {other}")
        elif parts[0] in CONFINED and room not in CONFINED[parts[0]]:
            found.append(f"{room} imports {parts[0]}")
    for node in at_import(tree):
        if isinstance(node, ast.Call) and (called := _called(node)) in RESTLESS:
            found.append(f"{room} calls {called} at import")
        if isinstance(node, ast.Attribute) and node.attr == "environ":
            found.append(f"{room} reads the environment at import")
    found.extend(f"{room}: {words}" for words in _mute_handlers(tree, source.splitlines()))
    return list(dict.fromkeys(found))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def _mute_handlers(tree: ast.AST, lines: list[str]) -> Iterator[str]:
    """Handlers that catch everything, neither go on raising nor say in a comment why."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        is_broad = node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")
        is_raised = any(isinstance(part, ast.Raise) for part in ast.walk(node))
        is_explained = any("#" in line for line in lines[node.lineno - 1 : node.body[0].end_lineno])
        if is_broad and not is_raised and not is_explained:
            yield f"line {node.lineno} catches everything without a reason"


def asks_the_time(source: str) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name | ast.Attribute)
        and (getattr(node.func.value, "id", "") or getattr(node.func.value, "attr", ""), node.func.attr)
        in {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
        for node in ast.walk(ast.parse(source))
    )


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_keeps_to_its_layer(path: Path) -> None:
    room = room_of(path)
    source = path.read_text(encoding="utf-8")
    if room:
        assert room in LAYER_OF, f"{room} has no layer; give it one here and in docs/design.md"
        assert violations(room, source) == []
    assert len(source.splitlines()) <= MAX_LINES, "is there a second room in it?"


def test_only_the_modules_that_draw_load_the_drawing_library() -> None:
    loading = {
        name_of(path)
        for path in modules()
        if any(name.split(".")[0] == "matplotlib" for name in imports(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert loading == {"classify/draw.py", "screen/plots.py", "report/canvas.py"}


def test_a_run_without_news_loads_no_more_than_it_needs() -> None:
    """Each of these takes a tenth of such a run, or more, to load."""
    heavy = ("sklearn", "scipy", "numpy", "matplotlib", "apscheduler", "feedparser", "rapidfuzz", "rich")
    program = "import sys, livingreview.cli.app, livingreview.run; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "livingreview.run" in loaded
    assert set(heavy) & set(loaded) == set()


def test_only_some_ask_the_time() -> None:
    asking = {name_of(path) for path in modules() if asks_the_time(path.read_text(encoding="utf-8"))}
    assert asking == set(CLOCKS)


@pytest.mark.parametrize(
    ("room", "source", "words"),
    [
        ("store", "from livingreview.sources import base", "store imports sources"),
        ("changes", "from livingreview import report", "changes imports report"),
        ("report", "from livingreview import run", "report imports run"),
        ("report", "from .frame import Frame", "report imports .frame: imports are absolute"),
        ("records", "import livingreview.config", "records imports config"),
        ("run", "from livingreview.cli import common", "run imports cli"),
        ("report", "import requests", "report imports requests"),
        ("deliver", "from xml.etree import ElementTree", "deliver imports xml"),
        ("run", "def f():\n    import sqlalchemy.orm", "run imports sqlalchemy"),
        ("http", "FILE = open('x')", "http calls open at import"),
        ("http", "class A:\n    file = open('x')", "http calls open at import"),
        ("http", "def f(at=datetime.now()): ...", "http calls now at import"),
        ("http", "if True:\n    Path('x').mkdir()", "http calls mkdir at import"),
        ("http", "import os\nHOME = os.environ['HOME']", "http reads the environment at import"),
        ("http", "try:\n    f()\nexcept Exception:\n    pass", "http: line 3 catches everything without a reason"),
        ("http", "try:\n    f()\nexcept:\n    pass", "http: line 3 catches everything without a reason"),
    ],
)
def test_a_violation_is_seen(room: str, source: str, words: str) -> None:
    assert violations(room, source) == [words]


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("acquire", "from livingreview.run import run_files"),
        ("report", "from livingreview.report.frame import Frame"),
        ("http", "def f():\n    return open('x')"),
        ("http", "LATER = lambda: open('x')"),
        ("http", "try:\n    f()\nexcept Exception:\n    # The library raises anything.\n    pass"),
        ("http", "try:\n    f()\nexcept BaseException:\n    g()\n    raise"),
    ],
)
def test_what_is_allowed_is_no_violation(room: str, source: str) -> None:
    assert violations(room, source) == []


@pytest.mark.parametrize(
    ("source", "is_asking"),
    [
        ("from datetime import datetime\ndef f():\n    return datetime.now(UTC)", True),
        ("import datetime\nprint(datetime.datetime.now())", True),
        ("print(date.today())", True),
        ("import time\nprint(time.time())", True),
        ("def f(now):\n    return now", False),
    ],
)
def test_asking_the_time_is_seen(source: str, is_asking: bool) -> None:
    assert asks_the_time(source) == is_asking


def test_every_layer_is_lived_in() -> None:
    assert {room_of(path) for path in modules()} - {""} == set(LAYER_OF)


def test_the_design_draws_the_same_layers() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| `([^`]+)` \|$", design, re.MULTILINE)
    assert [(int(number), tuple(rooms.split())) for number, rooms in rows] == list(enumerate(LAYERS))


def test_the_design_draws_every_room() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    drawn = design.partition("## The rooms")[2].partition("**Who may import whom**")[0]
    for path in sorted(PACKAGE.iterdir()):
        if path.suffix == ".py" and not path.name.startswith("__"):
            assert path.name in drawn
        elif (path / "__init__.py").exists():
            assert f"{path.name}/" in drawn
