"""The pictures of a report's figures: which plan draws which figure, and what becomes of one that cannot be drawn."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from livingreview.report.data import Report
from livingreview.report.drawing import canvas, charts, flowcharts

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


def drawn(report: Report) -> dict[str, str]:
    """Every figure of a report as an SVG element, by name.

    One that cannot be drawn is an empty text: the page says so and shows its table in its place.

    Warns:
        RuntimeWarning: a figure cannot be drawn, and why.
    """
    return {slug: _or_none(slug, partial(draw, slug, figure)) or "" for slug, figure in figures_of(report)}


def drawn_png(slug: str, figure: Mapping[str, Any]) -> bytes | None:
    """A figure as PNG, for where no SVG can be used; None when it cannot be drawn.

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
    """A figure as PNG, for where no SVG can be used."""
    plan, size = PLANS[slug]
    return canvas.draw_png(plan, size(figure["data"]), figure)
