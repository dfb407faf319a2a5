"""``simulate`` and ``queue stopping`` as they are typed."""

import json
import re
from pathlib import Path

import pytest

from support.lab import Cli, Lab

WEAVING = ["loom and weft", "weft and warp by the loom", "a shuttle for the loom", "warp, weft and shuttle"]
SMITHING = [
    "anvil and forge",
    "tongs by the forge",
    "a hammer for the anvil",
    "forge, slag and tongs",
    "slag of the forge",
]
ROOT = Path(__file__).resolve().parents[3]


def promised(command: str) -> list[str]:
    """The keys that docs/commands.md promises."""
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    (cell,) = re.findall(rf"^\| `{command} --json` \| (.+) \|$", text, re.MULTILINE)
    return re.findall(r"`(\w+)`", cell)


@pytest.fixture
def trades(tmp_path: Path) -> Path:
    """Nine records, of which four are relevant, arriving in three weeks."""
    rows = [f"{title},,1" for title in WEAVING] + [f"{title},,0" for title in SMITHING]
    days = ["2024-01-02", "2024-01-09", "2024-01-16"] * 3
    path = tmp_path / "trades.csv"
    lines = [f'"{row.rpartition(",,")[0]}",,{row[-1]},{day}' for row, day in zip(rows, days, strict=True)]
    path.write_text("\n".join(["title,abstract,included,date", *lines]) + "\n", encoding="utf-8")
    return path


def test_a_line_for_each_file_and_seed(cli: Cli, trades: Path) -> None:
    other = trades.with_name("other.csv")
    other.write_bytes(trades.read_bytes())
    lines = [json.loads(line) for line in cli("simulate", trades, other, "--seed", "0", "--seed", "7", "--json").lines]
    assert [(line["file"], line["seed"]) for line in lines] == [
        ("trades.csv", 0),
        ("trades.csv", 7),
        ("other.csv", 0),
        ("other.csv", 7),
    ]
    for line in lines:
        assert list(line) == promised("simulate")
        assert (line["n"], line["included"]) == (9, 4) and 5 <= line["labels"] <= 9
        assert 0 <= line["loss"] <= 1 and line["labels"] <= line["stop_labels"] <= 9 and line["stop_recall"] == 1
    same = [{key: value for key, value in line.items() if key not in ("file", "seconds")} for line in lines]
    assert same[:2] == same[2:]


def test_without_json_a_table_with_means(cli: Cli, trades: Path) -> None:
    ended = cli("simulate", trades)
    assert ended.code == 0 and "trades.csv" in ended.out and "mean" in ended.out and "1 simulations" in ended.out


def test_without_any_configuration_the_defaults_hold(cli: Cli, trades: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(trades.parent)
    assert cli("simulate", trades, "--json").code == 0
    ended = cli("--config", trades.parent / "none", "simulate", trades)
    assert ended.code == 2 and "no such folder" in ended.err


def test_a_picture(cli: Cli, trades: Path) -> None:
    picture = trades.with_name("recall.svg")
    assert cli("simulate", trades, "--plot", picture).code == 0
    assert picture.read_text(encoding="utf-8").startswith("<?xml")


def test_week_by_week(cli: Cli, trades: Path) -> None:
    picture = trades.with_name("weeks.png")
    typed = ["simulate", trades, "--baseline", trades, "--by-date", "--budget", "2"]
    lines = [json.loads(line) for line in cli(*typed, "--json", "--plot", picture).lines]
    assert list(lines[0]) == promised("simulate --by-date")
    assert [line["week"] for line in lines] == ["2024-01-01", "2024-01-08", "2024-01-15"]
    assert [line["screened"] for line in lines] == [2, 2, 2] and lines[-1]["waiting"] == 3
    assert lines[-1]["recall"] == 1 > lines[-1]["recall_in_order"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "3 weeks of 2 records" in cli(*typed).out


def test_a_baseline_in_place_of_the_draw(cli: Cli, trades: Path) -> None:
    (line,) = (json.loads(line) for line in cli("simulate", trades, "--baseline", trades, "--json").lines)
    assert line["seed"] is None and line["labels"] == 4 and line["loss"] == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"title,abstract\nA,b\n", "column missing: included"),
        (b"title,abstract,included\nA,b,0\nB,b,0\n", "0 relevant and 2 irrelevant"),
        (b"title,abstract,included\nA,b,1\nB,b,1\n", "2 relevant and 0 irrelevant"),
        (b"title,abstract,included\nA,b,maybe\n", "line 2: included is 'maybe'"),
        (b"title,abstract,included\nna\xefve,b,1\n", "not UTF-8"),
        (b"", "column missing"),
    ],
)
def test_a_file_that_is_no_set_is_one_line(cli: Cli, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    ended = cli("simulate", path, "--json")
    assert ended.code == 2 and ended.out == "" and ended.err.count("\n") == 1
    assert "bad.csv" in ended.err and words in ended.err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--by-date"], "--baseline"),
        (["--plot", "recall.pdf"], "named .svg or .png"),
        (["--explore", "0.9"], "--explore"),
        (["--baseline", "other.csv", "--seed", "1"], "leave one of them out"),
        (["--baseline", "none.csv"], "none.csv: cannot be read"),
        (["--budget", "0"], "--budget"),
    ],
)
def test_slips(cli: Cli, trades: Path, options: list[str], words: str) -> None:
    ended = cli("simulate", trades, *options)
    assert ended.code == 2 and words in ended.err and ended.err.count("\n") == 1


def test_the_report_on_stopping(lab: Lab, tmp_path: Path) -> None:
    assert "Screened 0 of 0 works" in lab("queue", "stopping").out
    papers = tmp_path / "papers.csv"
    rows = [f"{title},10.5555/t.{place}" for place, title in enumerate([*WEAVING[:3], *SMITHING[:3]])]
    papers.write_text("\n".join(["title,doi", *rows]) + "\n", encoding="utf-8")
    assert lab("run", "--from", papers).code == 0
    decisions = tmp_path / "decisions.csv"
    header = "work_id,stage,decision,reason,areas,person,decided_at\n"
    made = [(0, "include"), (1, "include"), (3, "exclude"), (4, "exclude")]
    lines = [f"crossref:10.5555/t.{n},title_abstract,{said},,,A. Reader,2022-06-02T09:0{n}Z" for n, said in made]
    decisions.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    assert lab("queue", "import", decisions).code == 0
    found = json.loads(lab("queue", "stopping", "--json").out)
    assert (found["n_records"], found["n_screened"], found["n_relevant"]) == (6, 4, 2)
    assert not found["is_reached"] and found["recall_lower"] < 1
    waiting = [json.loads(line)["work_id"] for line in lab("queue", "list", "--json").lines]
    assert sorted(waiting) == ["crossref:10.5555/t.2", "crossref:10.5555/t.5"]
