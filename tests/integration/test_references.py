"""References that nothing names: looked up by every run, believed only where the titles agree."""

import json
from datetime import date
from typing import Any

import pytest

from support import server as faults
from support.lab import Lab
from support.tiny_review import CITED_DOI, CITED_PMID, CITED_TITLE
from support.world import Article, update, work

FIRST, SECOND, THIRD = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z", "2022-06-15T05:00:00Z"
OPEN_TITLE = "A rule of the invented authority on cells in general"
GUESS = "10.5555/guess.3"
AUTHOR = [{"given": "W", "family": "Writer", "sequence": "first", "affiliation": []}]


@pytest.fixture
def filled(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The tiny review with Crossref; a doi was derived for its third reference."""
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__CROSSREF__IS_ENABLED", "true")
    path = lab.root / "data" / "tiny" / "baseline" / "references.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    lines = [f"{head},derived_doi", *(f"{row},{GUESS if row.startswith('3,') else ''}" for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    lab.server.world.add(Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)))
    lab.server.world.deposit(work(CITED_DOI, "Vesicles of yarn cells and the invented retina"))
    return lab


def report(lab: Lab, now: str) -> dict[str, Any]:
    name = now.replace("-", "").replace(":", "")
    found: dict[str, Any] = json.loads((lab.root / "out" / name / "report.json").read_bytes())["sections"]
    return found


def unchecked(lab: Lab, now: str) -> list[int]:
    found: list[int] = report(lab, now)["headline"]["numbers"]["unchecked_references"]
    return found


def named(lab: Lab, now: str) -> list[str]:
    return [one["reason"] for one in report(lab, now)["exceptions"]["reasons"]]


def test_a_derived_doi_is_watched_once_its_title_agrees(filled: Lab) -> None:
    filled.server.world.deposit(work(GUESS, OPEN_TITLE, published="2018-12-30", author=AUTHOR))
    assert filled("run", now=FIRST).code == 0
    assert unchecked(filled, FIRST) == []
    assert report(filled, FIRST)["headline"]["sentences"]["references"] == (
        "3 of 3 references can be checked for retractions."
    )
    retraction = update("10.5555/notice.3", "retraction")
    filled.server.world.deposit(
        work(GUESS, OPEN_TITLE, published="2018-12-30", author=AUTHOR, indexed="2022-06-05", updated_by=[retraction])
    )
    assert filled("run", now=SECOND).code == 0
    told = [json.loads(line) for line in filled("changes", "--json").lines]
    (found,) = [one for one in told if one["type"] == "baseline_reference_retracted"]
    assert (found["source_id"], found["after"]["ref_no"], found["severity"]) == (GUESS, 3, "alert")
    # The repository's file is not written to, and nothing is looked up any more.
    assert (filled.root / "data" / "tiny" / "baseline" / "references.csv").read_text("utf-8").count(GUESS) == 1
    assert not filled.server.asked("ecitmatch")
    filled.server.forget()
    assert filled("run", "--replay", SECOND.replace("-", "").replace(":", ""), now=THIRD).code == 0
    assert filled.server.seen == []


@pytest.mark.parametrize(
    "values",
    [
        {"title": "A rule of another authority", "author": AUTHOR, "published": "2019-05-01"},
        {"title": OPEN_TITLE, "published": "2019-05-01"},
        {"title": OPEN_TITLE, "author": AUTHOR, "published": "2015-05-01"},
    ],
    ids=["title", "first author", "year"],
)
def test_what_disagrees_is_named_with_both_titles_and_not_watched(filled: Lab, values: dict[str, Any]) -> None:
    filled.server.world.deposit(work(GUESS, **values))
    assert filled("run", now=FIRST).code == 0
    assert unchecked(filled, FIRST) == [3]
    sentence = report(filled, FIRST)["headline"]["sentences"]["references"]
    assert sentence == "2 of 3 references can be checked for retractions; open: 3."
    (reason,) = [one for one in named(filled, FIRST) if GUESS in one]
    assert values["title"] in reason and OPEN_TITLE in reason
    filled.server.forget()
    assert filled("run", now=SECOND).code == 0
    assert unchecked(filled, SECOND) == [3]
    # The guess is looked up again, and watched by nobody.
    logs = {row["name"]: row for row in report(filled, SECOND)["searches"]["searches"] if row["source"] == "crossref"}
    assert "open references" in logs and logs["baseline watch"]["announced"] == 1


def test_without_a_doi_a_citation_in_words_finds_it(filled: Lab) -> None:
    filled.server.world.deposit(work("10.5555/other.3", OPEN_TITLE, published="2019-05-01", author=AUTHOR))
    assert filled("run", now=FIRST).code == 0
    assert unchecked(filled, FIRST) == []


def test_pubmed_finds_what_crossref_does_not_have(filled: Lab) -> None:
    one = Article(pmid="28000003", title=f"{OPEN_TITLE}.", edat=date(2019, 5, 1), authors=(("Writer", "W"),))
    filled.server.world.add(one)
    assert filled("run", now=FIRST).code == 0
    assert unchecked(filled, FIRST) == []
    assert filled("run", now=SECOND).code == 0
    told = [json.loads(line) for line in filled("changes", "--run", "20220608T050000Z", "--json").lines]
    assert [(one["type"], one["source_id"], one["after"]["is_baseline"]) for one in told] == [
        ("new_record", "28000003", True)
    ]


def test_a_service_that_cannot_be_asked_costs_a_remark(filled: Lab) -> None:
    filled.server.spoil(faults.reset, "ecitmatch", times=None)
    ended = filled("run", now=FIRST)
    assert ended.code == 0, ended.err
    assert unchecked(filled, FIRST) == [3]
    assert any("open references could not be looked up" in one for one in named(filled, FIRST))
    assert report(filled, FIRST)["headline"]["is_complete"]


def test_a_restored_store_knows_what_was_found(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.server.world.deposit(work(GUESS, OPEN_TITLE, published="2019-05-01", author=AUTHOR))
    assert filled("run", now=FIRST).code == 0
    folder = filled.root / "snapshot"
    assert filled("snapshot", "export", folder).code == 0
    monkeypatch.setenv("LIVINGREVIEW_DATABASE_URL", f"sqlite:///{filled.root / 'other.db'}")
    assert filled("snapshot", "restore", folder).code == 0
    assert filled("run", now=SECOND).code == 0
    assert unchecked(filled, SECOND) == []


def test_a_reference_that_was_edited_is_looked_up_anew(filled: Lab) -> None:
    filled.server.world.deposit(work(GUESS, OPEN_TITLE, published="2019-05-01", author=AUTHOR))
    assert filled("run", now=FIRST).code == 0
    path = filled.root / "data" / "tiny" / "baseline" / "references.csv"
    path.write_text(path.read_text("utf-8").replace(OPEN_TITLE, "A rule of quite another authority"), encoding="utf-8")
    assert filled("run", now=SECOND).code == 0
    assert unchecked(filled, SECOND) == [3]


def test_resolve_keeps_what_agrees_and_writes_it_only_when_told(filled: Lab) -> None:
    filled.server.world.deposit(work(GUESS, OPEN_TITLE, published="2019-05-01", author=AUTHOR))
    path = filled.root / "data" / "tiny" / "baseline" / "references.csv"
    before = path.read_bytes()
    (found,) = json.loads(filled("baseline", "resolve", "--json", now=FIRST).out)["looked_up"]
    assert (found["ref_no"], found["doi"], found["is_confirmed"], found["source"]) == (3, GUESS, True, "crossref")
    assert path.read_bytes() == before
    assert filled("run", now=SECOND).code == 0
    assert unchecked(filled, SECOND) == []


def test_resolve_fills_the_file_when_told(filled: Lab) -> None:
    filled.server.world.deposit(work(GUESS, OPEN_TITLE, published="2019-05-01", author=AUTHOR))
    path = filled.root / "data" / "tiny" / "baseline" / "references.csv"
    assert filled("baseline", "resolve", "--write", now=FIRST).code == 0
    assert f"{OPEN_TITLE},{GUESS},,," in path.read_text("utf-8")


def test_the_review_itself_is_no_new_paper(filled: Lab) -> None:
    review = filled.config / "reviews" / "tiny" / "review.toml"
    text = review.read_text(encoding="utf-8")
    review.write_text(f'doi = "10.5555/the.review"\n{text}', encoding="utf-8")
    one = Article(
        pmid="31000050",
        title="Vesicles of loom cells: what is known of them",
        doi="10.5555/THE.review",
        edat=date(2022, 1, 12),
    )
    filled.server.world.add(one)
    assert filled("run", now=FIRST).code == 0
    page = report(filled, FIRST)
    assert page["core_evidence"]["n_new"] == page["headline"]["numbers"]["core_papers"] == 0
    (found,) = [line for line in map(json.loads, filled("changes", "--json").lines) if line["source_id"] == "31000050"]
    assert (found["type"], found["after"]["is_baseline"]) == ("new_record", True)
