"""A built report as Markdown, HTML or JSON.

Both texts come from the same partials: what a partial may use (``ui``) are the macros of ``html.j2`` or of
``markdown.j2``, which have the same names. Every expression is escaped for its format unless such a macro made it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import orjson
from jinja2 import Environment, Template
from markupsafe import Markup

from livingreview.report.data import Report, Section
from livingreview.report.escape import markdown_value
from livingreview.text import wording
from livingreview.text.templates import environment

SCHEMA_VERSION = 1
"""Goes up when a reader of report.json would have to change."""

NO_PICTURES: Final[Mapping[str, str]] = MappingProxyType({})
_BLANK_LINES = re.compile(r"\n{3,}")


class Texts:
    """Sections as they were rendered: what says the same again need not be made again.

    Args:
        had: name of a section's content -> its text, made by the same program.

    Attributes:
        used: those of the reports that were rendered with these texts.
    """

    def __init__(self, had: Mapping[str, str] = MappingProxyType({})) -> None:
        self._had = had
        self.used: dict[str, str] = {}

    @property
    def is_new(self) -> bool:
        """Whether any of them was not had before."""
        return not self.used.keys() <= self._had.keys()

    def text(self, template: Template, section: Section, pictures: Mapping[str, Markup]) -> Markup:
        """A section in the format of a template."""

        def made() -> str:
            return template.render(slug=section.slug, body=section.body, pictures=pictures)

        told = [template.name, section.slug, section.body, dict(pictures) if "figures" in section.body else {}]
        try:
            key = hashlib.sha256(orjson.dumps(told)).hexdigest()
        except orjson.JSONEncodeError:
            return Markup(made())  # noqa: S704  (numbers of over 64 bits, lone surrogates; the template escaped them)
        self.used[key] = self._had.get(key) or made()
        return Markup(self.used[key])  # noqa: S704  (the template escaped it)


def render_html(report: Report, pictures: Mapping[str, str] = NO_PICTURES, texts: Texts | None = None) -> str:
    """One self-contained file: no scripts, no resources from elsewhere.

    Args:
        report: a built one.
        pictures: name of a figure -> its SVG element, as our canvas wrote it, empty for one that could not be
            drawn; a figure without one shows its table.
        texts: sections that were rendered before.
    """
    drawn = {slug: Markup(svg) for slug, svg in pictures.items()}  # noqa: S704
    return _page(_environment(None), "html", report, drawn, texts or Texts())


def render_markdown(report: Report, texts: Texts | None = None) -> str:
    """CommonMark with tables."""
    text = _page(_environment(markdown_value), "md", report, {}, texts or Texts())
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", lines).strip() + "\n"


def render_json(report: Report) -> str:
    """Every value of the report, nothing capped; its shape stands in ``report.schema.json``."""
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


def _page(environment: Environment, kind: str, report: Report, pictures: Mapping[str, Markup], texts: Texts) -> str:
    template = environment.get_template(f"section.{kind}.j2")
    sections = [(section, texts.text(template, section, pictures)) for section in report.sections]
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
