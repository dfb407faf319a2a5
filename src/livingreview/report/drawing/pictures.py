"""Figures drawn once: a folder keeps every picture by what it was drawn from, so that equal data are not drawn again.

A picture's name in the folder is the hash of its figure, of the code that draws and of the version of matplotlib; the
first line of its file is the hash of the rest. One that is missing or damaged is drawn anew. The folder may be emptied
at any time.
"""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any, Final, TypeVar

from livingreview.atomic import written_aside
from livingreview.report.data import Report
from livingreview.report.drawing import canvas, charts, flowcharts
from livingreview.text import wording

_Size = Callable[[Mapping[str, Any]], tuple[float, float]]
_T = TypeVar("_T")
PLANS: Final[Mapping[str, tuple[canvas.Plan, _Size]]] = {
    "over_time": (charts.over_time, charts.over_time_size),
    "evidence_map": (charts.evidence_map, charts.evidence_map_size),
    "trial_flow": (flowcharts.trial_flow, flowcharts.trial_flow_size),
    "clocks": (charts.clocks, charts.clocks_size),
    "flow_updates": (flowcharts.prisma, flowcharts.prisma_size),
    "flow_last": (flowcharts.prisma, flowcharts.prisma_size),
}
"""Name of a figure -> what draws its data, and how large."""


def figures_of(report: Report) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and numbers of every figure of a report."""
    for section in report.sections:
        yield from section.body.get("figures", {}).items()


def drawn(report: Report, folder: Path) -> dict[str, str]:
    """Every figure of a report as an SVG element, from the folder where it is there; by name.

    One that cannot be drawn is an empty text: the page says so and shows its table in its place.

    Warns:
        RuntimeWarning: a figure cannot be drawn, and why.
    """
    return {slug: _or_none(slug, partial(_kept, folder, slug, figure)) or "" for slug, figure in figures_of(report)}


def drawn_png(slug: str, figure: Mapping[str, Any]) -> bytes | None:
    """A figure as PNG, for where no SVG is shown; None when it cannot be drawn.

    Warns:
        RuntimeWarning: it cannot be drawn, and why.
    """
    return _or_none(slug, partial(draw_png, slug, figure))


def _or_none(slug: str, make: Callable[[], _T]) -> _T | None:
    try:
        return make()
    except Exception as error:
        # Whatever a drawing library raises, here or on another machine: a picture is never worth a report or a mail.
        why = f"{type(error).__name__}: {error}"
        warnings.warn(f"figure {slug} cannot be drawn ({why})", RuntimeWarning, stacklevel=3)
        return None


def draw(slug: str, figure: Mapping[str, Any]) -> str:
    """A figure as an SVG element."""
    plan, size = PLANS[slug]
    return canvas.draw_svg(plan, size(figure["data"]), figure, slug)


def draw_png(slug: str, figure: Mapping[str, Any]) -> bytes:
    """A figure as PNG, for where no SVG is shown."""
    plan, size = PLANS[slug]
    return canvas.draw_png(plan, size(figure["data"]), figure)


def _kept(folder: Path, slug: str, figure: Mapping[str, Any]) -> str:
    path = folder / f"{_key(slug, figure)}.svg"
    try:
        seal, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        seal, text = "", ""
    if text and seal == _hash(text.encode()):
        return text
    text = draw(slug, figure)
    try:
        with written_aside(path) as file:
            file.write(f"{_hash(text.encode())}\n{text}".encode())
    except OSError:
        # A folder that cannot be written to costs the time to draw again, not the report.
        return text
    return text


def _key(slug: str, figure: Mapping[str, Any]) -> str:
    told = [slug, figure["title"], figure["alt"], figure["data"], _code(), metadata.version("matplotlib")]
    return _hash(json.dumps(told, sort_keys=True, ensure_ascii=False).encode("utf-8", "backslashreplace"))


@lru_cache(maxsize=1)
def _code() -> str:
    """The hash of the modules that draw: a picture of another version of them is none of ours."""
    modules = (canvas, charts, flowcharts, wording)
    return _hash(b"".join(Path(str(module.__file__)).read_bytes() for module in modules))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
