"""The whole report of one hostile run, byte by byte, and what must hold for any order of its parts.

After a wanted change of wording, ``python tests/unit/report/renew_golden.py`` writes the golden files anew; read their
diff before you commit it.
"""

import json
import random
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from livingreview.errors import StoreError
from livingreview.report import SECTIONS, Material, build, render_html, render_json, render_markdown, write

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


@pytest.mark.parametrize("suffix", ["md", "html", "json"])
def test_report_is_the_golden_one(material: Material, suffix: str, tmp_path: Path) -> None:
    write(build(material), tmp_path)
    assert (tmp_path / f"report.{suffix}").read_bytes() == (GOLDEN / f"report.{suffix}").read_bytes()


def test_order_of_the_material_does_not_matter(material: Material) -> None:
    chance = random.Random(7)

    def shuffled(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(chance.sample(parts, len(parts)))

    other = replace(
        material,
        changes=shuffled(material.changes),
        records=shuffled(material.records),
        issues=shuffled(material.issues),
        queries=shuffled(material.queries),
        status=dict(reversed(list(material.status.items()))),
        counts=dict(reversed(list(material.counts.items()))),
        model_card=dict(reversed(list(material.model_card.items()))),
    )
    for render in (render_json, render_markdown, render_html):
        assert render(build(other)) == render(build(material))


def test_json_follows_its_schema(material: Material, quiet: Material) -> None:
    schema = json.loads(resources.files("livingreview.report").joinpath("report.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in (material, quiet, replace(quiet, previous_run=None, records=(), status={}, counts={}, model_card={})):
        value = json.loads(render_json(build(one)))
        jsonschema.Draft202012Validator(schema).validate(value)
        assert list(value["sections"]) == [kind.slug for kind in SECTIONS]


def test_write_names_its_files_and_leaves_nothing_beside_them(material: Material, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "run"
    paths = write(build(material), folder)
    assert [path.name for path in paths] == ["report.md", "report.html", "report.json"]
    assert sorted(folder.iterdir()) == sorted(paths)


def test_a_folder_that_cannot_be_written_to_is_one_line(material: Material, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StoreError) as caught:
        write(build(material), tmp_path / "out")
    assert "\n" not in str(caught.value) and "cannot be written" in str(caught.value)


def test_docs_name_every_section() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "report.md").read_text(encoding="utf-8")
    for kind in SECTIONS:
        assert f"`{kind.slug}`" in text and kind.title in text
