"""The shipped labels, and labels that are wrong."""

import shutil
from collections import Counter

import pytest

from livingreview.classify import shipped_examples
from livingreview.classify.examples import areas_of, with_parents
from livingreview.config import load_baseline
from livingreview.errors import ConfigError
from livingreview.records.identifiers import normal_title


def test_shipped_examples_cover_every_scope(labelled, project):
    counts = Counter(example.scope for example in labelled)
    assert set(counts) == {scope.slug for scope in project.review.scopes}
    assert counts[project.review.core_scope] >= 20
    assert {example.origin for example in labelled} == {"labels", "background", "baseline"}
    background = [example for example in labelled if example.origin == "background"]
    assert {(example.scope, example.areas) for example in background} == {("other", None)}
    titles = [normal_title(example.record.title) for example in labelled]
    assert len(titles) == len(set(titles)) >= 230


def test_references_follow_config(labelled):
    by_id = {example.record.source_id: example for example in labelled}
    assert by_id["32929265"].scope == "imsc"
    assert by_id["reference-3"].scope == "other"
    assert by_id["reference-3"].areas == ("gvhd",)
    assert by_id["10.1016/j.cell.2006.07.024"].areas == ()


def test_areas_of_and_their_parents(review):
    aliases = review.area_of_alias()
    assert areas_of("night; caries;night", aliases) == ("rest", "caries")
    assert areas_of("general", aliases) == areas_of("", aliases) == ()
    assert with_parents(("caries",), review) == {"caries", "mouth"}
    with pytest.raises(KeyError):
        areas_of("nowhere", aliases)


@pytest.fixture
def copied(project, tmp_path):
    shutil.copytree(project.data_dir, tmp_path / "data" / project.review.slug)
    return project.model_copy(update={"root": tmp_path})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("T,2020,J,,,nonsense,,,u", "unknown scope 'nonsense'; use one of review.toml"),
        ("T,2020,J,,,other,,nowhere,u", "unknown area 'nowhere'; use one of areas.toml"),
    ],
)
def test_a_wrong_label_is_named_with_its_line(copied, row, message):
    path = copied.data_dir / "labels" / "titles.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines, row, ""]), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"line {len(lines) + 1}: {message}"):
        shipped_examples(copied, load_baseline(copied))


def test_a_wrong_area_of_a_reference_is_named(copied):
    baseline = load_baseline(copied)
    path = copied.data_dir / "baseline" / "references.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",gvhd,", ",nowhere,", 1), encoding="utf-8")
    assert shipped_examples(copied, baseline)
    with pytest.raises(ConfigError, match="reference 3 names an unknown area 'nowhere'"):
        shipped_examples(copied, load_baseline(copied))
