"""Titles that we invented to be hard, none of them learnt from: many phrasings, and what only looks like the field."""

import csv
from pathlib import Path

import numpy as np
import pytest

from livingreview.classify.measures import figures

CHALLENGE = Path(__file__).parents[2] / "fixtures" / "classify" / "challenge.csv"


@pytest.fixture(scope="module")
def rows():
    with CHALLENGE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def scores(shipped, rows, make_article):
    return shipped.score([make_article(row["title"]) for row in rows])


def test_the_challenge_is_none_of_the_labels(rows, labelled):
    known = {example.record.title.casefold() for example in labelled}
    assert len(rows) == len({row["title"].casefold() for row in rows}) >= 150
    assert not known & {row["title"].casefold() for row in rows}


def test_scopes_of_the_challenge(shipped, rows, scores):
    wrong = [
        (row["scope"], score.scope, row["title"])
        for row, score in zip(rows, scores, strict=True)
        if row["scope"] != score.scope
    ]
    assert len(wrong) <= 3, wrong
    relevant = [shipped.is_relevant(score) for score in scores]
    missed = [
        row["title"] for row, is_said in zip(rows, relevant, strict=True) if row["scope"] != "other" and not is_said
    ]
    assert missed == []
    alarms = [row["title"] for row, is_said in zip(rows, relevant, strict=True) if row["scope"] == "other" and is_said]
    assert len(alarms) <= 4, alarms


def test_areas_of_the_challenge(project, rows, scores):
    tops = [area.slug for area in project.review.areas]
    truth = [set(row["areas"].split(";")) for row in rows]
    pairs = {
        slug: (np.array([slug in areas for areas in truth]), np.array([slug in score.areas for score in scores]))
        for slug in tops
    }
    assert figures(pairs)["macro_f1"]["value"] >= 0.9
