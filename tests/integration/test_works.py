"""Works from the services to the command line: merged, told of, undone for good."""

import json
from datetime import date

import pytest

from support.lab import Lab
from support.tiny_review import CITED_PMID, CITED_TITLE
from support.world import Article, preprint, study

FIRST, SECOND, THIRD = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z", "2022-06-15T05:00:00Z"
PREPRINT_TITLE = "Vesicles of loom cells before print and after it"
PAPER_TITLE = "Vesicles of loom cells in the burns of old mice"
NCT = "NCT90000003"


@pytest.fixture
def filled(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A paper, a trial and a preprint, read by a first run."""
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__EUROPEPMC__IS_ENABLED", "true")
    lab.server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)),
        Article(pmid="31000001", title=PAPER_TITLE, doi="10.5555/a", edat=date(2022, 3, 15)),
    )
    lab.server.world.register(study(NCT, "Vesicles of loom cells in people", updated="2022-05-02"))
    lab.server.world.publish(preprint("PPR900001", PREPRINT_TITLE))
    assert lab("run", now=FIRST).code == 0
    return lab


def merged(lab: Lab) -> list[list[str]]:
    ended = lab("works", "list", "--merged", "--json")
    assert ended.code == 0
    return [json.loads(line)["records"] for line in ended.lines]


def told(lab: Lab, run: str) -> set[str]:
    ended = lab("changes", "--json", "--run", run)
    found = [json.loads(line) for line in ended.lines]
    return {f"{one['type']} {one['source_id']} of {one['work']}" for one in found}


def test_preprint_notices_and_trial_become_works_and_are_reported(filled: Lab) -> None:
    assert merged(filled) == []
    world = filled.server.world
    retracted = {"edat": date(2022, 6, 3), "publication_types": ("Journal Article", "Retraction of Publication")}
    corrected = {"edat": date(2022, 6, 3), "publication_types": ("Published Erratum",)}
    world.add(
        Article(pmid="31000005", title=PREPRINT_TITLE, doi="10.5555/print", edat=date(2022, 6, 3)),
        Article(
            pmid="31000006",
            title="Retraction of something on vesicles of loom cells",
            notices=(("RetractionOf", "31000001", "J Invent Res"),),
            **retracted,
        ),
        Article(pmid="31000007", title="Vesicles of loom cells: the trial", accessions=(NCT,), edat=date(2022, 6, 3)),
        # The title of the paper, as errata have it: no reason by itself.
        Article(pmid="31000008", title=PAPER_TITLE, doi="10.5555/erratum", **corrected),
    )
    world.revise("31000001", notices=(("RetractionIn", "31000006", "J Invent Res"),), mdat=date(2022, 6, 4))
    assert filled("run", now=SECOND).code == 0
    assert merged(filled) == [
        [f"clinicaltrials:{NCT}", "pubmed:31000007"],
        ["europepmc:PPR900001", "pubmed:31000005"],
        ["pubmed:31000001", "pubmed:31000006"],
    ]
    assert told(filled, "20220608T050000Z") == {
        "preprint_published 31000005 of europepmc:PPR900001",
        "retracted 31000001 of pubmed:31000001",
        "new_core_record 31000006 of pubmed:31000001",
        f"new_core_record 31000007 of clinicaltrials:{NCT}",
        f"results_published {NCT} of clinicaltrials:{NCT}",
        "new_core_record 31000008 of pubmed:31000008",
    }
    world.revise("31000008", notices=(("ErratumFor", "31000001", "J Invent Res"),), mdat=date(2022, 6, 10))
    assert filled("run", now=THIRD).code == 0
    assert ["pubmed:31000001", "pubmed:31000006", "pubmed:31000008"] in merged(filled)
    # What the review has not cited is listed once a work.
    report = json.loads((filled.root / "out" / "20220615T050000Z" / "report.json").read_text(encoding="utf-8"))
    assert json.dumps(report).count('"work": "pubmed:31000001"') == 1


def test_what_a_person_undid_stays_undone(filled: Lab) -> None:
    world = filled.server.world
    world.add(Article(pmid="31000005", title=PREPRINT_TITLE, doi="10.5555/print", edat=date(2022, 6, 3)))
    filled("run", now=SECOND)
    assert merged(filled) == [["europepmc:PPR900001", "pubmed:31000005"]]
    shown = filled("works", "show", "pubmed:31000005")
    assert shown.code == 0 and "titles 100 % alike" in shown.out
    assert filled("works", "split", "pubmed:31000005", "--by", "Ada", "--reason", "another study").code == 0
    world.revise("31000005", abstract="Other invented words.", mdat=date(2022, 6, 10))
    assert filled("run", now=THIRD).code == 0
    assert merged(filled) == []
    (link,) = json.loads(filled("works", "show", "pubmed:31000005", "--json").out)["links"]
    assert (link["kind"], link["undone_by"], link["undone_reason"]) == ("title", "Ada", "another study")
    joined = filled("works", "join", "pubmed:31000005", f"clinicaltrials:{NCT}", "--by", "Bo", "--reason", "its report")
    assert joined.code == 0 and "its report" in joined.out
    assert merged(filled) == [[f"clinicaltrials:{NCT}", "pubmed:31000005"]]
    wrong = filled("works", "split", "pubmed:1", "--by", "Ada", "--reason", "x")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert len(filled("works", "list", "--json").lines) == 4
