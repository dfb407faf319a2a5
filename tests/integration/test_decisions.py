"""Whoever asks what people decided on a work gets one answer."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from livingreview.config import Project, load_baseline
from livingreview.export import Selection, choose
from livingreview.export.evidence_table import evidence_rows
from livingreview.pipeline import train
from livingreview.records import Decision, Notice, Score
from livingreview.records.decisions import DECISIONS
from livingreview.screening.feedback import verdicts
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support.records import NOW, article

SCOPE = "loom_ev"


@pytest.fixture
def repository(tiny_project: Project) -> Iterator[Repository]:
    with closing(Repository.open(tiny_project.database_url, tiny_project.path("archive_dir"))) as opened:
        yield opened


def made(
    decision: str, stage: str, hours: int, *, work: str = "pubmed:1", person: str = "Ada", areas: tuple[str, ...] = ()
) -> Decision:
    moment = NOW + timedelta(hours=hours)
    return Decision(work_id=work, stage=stage, decision=decision, person=person, decided_at=moment, areas=areas)


HISTORIES = [
    ([made("include", "title_abstract", 1)], "include"),
    ([made("include", "title_abstract", 2), made("exclude", "title_abstract", 1)], "include"),
    ([made("exclude", "full_text", 1), made("include", "title_abstract", 2)], "exclude"),
    ([made("include", "full_text", 1), made("exclude", "title_abstract", 2)], "include"),
    ([made("include", "title_abstract", 1), made("exclude", "title_abstract", 1, person="Bob")], "exclude"),
    ([made("exclude", "title_abstract", 1, person="Bob"), made("include", "title_abstract", 1)], "include"),
    # Said of a notice before it was known to belong to the article, in one file and so at one time.
    ([made("exclude", "title_abstract", 1), made("include", "title_abstract", 1, work="pubmed:2")], "include"),
]


@pytest.mark.parametrize(("decisions", "expected"), HISTORIES)
def test_everybody_is_told_the_same(
    tiny_project: Project, repository: Repository, decisions: list[Decision], expected: str
) -> None:
    review = tiny_project.review

    def take(*records: object) -> None:
        run = repository.start_run("services", NOW, "0.1.0", "config")
        with repository.writing(run) as writing:
            writing.apply(records, "key", NOW, Tally())
        repository.link_works(run)

    take(article("1", title="Vesicles of loom cells in burns"), article("2", title="A letter"))
    repository.add_decisions(decisions)
    take(article("2", title="A letter", notices=(Notice(kind="ErratumFor", pmid="1"),), source_date="2023-01-01"))
    waiting = repository.underived(9)
    told = {version.decision for version in waiting if version.record.notices}
    score = Score(scope=SCOPE, probabilities={SCOPE: 1.0}, model="m")
    run = repository.runs()[-1]
    ids = [version.version_id for version in waiting]
    repository.commit_derived(run, ids, dict.fromkeys(ids, score), [], review.other_scope)

    flows = repository.prisma_counts(run, ())
    counted = {one.decision for flow in flows for one in flow.decided}
    exported = {name for name in DECISIONS if choose(repository.records(), review, Selection(decisions=(name,))).keys}
    taught = {
        one.scope
        for one in train.examples(tiny_project, repository, load_baseline(tiny_project))
        if one.origin == "decision"
    }
    answers = {
        "changes": told,
        "flow": counted,
        "export": exported,
        "training": {"include" if scope == SCOPE else "exclude" for scope in taught},
        "ranker": {"include" if is_in else "exclude" for is_in in verdicts(repository.decisions()).values()},
        "evidence": {"include" if evidence_rows(repository, review, [SCOPE]) else "exclude"},
    }
    assert answers == dict.fromkeys(answers, {expected})


def test_training_and_export_agree_on_areas(tiny_project: Project, repository: Repository) -> None:
    run = repository.start_run("services", NOW, "0.1.0", "config")
    with repository.writing(run) as writing:
        writing.apply([article("1")], "key", NOW, Tally())
    first, second = made("include", "title_abstract", 1, areas=("skin",)), made("include", "full_text", 2)
    repository.add_decisions([first, second])
    examples = train.examples(tiny_project, repository, load_baseline(tiny_project))
    assert [one.areas for one in examples if one.origin == "decision"] == [("skin",)]
    review = tiny_project.review
    assert choose(repository.records(), review, Selection(areas=("skin",))).keys == {("pubmed", "1")}
