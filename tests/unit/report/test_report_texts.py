"""Sections that were rendered before: the same pages with less work, and never an old text for a new one."""

from dataclasses import replace

import pytest

from livingreview.report import Material, Report, Texts, build, render_html, render_markdown
from livingreview.report.render import NO_PICTURES


def pages(report: Report, texts: Texts | None = None, pictures: dict[str, str] | None = None) -> tuple[str, str]:
    return render_markdown(report, texts), render_html(report, pictures or NO_PICTURES, texts)


def test_what_was_rendered_is_shown_again(material: Material, monkeypatch: pytest.MonkeyPatch) -> None:
    report = build(material)
    first = Texts()
    fresh = pages(report)
    assert pages(report, first) == fresh
    assert (first.is_new, len(first.used)) == (True, 2 * len(report.sections))
    again = Texts(first.used)
    assert pages(report, again) == fresh
    assert (again.is_new, again.used) == (False, first.used)
    spoilt = Texts(dict.fromkeys(first.used, "kept text"))
    assert all(page.count("kept text") == len(report.sections) for page in pages(report, spoilt))


def test_only_the_section_that_changed_is_rendered(material: Material) -> None:
    report = build(material)
    had = Texts()
    pages(report, had)
    changed = [
        replace(one, body=one.body | {"new": [], "n_new": 0}) if one.slug == "core_evidence" else one
        for one in report.sections
    ]
    later = replace(report, sections=tuple(changed))
    texts = Texts(had.used)
    assert pages(later, texts) == pages(later) != pages(report)
    assert len(texts.used.keys() - had.used.keys()) == 2


def test_another_picture_of_the_same_numbers_is_shown(material: Material) -> None:
    report = build(material)
    had = Texts()
    assert "<svg>1</svg>" in pages(report, had, {"clocks": "<svg>1</svg>"})[1]
    page = pages(report, Texts(had.used), {"clocks": "<svg>2</svg>"})[1]
    assert "<svg>2</svg>" in page and "<svg>1</svg>" not in page


def test_values_that_have_no_name_are_rendered_each_time(material: Material) -> None:
    report = build(material)
    odd = [replace(one, body=one.body | {"unused": 10**30}) for one in report.sections]
    texts = Texts()
    assert pages(replace(report, sections=tuple(odd)), texts) == pages(report)
    assert (texts.used, texts.is_new) == ({}, False)
