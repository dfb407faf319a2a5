"""What neither import-linter nor ruff can say of the modules, and that import-linter sees what it is there for."""

import ast
import os
import re
import shutil
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "livingreview"
MAX_LINES = 400
MEDIAN_LINES = 120
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


def violations(source: str) -> list[str]:
    """What a module does that none may do."""
    found = []
    tree = ast.parse(source)
    for node in at_import(tree):
        if isinstance(node, ast.Call) and (called := _called(node)) in RESTLESS:
            found.append(f"calls {called} at import")
        if isinstance(node, ast.Attribute) and node.attr == "environ":
            found.append("reads the environment at import")
    found.extend(_mute_handlers(tree, source.splitlines()))
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


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_is_small_and_does_nothing_while_it_is_imported(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert violations(source) == []
    assert len(source.splitlines()) <= MAX_LINES, "is there a second room in it?"


def test_half_of_the_modules_are_short() -> None:
    assert statistics.median(len(path.read_text(encoding="utf-8").splitlines()) for path in modules()) <= MEDIAN_LINES


def test_nothing_lies_loose_at_the_root() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py", "atomic.py", "errors.py"}


def lint_imports(folder: Path) -> "subprocess.CompletedProcess[str]":
    """What import-linter says of the package below a folder, by the contracts of pyproject.toml."""
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rooms_import_lower_floors_only() -> None:
    found = lint_imports(ROOT)
    assert found.returncode == 0, found.stdout


def test_an_upward_import_is_seen(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "src" / "livingreview", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    loose = tmp_path / "src" / "livingreview" / "text" / "normalise.py"
    loose.write_text(loose.read_text(encoding="utf-8") + "\nfrom livingreview.report import write\n", encoding="utf-8")
    found = lint_imports(tmp_path)
    assert found.returncode == 1
    assert "livingreview.text is not allowed to import livingreview.report" in " ".join(found.stdout.split())


def test_a_run_without_news_loads_no_more_than_it_needs() -> None:
    """Each of these takes a tenth of such a run, or more, to load."""
    heavy = ("sklearn", "scipy", "numpy", "matplotlib", "apscheduler", "feedparser", "rapidfuzz", "rich")
    program = "import sys, livingreview.cli.app, livingreview.pipeline.run; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "livingreview.pipeline.run" in loaded
    assert set(heavy) & set(loaded) == set()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("FILE = open('x')", "calls open at import"),
        ("class A:\n    file = open('x')", "calls open at import"),
        ("def f(at=datetime.now()): ...", "calls now at import"),
        ("if True:\n    Path('x').mkdir()", "calls mkdir at import"),
        ("import os\nHOME = os.environ['HOME']", "reads the environment at import"),
        ("try:\n    f()\nexcept Exception:\n    pass", "line 3 catches everything without a reason"),
        ("try:\n    f()\nexcept:\n    pass", "line 3 catches everything without a reason"),
    ],
)
def test_a_violation_is_seen(source: str, words: str) -> None:
    assert violations(source) == [words]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return open('x')",
        "LATER = lambda: open('x')",
        "try:\n    f()\nexcept Exception:\n    # The library raises anything.\n    pass",
        "try:\n    f()\nexcept BaseException:\n    g()\n    raise",
    ],
)
def test_what_is_allowed_is_no_violation(source: str) -> None:
    assert violations(source) == []


def test_the_design_draws_the_same_floors() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    floors = [tuple(floor.split(" | ")) for floor in next(one for one in contracts if one["id"] == "floors")["layers"]]
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| `([^`]+)` \|", design, re.MULTILINE)
    assert [tuple(rooms.split()) for _number, rooms in rows] == floors


def test_the_design_draws_every_room() -> None:
    design = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    drawn = design.partition("## The rooms")[2].partition("**Who may import whom**")[0]
    for path in sorted(PACKAGE.iterdir()):
        if path.suffix == ".py" and not path.name.startswith("__"):
            assert path.name in drawn
        elif (path / "__init__.py").exists():
            assert f"{path.name}/" in drawn
