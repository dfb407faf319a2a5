"""Decisions on statements by CSV: a study decided once, two persons, rows nobody believes, a kill at any instant."""

import csv
import io
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from support import forks, tiny_review
from support.lab import Lab, Once
from support.smtp import Handler, listening

FIRST, LATER, NEXT = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z", "2022-06-22T05:00:00Z"
STATEMENTS = """
[[statements.rules]]
effect = "outdates"
why = "a report on people"
scopes = ["loom_ev"]
text = ['/\\bpeople\\b/']

[[statements]]
id = "S02"
section = "2.1"
text = "=Nobody knows whether vesicles of loom cells help torn skin"
kind = "finding"

[[statements.rules]]
effect = "challenges"
why = "a report on torn skin"
scopes = ["loom_ev"]
text = ['torn skin']

[[statements]]
id = "S03"
section = "3"
text = "Vesicles of loom cells are young"
kind = "finding"

[[statements.rules]]
effect = "extends"
why = "one more report"
scopes = ["loom_ev"]
"""
BOTH = "Vesicles of loom cells in six people with torn skin,10.5555/new.1,2022\n"
RATS = "Vesicles of loom cells in rats with torn skin,10.5555/new.2,2022\n"
MORE = "Vesicles of loom cells in nine people,10.5555/new.3,2022\n"
HEADER = b"study,verdict,apply,by,reason,wording,statement,effect,proposed_by_run\n"
Row = dict[str, str]


@pytest.fixture
def waiting(lab: Lab, once: Once) -> Lab:
    """Three statements; one study touches all of them, another two of them."""

    def fill() -> None:
        path = lab.config / "reviews" / tiny_review.SLUG / "statements.toml"
        path.write_text(path.read_text(encoding="utf-8") + STATEMENTS, encoding="utf-8")
        path = lab.config / "reviews" / tiny_review.SLUG / "review.toml"
        recipients = 'recipients = ["lead@example.org"]\nshort_title = "Loom review"\nquestion ='
        path.write_text(path.read_text(encoding="utf-8").replace("question =", recipients, 1), encoding="utf-8")
        read(lab, BOTH + RATS, FIRST)

    once("statement-csv", fill)
    return lab


def read(lab: Lab, papers: str, now: str) -> None:
    path = lab.root / "papers.csv"
    path.write_text(f"title,doi,year\n{papers}", encoding="utf-8")
    ended = lab("run", "--from", path, now=now)
    assert ended.code == 0, ended.err


def export(lab: Lab, now: str = LATER) -> list[Row]:
    ended = lab("statements", "export", "-", now=now)
    assert ended.code == 0, ended.err
    return list(csv.DictReader(io.StringIO(ended.out)))


def give_back(
    lab: Lab, rows: list[Row], name: str = "back.csv", *, delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    path = lab.root / name
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def fill_in(rows: list[Row], statement_id: str, **cells: str) -> list[Row]:
    """The same rows, the first of a statement filled in."""
    (at, *_) = (number for number, row in enumerate(rows) if row["statement"] == statement_id)
    return [row | cells if number == at else row for number, row in enumerate(rows)]


def open_ids(lab: Lab) -> list[str]:
    lines = map(json.loads, lab("statements", "list", "--open", "--json", now=LATER).lines)
    return [one["id"] for one in lines]


def decisions(lab: Lab) -> list[tuple[str, str, str, str, str]]:
    with closing(lab.open()) as store:
        found = store.statement_decisions()
    return [(one.statement_id, one.verdict, one.person, one.reason, one.wording) for one in found]


def test_the_rows_of_a_study_stand_together(waiting: Lab) -> None:
    rows = export(waiting)
    studies = [row["study"] for row in rows]
    both, rats = "crossref:10.5555/new.1", "crossref:10.5555/new.2"
    assert studies == [both, both, both, rats, rats]
    said = [(row["question"], row["statement"], row["why"], row["days_waiting"]) for row in rows[:3]]
    assert said == [
        ("Contradicted?", "S02", "a report on torn skin", "7"),
        ("Out of date?", "S01", "a report on people", "7"),
        ("New coverage", "S03", "one more report", "7"),
    ]
    assert rows[0]["sentence"].startswith("'=Nobody")
    assert rows[0]["title"] == BOTH.partition(",")[0] and rows[0]["link"] == "https://doi.org/10.5555/new.1"
    assert rows[0]["quotes"] == BOTH.partition(",")[0]
    assert {row["verdict"] + row["apply"] + row["by"] + row["reason"] + row["wording"] for row in rows} == {""}
    path = waiting.root / "waiting.csv"
    ended = waiting("statements", "export", path, now=LATER)
    assert ended.err.endswith(f"3 proposals, based on 2 studies, in {path}\n")
    assert path.read_bytes().decode().splitlines() == waiting("statements", "export", "-", now=LATER).out.splitlines()
    assert waiting("statements", "export", waiting.root / "nowhere" / "x.csv").code == 2


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8")])
def test_one_study_is_decided_once_for_all_its_statements(waiting: Lab, delimiter: str, encoding: str) -> None:
    filled = fill_in(export(waiting), "S02", verdict="Yes", apply="study", by="Ada", reason="read", wording="=It helps")
    path = give_back(waiting, filled, delimiter=delimiter, encoding=encoding)
    ended = waiting("statements", "import", path, now=LATER)
    assert (ended.code, ended.out) == (0, "3 decisions added, 0 known already, 2 rows without a verdict\n"), ended.err
    assert sorted(decisions(waiting)) == [
        ("S01", "accepted", "Ada", "read", ""),
        ("S02", "accepted", "Ada", "read", "=It helps"),
        ("S03", "accepted", "Ada", "read", ""),
    ]
    assert open_ids(waiting) == []
    again = waiting("statements", "import", path, now=NEXT)
    assert (again.code, again.out) == (0, "0 decisions added, 3 known already, 2 rows without a verdict\n")


def test_a_row_may_say_otherwise_than_its_study(waiting: Lab) -> None:
    rows = fill_in(export(waiting), "S02", verdict="no", apply="Study")
    rows = fill_in(rows, "S03", verdict="accepted", reason="this one holds")
    rows = fill_in(rows, "S01", wording="Also to people")
    ended = waiting("statements", "import", give_back(waiting, rows), "--by", "Ada", now=LATER)
    assert ended.code == 0, ended.err
    assert sorted(decisions(waiting)) == [
        ("S01", "rejected", "Ada", "", "Also to people"),
        ("S02", "rejected", "Ada", "", ""),
        ("S03", "accepted", "Ada", "this one holds", ""),
    ]


def test_a_half_filled_file_may_come_back(waiting: Lab) -> None:
    rows = fill_in(export(waiting), "S01", reason="to be read")
    ended = waiting("statements", "import", give_back(waiting, rows), now=LATER)
    assert (ended.code, ended.out) == (0, "0 decisions added, 0 known already, 5 rows without a verdict\n")
    assert ended.err.endswith("line 3: a reason or a wording but no verdict; left out\n")


@pytest.mark.parametrize(
    ("cells", "line", "words"),
    [
        ({"verdict": "maybe"}, 2, "verdict: 'maybe' is none of yes, no, accepted, rejected; or leave it empty"),
        ({"by": " "}, 2, "by: empty; fill in who decides, or name one for the whole file with --by"),
        ({"statement": "S99"}, 2, "statement: 'S99' is no statement of the review; leave the cell as it was exported"),
        ({"effect": "ends"}, 2, "effect: 'ends' is none of challenges, outdates, already_so, confirms, extends;"),
        ({"effect": "confirms"}, 2, "effect: nothing was ever proposed that confirms S02; leave the cell"),
        ({"proposed_by_run": "1-Jun-22"}, 2, "proposed_by_run: '1-Jun-22' proposed nothing that challenges S02;"),
        ({"apply": "all"}, 2, "apply: 'all'; write `study`, or leave it empty"),
        ({"apply": "study", "verdict": ""}, 2, "verdict: empty, though it is to apply to the study; fill it in"),
        ({"apply": "study", "study": ""}, 2, "study: empty, so that `apply` means nothing; leave the cell"),
    ],
)
def test_a_row_that_nobody_can_believe(waiting: Lab, cells: Row, line: int, words: str) -> None:
    good = {"verdict": "yes", "by": "Ada"}
    rows = fill_in(fill_in(export(waiting), "S02", **(good | cells)), "S01", **good)
    path = give_back(waiting, rows)
    ended = waiting("statements", "import", path, now=LATER)
    errors = [one for one in ended.err.splitlines() if one.startswith("livingreview: ")]
    assert (ended.code, len(errors)) == (2, 1)
    assert errors[0].startswith(f"livingreview: {path}: line {line}, {words}"), errors
    assert "nothing was stored: mend the file and import it again" in errors[0]
    assert decisions(waiting) == []


def test_rows_that_contradict_one_another(waiting: Lab) -> None:
    rows = export(waiting)
    yes, no = {"verdict": "yes", "by": "Ada"}, {"verdict": "no", "by": "Ada"}
    of_s02 = [number for number, row in enumerate(rows) if row["statement"] == "S02"]
    assert len(of_s02) == 2

    def refused(second: Row, first: Row = yes) -> str:
        given = [
            row | (first if number == of_s02[0] else second if number == of_s02[1] else {})
            for number, row in enumerate(rows)
        ]
        ended = waiting("statements", "import", give_back(waiting, given), now=LATER)
        assert ended.code == 2 and decisions(waiting) == []
        return ended.err

    assert "line 5, verdict: S02 challenges is decided otherwise in line 2; a proposal is decided once" in refused(no)
    assert "line 5, by: S02 challenges is decided otherwise in line 2" in refused(yes | {"by": "Bob"})
    assert "line 5, wording: S02 is worded otherwise in line 2" in refused(
        yes | {"wording": "b"}, yes | {"wording": "a"}
    )
    both = [
        row | yes | {"apply": "study"} if number == 0 else row | no | {"apply": "study"} if number == 1 else row
        for number, row in enumerate(rows)
    ]
    ended = waiting("statements", "import", give_back(waiting, both), now=LATER)
    assert "line 3, apply: the study is decided otherwise in line 2" in ended.err and decisions(waiting) == []
    twice = [row | yes if number in of_s02 else row for number, row in enumerate(rows)]
    assert waiting("statements", "import", give_back(waiting, twice), now=LATER).out.startswith("1 decisions added")


def test_a_file_that_is_older_than_a_decision_or_than_the_evidence(waiting: Lab) -> None:
    rows = export(waiting)
    mine = give_back(waiting, fill_in(fill_in(rows, "S01", verdict="yes", by="Ada"), "S02", verdict="no", by="Ada"))
    decide = ("--effect", "outdates", "--reject", "--by", "Bob")
    assert waiting("statements", "decide", "S01", *decide, now=LATER).code == 0
    ended = waiting("statements", "import", mine, now=NEXT)
    words = f"{mine}: line 3, verdict: S01 outdates was decided since by Bob (rejected, 2022-06-08); empty the cell"
    assert ended.code == 2 and words in ended.err
    read(waiting, MORE, NEXT)
    newer = give_back(waiting, fill_in(rows, "S03", verdict="yes", by="Ada"))
    ended = waiting("statements", "import", newer, now="2022-06-23T05:00:00Z")
    words = "line 4, proposed_by_run: S03 extends has evidence that the file does not show; export it again"
    assert ended.code == 2 and words in ended.err
    assert [row[:3] for row in decisions(waiting)] == [("S01", "rejected", "Bob")]
    fresh = give_back(waiting, fill_in(export(waiting, NEXT), "S03", verdict="yes", by="Ada"))
    assert waiting("statements", "import", fresh, now="2022-06-23T05:00:00Z").code == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "line 1: column missing: study, verdict"),
        (b"study,verdict\n", "line 1: column missing: apply, by"),
        (HEADER + ";ja;;Müller".encode("cp1252"), "not UTF-8"),
        (HEADER + b'"open', "mend the quotation marks"),
        (HEADER + b"a," * 12, "line 2, row: 13 cells"),
    ],
)
def test_a_file_that_is_none(waiting: Lab, text: bytes, words: str) -> None:
    path = waiting.root / "back.csv"
    path.write_bytes(text)
    ended = waiting("statements", "import", path, now=LATER)
    errors = [one for one in ended.err.splitlines() if one.startswith("livingreview: ")]
    assert ended.code == 2 and len(errors) == 1 and words in errors[0] and str(path) in errors[0], ended.err
    assert waiting("statements", "import", waiting.root / "nowhere.csv").code == 2


def test_nobody_decides_while_a_run_is_at_work(waiting: Lab) -> None:
    path = give_back(waiting, fill_in(export(waiting), "S01", verdict="yes", by="Ada"))
    with closing(waiting.open()) as store, store.locked(timedelta(hours=3)):
        assert waiting("statements", "import", path, now=LATER).code == 5
    assert waiting("statements", "import", path, now=LATER).code == 0


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_two_persons_decide_and_the_next_mail_shows_what_is_left(waiting: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Handler()

    def sent(now: str) -> tuple[str, str]:
        ended = waiting("digest", "send", now=now)
        assert ended.code == 0, ended.err
        content = handler.mails[-1].content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        body = message.get_body(("plain",))
        assert body is not None
        return str(message["Subject"]), body.get_content().replace("\r\n", "\n")

    with listening(handler) as port:
        for name, value in {"HOST": "127.0.0.1", "PORT": str(port), "SECURITY": "none"}.items():
            monkeypatch.setenv(f"LIVINGREVIEW_MAIL__{name}", value)
        subject, text = sent(FIRST)
        assert subject.startswith("Loom review, 1 Jun: a report on torn skin; ") and "; 3 suggestions; " in subject
        assert "Contradicted? (1)" in text and "Out of date? (1)" in text and "New coverage (1)" in text

        ada, bob = export(waiting), export(waiting)
        ada_file = give_back(waiting, fill_in(ada, "S02", verdict="no", reason="in rats"), "ada.csv")
        bob_file = give_back(waiting, fill_in(bob, "S03", verdict="yes"), "bob.csv")
        assert waiting("statements", "import", ada_file, "--by", "Ada", now=LATER).code == 0
        assert waiting("statements", "import", bob_file, "--by", "Bob", now=LATER).code == 0

        subject, text = sent(NEXT)
        never = "ClinicalTrials.gov and PubMed have never been searched"
        assert subject == f"Loom review, 22 Jun: 1 suggestion still waiting, for 21 days; {never}"
        assert text.startswith(f"1 suggestion still waiting, for 21 days; {never}\n")
        assert "Out of date? (1)" in text and "S02" not in text and "S03" not in text
        assert len(handler.mails) == 2 and waiting("digest", "send", now=NEXT).lines[0].startswith("Nothing to send")
    # The living record has what was decided, from the next run on.
    read(waiting, RATS, NEXT)
    (page,) = (waiting.root / "out").glob("20220622*/report.json")
    said = json.loads(page.read_text(encoding="utf-8"))["sections"]["statements"]["decisions"]
    assert [(one["id"], one["verdict_words"], one["person"]) for one in said] == [
        ("S03", "New coverage: yes", "Bob"),
        ("S02", "Contradicted? No", "Ada"),
    ]


# Killed at any instant


def at_every_point(at_point: Callable[[], None]) -> Callable[[], None]:
    """Calls this before and after every statement of SQL, and before every commit; returns what undoes it."""

    def on_event(*_arguments: object) -> None:
        at_point()

    names = ("before_cursor_execute", "after_cursor_execute", "commit")
    for name in names:
        event.listen(Engine, name, on_event)

    def undo() -> None:
        for name in names:
            event.remove(Engine, name, on_event)

    return undo


def die_at(number: int, calls: Iterator[int]) -> None:
    if next(calls) == number:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("n_instants", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_any_instant_of_an_import(waiting: Lab, tmp_path: Path, n_instants: int) -> None:
    """All of the file is stored or nothing, and the same file once more makes it whole."""
    rows = [row | {"verdict": "yes", "by": "Ada"} for row in export(waiting)]
    arguments = ("statements", "import", str(give_back(waiting, rows)))
    template = shutil.copytree(waiting.root, tmp_path / "template")
    counted: list[int] = []
    undo = at_every_point(lambda: counted.append(1))
    try:
        assert waiting(*arguments, now=LATER).code == 0
    finally:
        undo()
    whole = decisions(waiting)
    n_points = len(counted)
    assert len(whole) == 3 and n_points >= 20
    ends = set()
    for place in range(n_instants):
        number = 1 + place * (n_points - 1) // (n_instants - 1)
        shutil.rmtree(waiting.root)
        shutil.copytree(template, waiting.root)
        die = partial(die_at, number, iter(range(1, 10_000)))
        process = forks.start(waiting.config, LATER, partial(at_every_point, die), arguments)
        assert forks.end(process) == -signal.SIGKILL, number
        stored = decisions(waiting)
        assert stored in ([], whole), number
        ends.add(len(stored))
        ended = waiting(*arguments, now=NEXT)
        assert (ended.code, decisions(waiting)) == (0, whole), (number, ended.err)
    assert ends == {0, 3}
