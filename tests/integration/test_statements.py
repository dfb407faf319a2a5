"""The statements through the command line: proposals, decisions that stick, edited rules, snapshots."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from support import tiny_review
from support.lab import Lab
from support.tiny_review import CITED_PMID, CITED_TITLE
from support.world import Article

FIRST, SECOND, THIRD = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z", "2022-06-15T05:00:00Z"
RULES = """
[[statements.rules]]
effect = "outdates"
why = "a report on people"
scopes = ["loom_ev"]
text = ['/\\bpeople\\b/']

[[statements.rules]]
effect = "extends"
why = "two more reports"
scopes = ["loom_ev"]
at_least = 2
"""
WATCHED = """
[[statements.rules]]
effect = "challenges"
why = "a cited reference was retracted, doubted or withdrawn"
cited = "refs"
changes = ["baseline_reference_retracted", "baseline_reference_concern_expressed", "baseline_reference_withdrawn"]
"""
PAPERS = "title,doi,year\n"
ON_PEOPLE = "Vesicles of loom cells in six people with torn skin,10.5555/new.1,2022\n"
ON_RATS = "Vesicles of loom cells in rats with torn skin,10.5555/new.2,2022\n"
AGAIN = "Vesicles of loom cells in nine people,10.5555/new.3,2022\n"


@pytest.fixture
def ruled(lab: Lab) -> Lab:
    path = lab.config / "reviews" / tiny_review.SLUG / "statements.toml"
    path.write_text(path.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    return lab


@pytest.fixture
def filled(lab: Lab) -> Lab:
    """The tiny review, whose cited paper PubMed has."""
    lab.server.world.add(Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)))
    return lab


def read(lab: Lab, papers: str, now: str) -> list[dict[str, Any]]:
    """Reads papers; what was proposed in this run."""
    path = lab.root / "papers.csv"
    path.write_text(PAPERS + papers, encoding="utf-8")
    return proposed(lab, now, "--from", path)


def proposed(lab: Lab, now: str, *arguments: str | Path) -> list[dict[str, Any]]:
    """A run; what it proposed."""
    ended = lab("run", *arguments, now=now)
    assert ended.code == 0, ended.err
    lines = [json.loads(line) for line in lab("changes", "--since", now, "--until", now, "--json").lines]
    return [line for line in lines if line["source"] == "review"]


def shown(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(lab("statements", "show", "S01", "--json").out)
    return found


def open_effects(lab: Lab) -> list[str]:
    (one,) = map(json.loads, lab("statements", "list", "--json").lines)
    return [proposal["effect"] for proposal in one["open"]]


def decide(lab: Lab, effect: str, *verdict: str, now: str = FIRST) -> int:
    return lab("statements", "decide", "s01", "--effect", effect, *verdict, "--by", "Somebody", now=now).code


def test_evidence_proposes_once_and_a_decision_sticks_until_there_is_more(ruled: Lab) -> None:
    (proposal,) = read(ruled, ON_PEOPLE, FIRST)
    assert (proposal["type"], proposal["severity"]) == ("statement_outdated", "alert")
    (piece,) = proposal["after"]["evidence"]
    assert piece["quotes"] == ["Vesicles of loom cells in six people with torn skin"]
    assert open_effects(ruled) == ["outdates"]

    assert decide(ruled, "outdates", "--accept", now=SECOND) == 0
    assert open_effects(ruled) == []
    assert decide(ruled, "outdates", "--reject", now=SECOND) == 2
    assert decide(ruled, "challenges", "--accept", now=SECOND) == 2
    assert json.loads(ruled("statements", "show", "S01", "--json").out)["accepted"] == ["outdates"]

    # The same paper again tells nothing; another one on people does, and makes two reports.
    assert read(ruled, ON_PEOPLE, SECOND) == []
    later = {change["type"]: change["after"] for change in read(ruled, AGAIN, THIRD)}
    assert set(later) == {"statement_outdated", "statement_extended"}
    assert (later["statement_outdated"]["n_new"], later["statement_outdated"]["n_works"]) == (1, 2)
    assert open_effects(ruled) == ["outdates", "extends"]


def test_a_decision_may_suggest_a_new_wording(ruled: Lab) -> None:
    read(ruled, ON_PEOPLE, FIRST)
    wording = "Vesicles of loom cells were given to six people"
    assert decide(ruled, "outdates", "--accept", "--wording", f" {wording} ", now=SECOND) == 0
    (decision,) = shown(ruled)["decisions"]
    assert (decision["verdict"], decision["wording"]) == ("accepted", wording)
    assert wording in "".join(ruled("statements", "show", "S01").out.split("\n"))


def test_a_proposal_waits_with_all_its_evidence_and_the_age_of_its_first_making(ruled: Lab) -> None:
    read(ruled, ON_PEOPLE, FIRST)
    read(ruled, AGAIN, THIRD)

    def waiting(now: str) -> tuple[str, int, list[str]]:
        (one,) = map(json.loads, ruled("statements", "list", "--open", "--json", now=now).lines)
        (proposal,) = [each for each in one["open"] if each["effect"] == "outdates"]
        return proposal["since"], proposal["days"], [piece["title"] for piece in proposal["evidence"]]

    nine, six = AGAIN.partition(",")[0], ON_PEOPLE.partition(",")[0]
    assert waiting("2022-06-29T04:00:00Z") == (FIRST, 27, [nine, six])
    suggestions = json.loads(ruled("status", "--json", now="2022-06-29T05:00:00Z").out)["suggestions"]
    assert suggestions == {"n": 2, "since": FIRST, "days": 28}
    shown = ruled("statements", "list", "--open", now="2022-06-29T05:00:00Z").out
    assert "Out of date? based on 2 studies, for 28 days" in " ".join(shown.replace("│", " ").split())
    assert "2 suggestions still waiting, the oldest 28 days: 1 statement is out of date, 1 gains coverage" in (
        ruled("status", now="2022-06-29T05:00:00Z").out
    )
    # After a decision it is young again, and rests on what came since.
    assert decide(ruled, "outdates", "--reject", now="2022-06-16T05:00:00Z") == 0
    later = "Vesicles of loom cells in ten people,10.5555/new.4,2022\n"
    read(ruled, later, "2022-06-22T05:00:00Z")
    since, days, titles = waiting("2022-06-29T05:00:00Z")
    assert (since, days, titles[0]) == ("2022-06-22T05:00:00Z", 7, later.partition(",")[0])


def test_an_edited_rule_is_held_against_everything_again(ruled: Lab) -> None:
    read(ruled, ON_RATS, FIRST)
    assert open_effects(ruled) == []
    path = ruled.config / "reviews" / tiny_review.SLUG / "statements.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("people\\b", "(?:people|rats)\\b"), encoding="utf-8")
    (proposal,) = read(ruled, ON_RATS, SECOND)
    assert proposal["after"]["evidence"][0]["title"].startswith("Vesicles of loom cells in rats")


@pytest.mark.parametrize("is_written_out_first", [True, False])
def test_a_reference_that_falls_challenges_once(filled: Lab, is_written_out_first: bool) -> None:
    """Without a rule in the file; and in a store that was filled when the file held it, nothing is found again."""
    path = filled.config / "reviews" / tiny_review.SLUG / "statements.toml"
    bare = path.read_text(encoding="utf-8").replace("watch_references = false\n", "")
    path.write_text(bare + (WATCHED if is_written_out_first else ""), encoding="utf-8")
    filled("run", now=FIRST)
    filled.server.world.revise(
        CITED_PMID, notices=(("RetractionIn", "31000777", "J Invent Res. 2022;7:99"),), mdat=date(2022, 6, 5)
    )
    (proposal,) = proposed(filled, SECOND)
    assert (proposal["type"], proposal["source_id"]) == ("statement_challenged", "S01")
    assert [piece["source_id"] for piece in proposal["after"]["evidence"]] == [CITED_PMID]
    before = {name: filled.rows()[name] for name in ("statement_rule", "statement_evidence")}
    path.write_text(bare, encoding="utf-8")
    assert proposed(filled, THIRD) == []
    after = filled.rows()
    assert [piece["rule"] for piece in shown(filled)["evidence"]] == [1]
    assert after["statement_evidence"] == before["statement_evidence"]
    assert len(after["statement_rule"]) == len(before["statement_rule"]) == 1


def test_a_statement_that_does_not_watch_its_references_is_left_alone(filled: Lab) -> None:
    filled("run", now=FIRST)
    filled.server.world.revise(
        CITED_PMID, notices=(("RetractionIn", "31000777", "J Invent Res. 2022;7:99"),), mdat=date(2022, 6, 5)
    )
    assert proposed(filled, SECOND) == []
    assert shown(filled)["rules"] == []


def test_test_stores_nothing_and_says_why(ruled: Lab) -> None:
    read(ruled, ON_PEOPLE, FIRST)
    before = ruled.rows()
    lines = [json.loads(line) for line in ruled("statements", "test", "--json").lines]
    assert [(line["effect"], line["why"]) for line in lines] == [
        ("outdates", "a report on people"),
        ("extends", "two more reports"),
    ]
    assert ruled.rows() == before
    assert ruled("statements", "test", "S99").code == 2


COUNT = """
[statements.count]
trials = { scopes = ["loom_ev", "yarn_ev"], intervention = ["@ev"] }
condition = { areas = ["skin"] }
print = [1, 2]
printed_trials = "printed"
"""
TRIALS = "nct_id,title,status,condition,intervention,as_of\n"
NEW_TRIAL = "NCT90000021,Exosomes of yarn cells in the retina,RECRUITING,Eye,exosomes of yarn cells,2022-05-01\n"
OLD_TRIAL = "NCT90000022,Vesicles of loom cells in skin wounds,RECRUITING,Skin,vesicles of loom cells,2021-05-01\n"


@pytest.fixture
def counted(lab: Lab) -> Lab:
    path = lab.config / "reviews" / tiny_review.SLUG / "statements.toml"
    path.write_text(path.read_text(encoding="utf-8") + COUNT, encoding="utf-8")
    return lab


def read_trials(lab: Lab, trials: str, now: str) -> dict[str, dict[str, Any]]:
    path = lab.root / "trials.csv"
    path.write_text(TRIALS + trials, encoding="utf-8")
    return {change["type"]: change["after"] for change in proposed(lab, now, "--from", path)}


def test_a_count_is_made_by_each_run_that_brings_a_trial(counted: Lab) -> None:
    first = read_trials(counted, NEW_TRIAL, FIRST)
    assert {type_: after["count"]["now"] for type_, after in first.items()} == {"statement_outdated": [1, 3]}
    second = read_trials(counted, NEW_TRIAL + OLD_TRIAL, SECOND)
    assert {type_: after["count"]["n_missed"] for type_, after in second.items()} == {"statement_already_so": 1}
    assert read_trials(counted, NEW_TRIAL + OLD_TRIAL, THIRD) == {}
    words = "1 of 2 in print, 2 of 4 now, 1 of them missed by the review"
    # Both proposals that wait show the count of today.
    assert counted("statements", "show", "S01").out.count(words) == 2
    report = (counted.root / "out").glob("*/report.md")
    assert any(words in path.read_text(encoding="utf-8") for path in report)
    assert counted("statements", "decide", "S01", "--effect", "already_so", "--accept", "--by", "Somebody").code == 0


def test_a_count_of_no_printed_trial_is_refused_in_one_line(counted: Lab) -> None:
    path = counted.config / "reviews" / tiny_review.SLUG / "statements.toml"
    text = path.read_text(encoding="utf-8").replace(f'nct_ids = ["{tiny_review.PRINTED_NCT}"]', "nct_ids = []")
    path.write_text(text.replace('"printed"\n', '"nct_ids"\n'), encoding="utf-8")
    for command in (("run",), ("baseline", "check")):
        ended = counted(*command, now=FIRST)
        assert ended.code == 2
        assert "statement S01: count: printed_trials = 'nct_ids' names no trial" in ended.err
        assert len(ended.err.splitlines()) == 1


def test_a_printed_count_that_does_not_come_out_is_named(counted: Lab) -> None:
    ended = counted("baseline", "check", "--json")
    assert (
        "statement S01: count: print is 1 of 2, but the printed trials come to 2 of 3"
        in json.loads(ended.out)["inconsistencies"]
    )


def test_one_record_is_held_against_each_part_of_each_rule(ruled: Lab) -> None:
    read(ruled, ON_RATS, FIRST)
    before = ruled.rows()
    ended = ruled("statements", "test", "S01", "--record", "10.5555/NEW.2")
    assert ended.lines == [
        "S01 and crossref 10.5555/new.2: Vesicles of loom cells in rats with torn skin",
        "  rule 1, outdates (a report on people): not met",
        "    text: asks /\\bpeople\\b/; the record has none",
        "  rule 2, extends (two more reports): met",
    ]
    (told,) = map(json.loads, ruled("statements", "test", "S01", "--record", "crossref:10.5555/new.2", "--json").lines)
    assert [rule["is_met"] for rule in told["rules"]] == [False, True]
    failed = [part for part in told["rules"][0]["parts"] if not part["is_met"]]
    assert [part["name"] for part in failed] == ["text"]
    assert ruled.rows() == before
    missing = ruled("statements", "test", "S01", "--record", "pubmed:99")
    assert missing.code == 2
    assert "no classified record" in missing.err


def test_the_statements_come_back_from_a_snapshot(ruled: Lab) -> None:
    read(ruled, ON_PEOPLE, FIRST)
    assert decide(ruled, "outdates", "--reject", now=SECOND) == 0
    folder = ruled.root / "snapshot"
    assert ruled("snapshot", "export", folder).code == 0
    for path in (ruled.root / "var").glob("tiny.db*"):
        path.unlink()
    assert ruled("snapshot", "restore", folder).code == 0
    again = ruled.root / "again"
    assert ruled("snapshot", "export", again).code == 0
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert all((folder / name).read_bytes() == (again / name).read_bytes() for name in names)
    assert open_effects(ruled) == []
    # Nothing is reported again, and what is new is.
    assert read(ruled, ON_PEOPLE, SECOND) == []
    assert {change["type"] for change in read(ruled, AGAIN, THIRD)} == {"statement_outdated", "statement_extended"}
