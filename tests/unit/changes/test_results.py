"""Results published: three ways, one change."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from livingreview.changes import Context, derive_all
from livingreview.records import Change, NamedTrial, Record, Score, Underived
from support.records import article, trial
from support.tiny_review import CITED_PMID

Derive = Callable[..., list[Change]]
NCT = "NCT91000001"


def stored(*reported: str) -> NamedTrial:
    return NamedTrial(
        source="clinicaltrials",
        source_id=NCT,
        title="A study",
        work_id="w",
        version=3,
        reported_pmids=frozenset(reported),
    )


def report(**values: Any) -> Record:
    given = {"nct_ids": (NCT,), "accessions": (NCT,), "publication_date": "2022-05"}
    return replace(article("77"), **(given | values))


def results(changes: list[Change]) -> list[Change]:
    return [change for change in changes if change.type == "results_published"]


def test_by_the_data_bank_and_by_the_abstract(changes_of: Derive) -> None:
    (banked,) = results(changes_of(report(), trials=(stored(),)))
    assert (banked.source, banked.source_id, banked.work, str(banked.severity)) == ("clinicaltrials", NCT, "w", "alert")
    assert (banked.before_version, banked.after_version, banked.effective_date) == (3, 3, "2022-05")
    assert (banked.after["result_pmids"], banked.after["named_by"]) == (["77"], "data bank")
    (mentioned,) = results(changes_of(report(accessions=()), trials=(stored(),)))
    assert mentioned.after["named_by"] == "abstract"


def test_a_revised_article_that_names_it_now(changes_of: Derive) -> None:
    silent = report(accessions=(), nct_ids=())
    assert len(results(changes_of(report(), silent, trials=(stored(),)))) == 1
    assert results(changes_of(report(), report(accessions=()), trials=(stored(),))) == []


@pytest.mark.parametrize(
    "values",
    [
        {"publication_types": ("Journal Article", "Review")},
        {"publication_types": ("Comment",)},
        {"title": "Vesicles of loom cells for burns: a study protocol"},
        {"accessions": (), "nct_ids": (NCT, "NCT91000002")},
        {"publication_date": "2021-12"},
        {"pmid": ""},
    ],
)
def test_what_is_no_result(changes_of: Derive, values: dict[str, Any]) -> None:
    assert results(changes_of(report(**values), trials=(stored(),))) == []


def test_what_the_review_cites_is_no_news(changes_of: Derive) -> None:
    cited = replace(report(), source_id=CITED_PMID, pmid=CITED_PMID)
    assert results(changes_of(cited, trials=(stored(),))) == []


def test_once_whichever_way_comes_first(changes_of: Derive) -> None:
    assert results(changes_of(report(), trials=(stored("77"),))) == []
    before, after = trial(NCT, result_pmids=()), trial(NCT, source_date="2022-05-09", result_pmids=("77", "78"))
    (found,) = results(changes_of(after, before, trials=(stored("77"),)))
    assert (found.after["result_pmids"], found.after["named_by"]) == (["78"], "registry")


def test_two_ways_in_one_run(context: Context) -> None:
    score = Score(scope="loom_ev", probabilities={"loom_ev": 1.0})

    def version(number: int, record: Record, before: Record | None = None) -> Underived:
        return Underived(
            version_id=number,
            number=2 if before else 1,
            record=record,
            work_id="w",
            before=before,
            before_number=1 if before else 0,
            is_withdrawal=False,
            was_withdrawn=False,
            trials=(stored(),),
        )

    versions = [
        version(1, report()),
        version(2, trial(NCT, source_date="2022-05-09", result_pmids=("77",)), trial(NCT, result_pmids=())),
    ]
    for order in (versions, versions[::-1]):
        assert len(results(derive_all([(one, score) for one in order], context))) == 1
