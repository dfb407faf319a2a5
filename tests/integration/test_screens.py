"""Words of strangers, in names of files and in records, on every screen and in what a CI service reads."""

import io
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livingreview.cli import run as running
from support.lab import Ended, Lab
from support.lines import is_fit, is_obeyed

EVIL = "::error title=x::a\n::set-output name=x::y\x1b[31m\x9b2J\u202e\u2066##[error]b ##vso[task.complete]\x07"
TITLE = EVIL.replace("\n", " ").replace("::error", "Vesicles of loom cells ::error").strip()
COMMANDS = (
    ["status"],
    ["changes"],
    ["changes", "--json"],
    ["report"],
    ["report", "--json"],
    ["queue", "list"],
    ["queue", "list", "--json"],
    ["queue", "add", "--title", EVIL, "--doi", "10.5555/hand.1"],
    ["works", "list"],
    ["works", "show", "crossref:10.5555/evil.1"],
    ["works", "show", "--json", "crossref:10.5555/evil.1"],
    ["statements", "test"],
    ["explain", "10.5555/evil.1"],
    ["digest", "preview"],
    ["doctor"],
    ["snapshot", "export", "::error::snapshot"],
    ["export", "--format", "ris"],
    ["bulk", ".", "-o", "::error::out.csv", "--jobs", "1"],
    ["run", "--from", EVIL],
    ["run", EVIL],
    [EVIL],
    ["status", f"--{EVIL}"],
    ["queue", "list", "--limit", EVIL],
    ["run", "--fail-on", EVIL],
    ["changes", "--run", EVIL],
    ["works", "show", EVIL],
    ["export", "--scope", EVIL, "--format", "ris"],
)


@pytest.fixture
def run(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Ended]:
    """A run upon files whose names and titles are hostile, one of which cannot be read."""
    folder = tmp_path / "dropped"
    (folder / EVIL.replace("/", "")).mkdir(parents=True)
    lines = ["title,doi,journal", f'"{TITLE}",10.5555/evil.1,"{EVIL}"', f'"{EVIL}",no doi,x']
    (folder / EVIL / f"{EVIL}.csv").write_text("\n".join(lines), encoding="utf-8", newline="")
    (folder / f"{EVIL}.txt").write_text("of no format", encoding="utf-8")
    monkeypatch.chdir(folder)
    return lambda: lab("run", "--from", folder)


def assert_harmless(text: str) -> None:
    for line in text.split("\n"):
        assert is_fit(line) and not is_obeyed(line), line


def test_no_command_shows_them_as_they_are(lab: Lab, run: Callable[[], Ended]) -> None:
    first = run()
    assert first.code == 3
    assert_harmless(first.out + first.err)
    for command in COMMANDS:
        ended = lab(*command)
        # An export is a document, to standard output, too; it holds what the record holds.
        assert_harmless(ended.err if command[0] == "export" else ended.out + ended.err)


def test_nor_on_a_terminal(lab: Lab, run: Callable[[], Ended], monkeypatch: pytest.MonkeyPatch) -> None:

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with running.Bars() as watch:
        watch.progress(f"reading {EVIL}", 500)
        watch.tell(f"{EVIL} [bold]one[/bold] :smile: {'word ' * 60}end")
    shown = screen.getvalue()
    assert "[bold]one[/bold] :smile:" in shown and "word end" in shown
    assert "\x1b[31m" not in shown and not any(char in shown for char in "\x9b\x07\u202e\u2066")


@pytest.mark.parametrize("is_read", [True, False], ids=["read", "nothing read"])
def test_nor_in_a_workflow(
    lab: Lab, run: Callable[[], Ended], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_read: bool
) -> None:
    summary, outputs = tmp_path / "summary", tmp_path / "outputs"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    if is_read:
        run()
    else:
        from livingreview.pipeline.run import Outcome

        store = lab.open()
        found = Outcome(
            run=store.start_run("services", store_moment(), "", ""), failures={EVIL: f"{EVIL}<img src=x>"}, changes=()
        )
        store.close()
        running._tell_workflow(found)
    assert_harmless(summary.read_text(encoding="utf-8"))
    assert "<img" not in summary.read_text(encoding="utf-8").replace("\\<img", "")
    assert_harmless(outputs.read_text(encoding="utf-8"))


def store_moment() -> datetime:
    return datetime(2022, 6, 1, tzinfo=UTC)
