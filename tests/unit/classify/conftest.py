"""A small review about something else entirely, and the shipped one."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from livingreview.classify import Example, shipped_examples, train
from livingreview.config import Review, load_baseline, load_project
from livingreview.records import Record

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def article(title, source_id="1", **values):
    return Record(source="pubmed", source_id=source_id, title=title, **values)


@pytest.fixture(scope="session")
def make_article():
    return article


@pytest.fixture(scope="session")
def review():
    return Review(
        slug="pandas",
        title="Bamboo for pandas",
        citation="Nobody 2020",
        published_date=date(2020, 1, 1),
        read_from_date=date(2020, 1, 1),
        question="Does bamboo help pandas?",
        scopes=(
            {"slug": "other", "label": "Other", "is_relevant": False},
            {"slug": "core", "label": "Bamboo for pandas", "is_core": True},
            {"slug": "animal", "label": "Pandas"},
            {"slug": "unseen", "label": "Never labelled"},
        ),
        variants=(
            {"name": "panda", "replacement": "pandatoken", "patterns": [r"\bpandas?\b", r"\bailuropoda\b"]},
            {"name": "bamboo", "replacement": "bambootoken", "patterns": [r"\bbamboos?\b"]},
            {"name": "joint", "replacement": " ", "patterns": [r"(?<=token)-+"]},
        ),
        areas=(
            {
                "slug": "mouth",
                "label": "Mouth",
                "terms": ["tooth", "teeth", "β-plaque*"],
                "mesh": ["Mouth Diseases"],
                "children": [{"slug": "caries", "label": "Caries", "terms": ["dental decay", "carie*"]}],
            },
            {"slug": "rest", "label": "Sleep", "terms": ["sleep*", "bad dream*"], "aliases": ["night"]},
            {"slug": "unseen_area", "label": "Feet", "terms": ["paw", "paws"]},
            {"slug": "none", "label": "None", "terms": ["zoo"], "aliases": ["general"]},
        ),
        facets=(
            {
                "slug": "place",
                "label": "Place",
                "values": [
                    {"slug": "zoo", "patterns": [r"\bzoos?\b", r"\bmenagerie\b"]},
                    {"slug": "wild", "patterns": [r"\bin the wild\b"]},
                ],
            },
            {
                "slug": "gene",
                "label": "Gene",
                "values": [{"slug": "gene", "capture": True, "patterns": [r"\bPND-?\d+\b"]}],
            },
        ),
        classifier={"name": "test", "is_balanced": True},
    )


@pytest.fixture(scope="session")
def examples():
    places = ("Berlin", "Chengdu", "Vienna", "Madrid", "Edinburgh", "Tokyo", "Atlanta", "Lima", "Oslo", "Rome", "Cork")
    texts = []
    for place in places:
        texts += [
            (f"Bamboo protects the teeth of pandas in {place}", "core", ("mouth",)),
            (f"Giant pandas kept in {place} and their sleep", "animal", ("rest",)),
            (f"Bamboo as a building material in {place}", "other", ()),
            (f"Traffic and sleep loss in {place}", "other", ("rest",)),
        ]
    texts.append(("Something about pandas and dental decay that nobody labelled", None, ("caries",)))
    return [
        Example(record=article(text, str(number)), scope=scope, areas=areas, origin="labels")
        for number, (text, scope, areas) in enumerate(texts)
    ]


@pytest.fixture(scope="session")
def model(review, examples):
    return train(review, examples, now=NOW, code_version="1.2.3")


@pytest.fixture(scope="session")
def now():
    return NOW


@pytest.fixture(scope="session")
def project():
    return load_project(Path(__file__).parents[3] / "config", "imsc-ev")


@pytest.fixture(scope="session")
def labelled(project):
    return shipped_examples(project, load_baseline(project))
