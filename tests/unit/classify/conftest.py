"""A small review about something else entirely, and the shipped one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from livingreview.classify import Example, evaluate, shipped_examples, train
from livingreview.config import load_baseline, load_project
from support.pandas import REVIEW, article

NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def make_article():
    return article


@pytest.fixture(scope="session")
def review():
    return REVIEW


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
def evaluation(review, examples):
    return evaluate(review, examples)


@pytest.fixture(scope="session")
def now():
    return NOW


@pytest.fixture(scope="session")
def project():
    return load_project(Path(__file__).parents[3] / "config", "imsc-ev")


@pytest.fixture(scope="session")
def labelled(project):
    return shipped_examples(project, load_baseline(project))


@pytest.fixture(scope="session")
def shipped(project, labelled):
    """The model of the shipped review."""
    return train(project.review, labelled, now=NOW, code_version="1")
