"""One number, one meaning: mail, first screen, tables, figures and ``report.json`` of every golden round agree."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livingreview.config import load_project
from livingreview.deliver.mail import compose, message_id_of
from livingreview.records import Change, Severity, StoredChange
from support import rounds, shared
from support.lab import Lab
from support.rounds import ROUNDS, Round
from support.server import serve

STANDINGS = {
    "changed": r"(\d+) of \d+ trials? in the review's table changed since publication",
    "undated": r"(\d+) more differs?, date of change unknown",
    "already_so": r"(\d+) (?:was|were) already so at publication",
}
NEWS = {
    "new_trial": (r"(\d+) new trials?", "NEW TRIALS", "after_review"),
    "missed_trial": (r"(\d+) trials? missed by the review", "TRIALS MISSED BY THE REVIEW", "before_review"),
    "undated_trial": (
        r"(\d+) trials? whose first posting is not dated",
        "TRIALS WHOSE FIRST POSTING IS NOT DATED",
        "unknown",
    ),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with serve() as server, pytest.MonkeyPatch.context() as patch, shared.figures():
        for name, value in rounds.environment(server).items():
            patch.setenv(name, value)
        lab = Lab(rounds.prepare(tmp_path_factory.mktemp("numbers")), server, rounds.run_cli)
        for _one in rounds.play(lab):
            pass
        yield lab


def report(lab: Lab, one: Round) -> tuple[dict[str, Any], str]:
    folder = lab.root / "out" / one.name
    return json.loads((folder / "report.json").read_bytes()), (folder / "report.md").read_text(encoding="utf-8")


def mail(lab: Lab, one: Round) -> tuple[str, str]:
    """First line and plain text of the mail of a round's changes."""
    review = load_project(lab.root / "config").review
    changes = [told(number, line) for number, line in enumerate(rounds.changes_of(lab, one).splitlines(), start=1)]
    message = compose(
        review,
        changes,
        sender="review@example.org",
        recipients=(),
        message_id=message_id_of(review, changes, sender="review@example.org", now=one.moment),
        now=one.moment,
    )
    plain = message.get_body(("plain",))
    assert plain is not None
    text = plain.get_content()
    return text.splitlines()[0], text


def told(number: int, line: str) -> StoredChange:
    row = json.loads(line)
    names = ("type", "source", "source_id", "work", "effective_date", "before", "after")
    values = {name: row[name] for name in names}
    change = Change(at=rounds.ROUNDS[0].moment, severity=Severity(row["severity"]), **values)
    return StoredChange(id=number, run=row["run"], change=change)


def said(pattern: str, text: str) -> int:
    found = {int(n) for n in re.findall(rf"(?<![\d,]){pattern}", text)}
    assert len(found) <= 1, (pattern, found)
    return found.pop() if found else 0


@pytest.mark.parametrize("one", ROUNDS, ids=lambda one: one.name)
def test_printed_trials_stand_in_one_way_everywhere(lab: Lab, one: Round) -> None:
    page, text = report(lab, one)
    sections = page["sections"]
    numbers = sections["headline"]["numbers"]
    table = [row for row in sections["trials"]["printed"] if row["place"] == "table1"]
    figure = sections["figures"]["figures"]["trial_flow"]
    assert sum(numbers["table"].values()) == len(table) == figure["data"]["n_trials"]
    assert figure["data"]["n_by_standing"] == numbers["table"]
    assert sum(band["n_changed"] for band in figure["data"]["flows"]) == numbers["table"]["changed"]
    for place, counts in (("table1", numbers["table"]), ("text", numbers["text"])):
        rows = [row["standing"] for row in sections["trials"]["printed"] if row["place"] == place]
        assert {kind: rows.count(kind) for kind in counts} == counts
        assert {kind: one["n"] for kind, one in sections["trials"]["standings"][place].items()} == counts
    for kind, pattern in STANDINGS.items():
        where = (sections["headline"]["sentences"]["trials"], sections["trials"]["summary"], figure["alt"], text)
        assert [said(pattern, words) for words in where] == [numbers["table"][kind]] * len(where), kind


@pytest.mark.parametrize("one", ROUNDS, ids=lambda one: one.name)
def test_a_new_trial_is_the_same_everywhere(lab: Lab, one: Round) -> None:
    page, _ = report(lab, one)
    first, text = mail(lab, one)
    sections = page["sections"]
    headline, trials = sections["headline"], sections["trials"]
    for type_, (pattern, heading, posting) in NEWS.items():
        n = headline["numbers"]["trials"][type_]
        assert headline["by_type"].get(type_, 0) == n
        assert said(pattern, headline["sentences"]["changed"]) == n
        assert said(pattern, first) == n
        shown = [row for row in trials["others"] if row["posting"] == posting]
        assert sum(row["is_now"] for row in shown) == trials["postings"][posting]["n_now"] == n
        assert len(shown) == trials["postings"][posting]["n"] == headline["numbers"]["others"][posting]
        in_alerts = sum(row["type"] == type_ for row in sections["alerts"]["changes"])
        grouped = said(rf"{re.escape(heading)} \(\d+\)".replace(r"\(\d+\)", r"\((\d+)\)"), text)
        assert grouped + in_alerts == n, type_


@pytest.mark.parametrize("one", ROUNDS, ids=lambda one: one.name)
def test_papers_and_references_are_the_same_everywhere(lab: Lab, one: Round) -> None:
    page, _ = report(lab, one)
    first, _ = mail(lab, one)
    headline, gaps = page["sections"]["headline"], page["sections"]["gaps"]
    numbers = headline["numbers"]
    assert said(r"(\d+) new papers?", headline["sentences"]["changed"]) == numbers["core_papers"]
    assert said(r"(\d+) new papers?", first) == numbers["core_papers"]
    assert gaps["references_without_id"] == numbers["unchecked_references"]
    assert headline["sentences"]["references"].startswith(
        f"{numbers['checked_references']} of {numbers['references']} references can be checked"
    )


def test_nobody_is_told_that_a_record_is_new_to_the_store() -> None:
    golden = Path(__file__).resolve().parents[1] / "golden"
    for path in golden.rglob("report.md"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"stands? differently|new record \d|publications included", text), path
