"""PubMed's three windows, by the command line: what comes late, is revised, vanishes or is merged; counts add up."""

import json
from datetime import date, timedelta

import pytest

from support.lab import Lab
from support.spoils import emptied
from support.tiny_review import CITED_PMID, CITED_TITLE, OTHER_NCT, PRINTED_NCT
from support.world import Article, study

FIRST, SECOND = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z"


@pytest.fixture
def filled(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__CLINICALTRIALS__IS_ENABLED", "false")
    lab.server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, edat=date(2020, 5, 1)),
        *(
            Article(pmid=str(31_000_000 + n), title=f"Vesicles of loom cells {n}", edat=date(2022, 1, 1) + timedelta(n))
            for n in range(40)
        ),
    )
    assert lab("run", now=FIRST).code == 0
    return lab


def found(lab: Lab) -> list[tuple[str, str]]:
    ended = lab("run", now=SECOND)
    assert ended.code == 0, ended.err
    lines = map(json.loads, lab("changes", "--json", "--run", "20220608T050000Z").lines)
    return sorted((line["type"], line["source_id"]) for line in lines)


def issues(lab: Lab, run: str = "20220608T050000Z", query: str = "") -> dict[str, str]:
    opened = lab.open()
    try:
        found = opened.issues(opened.run(run))
        return {issue.source_id: issue.reason for issue in found if query in ("", issue.query)}
    finally:
        opened.close()


def test_a_record_back_filled_by_two_years_is_found_by_its_create_date(filled: Lab) -> None:
    filled.server.world.add(
        Article(pmid="20000001", title="Vesicles of loom cells", edat=date(2020, 6, 6), crdt=date(2022, 6, 6))
    )
    assert found(filled) == [("new_core_record", "20000001")]


def test_a_record_that_comes_to_match_years_later_is_found_by_its_modification_date(filled: Lab) -> None:
    late = Article(pmid="20000002", title="Threads of loom cells", edat=date(2015, 1, 1))
    filled.server.world.add(late)
    assert found(filled) == []
    filled.server.world.revise("20000002", title="Vesicles of loom cells", mdat=date(2022, 6, 6))
    ended = filled("run", now="2022-06-15T05:00:00Z")
    assert ended.lines[-1] == "1 changes"


def test_a_revised_record_gets_a_second_version(filled: Lab) -> None:
    filled.server.world.revise("31000002", abstract="Other words.", mdat=date(2022, 6, 6))
    filled("run", now=SECOND)
    opened = filled.open()
    try:
        texts = [record.abstract_text for record in opened.versions("pubmed", "31000002")]
    finally:
        opened.close()
    assert texts == ["Invented words about nothing in particular.", "Other words."]


def test_a_cited_record_that_pubmed_deleted_is_named_and_kept(filled: Lab) -> None:
    del filled.server.world.articles[CITED_PMID]
    assert found(filled) == []
    assert "not returned by PubMed" in issues(filled)[CITED_PMID]
    assert filled("explain", CITED_PMID).code == 0


def test_a_cited_record_that_was_merged_is_named_and_its_successor_stored(filled: Lab) -> None:
    successor = Article(pmid="31000777", title=CITED_TITLE, edat=date(2020, 5, 1))
    filled.server.world.revise(CITED_PMID, xml=successor.to_xml())
    assert found(filled) == [("new_record", "31000777")]
    assert "PubMed has it as 31000777 now" in issues(filled)[CITED_PMID]


def test_counts_add_up(filled: Lab) -> None:
    """What PubMed counts = distinct ids listed = records stored + named exceptions."""
    opened = filled.open()
    try:
        run = opened.runs()[-1]
        (log,) = [log for log in opened.query_logs(run) if log.name == "core"]
        stored = opened.counts()["pubmed"]
    finally:
        opened.close()
    assert (log.announced, log.received, log.counts["new"]) == (40, 40, 40)
    # The cited one is asked for by its PMID.
    assert stored == 41
    filled.server.world.add(
        *(Article(pmid=str(32_000_000 + n), title="Vesicles of loom cells", is_returned=n > 1) for n in range(7)),
    )
    for pmid in range(32_000_000, 32_000_007):
        filled.server.world.revise(str(pmid), edat=date(2022, 6, 6))
    assert len(found(filled)) == 5
    named = issues(filled, query="core")
    assert {"32000000", "32000001"} == set(named)
    opened = filled.open()
    try:
        (log,) = [log for log in opened.query_logs(opened.runs()[-1]) if log.name == "core"]
    finally:
        opened.close()
    assert log.announced == log.received + len(named) == 7


def test_what_was_not_returned_is_asked_for_once_more_by_the_next_run(filled: Lab) -> None:
    filled.server.world.add(
        Article(pmid="32000000", title="Vesicles of loom cells", is_returned=False, edat=date(2022, 6, 3))
    )
    assert found(filled) == []
    filled.server.world.revise("32000000", is_returned=True)
    # Weeks later its entry date lies before the cursor.
    ended = filled("run", now="2022-07-20T05:00:00Z")
    assert ended.lines[-1] == "1 changes"


def test_an_empty_reading_is_asked_for_once_more_and_then_believed(lab: Lab) -> None:
    begins = []
    for now in (FIRST, SECOND, "2022-06-15T05:00:00Z"):
        lab.server.forget()
        assert lab("run", now=now).code == 0
        begins.append({seen.parameters.get("mindate") for seen in lab.server.asked("esearch")} - {None})
    assert begins == [{"2022/01/01"}, {"2022/01/01"}, {"2022/04/22"}]


def test_studies_that_were_not_returned_by_number_are_asked_for_though_the_stamp_stands_still(lab: Lab) -> None:
    lab.server.world.register(
        study(PRINTED_NCT, "Something else", updated="2021-01-01"),
        study(OTHER_NCT, "Something else", updated="2021-01-01"),
    )
    # Two numbers, asked for together and then each alone.
    lab.server.spoil(emptied, "/api/v2/studies", first=2, times=None)
    assert lab("run", now=FIRST).code == 0
    assert set(issues(lab, "20220601T050000Z")) >= {PRINTED_NCT, OTHER_NCT}
    lab.server.mend()
    assert lab("run", now=SECOND).lines[-1] == "2 changes"
    # Now they have been read at this stamp, and nothing is asked any more.
    lab("run", now="2022-06-15T05:00:00Z")
    lab.server.forget()
    lab("run", now="2022-06-22T05:00:00Z")
    assert [seen.path for seen in lab.server.asked("/api/v2")] == ["/api/v2/version"]


@pytest.mark.parametrize("where", ["PhraseNotFound", "QuotedPhraseNotFound", "FieldNotFound", "PhraseIgnored"])
def test_any_complaint_of_pubmed_stops_the_query_and_names_its_term(filled: Lab, where: str) -> None:
    from support.server import Handler
    from support.services import Answer

    holder = "WarningList" if where.startswith(("Quoted", "PhraseIgnored")) else "ErrorList"
    words = f"<{holder}><{where}>loom zells</{where}></{holder}></eSearchResult>".encode()

    def complain(handler: Handler, answer: Answer) -> None:
        handler.send_answer(Answer(answer.body.replace(b"</eSearchResult>", words), answer.media_type))

    filled.server.spoil(complain, "/esearch", times=None)
    ended = filled("run", now=SECOND)
    assert ended.code == 3
    assert f"{where}: loom zells" in ended.out
    assert "FAILED pubmed" in ended.out
