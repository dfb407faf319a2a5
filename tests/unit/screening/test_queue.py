"""Triage by CSV: out in the right order, back all or nothing."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.acquisition.manual import record_by_hand
from livingreview.config import Area, Review, Scope
from livingreview.errors import InputError, UsageError
from livingreview.records import Fidelity, Kind, Record, Score, TrialFacts
from livingreview.screening.csv_exchange import COLUMNS, ImportResult, QueueError, export_queue, import_queue
from livingreview.screening.queue import list_queue
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from livingreview.text.csv_cells import guarded, unguarded

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
WHEN = "2026-11-22T09:30:00+00:00"
REVIEW = Review(
    slug="demo",
    title="Demo",
    citation="",
    published_date=date(2022, 9, 14),
    read_from_date=date(2022, 3, 1),
    question="?",
    scopes=(
        Scope(slug="core", label="Core", is_core=True),
        Scope(slug="near", label="Near"),
        Scope(slug="other", label="Other", is_relevant=False),
    ),
    areas=(Area(slug="skin", label="Skin", children=(Area(slug="wound", label="Wound"),)), Area(slug="eye", label="E")),
)


def score(scope: str, core: float, other: float, *areas: str) -> Score:
    return Score(scope=scope, probabilities={"core": core, "near": 1 - core - other, "other": other}, areas=areas)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    """Works, best first: 2 (core), 1 (core), 3 with its preprint (near), 4 (unscored), 5 (other), a trial (other)."""
    store = Repository.open(f"sqlite:///{tmp_path}/t.db", tmp_path / "archive")
    scores = {
        "1": score("core", 0.6, 0.1),
        "2": score("core", 0.9, 0.05, "skin", "wound"),
        "3": score("near", 0.1, 0.2, "eye"),
        "PPR3": score("other", 0.1, 0.6, "skin"),
        "5": score("other", 0.0, 0.9),
        "NCT00000001": score("other", 0.0, 0.95),
    }
    records = [
        Record(source="pubmed", source_id="1", title="=SUM(A1)", journal="J", publication_date="2024-05"),
        Record(source="pubmed", source_id="2", title="Best\r\nof", vernacular_title="x"),
        Record(source="pubmed", source_id="3", title="Three", doi="10.1/x"),
        Record(source="europepmc", source_id="PPR3", title="Three, preprint", doi="10.1/x", kind=Kind.PREPRINT),
        Record(source="pubmed", source_id="4", title="Unscored"),
        Record(source="pubmed", source_id="5", title="Five"),
        Record(
            source="clinicaltrials",
            source_id="NCT00000001",
            title="T",
            kind=Kind.TRIAL,
            trial=TrialFacts(start_date="2023-01"),
        ),
    ]
    run = store.start_run("services", NOW, "0", "c")
    with store.writing(run) as writing:
        writing.apply(records, "k", NOW, Tally())
    store.link_works(run)
    found = {version.version_id: version.record.source_id for version in store.underived(100)}
    by_version = {number: scores[name] for number, name in found.items() if name in scores}
    store.commit_derived(run, list(found), by_version, [], "other")
    yield store
    store.close()


def exported(store: Repository, stage: str = "title_abstract", *, decided: bool = False) -> list[dict[str, str]]:
    out = io.StringIO(newline="")
    count = export_queue(store, REVIEW, stage=stage, out=out, is_decided_shown=decided)
    rows = list(csv.DictReader(io.StringIO(out.getvalue(), newline="")))
    assert len(rows) == count
    return rows


def back(store: Repository, text: str, **values: object) -> ImportResult:
    return import_queue(store, REVIEW, io.StringIO(text, newline=""), **values)  # type: ignore[arg-type]


def decisions(*rows: str) -> str:
    return "\n".join([",".join(COLUMNS), *rows]) + "\n"


def test_works_stand_in_their_order(repository: Repository) -> None:
    rows = exported(repository)
    assert tuple(rows[0])[:7] == ("work_id", "stage", "decision", "reason", "areas", "person", "decided_at")
    ids = ["pubmed:2", "pubmed:1", "europepmc:PPR3", "pubmed:4", "pubmed:5", "clinicaltrials:NCT00000001"]
    assert [row["work_id"] for row in rows] == ids and [row["rank"] for row in rows] == list("123456")
    best, formula, three, unscored, _, trial = rows
    assert (best["suggested_areas"], best["p_relevant"], best["scope"]) == ("skin;wound", "0.9500", "core")
    assert best["title"] == "Best\r\nof"
    assert formula["title"] == "'=SUM(A1)" and formula["year"] == "2024" and formula["url"].endswith("/1/")
    assert three["source_ids"] == "europepmc:PPR3;pubmed:3" and three["suggested_areas"] == "eye;skin"
    assert unscored["p_relevant"] == "" and trial["year"] == "2023"
    assert [row.work_id for row in list_queue(repository, REVIEW, stage="title_abstract", limit=2)] == ids[:2]


def test_there_and_back(repository: Repository) -> None:
    text = decisions(
        f"pubmed:2,title_abstract,include,'=fits,skin; wound,Ada,{WHEN}",
        f"pubmed:1,title_abstract,exclude,,,Ada,{WHEN}",
        "pubmed:3,title_abstract,,,,,",
        "",
    )
    done = back(repository, text)
    assert (done.added, done.repeated, done.skipped_empty, done.notes) == (2, 0, 1, ())
    said = {decision.work_id: decision for decision in repository.decisions()}
    assert said["pubmed:2"].reason == "=fits" and said["pubmed:2"].areas == ("skin", "wound")
    again = back(repository, text)
    assert (again.added, again.repeated) == (0, 2) and len(repository.decisions()) == 2
    assert [row["work_id"] for row in exported(repository)][:2] == ["europepmc:PPR3", "pubmed:4"]
    rows = exported(repository, decided=True)
    assert [row["work_id"] for row in rows][-2:] == ["pubmed:2", "pubmed:1"]
    assert (rows[-2]["reason"], rows[-2]["areas"], rows[-2]["decided_at"]) == ("'=fits", "skin;wound", WHEN)
    out = io.StringIO(newline="")
    export_queue(repository, REVIEW, stage="title_abstract", out=out, is_decided_shown=True)
    assert back(repository, out.getvalue()) == ImportResult(added=0, repeated=2, skipped_empty=4)
    assert [row["work_id"] for row in exported(repository, "full_text")] == ["pubmed:2"]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (f"pubmed:77,title_abstract,include,,,Ada,{WHEN}", "work 'pubmed:77' is not in the store"),
        (f"pubmed:1,abstract,include,,,Ada,{WHEN}", "stage 'abstract'"),
        (f"pubmed:1,full_text,yes,,,Ada,{WHEN}", "decision 'yes'"),
        (f"pubmed:1,full_text,include,,skin;mars,Ada,{WHEN}", "area 'mars'"),
        (f"pubmed:1,full_text,include,,,,{WHEN}", "person is empty"),
        ("pubmed:1,full_text,include,,,Ada,22/11/2026", "decided_at '22/11/2026'"),
        ("pubmed:1,full_text,include,,,Ada,0001-01-01T00:00+14:00", "decided_at '0001"),
        ("pubmed:1,full_text,include,,,Ada,", "decided_at is empty"),
        (f"pubmed:1,full_text,include,well, no,,Ada,{WHEN}", "8 cells where the header has 7"),
        (f"pubmed:2,title_abstract,exclude,,,Ada,{WHEN}", "Ada said 'include' at that very time"),
    ],
)
def test_one_bad_row_and_nothing_is_stored(repository: Repository, row: str, problem: str) -> None:
    good = f'pubmed:2,title_abstract,include,"two\nlines",,Ada,{WHEN}'
    with pytest.raises(QueueError) as caught:
        back(repository, decisions(good, row))
    assert str(caught.value).startswith(f"line 4: {problem}") and "nothing was stored" in str(caught.value)
    assert repository.decisions() == [] and isinstance(caught.value, UsageError)
    with pytest.raises(QueueError, match=r"\(and 1 more\)") as twice:
        back(repository, decisions(good, row, "x,full_text,include,,,A," + WHEN))
    assert len(twice.value.problems) == 2


def test_another_decision_at_the_same_time_is_no_repeat(repository: Repository) -> None:
    back(repository, decisions(f"pubmed:1,full_text,include,,,Ada,{WHEN}"))
    with pytest.raises(QueueError, match="give a new decision its own time"):
        back(repository, decisions(f"pubmed:1,full_text,exclude,,,Ada,{WHEN}"))


def test_what_is_taken_for_granted_is_said(repository: Repository) -> None:
    text = decisions(
        "pubmed:1,full_text,include,,,Ada,2026-11-22 09:30", "pubmed:2,full_text,,why?,,,", "pubmed:3,full_text,maybe"
    )
    done = back(repository, text, person="Bo", decided_at=NOW)
    assert done.added == 2 and len(done.notes) == 2
    assert done.notes[0] == "line 3: a reason but no decision; left out"
    assert "taken as UTC" in done.notes[1]
    said = {decision.work_id: (decision.person, decision.decided_at) for decision in repository.decisions()}
    assert said == {"pubmed:1": ("Ada", datetime(2026, 11, 22, 9, 30, tzinfo=UTC)), "europepmc:PPR3": ("Bo", NOW)}


@pytest.mark.parametrize("mark", [";", "\t"])
def test_what_spreadsheets_make_of_it(repository: Repository, mark: str) -> None:
    row = ["pubmed:1", "full_text", "include", "", '"skin;eye"', "Ada", "2026-11-22T09:30:00Z"]
    text = "\ufeff" + mark.join(COLUMNS) + "\r\n" + mark.join(row) + "\r\n"
    assert back(repository, text).added == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "column missing: work_id"),
        ("work_id,stage\n", "column missing: decision"),
        (",".join((*COLUMNS, "person")) + "\n", "column given twice: person"),
        (decisions('pubmed:1,"open'), "line 2: .*quotation marks"),
        (decisions("x" * 200_000), "line 2: field larger"),
    ],
)
def test_files_that_are_none(repository: Repository, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        back(repository, text)


def test_a_file_that_is_not_utf8(repository: Repository, tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes(decisions("pubmed:1,full_text,include,").encode() + b"\xe9\n")
    with path.open(encoding="utf-8", newline="") as file, pytest.raises(InputError, match="not UTF-8"):
        import_queue(repository, REVIEW, file)


def test_stages_are_checked(repository: Repository) -> None:
    with pytest.raises(UsageError, match="stage 'x'"):
        list_queue(repository, REVIEW, stage="x")


@given(st.text(st.sampled_from("'=+-@\t\rab")))
def test_no_cell_is_a_formula_and_none_is_changed(cell: str) -> None:
    safe = guarded(cell)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(safe) == cell


def test_records_by_hand() -> None:
    paper = record_by_hand(pmid="PMID: 012", doi="https://doi.org/10.1234/X", nct_id="nct00000001", title=" A  b ")
    assert paper.key == ("pubmed", "12") and paper.doi == "10.1234/x"
    assert paper.title == "A b" and paper.nct_ids == ("NCT00000001",) and paper.fidelity == Fidelity.FACTS
    article = record_by_hand(doi="doi:10.1234/X.", title="A", year="2024-05", journal="J")
    assert article.key == ("crossref", "10.1234/x") and article.publication_date == "2024-05"
    trial = record_by_hand(nct_id="NCT00000001", title="T")
    assert trial.key == ("clinicaltrials", "NCT00000001") and trial.kind == Kind.TRIAL and trial.trial is not None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"pmid": "x1", "title": "A"}, "pmid: 'x1'"),
        ({"doi": "11.1/x", "title": "A"}, "doi: "),
        ({"nct_id": "NCT1", "title": "A"}, "nct_id: "),
        ({"title": "A"}, "needs a pmid"),
        ({"pmid": "1"}, "title: empty"),
        ({"pmid": "1", "title": "A", "year": "2024-13"}, "year: '2024-13'"),
        ({"pmid": "1", "title": "A", "year": "24"}, "year: '24'"),
    ],
)
def test_records_that_cannot_be_believed(values: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        record_by_hand(**values)
