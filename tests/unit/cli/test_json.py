"""What ``--json`` prints has the keys that docs/commands.md promises."""

import json
import re
from pathlib import Path

import pytest

from support.lab import Lab

ROOT = Path(__file__).resolve().parents[3]
PAPER = "Vesicles of loom cells mend the torn cornea of invented mice"


def promised() -> dict[str, set[str]]:
    """Command -> its keys, from the table below ``## JSON``."""
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8").partition("## JSON")[2]
    rows = re.findall(r"^\| `([a-z ]+) --json` \| (.+) \|$", text, re.MULTILINE)
    return {command: set(re.findall(r"`(\w+)`", cell)) for command, cell in rows}


PROMISED = promised()
TYPED = {
    "explain": ["explain", "10.5555/tiny.9001"],
    "works show": ["works", "show", "crossref:10.5555/tiny.9001"],
    "statements show": ["statements", "show", "S01"],
}
"""Where more must be typed than the command."""
BY_LINE = ("changes", "queue list", "statements list", "works list")
OFFLINE = sorted(set(PROMISED) - {"run", "baseline resolve", "baseline text", "simulate", "statements test"})
"""``baseline resolve`` and ``baseline text`` are asked in tests/integration, where the services have something to give;
``simulate`` needs a file, ``statements test`` rules."""


@pytest.fixture
def filled(lab: Lab, tmp_path: Path) -> Lab:
    """A store with one paper."""
    lab.root.joinpath("papers.csv").write_text(f"title,doi\n{PAPER},10.5555/tiny.9001\n", encoding="utf-8")
    return lab


def test_every_command_that_speaks_json_is_promised() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    speaking = {name for name, body in zip(parts[1::2], parts[2::2], strict=True) if "| `--json` |" in body}
    assert speaking == set(PROMISED)


def test_run(filled: Lab) -> None:
    ended = filled("run", "--from", filled.root / "papers.csv", "--json")
    assert set(json.loads(ended.out)) == PROMISED["run"]


@pytest.mark.parametrize("command", OFFLINE)
def test_the_others(filled: Lab, command: str) -> None:
    filled("run", "--from", filled.root / "papers.csv")
    ended = filled(*TYPED.get(command, command.split()), "--json", now="2026-06-01T05:00:00Z")
    assert ended.code == 0 and ended.out
    values = json.loads(
        ended.lines[0] if command in ("changes", "queue list", "statements list", "works list") else ended.out
    )
    assert set(values) == PROMISED[command]


def test_what_stands_below_status_and_doctor(filled: Lab) -> None:
    text = " ".join((ROOT / "docs" / "commands.md").read_text(encoding="utf-8").partition("Below `sources`")[2].split())
    filled("run", "--from", filled.root / "papers.csv")
    source = json.loads(filled("status", "--json").out)["sources"]["crossref"]
    (check, *_) = json.loads(filled("doctor", "--json").out)["checks"]
    for name in (*source, *source["last_run"], *check):
        assert f"`{name}`" in text


def test_nothing_to_say_is_no_line(lab: Lab) -> None:
    assert lab("changes", "--json").out == ""
    assert lab("queue", "list", "--json").out == ""
