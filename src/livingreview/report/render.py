"""A built report as Markdown, HTML or JSON.

Both texts come from the same partials: what a partial may use (``ui``) are the macros of ``html.j2`` or of
``markdown.j2``, which have the same names. Every expression is escaped for its format unless such a macro made it.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import orjson
from jinja2 import Environment
from markupsafe import Markup

from livingreview.report.data import Report
from livingreview.report.escape import markdown_value
from livingreview.text import wording
from livingreview.text.templates import environment

SCHEMA_VERSION = 1
"""Goes up when a reader of report.json would have to change."""

NO_PICTURES: Final[Mapping[str, str]] = MappingProxyType({})
_BLANK_LINES = re.compile(r"\n{3,}")


def render_html(report: Report, pictures: Mapping[str, str] = NO_PICTURES) -> str:
    """One self-contained file: no scripts, no resources from elsewhere.

    Args:
        report: a built one.
        pictures: name of a figure -> its SVG element, as our canvas wrote it, empty for one that could not be
            drawn; a figure without one shows its table.
    """
    drawn = {slug: Markup(svg) for slug, svg in pictures.items()}  # noqa: S704
    return _page(_environment(None), "html", report, drawn)


def render_markdown(report: Report) -> str:
    """CommonMark with tables."""
    text = _page(_environment(markdown_value), "md", report, {})
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"


def render_json(report: Report) -> str:
    """Every value of the report, nothing capped; ``report.schema.json`` describes its shape."""
    value = {"schema_version": SCHEMA_VERSION, **report.head, "banners": [dict(banner) for banner in report.banners]}
    value["sections"] = {
        section.slug: {"title": section.title, "summary": section.summary, **section.body}
        for section in report.sections
    }
    try:
        # The same text in a twentieth of the time; numbers of over 64 bits, which it does not know, are left to json.
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _page(environment: Environment, kind: str, report: Report, pictures: Mapping[str, Markup]) -> str:
    template = environment.get_template(f"section.{kind}.j2")
    sections = [
        # The template escaped it.
        (section, Markup(template.render(slug=section.slug, body=section.body, pictures=pictures)))  # noqa: S704
        for section in report.sections
    ]
    page = environment.get_template(f"page.{kind}.j2")
    return page.render(head=report.head, banners=report.banners, sections=sections)


def tight(value: Any) -> Markup:
    """Finished text without empty lines, which would end a table or loosen a list."""
    return Markup("".join(f"{line}\n" for line in str(value).splitlines() if line.strip()))  # noqa: S704


def one_line(value: Any) -> Any:
    """Finished text without line breaks, for cells and list items."""
    text = " ".join(str(value).split())
    # Only white space is taken away from text that is finished already.
    return Markup(text) if isinstance(value, Markup) else text  # noqa: S704


@lru_cache(maxsize=2)
def _environment(finalize: Callable[[Any], Any] | None) -> Environment:
    made = environment("livingreview.report", autoescape=True, finalize=finalize)
    made.filters |= {
        "one_line": one_line,
        "tight": tight,
        "counted": wording.counted,
        "source_name": wording.source_name,
    }
    return made
