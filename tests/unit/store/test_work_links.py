"""Linking what changed gives what linking everything gives, whatever came before."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from livingreview.errors import UsageError
from livingreview.linking import LinkKind, facts_of, partition
from livingreview.records import Kind, Notice, Person, Record, TrialFacts
from livingreview.store import queries, work_links
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support.records import NOW

TITLES = (
    "Vesicles of loom cells mend torn skin in invented mice",
    "Vesicles of loom cells mend torn skin in an invented mouse",
    "Exosomes of yarn cells and the healing of the retina",
    "",
)
PMIDS, DOIS, NCTS = ("1", "2", "3", "4"), ("10.1/a", "10.1/b", "10.1/c"), ("NCT91000001", "NCT91000002")
KINDS = ("ErratumFor", "ErratumIn", "UpdateOf", "RetractionIn", "PreprintOf", "PreprintIn", "CommentOn")
PEOPLE = st.sampled_from((("Loom", "Yarn"), ("Loom", "Yarn", "Heald"), ("Yarn",), ())).map(
    lambda names: tuple(Person(family=name) for name in names)
)


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


@st.composite
def publications(draw: st.DrawFn) -> Record:
    source = draw(st.sampled_from(("pubmed", "crossref", "europepmc")))
    pmid, doi = draw(st.sampled_from(("", *PMIDS))), draw(st.sampled_from(("", *DOIS)))
    ids = {"pubmed": draw(st.sampled_from(PMIDS)), "crossref": doi or "10.1/a", "europepmc": f"PPR{pmid or '9'}"}
    names = st.builds(
        Notice, kind=st.sampled_from(KINDS), pmid=st.sampled_from(("", *PMIDS)), doi=st.sampled_from(DOIS)
    )
    return Record(
        source=source,
        source_id=ids[source],
        kind=Kind.PREPRINT if source == "europepmc" else Kind.ARTICLE,
        pmid=ids["pubmed"] if source == "pubmed" else pmid,
        doi=doi,
        title=draw(st.sampled_from(TITLES[:2] + TITLES)),
        persons=draw(PEOPLE),
        publication_date=draw(st.sampled_from(("2021-05", "2022", "2022-03", "2023-01-02", ""))),
        notices=tuple(draw(st.lists(names, max_size=2))),
        accessions=draw(some(NCTS)) if source == "pubmed" else (),
    )


@st.composite
def trials(draw: st.DrawFn) -> Record:
    return Record(
        source=draw(st.sampled_from(("clinicaltrials", "ictrp"))),
        source_id=draw(st.sampled_from(NCTS)),
        kind=Kind.TRIAL,
        trial=TrialFacts(
            result_pmids=draw(some(PMIDS)), aliases=draw(some(NCTS)), secondary_ids=draw(some(("E1", "E2")))
        ),
    )


READ = st.lists(st.one_of(publications(), trials()), min_size=1, max_size=4)
SAID = st.tuples(st.sampled_from(("join", "split")), st.integers(0, 50), st.integers(0, 50))


def stored(repository: Repository) -> tuple[dict[str, str], set[tuple[str, str, str]]]:
    """Record -> work, and the current links of the rules."""
    record, link = queries.RECORD, queries.WORK_LINK
    with repository._begin() as connection:
        rows = connection.execute(select(record).order_by(record.c.id)).all()
        names = {row.id: f"{row.source}:{row.source_id}" for row in rows}
        links = connection.execute(select(link).where(link.c.undone_at.is_(None), link.c.kind != LinkKind.JOIN))
        return (
            {names[row.id]: row.work_id for row in rows},
            {(names[row.record_id], names[row.other_id], row.kind) for row in links},
        )


def linked_in_full(repository: Repository) -> tuple[dict[str, frozenset[str]], set[tuple[str, str, str]]]:
    """Record -> its work's records, and links, by all that the store says now."""
    record, version = queries.RECORD, queries.VERSION
    with repository._begin() as connection:
        words = work_links.Linking(connection)
        pairs = [
            [(words.record_name(one), words.record_name(other)) for one, other in said]
            for said in (words.joined(), words.parted())
        ]
        contents = connection.execute(
            select(version.c.content).join(
                record, (record.c.id == version.c.record_id) & (record.c.current_version == version.c.number)
            )
        ).scalars()
        found = partition([facts_of(json.loads(content)) for content in contents], *pairs)
    return (
        {name: frozenset(members) for name, members in found.works.items()},
        {(*sorted(pair), str(link.kind)) for pair, link in found.links.items()},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("linking")


STEPS = st.lists(st.one_of(READ, READ, SAID), min_size=2, max_size=7)
Steps = list[list[Record] | tuple[str, int, int]]


@settings(deadline=None, max_examples=settings().max_examples // 3, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_what_changed_is_linked_as_if_all_were(folder: Path, steps: Steps) -> None:
    assert_linked_as_if_all_were(folder, steps)


@pytest.mark.slow
@settings(deadline=None, max_examples=3 * settings().max_examples, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_what_changed_is_linked_as_if_all_were_at_length(folder: Path, steps: Steps) -> None:
    assert_linked_as_if_all_were(folder, steps)


def assert_linked_as_if_all_were(folder: Path, steps: Steps) -> None:
    (folder / "store.db").unlink(missing_ok=True)
    for name in ("store.db-wal", "store.db-shm"):
        (folder / name).unlink(missing_ok=True)
    repository = Repository.open(f"sqlite:///{folder / 'store.db'}", folder / "archive")
    with pytest.MonkeyPatch.context() as patched:
        # Even where most records changed, only these are looked at.
        patched.setattr(work_links, "_ALL_FROM", 2.0)
        for number, step in enumerate(steps):
            now = NOW + timedelta(hours=number)
            if isinstance(step, list):
                run = repository.start_run("files", now, "0.1.0", "")
                with repository.writing(run) as writing:
                    dated = [dated_by(one, number) for one in step]
                    writing.apply(dated, "key", now, Tally())
                repository.link_works(run)
                repository.commit_derived(run, [one.version_id for one in repository.underived(100)], {}, [], "other")
            else:
                say(repository, step, now)
            works, links = stored(repository)
            expected, expected_links = linked_in_full(repository)
            groups: dict[str, set[str]] = {}
            for name, work in works.items():
                groups.setdefault(work, set()).add(name)
            assert {name: frozenset(groups[work]) for name, work in works.items()} == expected
            assert {(*sorted((one, other)), kind) for one, other, kind in links} == expected_links
    repository.close()


def dated_by(record: Record, number: int) -> Record:
    """A later state each time, so that it takes the place of the one before."""
    return replace(record, source_date=f"2024-01-{number + 1:02d}")


def say(repository: Repository, said: tuple[str, int, int], now: datetime) -> None:
    names = sorted(stored(repository)[0])
    if not names:
        return
    what, one, other = said
    words = {"person": "Ada", "reason": "read both", "now": now}
    try:
        if what == "join":
            repository.join_works(names[one % len(names)], names[other % len(names)], **words)
        else:
            repository.split_work(names[one % len(names)], **words)
    except UsageError:
        # The same record twice, joined already, or alone: nothing is said then.
        pass
