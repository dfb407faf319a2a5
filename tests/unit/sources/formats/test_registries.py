"""Exports of registries: ClinicalTrials.gov CSV, ICTRP, ANZCTR, and the words they use."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Fidelity, Kind, Problem, Record, Section, TrialFacts
from livingreview.sources import Item
from livingreview.sources.clinicaltrials import download
from livingreview.sources.formats import anzctr, files, ictrp, tables
from livingreview.sources.values.dates import day_first_date, iso_date
from livingreview.sources.values.registry_words import STATUSES, phase_words, real_ids, status_word

FIXTURES = Path(__file__).parents[3] / "fixtures"


def records(path: str) -> dict[str, Record]:
    found = list(files.parse_file(FIXTURES / path))
    assert all(isinstance(item, Record) for item in found)
    return {item.source_id: item for item in found if isinstance(item, Record)}


def facts(record: Record) -> TrialFacts:
    assert record.trial is not None
    return record.trial


# ClinicalTrials.gov CSV


def test_a_row_of_the_download() -> None:
    found = records("clinicaltrials_csv/download.csv")
    assert found["NCT91000001"] == Record(
        source="clinicaltrials",
        source_id="NCT91000001",
        kind=Kind.TRIAL,
        title="Vesicles of loom cells in torn skin",
        abstract=(Section(label="Brief summary", text='Invented words, with a "quotation" and a second line.'),),
        publication_date="2021-04-08",
        nct_ids=("NCT91000001",),
        trial=TrialFacts(
            status="COMPLETED",
            study_type="INTERVENTIONAL",
            phases=("PHASE1", "PHASE2"),
            enrollment_count=44,
            start_date="2021-05",
            primary_completion_date="2022-03-31",
            completion_date="2022-06-30",
            first_posted_date="2021-04-08",
            last_update_posted_date="2022-10-05",
            results_first_posted_date="2022-09-01",
            has_results=True,
            conditions=("Torn Skin", "Burns"),
            interventions=("BIOLOGICAL: Invented vesicles", "OTHER: Invented salt water"),
            sponsor="Institute of Invented Studies",
            countries=("Korea, Republic of", "Utopia"),
            secondary_ids=("EU-1", "LOOM-1"),
        ),
        source_date="2022-10-05",
        fidelity=Fidelity.CITATION,
    )
    other = facts(found["NCT91000002"])
    assert (other.phases, other.enrollment_count, other.has_results) == ((), None, False)


def csv_items(text: str) -> list[Item]:
    return list(download.parse(io.BytesIO(text.encode())))


def test_rows_that_cannot_be_believed_are_named() -> None:
    head = "NCT Number,Study Status,Last Update Posted\n"
    whole, short, wrong, odd, *remarks = csv_items(
        head + "NCT91000001,RECRUITING,2022-05\nNCT91000002\nX1,RECRUITING,\nNCT91000003,PONDERING,yesterday\n"
    )
    assert isinstance(whole, Record)
    assert isinstance(short, Problem) and "line 3: 1 cells where the header has 3" in short.reason
    assert isinstance(wrong, Problem) and "'X1' is none" in wrong.reason
    assert isinstance(odd, Record) and (odd.source_date, facts(odd).status) == ("", "PONDERING")
    assert [remark.reason.split(" of this study")[0] for remark in remarks if isinstance(remark, Problem)] == [
        "the date 'yesterday'",
        "the status 'PONDERING'",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("NCT Number,Study Title\nNCT91000001,x\n", "no columns"),
        (",".join(map(str, range(200_000))), "no columns"),
        ("NCT Number,Study Status,Study Status\n", "column given twice: study status"),
        ('NCT Number,Study Status\nNCT91000001,"RECRUITING\n', "mend the quotation marks"),
    ],
)
def test_tables_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        csv_items(text)


def test_a_cell_beyond_measure_and_rows_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 300_000
    (found,) = csv_items(f"NCT Number,Study Status,Locations\nNCT91000001,RECRUITING,{long}\n")
    assert isinstance(found, Record)
    monkeypatch.setattr(tables, "MAX_CELL_CHARS", 1_000)
    with pytest.raises(InputError, match="field larger"):
        csv_items(f"NCT Number,Study Status,Locations\nNCT91000001,RECRUITING,{long}\n")
    monkeypatch.setattr(tables, "MAX_ROWS", 1)
    with pytest.raises(InputError, match="more than 1 rows"):
        csv_items("NCT Number,Study Status\nNCT91000001,RECRUITING\nNCT91000002,RECRUITING\n")


# ICTRP


def test_each_trial_belongs_to_its_own_registry() -> None:
    found = records("ictrp_xml/export.xml")
    assert {record.source_id: record.source for record in found.values()} == {
        "ACTRN12620000870954": "anzctr",
        "NCT91000001": "clinicaltrials",
        "ChiCTR2100091001": "chictr",
        "EUCTR2019-009100-12-DE": "euctr",
        "jRCTs091000001": "jrct",
        "XYZ-91/1": "ictrp",
    }
    assert records("ictrp_csv/list.csv").keys() == {"ISRCTN91000001", "CTRI/2021/03/091001"}


def test_what_who_says_of_a_trial() -> None:
    found = records("ictrp_xml/export.xml")["ACTRN12620000870954"]
    assert (found.title, found.vernacular_title) == (
        "Invented title of a trial of loom cells & their vesicles",
        "Invented title, in full",
    )
    assert (found.source_date, found.publication_date, found.fidelity) == (
        "2022-10-24",
        "2020-08-31",
        Fidelity.CITATION,
    )
    assert facts(found) == TrialFacts(
        status="RECRUITING",
        study_type="INTERVENTIONAL",
        phases=("PHASE3",),
        enrollment_count=440,
        enrollment_type="ESTIMATED",
        start_date="2020-11-11",
        first_posted_date="2020-08-31",
        conditions=("Invented wear of joints", "Musculoskeletal - Invented"),
        interventions=("Invented cells, twice a year",),
        sponsor="Institute of Invented Studies",
        countries=("Australia", "Utopia"),
        secondary_ids=("U1111-9999-9999",),
    )


def test_of_a_study_of_clinicaltrials_gov_who_gives_only_facts() -> None:
    found = records("ictrp_xml/export.xml")["NCT91000001"]
    assert (found.fidelity, found.source_date, facts(found).status, facts(found).start_date) == (
        Fidelity.FACTS,
        "",
        "",
        "",
    )
    assert facts(found).phases == ("PHASE1", "PHASE2")


def test_each_registry_writes_in_its_own_way() -> None:
    found = {name: facts(record) for name, record in records("ictrp_xml/export.xml").items()}
    chinese, european, japanese = (
        found[name] for name in ("ChiCTR2100091001", "EUCTR2019-009100-12-DE", "jRCTs091000001")
    )
    assert (chinese.status, chinese.enrollment_count, chinese.first_posted_date) == (
        "NOT_YET_RECRUITING",
        58,
        "2021-06-01",
    )
    assert (european.phases, european.status) == (("PHASE2",), "Authorised-recruitment may be ongoing or finished")
    assert (japanese.status, japanese.enrollment_count, japanese.enrollment_type) == ("COMPLETED", 12, "ACTUAL")
    assert (japanese.has_results, japanese.completion_date) == (True, "2022-03-23")


def ictrp_items(text: str) -> list[Item]:
    return list(ictrp.parse_xml(io.BytesIO(text.encode())))


TRIAL = "<Trial><TrialID>DRKS91000001</TrialID><Public_title>{}</Public_title></Trial>"
EXPORT = "<Trials_downloaded_from_ICTRP>{}</Trials_downloaded_from_ICTRP>"


def test_markup_in_a_title_goes_and_what_only_looks_like_it_stays() -> None:
    for text, title in (
        ("A&lt;br /&gt;b &amp;amp; c", "A b & c"),
        ("<i>A</i> b", "A b"),
        ("A &lt; 5 and B &gt; 6", "A < 5 and B > 6"),
    ):
        (found,) = ictrp_items(EXPORT.format(TRIAL.format(text)))
        assert isinstance(found, Record)
        assert found.title == title


def test_a_trial_without_a_number_is_named_and_an_empty_export_is_one() -> None:
    (found,) = ictrp_items(EXPORT.format("<Trial><Public_title>A title</Public_title></Trial>"))
    assert found == Problem(source="files", source_id="trial 1", reason="trial 1: no TrialID: A title")
    assert ictrp_items(EXPORT.format("")) == []
    assert ictrp_items("<Trials_downloaded_ICTRP/>") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not whole XML"),
        ("<Trials/>", "outermost element is <Trials>"),
        (EXPORT.format(TRIAL)[:-9], "not whole XML"),
        (f'<!DOCTYPE x [<!ENTITY y "z">]>{EXPORT.format(TRIAL)}', "entities of its own"),
        (f'<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>{EXPORT.format("&y;")}', "entities of its own"),
        ('<?xml version="1.0" encoding="x-unheard-of"?><Trials_downloaded_from_ICTRP/>', "not whole XML"),
    ],
)
def test_exports_that_are_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ictrp_items(text)


def test_a_trial_beyond_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livingreview.sources.formats.trial_xml.MAX_TRIAL_CHARS", 100)
    with pytest.raises(InputError, match="more than 100 characters"):
        ictrp_items(EXPORT.format(TRIAL.format("x" * 200)))


# ANZCTR


def test_a_trial_of_anzctr() -> None:
    (found,) = records("anzctr_xml/ACTRN12620000870954.xml").values()
    assert (found.source, found.fidelity, found.source_date) == ("anzctr", Fidelity.FULL, "")
    assert (found.created_date, found.abstract_text) == (
        "2020-06-18",
        "Brief summary: Invented words about nothing in particular.",
    )
    assert facts(found) == TrialFacts(
        status="RECRUITING",
        study_type="INTERVENTIONAL",
        phases=("PHASE3",),
        enrollment_count=440,
        enrollment_type="ESTIMATED",
        start_date="2020-11-11",
        completion_date="2025-11-30",
        completion_date_type="ESTIMATED",
        first_posted_date="2020-08-31",
        conditions=("Invented wear of joints",),
        interventions=("Invented cells, twice a year, for a year",),
        sponsor="Institute of Invented Studies",
        countries=("Australia",),
        secondary_ids=("U1111-9999-9999",),
    )


def test_a_table_of_anzctr() -> None:
    found = records("anzctr_csv/trials.csv")
    assert list(found) == ["ACTRN12691000000001", "ACTRN12691000000002"]
    ended, stopped = map(facts, found.values())
    assert (ended.status, ended.enrollment_count, ended.enrollment_type) == ("COMPLETED", 28, "ACTUAL")
    assert (ended.completion_date, ended.completion_date_type) == ("2023-03-05", "ACTUAL")
    assert (stopped.status, stopped.phases) == ("TERMINATED", ("NA",))
    assert {record.fidelity for record in found.values()} == {Fidelity.CITATION}


def test_studies_that_anzctr_shows_from_elsewhere() -> None:
    text = "<ANZCTR_Trials>{}{}</ANZCTR_Trials>".format(
        "<ANZCTR_Trial><nctid>NCT91000001</nctid></ANZCTR_Trial>",
        "<ANZCTR_Trial><actrnumber>none yet</actrnumber></ANZCTR_Trial>",
    )
    found, problem = list(anzctr.parse_xml(io.BytesIO(text.encode())))
    assert isinstance(found, Record)
    assert (found.key, found.fidelity) == (("clinicaltrials", "NCT91000001"), Fidelity.FACTS)
    assert isinstance(problem, Problem)
    assert "no ACTRN, 'none yet'" in problem.reason


# Words and dates


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("Recruiting", "RECRUITING"),
        ("Active, not recruiting", "ACTIVE_NOT_RECRUITING"),
        ("Not yet recruiting", "NOT_YET_RECRUITING"),
        ("Unknown status", "UNKNOWN"),
        ("Recruiting complete, follow-up continuing", "ACTIVE_NOT_RECRUITING"),
        ("Prematurely Ended", "TERMINATED"),
        ("Not  recruiting", "Not recruiting"),
        ("Ongoing", "Ongoing"),
        ("", ""),
    ],
)
def test_statuses(value: str, word: str) -> None:
    assert status_word(value) == word


@given(st.sampled_from(sorted(STATUSES)))
def test_known_statuses_are_their_own_words(status: str) -> None:
    assert status_word(status) == status
    assert status_word(status.replace("_", " ").title()) == status


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Phase 3", ("PHASE3",)),
        ("Phase 1 / Phase 2", ("PHASE1", "PHASE2")),
        ("Phase II-III", ("PHASE2", "PHASE3")),
        ("2b", ("PHASE2",)),
        ("Phase 0", ("EARLY_PHASE1",)),
        ("Not Applicable", ("NA",)),
        ("N/A", ("NA",)),
        ("retrospective", ()),
        ("", ()),
    ],
)
def test_phases(value: str, found: tuple[str, ...]) -> None:
    assert phase_words(value) == found


def test_identifiers_that_say_that_there_is_none() -> None:
    assert real_ids(["Nil known", "U1111", "None", "N/A", "U1111", ""]) == ("U1111",)


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("31/08/2020", "2020-08-31"),
        ("1/10/2020", "2020-10-01"),
        ("21-10-2013", "2013-10-21"),
        ("16.03.2024", "2024-03-16"),
        ("24 August 2026", "2026-08-24"),
        ("24 Aug. 2026", "2026-08-24"),
        ("20200831", "2020-08-31"),
        ("2016-10-20", "2016-10-20"),
        ("2016/10/20 12:00", "2016-10-20"),
        ("2024-05", "2024-05"),
        ("May 2021", "2021-05"),
        ("May 1, 2020", "2020-05-01"),
        ("08/28/2026 20:14:44", "2026"),
        ("31/02/2020", "2020-02"),
        ("No entry", ""),
        ("", ""),
    ],
)
def test_dates_with_the_day_first(value: str, date: str) -> None:
    assert day_first_date(value) == date


@given(st.dates().map(str) | st.from_regex(r"\d{4}-\d\d(-\d\d)?", fullmatch=True) | st.text(max_size=12))
def test_only_a_date_is_a_date(value: str) -> None:
    assert iso_date(value) in ("", value)
    if iso_date(value):
        assert day_first_date(value) == value
