"""Views of one run or period -> the report, as Markdown, HTML and JSON.

A section is one function, one partial below ``templates/sections/`` and one entry in :data:`SECTIONS`.
"""

from livingreview.report.build import build
from livingreview.report.data import Material, NewArea, Report, Section
from livingreview.report.drawing.pictures import drawn, drawn_png, figures_of
from livingreview.report.render import render_html, render_json, render_markdown
from livingreview.report.sections import SECTIONS, SectionKind
from livingreview.report.write import write

__all__ = [
    "SECTIONS",
    "Material",
    "NewArea",
    "Report",
    "Section",
    "SectionKind",
    "build",
    "drawn_png",
    "drawn",
    "figures_of",
    "render_html",
    "render_json",
    "render_markdown",
    "write",
]
