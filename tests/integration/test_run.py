"""Whole runs through the command line, upon the local server."""

import json
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from support import server as faults
from support import tiny_review
from support.lab import Ended, Lab
from support.tiny_review import CITED_DOI, CITED_PMID, CITED_TITLE, OTHER_NCT, PRINTED_NCT
from support.world import Article, article_set, preprint, study

FIRST, SECOND, THIRD, FOURTH = (f"2022-06-{day:02d}T05:00:00Z" for day in (1, 8, 15, 22))


@pytest.fixture
def filled(lab: Lab) -> Lab:
    """A world with what the tiny review cites, three papers that its queries find, and one that they do not."""
    lab.server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)),
        Article(pmid="31000001", title="Vesicles of loom cells in burns of mice", edat=date(2022, 3, 15)),
        Article(pmid="31000002", title="Exosomes from loom cells and the retina", edat=date(2022, 4, 2)),
        Article(pmid="31000003", title="Vesicles of yarn cells: a trial", edat=date(2022, 5, 20)),
        Article(pmid="31000009", title="Traffic noise and sleep", edat=date(2022, 5, 20)),
    )
    lab.server.world.register(
        study(PRINTED_NCT, "Vesicles of loom cells for burns", updated="2022-01-20"),
        study(OTHER_NCT, "Vesicles of yarn cells for dry eyes", updated="2021-02-01", status="COMPLETED"),
        study(
            "NCT90000003",
            "A new trial of vesicles of loom cells",
            updated="2022-05-02",
            studyFirstPostDateStruct={"date": "2022-05-02"},
        ),
    )
    return lab


def changes(lab: Lab, *arguments: str) -> list[dict[str, object]]:
    ended = lab("changes", "--json", *arguments)
    assert ended.code == 0
    return [json.loads(line) for line in ended.lines]


def types(found: list[dict[str, object]]) -> list[str]:
    return sorted(f"{one['type']} {one['source_id']}" for one in found)


def counted(ended: Ended) -> int:
    """The number in the last line, ``N changes``."""
    number, word = ended.lines[-1].split()
    assert word == "changes"
    return int(number)


def report_of(lab: Lab, now: str, suffix: str = "md") -> str:
    folder = lab.root / "out" / now.replace("-", "").replace(":", "")
    return (folder / f"report.{suffix}").read_text(encoding="utf-8")


def method_changes(lab: Lab, now: str) -> list[str]:
    """The changes of method that a report names."""
    return json.loads(report_of(lab, now, "json"))["sections"]["model"]["method_changes"]


def status(lab: Lab) -> dict[str, dict[str, object]]:
    return json.loads(lab("status", "--json").out)["sources"]


def run_log(lab: Lab, name: str) -> dict[str, dict[str, object]]:
    """``source/query`` -> its log."""
    with_store = lab.open()
    try:
        run = with_store.run(name)
        return {
            f"{log.source}/{log.name}": {"error": log.error, "skipped": log.is_skipped, "announced": log.announced}
            for log in with_store.query_logs(run)
        } | {"issues": {issue.source_id: issue.reason for issue in with_store.issues(run)}}
    finally:
        with_store.close()


def cursors(lab: Lab) -> dict[str, str]:
    opened = lab.open()
    try:
        return {f"{one.source}/{one.query_name}": one.read_to_at.isoformat() for one in opened.cursors()}
    finally:
        opened.close()


# What a run finds


def test_the_first_run_reports_everything_and_the_next_only_what_is_new(filled: Lab) -> None:
    first = filled("run", now=FIRST)
    assert (first.code, first.err.count("Traceback")) == (0, 0)
    # 3 papers, the cited reference, 3 studies.
    assert counted(first) == 7
    assert types(changes(filled)) == [
        "new_core_record 31000001",
        "new_core_record 31000002",
        f"new_record {CITED_PMID}",
        "new_record 31000003",
        "new_trial NCT90000003",
        f"trial_read {PRINTED_NCT}",
        f"trial_read {OTHER_NCT}",
    ]
    filled.server.world.add(
        Article(pmid="31000004", title="Vesicles of loom cells in deep wounds", edat=date(2022, 6, 3))
    )
    filled.server.world.register(
        study("NCT90000004", "Vesicles of loom cells again", updated="2022-06-04"), at="2022-06-07"
    )
    second = filled("run", now=SECOND)
    assert (second.code, counted(second)) == (0, 2)
    assert types(changes(filled, "--run", "20220608T050000Z")) == [
        "missed_trial NCT90000004",
        "new_core_record 31000004",
    ]
    third = filled("run", now=THIRD)
    assert (third.code, counted(third)) == (0, 0)
    assert status(filled)["pubmed"]["records"] == 5


def test_a_report_of_every_kind_is_written(filled: Lab) -> None:
    ended = filled("run", now=FIRST)
    folder = filled.root / "out" / "20220601T050000Z"
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "report.json", "report.md"]
    assert json.loads(report_of(filled, FIRST, "json"))
    assert "Vesicles of loom cells in burns of mice" in report_of(filled, FIRST)
    assert [line for line in ended.lines if line.startswith("Report: ")]


def test_equal_inputs_give_equal_bytes(filled: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Lab(tiny_review.write(tmp_path / "other"), filled.server, filled._cli)
    for lab in (filled, other):
        assert lab("run", now=FIRST).code == 0
        filled.server.world.revise(
            "31000002", title="Exosomes from loom cells and the whole retina", mdat=date(2022, 6, 2)
        )
        assert lab("run", now=SECOND).code == 0
        filled.server.world.revise("31000002", title="Exosomes from loom cells and the retina", mdat=None)
    for now in (FIRST, SECOND):
        for suffix in ("md", "html", "json"):
            assert report_of(filled, now, suffix) == report_of(other, now, suffix)
    assert changes(filled) == changes(other)
    assert filled.rows() == other.rows()


def test_a_revised_record(filled: Lab) -> None:
    filled("run", now=FIRST)
    filled.server.world.revise("31000002", title="Exosomes from loom cells and the cornea", mdat=date(2022, 6, 5))
    assert counted(filled("run", now=SECOND)) == 1
    (found,) = changes(filled, "--run", "20220608T050000Z")
    assert (found["type"], found["source_id"]) == ("revised_text", "31000002")
    assert found["before"] == {"title": "Exosomes from loom cells and the retina"}


def test_a_record_that_is_stamped_anew_is_no_change(filled: Lab) -> None:
    filled("run", now=FIRST)
    filled.server.world.revise("31000002", mdat=date(2022, 6, 5), status="PubMed-not-MEDLINE")
    assert counted(filled("run", now=SECOND)) == 0


def test_a_back_filled_record_is_found_by_its_create_date(filled: Lab) -> None:
    filled("run", now=FIRST)
    filled.server.world.add(
        Article(
            pmid="20000001", title="Vesicles of loom cells, found late", edat=date(2020, 1, 1), crdt=date(2022, 6, 6)
        )
    )
    assert counted(filled("run", now=SECOND)) == 1
    assert types(changes(filled, "--run", "20220608T050000Z")) == ["new_core_record 20000001"]


def test_a_retraction_of_a_cited_reference_is_an_alert(filled: Lab) -> None:
    filled("run", now=FIRST)
    filled.server.world.revise(
        CITED_PMID, notices=(("RetractionIn", "31000777", "J Invent Res. 2022 Jun;7(2):99"),), mdat=date(2022, 6, 5)
    )
    ended = filled("run", "--fail-on", "alert", now=SECOND)
    assert ended.code == 10
    (found,) = changes(filled, "--run", "20220608T050000Z")
    assert (found["type"], found["severity"]) == ("baseline_reference_retracted", "alert")
    assert found["after"]["ref_no"] == 1
    assert CITED_TITLE in report_of(filled, SECOND)


@pytest.mark.parametrize(("fail_on", "code"), [("alert", 0), ("notable", 10)])
def test_fail_on_takes_the_graver_ones_too(filled: Lab, fail_on: str, code: int) -> None:
    filled.server.world.studies.clear()
    assert filled("run", "--fail-on", fail_on, now=FIRST).code == code


def test_a_trial_whose_status_moved(filled: Lab) -> None:
    filled("run", now=FIRST)
    moved = study(
        PRINTED_NCT, "Vesicles of loom cells for burns", updated="2022-06-03", status="TERMINATED", whyStopped="No yarn"
    )
    filled.server.world.register(moved, at="2022-06-06T09:00:00")
    filled("run", now=SECOND)
    assert types(changes(filled, "--run", "20220608T050000Z")) == [
        f"status_changed {PRINTED_NCT}",
        f"why_stopped {PRINTED_NCT}",
    ]


def test_a_trial_that_turns_unknown_by_the_calendar_is_seen(filled: Lab) -> None:
    filled("run", now=FIRST)
    # No new update date: no window finds it.
    turned = study(
        PRINTED_NCT,
        "Vesicles of loom cells for burns",
        updated="2022-01-20",
        status="UNKNOWN",
        lastKnownStatus="RECRUITING",
    )
    filled.server.world.register(turned, at="2022-06-06T09:00:00")
    filled("run", now=SECOND)
    (found,) = changes(filled, "--run", "20220608T050000Z")
    assert (found["type"], found["after"]) == (
        "status_changed",
        {"status": "UNKNOWN", "last_known_status": "RECRUITING"},
    )


def test_a_registry_that_has_not_moved_is_not_read(filled: Lab) -> None:
    filled("run", now=FIRST)
    filled.server.forget()
    assert counted(filled("run", now=SECOND)) == 0
    assert [seen.path for seen in filled.server.asked("/api/v2")] == ["/api/v2/version"]
    assert run_log(filled, "20220608T050000Z")["clinicaltrials/core"]["skipped"]


def test_preprint_and_article_are_one_work(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__EUROPEPMC__IS_ENABLED", "true")
    filled.server.world.publish(preprint("PPR900001", "Vesicles of loom cells before print", doi="10.1101/one"))
    assert counted(filled("run", now=FIRST)) == 8
    filled.server.world.add(
        Article(pmid="31000005", title="Vesicles of loom cells in print", doi="10.1101/one", edat=date(2022, 6, 3))
    )
    filled("run", now=SECOND)
    (found,) = changes(filled, "--run", "20220608T050000Z")
    assert (found["type"], found["work"]) == ("preprint_published", "europepmc:PPR900001")


def test_a_query_that_finds_nothing_at_first_is_named(filled: Lab) -> None:
    filled.server.world.articles.clear()
    ended = filled("run", now=FIRST)
    assert ended.code == 0
    assert "no hits at all" in run_log(filled, "20220601T050000Z")["issues"][""]
    assert "no hits at all" in report_of(filled, FIRST)


def test_an_edited_query_reads_again_from_the_beginning(filled: Lab) -> None:
    filled("run", now=FIRST)
    path = filled.config / "reviews" / "tiny" / "review.toml"
    path.write_text(
        path.read_text().replace(tiny_review.CONTEXT_QUERY, f"({tiny_review.CONTEXT_QUERY}) OR noise[tiab]")
    )
    filled.server.forget()
    assert counted(filled("run", now=SECOND)) == 1
    begins = {
        seen.parameters["mindate"] for seen in filled.server.asked("esearch") if "noise" in seen.parameters["term"]
    }
    assert begins == {"2022/01/01"}
    said = method_changes(filled, SECOND)
    assert any(
        line.startswith("search PubMed / context edited on 2022-06-08, read again from 2022-01-01: ")
        and line.endswith(f"{tiny_review.CONTEXT_QUERY} → ({tiny_review.CONTEXT_QUERY}) OR noise[tiab]")
        for line in said
    ), said
    assert "noise" in report_of(filled, SECOND).partition("Changes of method")[2]
    assert filled("run", now=THIRD).code == 0
    assert method_changes(filled, THIRD) == []


def test_a_search_that_is_added_or_left_out_is_a_change_of_method(filled: Lab, tmp_path: Path) -> None:
    filled("run", now=FIRST)
    path = filled.config / "reviews" / "tiny" / "review.toml"
    whole = path.read_text()
    begin = whole.index('[[queries]]\nname = "context"')
    end = whole.index("[[queries]]", begin + 1)
    path.write_text(whole[:begin] + whole[end:])
    # A run on a file in between asks no service, and so says nothing about searches.
    (tmp_path / "one.xml").write_bytes(article_set(Article(pmid="5")))
    filled("run", "--from", tmp_path / "one.xml", now=SECOND)
    assert [line for line in method_changes(filled, SECOND) if "search " in line] == []
    filled("run", now=THIRD)
    (said,) = [line for line in method_changes(filled, THIRD) if "search " in line]
    assert said == f"search PubMed / context no longer asked from 2022-06-15 on; it was: {tiny_review.CONTEXT_QUERY}"
    path.write_text(whole)
    filled("run", now=FOURTH)
    (said,) = [line for line in method_changes(filled, FOURTH) if "search " in line]
    assert said.startswith("search PubMed / context added on 2022-06-22, read from 2022-04-15: ")


def test_pubmed_is_asked_by_post_in_batches_and_within_its_rate(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__REQUESTS_PER_SECOND", "50")
    filled.server.world.add(
        *(
            Article(pmid=str(32_000_000 + number), title=f"Vesicles of loom cells, part {number}")
            for number in range(12)
        )
    )
    filled("run", now=FIRST)
    asked = filled.server.asked("/entrez/")
    # Citations are matched by GET: their lines are few.
    assert {seen.method for seen in asked if not seen.path.endswith("ecitmatch.cgi")} == {"POST"}
    assert {seen.parameters["tool"] for seen in asked} == {"livingreview"}
    assert max(seen.parameters["id"].count(",") + 1 for seen in filled.server.asked("efetch")) == 5
    gaps = [later.at_seconds - earlier.at_seconds for earlier, later in zip(asked, asked[1:], strict=False)]
    assert len(asked) / (asked[-1].at_seconds - asked[0].at_seconds) <= 50 * 1.1 * len(asked) / len(gaps)


def test_more_hits_than_pubmed_lists_are_read_completely(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.services._MAX_LISTED", 4)
    monkeypatch.setattr("livingreview.sources.pubmed.source._MAX_IDS", 4)
    many = [
        Article(pmid=str(33_000_000 + number), title=f"Vesicles of yarn cells {number}", edat=date(2022, 3, 1 + number))
        for number in range(15)
    ]
    filled.server.world.add(*many)
    assert counted(filled("run", now=FIRST)) == 7 + 15
    assert status(filled)["pubmed"]["records"] == 4 + 15


# What goes wrong


def test_one_source_down(filled: Lab) -> None:
    filled("run", now=FIRST)
    before = cursors(filled)
    filled.server.world.add(
        Article(pmid="31000004", title="Vesicles of loom cells in deep wounds", edat=date(2022, 6, 3))
    )
    filled.server.spoil(faults.status(500), "/api/v2", times=None)
    ended = filled("run", now=SECOND)
    assert (ended.code, counted(ended)) == (3, 1)
    assert any(line.startswith("FAILED clinicaltrials") for line in ended.lines)
    after = cursors(filled)
    assert after["clinicaltrials/core"] == before["clinicaltrials/core"]
    assert after["pubmed/core"] == "2022-06-06T05:00:00+00:00" != before["pubmed/core"]
    page = report_of(filled, SECOND)
    assert "clinicaltrials" in page
    assert "500" in page
    assert status(filled)["clinicaltrials"]["last_run"]["status"] == "failed"
    assert status(filled)["pubmed"]["last_run"]["status"] == "done"
    # It comes back: what it missed is read then.
    filled.server.mend()
    filled.server.world.register(
        study("NCT90000004", "Vesicles of loom cells again", updated="2022-06-04"), at="2022-06-14"
    )
    again = filled("run", now=THIRD)
    assert (again.code, counted(again)) == (0, 1)


def test_all_sources_down_changes_nothing_but_the_run_log(filled: Lab) -> None:
    filled("run", now=FIRST)
    before = filled.rows()
    files = sorted((filled.root / "out").rglob("*"))
    filled.server.forget()
    filled.server.spoil(faults.reset, times=None)
    ended = filled("run", now=SECOND)
    assert ended.code == 4
    assert sum(line.startswith("FAILED") for line in ended.lines) == 2
    assert counted(ended) == 0
    assert filled.rows() == before
    assert sorted((filled.root / "out").rglob("*")) == files
    opened = filled.open()
    assert [run.status for run in opened.runs()] == ["done", "failed"]
    opened.close()
    # At most two attempts a service that never answered.
    assert len(filled.server.asked("esearch")) <= 2


def test_nobody_at_the_address(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PUBMED", "CLINICALTRIALS"):
        monkeypatch.setenv(f"LIVINGREVIEW_SOURCES__{name}__BASE_URL", "http://127.0.0.1:9")
    ended = filled("run", now=FIRST)
    assert ended.code == 4
    assert "cannot be reached" in ended.out
    assert filled("status").code == 0


_PATHS = ("esearch", "efetch", "/version", "/studies")
_PASSING = {
    "429": faults.status(429, Retry_After="0"),
    "429-date": faults.status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"),
    "503": faults.status(503),
    "reset": faults.reset,
    "truncated": faults.truncated,
    "error-in-200": faults.error_in_200,
    "html": faults.html_in_200,
    "empty": faults.empty_body,
}


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        # Every path meets two faults and every fault one path in the default suite.
        pytest.param(path, fault, marks=() if number % len(_PATHS) == place else pytest.mark.slow, id=f"{name}-{path}")
        for number, (name, fault) in enumerate(_PASSING.items())
        for place, path in enumerate(_PATHS)
    ],
)
def test_a_fault_that_passes_leaves_no_trace(filled: Lab, path: str, fault: faults.Spoil) -> None:
    filled.server.spoil(fault, path, first=1 if path == "/version" else 2)
    ended = filled("run", now=FIRST)
    assert (ended.code, counted(ended)) == (0, 7)


def test_a_retry_after_that_is_too_long_is_not_waited_for(filled: Lab) -> None:
    filled.server.spoil(faults.status(429, Retry_After="3600"), "/entrez/", first=2, times=None)
    ended = filled("run", now=FIRST)
    assert ended.code == 3
    assert "FAILED pubmed" in ended.out
    assert len(filled.server.asked("/entrez/")) <= 12


def test_counts_that_do_not_add_up_stop_the_query(filled: Lab) -> None:
    filled.server.world.count_offset = 1
    ended = filled("run", now=FIRST)
    assert ended.code == 3
    assert "PubMed counts" in ended.out
    assert "pubmed/core" not in cursors(filled)
    filled.server.world.count_offset = 0
    filled.server.world.total_offset = 1
    filled.server.world.data_timestamp = "2022-06-07"
    ended = filled("run", now=SECOND)
    assert ended.code == 3
    assert "the registry counts" in ended.out


def test_a_term_that_pubmed_does_not_know_is_named(filled: Lab) -> None:
    filled.server.world.unknown_phrases.add("yarn cells")
    ended = filled("run", now=FIRST)
    assert ended.code == 3
    assert "yarn cells" in ended.out
    assert "yarn cells" in report_of(filled, FIRST)
    assert "pubmed/context" not in cursors(filled)
    # The other query of the same source goes on.
    assert "pubmed/core" in cursors(filled)


def test_a_misspelt_field_tag_is_named(filled: Lab) -> None:
    path = filled.config / "reviews" / "tiny" / "review.toml"
    path.write_text(path.read_text().replace('"yarn cells"[tiab]', '"yarn cells"[tiba]'))
    ended = filled("run", now=FIRST)
    assert ended.code == 3
    assert "tiba" in ended.out


def test_a_pmid_that_is_listed_and_not_returned_is_named(filled: Lab) -> None:
    filled.server.world.revise("31000002", is_returned=False)
    ended = filled("run", now=FIRST)
    assert (ended.code, counted(ended)) == (0, 6)
    issues = run_log(filled, "20220601T050000Z")["issues"]
    assert "not returned" in issues["31000002"]
    assert "31000002" in report_of(filled, FIRST)
    # It was asked for once more, alone.
    assert [seen for seen in filled.server.asked("efetch") if seen.parameters["id"] == "31000002"]


def test_a_broken_article_costs_only_itself(filled: Lab) -> None:
    broken = b'<PubmedArticle><MedlineCitation><PMID Version="1">31000002</PMID></MedlineCitation></PubmedArticle>'
    filled.server.world.revise("31000002", xml=broken)
    ended = filled("run", now=FIRST)
    assert (ended.code, counted(ended)) == (0, 6)
    assert "31000002" in run_log(filled, "20220601T050000Z")["issues"]


def test_an_empty_page_before_the_last_is_no_end(filled: Lab) -> None:
    filled.server.world.is_paged_emptily = True
    filled.server.world.register(
        *(study(f"NCT9000010{number}", "Vesicles of loom cells", updated="2022-05-02") for number in range(7))
    )
    assert counted(filled("run", now=FIRST)) == 14


def test_a_study_that_could_not_be_read_by_its_number_is_read_by_the_next_run(filled: Lab) -> None:
    filled("run", now=FIRST)
    # By the calendar: the registry's data move, the study's own update date does not.
    turned = study(
        PRINTED_NCT,
        "Vesicles of loom cells for burns",
        updated="2022-01-20",
        status="UNKNOWN",
        lastKnownStatus="RECRUITING",
    )
    filled.server.world.register(turned, at="2022-06-07")
    filled.server.spoil(faults.status(503), "/studies", times=None, where=lambda seen: "filter.ids" in seen.parameters)
    second = filled("run", now=SECOND)
    assert second.code == 3
    assert not [one for one in changes(filled) if one["type"] == "status_changed"]
    filled.server.mend()
    # The registry's time stands still, and yet what was missed is read.
    third = filled("run", now=THIRD)
    assert third.code == 0
    assert PRINTED_NCT in {one["source_id"] for one in changes(filled) if one["type"] == "status_changed"}
    filled.server.forget()
    assert filled("run", now="2022-06-22T05:00:00Z").code == 0
    assert {seen.path for seen in filled.server.asked("/api/v2")} == {"/api/v2/version"}


def test_what_a_registry_says_in_a_new_word_is_stored_and_named(filled: Lab) -> None:
    filled.server.world.register(study("NCT90000005", "Vesicles of loom cells", status="PONDERING"))
    ended = filled("run", now=FIRST)
    assert ended.code == 0
    log = run_log(filled, "20220601T050000Z")
    assert "status 'PONDERING'" in str(log["issues"])
    assert "PONDERING" in report_of(filled, FIRST)
    assert "1 named exceptions" in ended.err
    assert status(filled)["clinicaltrials"]["records"] == 4


def test_a_deletion_that_a_file_names_is_a_withdrawal(filled: Lab, tmp_path: Path) -> None:
    filled("run", now=FIRST)
    path = tmp_path / "update.xml"
    path.write_bytes(
        b"<?xml version='1.0'?><PubmedArticleSet><DeleteCitation><PMID Version='1'>31000002</PMID></DeleteCitation>"
        b"</PubmedArticleSet>"
    )
    ended = filled("run", "--from", path, now=SECOND)
    assert (ended.code, counted(ended)) == (0, 1)
    (found,) = changes(filled, "--run", "20220608T050000Z")
    assert (found["type"], found["source_id"]) == ("withdrawn", "31000002")


def test_two_runs_at_once(filled: Lab) -> None:
    filled("run", now=FIRST)
    opened = filled.open()
    with opened.locked(timedelta(hours=1)):
        ended = filled("run", now=SECOND)
    opened.close()
    assert ended.code == 5
    assert_one_line(ended)


# Files


def test_a_file_and_the_service_bring_one_record(filled: Lab, tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_bytes(article_set(*filled.server.world.articles.values()))
    assert counted(filled("run", "--from", path, now=FIRST)) == 5
    assert counted(filled("run", "--from", path, now=SECOND)) == 0
    ended = filled("run", now=THIRD)
    assert types(changes(filled, "--run", "20220615T050000Z")) == [
        "new_trial NCT90000003",
        f"trial_read {PRINTED_NCT}",
        f"trial_read {OTHER_NCT}",
    ]
    assert ended.code == 0


# What commands say


def test_changes_as_json(filled: Lab) -> None:
    filled("run", now=FIRST)
    found = changes(filled)
    keys = ["type", "severity", "source", "source_id", "work", "before", "after", "at", "effective_date", "run"]
    assert all(list(one) == keys for one in found)
    assert {one["run"] for one in found} == {"20220601T050000Z"}
    assert {one["at"] for one in found} == {"2022-06-01T05:00:00Z"}
    assert {one["severity"] for one in found} <= {"alert", "notable", "routine"}
    assert changes(filled, "--since", "2022-06-02") == []
    assert changes(filled, "--until", "2022-06-01") == found


def test_status_as_json(filled: Lab) -> None:
    filled("run", now=FIRST)
    found = json.loads(filled("status", "--json").out)
    assert list(found) == ["sources", "suggestions"]
    assert set(found["sources"]) == {"pubmed", "clinicaltrials"}
    keys = {
        "records",
        "versions",
        "searched_through_at",
        "triaged_through_at",
        "reported_through_at",
        "is_overdue",
        "last_run",
    }
    for source in found["sources"].values():
        assert set(source) == keys
        assert source["searched_through_at"] == "2022-05-30T05:00:00Z"
        assert source["reported_through_at"] == "2022-06-01T05:00:00Z"
        assert source["triaged_through_at"] is None
        assert source["is_overdue"] is False
    assert found["sources"]["pubmed"]["records"] == 4
    late = json.loads(filled("status", "--json", now="2022-07-01").out)
    assert late["sources"]["pubmed"]["is_overdue"] is True


def test_run_as_json(filled: Lab) -> None:
    found = json.loads(filled("run", "--json", now=FIRST).out)
    assert (found["changes"], found["failures"], found["run"]) == (7, {}, "20220601T050000Z")
    # Notable: two core papers. Alert: a new trial of the core product. Routine: context, and what the review cites.
    assert found["severities"] == {"alert": 1, "notable": 2, "routine": 4}


def test_a_report_can_be_built_again(filled: Lab) -> None:
    filled("run", now=FIRST)
    page = report_of(filled, FIRST)
    ended = filled("report", now=SECOND)
    assert ended.code == 0
    assert report_of(filled, FIRST) == page


def test_explain_train_and_doctor(filled: Lab) -> None:
    filled("run", now=FIRST)
    assert filled("explain", "31000001").code == 0
    assert json.loads(filled("explain", "31000001", "--json").out)["source_id"] == "31000001"
    assert filled("explain", "NCT90000003").code == 0
    assert filled("train").code == 0
    assert filled("explain", "nothing").code == 2
    ended = filled("doctor", "--json", now="2026-06-01")
    assert {check["name"] for check in json.loads(ended.out)["checks"]} >= {"settings", "database", "lock", "disk"}
    assert filled("doctor", "--live", now="2026-06-01").code in (0, 2)


def test_new_records_arrive_when_the_model_has_to_be_trained_anew(filled: Lab) -> None:
    assert filled("run", now=FIRST).code == 0
    path = filled.config / "reviews" / "tiny" / "review.toml"
    path.write_text(path.read_text().replace("loom cells?", "(?:loom|heald) cells?"))
    filled.server.world.add(Article(pmid="31000777", title="Vesicles of loom cells in dry eyes", edat=date(2022, 6, 2)))
    ended = filled("run", now=SECOND)
    assert ended.code == 0, ended.err
    assert "training" in ended.err
    with closing(filled.open()) as repository:
        models = {stored.score.model for stored in repository.records() if stored.score}
        told = [found.change.source_id for found in repository.changes(last=1)]
    assert (len(models), told) == (1, ["31000777"])


def test_a_quiet_run_leaves_its_report_and_nothing_to_remember(filled: Lab) -> None:
    assert filled("run", now=FIRST).code == 0
    assert filled("run", now=SECOND).code == 0
    assert "burns of mice" in report_of(filled, SECOND)
    assert sorted(path.name for path in (filled.root / "out").iterdir()) == [
        "20220601T050000Z",
        "20220608T050000Z",
        "changes.atom",
    ]
    assert sorted(path.name for path in (filled.root / "var").iterdir()) == ["archive", "models", "tiny.db"]


def test_a_trial_is_overdue_from_its_day_on_though_it_is_not_read_again(filled: Lab) -> None:
    late = {"primaryCompletionDateStruct": {"date": "2022-05", "type": "ESTIMATED"}}

    def registered(stamp: str) -> None:
        one = study(PRINTED_NCT, "Late vesicles of loom cells", updated="2021-06-10", stamp=stamp, **late)
        filled.server.world.register(one)
        filled.server.world.data_timestamp = stamp

    def overdue() -> list[object]:
        return [one["effective_date"] for one in changes(filled) if one["type"] == "overdue"]

    filled.server.world.register(study(OTHER_NCT, "Vesicles of yarn cells for dry eyes", updated="2022-04-20", **late))
    registered("2022-06-01")
    assert filled("run", now=FIRST).code == 0
    registered("2022-06-08")
    assert filled("run", now=SECOND).code == 0
    assert overdue() == []
    # The day has passed, but the registry was not read beyond it: its silence is not known.
    assert filled("run", now=THIRD).code == 0
    assert overdue() == []
    registered("2022-06-16")
    assert filled("run", now="2022-06-16T05:00:00Z").code == 0
    assert overdue() == ["2022-06-10"]
    assert filled("run", now=FOURTH).code == 0
    assert overdue() == ["2022-06-10"]
    # Whoever waits for less long is told of others.
    settings = filled.config / "settings.toml"
    settings.write_text(settings.read_text() + "\n[trials]\noverdue_after_days = 30\n")
    assert filled("run", now="2022-06-23T05:00:00Z").code == 0
    assert overdue() == ["2022-06-10", "2022-06-01"]


def recall(lab: Lab, code: int = 0) -> dict[str, object]:
    ended = lab("baseline", "check", "--live", "--json")
    assert ended.code == code, ended.err
    return json.loads(ended.out)


def test_which_references_and_trials_each_search_finds(filled: Lab) -> None:
    path = filled.root / "data" / "tiny" / "baseline" / "references.csv"
    text = path.read_text()
    # Core references: one found, one with a doi only and words that the search does not know, one that has neither.
    row = "4,Author,2021,J Invent Res,8,22,Loom in words of its own,10.5555/tiny.0004,,,loom_ev,skin,\n"
    path.write_text(text + row + row.replace("4,", "5,", 1).replace("10.5555/tiny.0004", "").replace("own", "kin"))
    filled.server.world.add(Article(pmid="29000004", title="Loom in words of its own", doi="10.5555/tiny.0004"))
    del filled.server.world.studies[OTHER_NCT]
    before = filled.rows() if filled("run", now=FIRST).code == 0 else {}
    filled.server.forget()
    found = recall(filled)
    assert [(one["source"], one["name"], one["found"], one["missed"]) for one in found["searches"]] == [
        ("pubmed", "core", [CITED_PMID], ["29000004"]),
        ("pubmed", "context", [], [CITED_PMID, "29000004"]),
        ("clinicaltrials", "core", [PRINTED_NCT], [OTHER_NCT]),
    ]
    assert found["found_by_none"] == {"clinicaltrials": [OTHER_NCT], "pubmed": ["29000004"]}
    assert any("reference 5" in line and "neither pmid nor doi" in line for line in found["uncheckable"])
    assert any("A trial announced without a number" in line for line in found["uncheckable"])
    # One esearch a search, one for the DOIs; the registry's filters stand beside the numbers.
    assert len(filled.server.asked("esearch")) == 3
    (asked,) = filled.server.asked("/studies")
    assert {"filter.ids", "query.term"} <= set(asked.parameters)
    assert "filter.advanced" not in asked.parameters
    assert filled.rows() == before
    ended = filled("baseline", "check", "--live")
    assert (ended.code, "29000004" in ended.out) == (0, True)


def test_searches_of_a_service_that_fails_cannot_be_checked(filled: Lab) -> None:
    filled.server.spoil(faults.status(500), "/api/v2", times=None)
    found = recall(filled, 3)
    assert list(found["failures"]) == ["clinicaltrials/core"]
    filled.server.world.unknown_phrases.add("yarn cells")
    assert set(recall(filled, 3)["failures"]) == {"clinicaltrials/core", "pubmed/context"}
    filled.server.spoil(faults.reset, times=None)
    assert len(recall(filled, 4)["failures"]) == 3
    assert filled("baseline", "check", "--live").code == 4


def test_baseline_check_and_resolve(filled: Lab) -> None:
    ended = filled("baseline", "check", "--json")
    found = json.loads(ended.out)
    assert (found["counts"]["references"], found["unwatched"], found["without_pmid"]) == (3, [3], [2])
    filled.server.world.add(
        Article(
            pmid="29000002",
            title="Vesicles of yarn cells and the invented retina",
            doi=CITED_DOI,
            edat=date(2021, 3, 1),
            authors=(("Author", "C"),),
        )
    )
    proposals = json.loads(filled("baseline", "resolve", "--json").out)["proposals"]
    assert [(one["ref_no"], one["pmid"]) for one in proposals] == [(2, "29000002"), (3, "")]
    assert proposals[0]["confidence"] == 1.0
    assert filled("baseline", "resolve", "--write").code == 0
    assert "29000002" in (filled.root / "data" / "tiny" / "baseline" / "references.csv").read_text()
    filled.server.spoil(faults.reset, times=None)
    assert filled("baseline", "resolve").code == 4


# Bad input


def assert_one_line(ended: Ended) -> None:
    assert "Traceback" not in ended.err + ended.out
    lines = [line for line in ended.err.splitlines() if line]
    assert len(lines) == 1, ended.err
    assert lines[0].startswith("livingreview: ")


def assert_usage(ended: Ended, *words: str) -> None:
    assert ended.code == 2
    assert_one_line(ended)
    for word in words:
        assert word in ended.err


@pytest.mark.parametrize(
    "body", [b"", b"\x00\x01\x02", b"<PubmedArticleSet><PubmedArticle>", b'{"studies": [', b"\x1f\x8b\x08"]
)
def test_a_file_that_cannot_be_read(filled: Lab, tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "bad.xml"
    path.write_bytes(body)
    assert_usage(filled("run", "--from", path), "bad.xml")


def test_a_path_that_is_not_there(filled: Lab, tmp_path: Path) -> None:
    assert_usage(filled("run", "--from", tmp_path / "nowhere"), "nowhere")
    (tmp_path / "empty").mkdir()
    assert_usage(filled("run", "--from", tmp_path / "empty"), "empty")


def test_a_bad_file_among_good_ones_stops_only_itself(filled: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.xml").write_bytes(article_set(Article(pmid="1", title="Vesicles of loom cells")))
    (folder / "b.xml").write_bytes(article_set(Article(pmid="2"))[:-40])
    ended = filled("run", "--from", folder)
    assert (ended.code, counted(ended)) == (3, 1)
    assert "b.xml" in ended.out


def test_an_unknown_key(lab: Lab) -> None:
    path = lab.config / "settings.toml"
    path.write_text('colour = "red"\n' + path.read_text())
    assert_usage(lab("run"), "colour", "settings.toml")


def test_an_unknown_key_of_the_review(lab: Lab) -> None:
    path = lab.config / "reviews" / "tiny" / "review.toml"
    path.write_text('colour = "red"\n' + path.read_text())
    assert_usage(lab("run"), "colour")


def test_a_settings_file_that_is_no_toml(lab: Lab) -> None:
    (lab.config / "settings.toml").write_text("this is = = not")
    assert_usage(lab("run"), "settings.toml")


def test_a_review_and_a_folder_that_are_not_there(lab: Lab, tmp_path: Path) -> None:
    assert_usage(lab("--review", "nothing", "run"), "nothing", "tiny")
    assert_usage(lab("--config", str(tmp_path / "nowhere"), "run"), "nowhere")


@pytest.mark.parametrize("moment", ["yesterday", "2022-13-01", "2022-02-30", "", "2022-06-01T99:00"])
def test_a_malformed_date(lab: Lab, moment: str) -> None:
    if moment:
        assert_usage(lab("run", now=moment), moment)
        assert_usage(lab("changes", "--since", moment), moment)
        assert_usage(lab("changes", "--until", moment), moment)
    assert_usage(lab("changes", "--since", "2022-06-02", "--until", "2022-06-01"), "2022-06-02")


def test_a_damaged_database(lab: Lab) -> None:
    path = lab.root / "var" / "tiny.db"
    path.parent.mkdir()
    path.write_bytes(b"this is not a database at all " * 200)
    assert_usage(lab("run"), "tiny.db")
    assert_usage(lab("status"), "tiny.db")
    assert path.read_bytes().startswith(b"this is not")


def test_a_database_that_breaks_off(filled: Lab) -> None:
    filled("run", now=FIRST)
    path = filled.root / "var" / "tiny.db"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    ended = filled("run", now=SECOND)
    assert "Traceback" not in ended.err
    assert_usage(ended, "tiny.db")


@pytest.mark.parametrize("name", ["DATABASE_URL", "OUT_DIR", "ARCHIVE_DIR", "MODELS_DIR"])
def test_a_folder_that_cannot_be_made(filled: Lab, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    blocker = filled.root / "blocker"
    blocker.write_text("a regular file, which even root cannot make a folder of")
    value = f"sqlite:///{blocker}/store.db" if name == "DATABASE_URL" else str(blocker / "folder")
    monkeypatch.setenv(f"LIVINGREVIEW_{name}", value)
    ended = filled("run", now=FIRST)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert "blocker" in ended.err.splitlines()[-1]
    # Nothing is lost: with a good folder the next run brings everything.
    monkeypatch.delenv(f"LIVINGREVIEW_{name}")
    assert filled("run", now=SECOND).code == 0
    assert status(filled)["pubmed"]["records"] == 4


@pytest.mark.parametrize("value", ["nonsense", "mysql://x/y", "postgresql://127.0.0.1:9/none"])
def test_a_database_address_that_leads_nowhere(lab: Lab, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LIVINGREVIEW_DATABASE_URL", value)
    assert_usage(lab("status"))


def test_an_unknown_command_and_option(lab: Lab) -> None:
    assert_usage(lab("dance"), "dance")
    assert_usage(lab("run", "--fast"), "--fast")
    assert_usage(lab("run", "--fail-on", "doom"), "doom")


def test_a_run_that_is_not_there(filled: Lab) -> None:
    assert_usage(filled("report"), "no run")
    assert_usage(filled("changes", "--run", "20000101T000000Z"), "20000101T000000Z")
