"""Every parser upon damaged documents and answers: the short version of tests/benchmarks/fuzz.py."""

import random
from pathlib import Path

import pytest

from livingreview.errors import LivingReviewError
from livingreview.records import Problem, Record
from livingreview.sources import SOURCES
from livingreview.sources.formats import files
from support.fuzzing import PART, Subject, assert_sound, attempt, mutate, subjects

MUTATIONS = 100
MAX_BYTES = 1 << 14
NAMES = list(subjects(Path()))
REFUSED = {"esearch": 1, "europepmc": 3, "sniff": 1}
"""How many seeds are refused: a complaint of PubMed, errors and a lone page of Europe PMC, XML in another encoding."""


def reads(subject: Subject, body: bytes) -> bool:
    try:
        subject.read(body)
    except LivingReviewError:
        return False
    return True


def test_every_format_and_every_source_is_tried() -> None:
    services = {"pubmed": "esearch"}
    assert {*files.PARSERS, *(services.get(name, name) for name in SOURCES)} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_damage_costs_an_input_error_or_problems(name: str, tmp_path: Path) -> None:
    subject = subjects(tmp_path)[name]
    assert sum(not reads(subject, seed) for seed in subject.seeds) == REFUSED.get(name, 0)
    chance = random.Random(name)
    bodies = [mutate(chance.choice(subject.seeds), chance, subject.seeds, MAX_BYTES) for _ in range(MUTATIONS)]
    for body in bodies:
        attempt(subject, body)
    # Damage that is never noticed, or that leaves nothing to read, tries nothing.
    assert MUTATIONS // 50 < sum(reads(subject, body) for body in bodies) < MUTATIONS


def test_chance_is_told_by_its_seed(tmp_path: Path) -> None:
    for subject in subjects(tmp_path).values():
        first, second = (mutate(subject.seeds[0], random.Random(7), subject.seeds) for _ in range(2))
        assert first == second


def unsound(body: bytes) -> None:
    text = body.decode("utf-8", "surrogateescape")
    assert_sound([Record(source="pubmed", source_id="1", title=text)])
    assert_sound([Problem(source="pubmed", source_id="1", reason=text)])


@pytest.mark.parametrize("body", [b"", b"\0", b"\xff", b"\\\0"])
def test_what_cannot_be_stored_is_found(body: bytes) -> None:
    with pytest.raises((AssertionError, UnicodeEncodeError)):
        attempt(Subject(unsound, (LivingReviewError,), ()), body)
    attempt(Subject(unsound, (LivingReviewError,), ()), b"a \\u0000 that is written out " + PART)
