"""Drawing: SVG that a page can take in, the same bytes twice, labels of every kind."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from livingreview.config import Area, Facet, FacetValue, Scope
from livingreview.records import Record, StoredRecord
from livingreview.report import Material, build, drawn, drawn_png, figures_of, render_html, render_markdown
from livingreview.report.drawing import pictures
from livingreview.report.drawing.canvas import COLOURS, clipped, lines_of, width_of

SVG = "{http://www.w3.org/2000/svg}"
LONG = "A label that goes on and on, much longer than anybody would wish a label to be, and then a little"
LABELS = (
    "<script>alert('x')</script> & \"q\" ]]> &amp;",
    "$x_1$ \\frac{1}{2} $",
    "诱导多能干细胞来源的间充质干细胞外泌体",
    "الحويصلات خارج الخلية",
    LONG,
    "Unspeakablylongwordwithoutanyspaceinitwhatsoever",
    "x",
)
SLUGS = tuple(pictures.PLANS)


def figures(material: Material) -> dict[str, Mapping[str, Any]]:
    return dict(figures_of(build(material)))


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.fixture
def odd(material: Material) -> Material:
    """Every label of the configuration and every reason is hostile, long or of another script."""
    areas = tuple(Area(slug=f"a{n}", label=label) for n, label in enumerate(LABELS))
    values = tuple(FacetValue(slug=f"t{n}", label=label, patterns=("a",)) for n, label in enumerate(LABELS))
    scopes = (
        Scope(slug="core", label=LABELS[0], is_core=True),
        Scope(slug="around", label=LONG),
        *(Scope(slug=f"s{n}", label=label) for n, label in enumerate(LABELS)),
        Scope(slug="other", label="Other", is_relevant=False),
    )
    review = material.review.model_copy(
        update={
            "areas": areas,
            "scopes": scopes,
            "statements": (),
            "facets": (Facet(slug="study_type", label="Type", values=values),),
        }
    )
    records = tuple(
        replace(
            one,
            score=replace(
                one.score,
                areas=tuple(area.slug for area in areas),
                facets={"study_type": tuple((value.slug, "a") for value in values)},
            ),
        )
        for one in material.records
        if one.score
    )
    first = material.flows[0]
    decided = tuple(replace(first.decided[0], reason=label) for label in LABELS)
    flows = (replace(first, decided=decided, records={LABELS[0]: 3, LONG: 2}), *material.flows[1:])
    return replace(material, review=review, records=records, flows=flows, changes=())


@pytest.fixture
def empty(quiet: Material) -> Material:
    return replace(
        quiet,
        records=(),
        status={},
        flows=(),
        trial_history={},
        new_areas=(),
        baseline=replace(quiet.baseline, trials=(), references=()),
    )


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("which", ["material", "quiet", "odd", "empty"])
def test_every_figure_is_well_formed_and_described_in_words(
    which: str, slug: str, request: pytest.FixtureRequest
) -> None:
    figure = figures(request.getfixturevalue(which))[slug]
    svg = pictures.draw(slug, figure)
    root = ElementTree.fromstring(svg)
    title, desc = root[0], root[1]
    assert (title.tag, title.text) == (f"{SVG}title", figure["title"])
    assert (desc.tag, desc.text) == (f"{SVG}desc", figure["alt"])
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    ids = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(set(ids)) == len(ids)
    assert all(name and name.startswith(f"fig-{slug}-") for name in ids)
    # Nothing that would reach beyond the element or beyond the page.
    assert not {node.tag for node in root.iter()} & {f"{SVG}script", f"{SVG}style", f"{SVG}image", f"{SVG}metadata"}
    assert "http" not in svg.replace("http://www.w3.org/", "")


@pytest.mark.parametrize("slug", SLUGS)
def test_equal_numbers_give_equal_bytes(slug: str, material: Material) -> None:
    figure = figures(material)[slug]
    assert pictures.draw(slug, figure) == pictures.draw(slug, figure)
    png = drawn_png(slug, figure)
    assert png == drawn_png(slug, figure) and png is not None and png.startswith(b"\x89PNG")


def test_every_reference_within_a_figure_leads_to_it(odd: Material) -> None:
    svg = pictures.draw("over_time", figures(odd)["over_time"])
    ids = {node.get("id") for node in ElementTree.fromstring(svg).iter()}
    used = {part.partition(")")[0] for part in svg.split("url(#")[1:]}
    assert len(used) > 2 and used <= ids


def test_labels_are_shown_letter_by_letter(odd: Material) -> None:
    shown = " ".join(texts(pictures.draw("evidence_map", figures(odd)["evidence_map"])))
    assert "<script>alert(" in shown and "$x_1$" in shown and "诱导多能" in shown and "الحويصلات خارج الخلية" in shown


def test_what_is_drawn_is_within_its_frame(odd: Material) -> None:
    for slug, figure in figures(odd).items():
        width, height = pictures.PLANS[slug][1](figure["data"])
        for node in ElementTree.fromstring(pictures.draw(slug, figure)).iter(f"{SVG}text"):
            x, y = float(node.get("x", -1)), float(node.get("y", -1))
            assert 0 <= x <= width and 0 <= y <= height, (slug, node.text)


def test_numbers_of_the_figures_can_be_read(material: Material) -> None:
    flow = texts(pictures.draw("flow_updates", figures(material)["flow_updates"]))
    assert flow.count("not recorded") == 17
    assert {"110", "100", "Version 4", "Records identified", "wrong | cell"} <= set(flow)
    clocks = texts(pictures.draw("clocks", figures(material)["clocks"]))
    assert {"2 days, OVERDUE", "never read completely, FAILED", "2 days, in time"} <= set(clocks)
    years = texts(pictures.draw("over_time", figures(material)["over_time"]))
    assert {"Core vesicles (2)", "Vesicles around (2)", "review published", "2024"} <= set(years)
    trials = texts(pictures.draw("trial_flow", figures(material)["trial_flow"]))
    assert {"recruiting  1", "1  completed"} <= set(trials)


def test_one_trial_and_one_work_are_drawn(quiet: Material) -> None:
    one = replace(quiet, records=quiet.records[:1], baseline=replace(quiet.baseline, trials=quiet.baseline.trials[:1]))
    assert "1  completed" in texts(pictures.draw("trial_flow", figures(one)["trial_flow"]))
    assert "1/1" in texts(pictures.draw("evidence_map", figures(one)["evidence_map"]))


def test_colours_follow_the_page(material: Material) -> None:
    svg = pictures.draw("over_time", figures(material)["over_time"])
    assert f"var(--fig-first, {COLOURS['first']})" in svg
    style = (Path(pictures.__file__).parents[1] / "templates" / "style.css").read_text(encoding="utf-8")
    light, _, dark = style.partition("prefers-color-scheme: dark")
    for role in COLOURS:
        assert f"--fig-{role}:" in light
    for role in ("first", "second", "third", "fourth"):
        assert f"--fig-{role}:" in dark


# In the report


def test_a_page_holds_each_picture_once_beside_its_table(material: Material) -> None:
    report = build(material)
    made = drawn(report)
    assert tuple(made) == SLUGS
    page = render_html(report, made)
    for slug, svg in made.items():
        assert page.count(svg) == 1
        assert page.count(f'<figure id="{slug}"') == 1
    assert page.count("<summary>The same numbers as a table</summary>") == len(SLUGS)
    assert "<details open>" not in page
    assert render_html(report).count("<details open>") == len(SLUGS)
    assert "<svg" not in render_html(report) + render_markdown(report)


def test_a_long_table_is_left_to_the_other_forms(
    quiet: Material, store: Callable[..., StoredRecord], publication: Callable[..., Record]
) -> None:
    days = [f"{year}-{month:02}-01" for year in (2023, 2024, 2025) for month in range(1, 13)]
    records = tuple(store(publication(str(number), "x", day)) for number, day in enumerate(days))
    report = build(replace(quiet, records=records))
    assert [slug for slug, one in figures_of(report) if len(one["table"]["rows"]) > 24] == ["over_time"]
    assert render_markdown(report).count("The numbers stand in report.html and report.json.") == 1
    assert "2025-12" in render_html(report)


def test_a_figure_that_cannot_be_drawn_costs_its_picture_only(
    material: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = pictures.draw

    def failing(slug: str, figure: Mapping[str, Any]) -> str:
        if slug == "clocks":
            raise RuntimeError("no canvas")
        return draw(slug, figure)

    monkeypatch.setattr(pictures, "draw", failing)
    report = build(material)
    with pytest.warns(RuntimeWarning, match=r"^figure clocks cannot be drawn \(RuntimeError: no canvas\)$"):
        made = drawn(report)
    assert [slug for slug, svg in made.items() if not svg] == ["clocks"]
    page = render_html(report, made)
    assert page.count("<details open>") == page.count("This figure could not be drawn") == 1
    assert "could not be drawn" not in render_html(report)


# Text


def test_text_is_broken_at_spaces_and_hyphens_and_torn_only_where_it_must_be() -> None:
    assert lines_of("Case report or series", 50, 8, 4) == ["Case", "report or", "series"]
    assert lines_of("meta-analysis", 45, 8, 4) == ["meta-", "analysis"]
    assert lines_of("2026-11-23", 60, 8, 2) == ["2026-11-23"]
    torn = lines_of("Observational", 40, 8, 4)
    assert torn[0].endswith("-") and "".join(part.rstrip("-") for part in torn) == "Observational"
    assert all(width_of(line, 8) <= 40 for line in torn)
    assert "".join(lines_of("干细胞来源的外泌体", 40, 8, 9)) == "干细胞来源的外泌体"
    assert lines_of("one two three four", 30, 8, 2)[-1].endswith("\u2026")
    assert lines_of("", 30, 8, 2) == []


def test_text_that_is_too_wide_says_that_something_is_left_out() -> None:
    assert clipped("short", 100, 8) == "short"
    assert clipped(LONG, 100, 8).endswith("\u2026")
    assert width_of(clipped(LONG, 100, 8), 8) <= 100
