"""What its source no longer returns, what came under another id, and a clock that went back."""

import json
from datetime import date
from functools import partial

import pytest

from support import server as faults
from support.lab import Lab, Once
from support.tiny_review import CITED_DOI, CITED_PMID, CITED_TITLE, OTHER_NCT, PRINTED_NCT
from support.world import Article, study

FIRST, SECOND, THIRD, FOURTH = (f"2022-06-{day:02d}T05:00:00Z" for day in (1, 8, 15, 22))


@pytest.fixture
def filled(lab: Lab, once: Once) -> Lab:
    lab.server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)),
        Article(pmid="31000001", title="Vesicles of loom cells in burns of mice", edat=date(2022, 3, 15)),
        Article(pmid="31000002", title="Exosomes from loom cells and the retina", doi="10.5555/x.2"),
    )
    lab.server.world.register(
        study(PRINTED_NCT, "Vesicles of loom cells for burns", updated="2022-01-20"),
        study(OTHER_NCT, "Vesicles of yarn cells for dry eyes", updated="2022-02-01", status="COMPLETED"),
        study("NCT90000003", "Vesicles of loom cells once more", updated="2022-05-02", status="COMPLETED"),
    )
    once("before absences", partial(weeks, lab, FIRST))
    return lab


def name_of(now: str) -> str:
    return now.replace("-", "").replace(":", "")


def changes(lab: Lab, now: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in lab("changes", "--json", "--run", name_of(now)).lines]


def types(lab: Lab, now: str) -> list[str]:
    return sorted(f"{one['type']} {one['source_id']}" for one in changes(lab, now))


def issues(lab: Lab, now: str) -> dict[str, str]:
    opened = lab.open()
    try:
        return {issue.source_id: issue.reason for issue in opened.issues(opened.run(name_of(now)))}
    finally:
        opened.close()


def page(lab: Lab, now: str) -> str:
    return (lab.root / "out" / name_of(now) / "report.md").read_text(encoding="utf-8")


def weeks(lab: Lab, *moments: str) -> None:
    for now in moments:
        # The registry moves every day.
        lab.server.world.data_timestamp = f"{now[:10]}T04:00:00"
        ended = lab("run", now=now)
        assert ended.code == 0, ended.out + ended.err


# Withdrawals


@pytest.mark.parametrize(
    ("source_id", "type_"),
    [
        (CITED_PMID, "baseline_reference_withdrawn"),
        ("31000001", "withdrawn"),
        pytest.param(PRINTED_NCT, "withdrawn", marks=pytest.mark.slow),
        ("NCT90000003", "withdrawn"),
    ],
    ids=["cited", "found by a search", "printed trial", "finished trial"],
)
def test_a_record_that_is_no_longer_there(filled: Lab, source_id: str, type_: str) -> None:
    world = filled.server.world
    gone = world.articles.pop(source_id, None)
    removed = world.studies.pop(source_id, None)
    weeks(filled, SECOND)
    assert types(filled, SECOND) == []
    assert issues(filled, SECOND)[source_id].startswith("candidate for withdrawal, not returned for the first time: ")
    assert "candidate for withdrawal" in page(filled, SECOND)
    weeks(filled, THIRD)
    assert types(filled, THIRD) == [f"{type_} {source_id}"]
    assert "not returned since 2022-06-08" in issues(filled, THIRD)[source_id]
    # It is asked for further on, and told of no more.
    filled.server.forget()
    weeks(filled, FOURTH)
    assert (types(filled, FOURTH), source_id in issues(filled, FOURTH)) == ([], False)
    asked = [value for seen in filled.server.seen for value in seen.parameters.values()]
    assert any(source_id in value for value in asked)
    if gone:
        world.add(gone)
    if removed:
        world.register(removed)
    weeks(filled, "2022-06-29T05:00:00Z")
    expected = "baseline_reference_reinstated" if "baseline" in type_ else "reinstated"
    assert types(filled, "2022-06-29T05:00:00Z") == [f"{expected} {source_id}"]
    weeks(filled, "2022-07-06T05:00:00Z")
    assert types(filled, "2022-07-06T05:00:00Z") == []
    filled.server.forget()
    ended = filled("run", "--replay", name_of("2022-06-29T05:00:00Z"))
    assert (ended.code, filled.server.seen) == (0, []), ended.out


def test_a_record_that_comes_back_in_time_is_no_candidate(filled: Lab) -> None:
    gone = filled.server.world.articles.pop("31000001")
    weeks(filled, SECOND)
    filled.server.world.add(gone)
    weeks(filled, THIRD)
    assert (types(filled, THIRD), "31000001" in issues(filled, THIRD)) == ([], False)
    del filled.server.world.articles["31000001"]
    weeks(filled, FOURTH)
    assert types(filled, FOURTH) == []
    assert "first time" in issues(filled, FOURTH)["31000001"]


def test_a_service_that_returns_nothing_withdraws_nothing(filled: Lab) -> None:
    filled.server.world.articles.clear()
    weeks(filled, SECOND, THIRD, FOURTH)
    assert types(filled, THIRD) == types(filled, FOURTH) == []
    assert "candidate" in issues(filled, FOURTH)["31000001"]


def test_a_run_that_fails_in_between_loses_no_candidate(filled: Lab) -> None:
    del filled.server.world.articles["31000001"]
    weeks(filled, SECOND)
    filled.server.spoil(faults.reset, times=None)
    assert filled("run", now=THIRD).code == 4
    filled.server.mend()
    weeks(filled, FOURTH)
    assert types(filled, FOURTH) == ["withdrawn 31000001"]


def test_a_candidate_is_in_the_snapshot(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    del filled.server.world.articles["31000001"]
    weeks(filled, SECOND)
    folder = filled.root / "kept"
    assert filled("snapshot", "export", folder).code == 0
    assert "31000001" in (folder / "absences.jsonl").read_text()
    monkeypatch.setenv("LIVINGREVIEW_DATABASE_URL", f"sqlite:///{filled.root}/var/other.db")
    assert filled("snapshot", "restore", folder).code == 0
    weeks(filled, THIRD)
    assert types(filled, THIRD) == ["withdrawn 31000001"]


def test_a_study_that_was_merged_is_named_with_its_target(filled: Lab) -> None:
    del filled.server.world.studies["NCT90000003"]
    filled.server.world.aliases["NCT90000003"] = OTHER_NCT
    weeks(filled, SECOND, THIRD)
    assert OTHER_NCT in issues(filled, SECOND)["NCT90000003"]
    (found,) = changes(filled, THIRD)
    assert (found["type"], found["source_id"]) == ("withdrawn", "NCT90000003")
    assert found["after"]["merged_into"] == OTHER_NCT  # type: ignore[index]


def test_an_article_that_has_another_pmid_now_is_named_with_it(filled: Lab) -> None:
    old = filled.server.world.articles.pop("31000002")
    filled.server.world.add(Article(pmid="39000002", title=old.title, doi=old.doi, edat=old.edat))
    weeks(filled, SECOND, THIRD)
    assert "its doi is that of 39000002 now" in issues(filled, THIRD)["31000002"]
    assert types(filled, THIRD) == ["new_core_record 39000002", "withdrawn 31000002"]
    assert [one["after"].get("merged_into") for one in changes(filled, THIRD)] == [None, "39000002"]  # type: ignore[attr-defined]


# DOIs


def test_a_reference_with_a_doi_only_is_watched_once_pubmed_has_it(filled: Lab) -> None:
    assert "no record with this doi" in issues(filled, FIRST)[CITED_DOI]
    cited = Article(pmid="29000002", title="Of something else", doi=CITED_DOI, edat=date(2021, 3, 1))
    filled.server.world.add(cited)
    weeks(filled, SECOND)
    assert (types(filled, SECOND), CITED_DOI in issues(filled, SECOND)) == (["new_record 29000002"], False)
    filled.server.world.revise(
        "29000002", notices=(("RetractionIn", "31000777", "J Invent Res. 2022;7:99"),), mdat=date(2022, 6, 9)
    )
    filled.server.forget()
    weeks(filled, THIRD)
    (found,) = changes(filled, THIRD)
    assert (found["type"], found["severity"]) == ("baseline_reference_retracted", "alert")
    assert found["after"]["ref_no"] == 2  # type: ignore[index]
    assert not [seen for seen in filled.server.asked("esearch") if "[doi]" in seen.parameters["term"]]


# The clock


def test_a_clock_that_went_back_loses_nothing(filled: Lab) -> None:
    weeks(filled, SECOND)
    # A machine whose clock ran ahead: its cursors claim days that have not been read.
    assert filled("run", now="2023-03-01T05:00:00Z").code == 0
    filled.server.world.add(Article(pmid="31000005", title="Vesicles of loom cells in spring", edat=date(2022, 6, 10)))
    filled.server.forget()
    ended = filled("run", now=THIRD)
    assert ended.code == 0
    assert types(filled, THIRD) == ["new_core_record 31000005"]
    assert "check the clock of this machine" in ended.err
    assert "read again from 2022-04-22" in issues(filled, THIRD)[""]
    assert "check the clock" in page(filled, THIRD)
    begins = {seen.parameters["mindate"] for seen in filled.server.asked("esearch") if "mindate" in seen.parameters}
    assert begins == {"2022/04/22"}
    # From here on all is as usual.
    weeks(filled, FOURTH)
    assert (types(filled, FOURTH), "" in issues(filled, FOURTH)) == ([], False)


def test_a_clock_before_the_first_reading_reads_everything(filled: Lab) -> None:
    filled.server.forget()
    assert filled("run", now="2022-03-01T05:00:00Z").code == 0
    begins = {seen.parameters["mindate"] for seen in filled.server.asked("esearch") if "mindate" in seen.parameters}
    assert begins == {"2022/01/01"}
