"""What was read before is known again and not read anew, and nothing is lost by it."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livingreview.records import Record, Run, Section
from livingreview.sources.pubmed import articles
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support.records import NOW, article
from support.stores import rows_of
from support.world import ARTICLE_HEAD, ARTICLE_TAIL, Article, article_set

FIRST = Article(pmid="31000001", title="One", mdat=date(2022, 4, 1))
LATER = replace(FIRST, title="Two", mdat=date(2022, 5, 1))
DELETED = ARTICLE_HEAD + b"<DeleteCitation><PMID>31000001</PMID></DeleteCitation>" + ARTICLE_TAIL


@pytest.fixture
def run(repository: Repository) -> Run:
    return repository.start_run("files", NOW, "0.1.0", "config")


def applied(repository: Repository, run: Run, body: bytes, *, is_known_again: bool = True) -> dict[str, int]:
    """Actions of one document, and how many of its articles were read."""
    tally = Tally()
    read = articles.unread if is_known_again else articles.parse
    with (
        patch.object(articles, "record", wraps=articles.record) as reading,
        repository.writing(run) as writing,
    ):
        writing.apply(read(io.BytesIO(body)), "key", NOW, tally)
    assert tally.received == sum(tally.counts.values())
    return {str(action): count for action, count in tally.counts.items() if count} | {"read": reading.call_count}


def current(repository: Repository) -> Record:
    (found,) = repository.records(source="pubmed", ids=["31000001"])
    return found.record


def test_the_same_article_is_not_read_twice(repository: Repository, run: Run) -> None:
    body = article_set(FIRST, Article(pmid="31000002"))
    assert applied(repository, run, body) == {"new": 2, "read": 2}
    assert applied(repository, run, body) == {"unchanged": 2, "read": 0}
    assert applied(repository, run, article_set(FIRST)) == {"unchanged": 1, "read": 0}


def test_a_changed_article_is_read(repository: Repository, run: Run) -> None:
    applied(repository, run, article_set(FIRST))
    assert applied(repository, run, article_set(LATER)) == {"revised": 1, "read": 1}
    assert current(repository).title == "Two"
    assert applied(repository, run, article_set(LATER)) == {"unchanged": 1, "read": 0}


def test_an_article_that_says_the_same_in_other_bytes_is_read_once(repository: Repository, run: Run) -> None:
    applied(repository, run, article_set(FIRST))
    stamped = article_set(replace(FIRST, mdat=date(2022, 6, 1)))
    assert applied(repository, run, stamped) == {"unchanged": 1, "read": 1}
    assert applied(repository, run, stamped) == {"unchanged": 1, "read": 0}
    # Its later date counts: what was dated in between is older than the current state.
    assert applied(repository, run, article_set(LATER)) == {"older": 1, "read": 1}


def test_an_older_state_that_is_read_again_is_read_and_changes_nothing(repository: Repository, run: Run) -> None:
    applied(repository, run, article_set(FIRST))
    applied(repository, run, article_set(LATER))
    assert applied(repository, run, article_set(FIRST)) == {"unchanged": 1, "read": 1}
    assert current(repository).title == "Two"
    assert applied(repository, run, article_set(FIRST, LATER)) == {"unchanged": 2, "read": 1}


def test_a_state_that_another_channel_replaced_is_read_again(repository: Repository, run: Run) -> None:
    applied(repository, run, article_set(FIRST))
    tally = Tally()
    with repository.writing(run) as writing:
        writing.apply([replace(current(repository), title="Elsewhere", source_date="2022-04-02")], "key", NOW, tally)
    assert tally.counts["revised"] == 1  # type: ignore[index]
    assert applied(repository, run, article_set(FIRST)) == {"unchanged": 1, "read": 1}
    assert current(repository).title == "Elsewhere"


def test_an_article_that_was_withdrawn_meanwhile_is_read(repository: Repository, run: Run) -> None:
    applied(repository, run, article_set(FIRST))
    assert applied(repository, run, DELETED) == {"withdrawn": 1, "read": 0}
    for _ in range(2):
        assert applied(repository, run, article_set(FIRST)) == {"unchanged": 1, "read": 1}
    returned = replace(FIRST, mdat=date(2022, 7, 1))
    assert applied(repository, run, article_set(returned)) == {"revised": 1, "read": 1}
    assert applied(repository, run, article_set(returned)) == {"unchanged": 1, "read": 0}


def test_another_version_of_the_reader_reads_everything_anew(repository: Repository, run: Run) -> None:
    applied(repository, run, article_set(FIRST))
    with patch.object(articles, "READER_VERSION", -1):
        assert applied(repository, run, article_set(FIRST)) == {"unchanged": 1, "read": 1}
        assert applied(repository, run, article_set(FIRST)) == {"unchanged": 1, "read": 0}
    assert applied(repository, run, article_set(FIRST)) == {"unchanged": 1, "read": 1}


def test_a_restored_record_gets_its_text_back(
    repository: Repository, run: Run, tmp_path: Path, other_repository: Repository
) -> None:
    applied(repository, run, article_set(FIRST))
    repository.export_snapshot(tmp_path / "snapshot")
    other_repository.restore_snapshot(tmp_path / "snapshot")
    assert not current(other_repository).is_text_complete
    again = other_repository.start_run("files", NOW + timedelta(days=1), "0.1.0", "config")
    assert applied(other_repository, again, article_set(FIRST)) == {"unchanged": 1, "read": 1}
    assert current(other_repository).abstract == (Section(text=FIRST.abstract),)
    assert applied(other_repository, again, article_set(FIRST)) == {"unchanged": 1, "read": 0}


def test_an_article_whose_first_number_is_not_its_own(repository: Repository, run: Run) -> None:
    odd = FIRST.to_xml().replace(b"<MedlineCitation", b"<Other><PMID>31000009</PMID></Other><MedlineCitation", 1)
    body = ARTICLE_HEAD + odd + ARTICLE_TAIL
    assert applied(repository, run, body) == {"new": 1, "read": 1}
    assert applied(repository, run, body) == {"unchanged": 1, "read": 1}
    assert repository.counts() == {"pubmed": 1}


def test_a_broken_article_is_named_each_time(repository: Repository, run: Run) -> None:
    body = ARTICLE_HEAD + b"<PubmedArticle><PMID>7</PMID></PubmedArticle>" + ARTICLE_TAIL
    for _ in range(2):
        assert applied(repository, run, body) == {"unstored": 1, "read": 1}


@pytest.fixture
def other_repository(tmp_path: Path) -> Iterator[Repository]:
    found = Repository.open(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "other")
    yield found
    found.close()


_STATES = st.builds(
    Article,
    pmid=st.sampled_from(["31000001", "31000002"]),
    title=st.sampled_from(["One", "Two"]),
    abstract=st.just("Words."),
    mdat=st.sampled_from([date(2022, 4, 1), date(2022, 5, 1)]),
    version=st.sampled_from([1, 1, 2]),
).map(Article.to_xml)
_DELETIONS = st.sampled_from(["31000001", "31000002"]).map(
    lambda pmid: f"<DeleteCitation><PMID>{pmid}</PMID></DeleteCitation>".encode()
)
_DOCUMENTS = st.lists(
    st.lists(_STATES | _STATES | _STATES | _DELETIONS, min_size=1, max_size=4).map(b"\n".join), min_size=2, max_size=7
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_DOCUMENTS)
def test_a_store_that_knows_again_is_the_store_that_reads_everything(
    tmp_path_factory: pytest.TempPathFactory, documents: list[bytes]
) -> None:
    folder = tmp_path_factory.mktemp("stores")
    found = []
    for name, is_known_again in (("known", True), ("read", False)):
        url = f"sqlite:///{folder / name}.db"
        repository = Repository.open(url, folder / name)
        run = repository.start_run("files", NOW, "0.1.0", "config")
        actions = []
        for inner in documents:
            counts = applied(repository, run, ARTICLE_HEAD + inner + ARTICLE_TAIL, is_known_again=is_known_again)
            actions.append({name: count for name, count in counts.items() if name != "read"})
        repository.close()
        rows = rows_of(url)
        rows["record"] = [[pair for pair in row if pair[0] != "raw_digest"] for row in rows["record"]]
        found.append((actions, rows))
    assert found[0] == found[1]


def test_records_without_bytes_are_as_ever(repository: Repository, run: Run) -> None:
    tally = Tally()
    with repository.writing(run) as writing:
        writing.apply([article(), article()], "key", NOW, tally)
    assert (tally.counts["new"], tally.counts["unchanged"]) == (1, 1)  # type: ignore[index]
