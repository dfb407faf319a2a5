"""Where figures are drawn: one matplotlib canvas, as SVG that a page takes in, or as PNG.

The only module of the report that loads matplotlib, and only once something is drawn. Text stays text in the SVG, so
that it can be searched, read aloud and shown in any script by the reader's own fonts; it is measured in the wide font
that comes with matplotlib, so other fonts fit. Colours become CSS variables with the drawn colour as their default: the
style sheet of the page turns them around in dark mode.
"""

import io
import logging
import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Any, Final

COLOURS: Final[Mapping[str, str]] = {
    "ink": "#1d2126",
    "soft": "#565d66",
    "line": "#d9dcdf",
    "panel": "#f3f4f2",
    "ground": "#fdfdfc",
    "first": "#123f66",
    "second": "#6a9fc8",
    "third": "#bcd4e6",
    "fourth": "#e6eef5",
    "warn": "#a3171b",
}
"""Role -> colour on white; the style sheet has the same roles as ``--fig-...``."""

_RC: Final[Any] = {
    "svg.hashsalt": "livingreview",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    # A dollar sign in a label is one, not the beginning of a formula.
    "text.parse_math": False,
    "text.usetex": False,
    "text.color": COLOURS["ink"],
    "hatch.linewidth": 0.6,
    "path.simplify": False,
}
_NO_METADATA: Final[Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
_PNG_DPI: Final = 144
_FONTS: Final = "Helvetica, Arial, 'Liberation Sans', 'Noto Sans', 'DejaVu Sans', sans-serif"

Plan = Callable[[Any, Mapping[str, Any]], None]
"""Draws data on an empty figure whose one pair of axes covers it whole, in points from its lower left corner."""


def draw_svg(plan: Plan, size: tuple[float, float], figure: Mapping[str, Any], slug: str) -> str:
    """A figure as one ``svg`` element with a title and a description; equal data give equal text.

    Args:
        plan: draws ``figure["data"]``.
        size: width and height in points.
        figure: with ``title`` and ``alt``.
        slug: begins every id in it.
    """
    return _as_element(_draw(plan, size, figure, "svg").decode("utf-8"), figure, slug)


def draw_png(plan: Plan, size: tuple[float, float], figure: Mapping[str, Any]) -> bytes:
    """A figure as PNG on white, twice as fine as a screen's points."""
    return _draw(plan, size, figure, "png")


def _draw(plan: Plan, size: tuple[float, float], figure: Mapping[str, Any], form: str) -> bytes:
    # Loading it takes half a second, which a run that draws nothing need not pay.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    with mpl.rc_context(_RC), warnings.catch_warnings(), _without_font_log():
        # Letters that the measuring font lacks are shown by the reader's.
        warnings.filterwarnings("ignore", message="(?s).*missing from (current )?font")
        canvas = Figure(figsize=(size[0] / 72, size[1] / 72), facecolor="white" if form == "png" else "none")
        axes = canvas.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, size[0]), ylim=(0, size[1]))
        axes.set_axis_off()
        plan(axes, figure["data"])
        if form == "svg":
            canvas.savefig(buffer, format="svg", metadata=_NO_METADATA)
        else:
            canvas.savefig(buffer, format="png", dpi=_PNG_DPI, metadata={"Software": None})
    return buffer.getvalue()


class _without_font_log:  # noqa: N801
    """Keeps matplotlib from logging fonts that are not installed."""

    def __enter__(self) -> None:
        self._logger = logging.getLogger("matplotlib.font_manager")
        self._level = self._logger.level
        self._logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        self._logger.setLevel(self._level)


_ROOT = re.compile(r"<svg [^>]*>")
_VIEW_BOX = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
_ID = re.compile(r'(?<= id=")(?=[^"]+")|(?<=url\(#)|(?<=href="#)')
_FONT_FAMILY = re.compile(r"(?:&apos;|'|&quot;)DejaVu Sans(?:&apos;|'|&quot;)")
_COLOUR = re.compile("|".join(COLOURS.values()))
_COLOUR_ATTRIBUTE = re.compile(r'\b(fill|stroke)="(#[0-9a-f]{6})"')


def _as_element(text: str, figure: Mapping[str, Any], slug: str) -> str:
    """What matplotlib wrote, as an element of a page: no prologue, no style for everything, names of its own."""
    root = _ROOT.search(text)
    view = _VIEW_BOX.search(text)
    if root is None or view is None:
        raise ValueError("matplotlib wrote no SVG element")
    body = text[root.end() :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'<defs>\s*<style type="text/css">.*?</style>\s*</defs>', "", body, flags=re.DOTALL)
    body = _ID.sub(f"fig-{slug}-", body)
    body = _FONT_FAMILY.sub(_FONTS, body)
    body = _COLOUR_ATTRIBUTE.sub(r'style="\1: \2"', body)
    names = {colour: role for role, colour in COLOURS.items()}
    body = _COLOUR.sub(lambda found: f"var(--fig-{names[found[0]]}, {found[0]})", body)
    width, height = view[1], view[2]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="figure"'
        f' viewBox="0 0 {width} {height}" width="{_px(width)}" height="{_px(height)}" role="img"'
        f' aria-labelledby="fig-{slug}-title fig-{slug}-desc" style="stroke-linejoin: round; stroke-linecap: butt">\n'
        f'<title id="fig-{slug}-title">{escape(figure["title"])}</title>\n'
        f'<desc id="fig-{slug}-desc">{escape(figure["alt"])}</desc>'
    )
    return head + body.rstrip() + "\n"


def _px(points: str) -> str:
    return f"{float(points) * 4 / 3:g}"


def width_of(text: str, size: float) -> float:
    """How wide a text is at most, in points: about six tenths of its size a letter, all of it a wide one."""
    return sum(size * (1.02 if unicodedata.east_asian_width(letter) in "WF" else 0.6) for letter in text)


def lines_of(text: str, width: float, size: float, most: int) -> list[str]:
    """Text in lines of this width, the last one cut short where there would be more than ``most``."""
    lines: list[str] = []
    joint = ""
    for piece, end in _pieces(text, width, size):
        if lines and width_of(f"{lines[-1]}{joint}{piece}", size) <= width:
            lines[-1] += f"{joint}{piece}"
        else:
            lines.append(piece)
        joint = end
    if len(lines) > most:
        lines[most - 1 :] = [clipped(" ".join(lines[most - 1 :]), width, size)]
    return lines


def _pieces(text: str, width: float, size: float) -> Iterator[tuple[str, str]]:
    """What may be on a line of its own, and what parts it from the next: words, halves at a hyphen, torn words."""
    for word in text.split():
        # Not within dates and numbers.
        is_apart = not any(letter.isdigit() for letter in word)
        *halves, last = (re.findall(r"[^-]*-+|[^-]+$", word) if is_apart else []) or [word]
        for half in halves:
            yield from _torn(half, "", width, size)
        yield from _torn(last, " ", width, size)


def _torn(word: str, end: str, width: float, size: float) -> Iterator[tuple[str, str]]:
    while width_of(word, size) > width and len(word) > 3:
        # A hyphen belongs between letters of an alphabet, not between the signs of a script that has no spaces.
        mark = "" if unicodedata.east_asian_width(word[0]) in "WF" else "-"
        kept = next((n for n in range(len(word) - 2, 1, -1) if width_of(word[:n] + mark, size) <= width), 2)
        yield word[:kept] + mark, ""
        word = word[kept:]
    yield word, end


def clipped(text: str, width: float, size: float) -> str:
    """Text of this width at most, with an ellipsis where something is left out."""
    if width_of(text, size) <= width:
        return text
    kept = text
    while kept and width_of(f"{kept}\u2026", size) > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}\u2026"
