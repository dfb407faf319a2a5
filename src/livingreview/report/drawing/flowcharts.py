"""The two kinds of flow: trials from printed to present status, and records through screening (PRISMA 2020)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from livingreview.report.drawing.canvas import clipped, lines_of, width_of
from livingreview.report.drawing.charts import WIDTH, area, box, label, nothing, stroke

_NODE_GAP = 9.0
_LEFT, _RIGHT = 200.0, 464.0
_NODE = 6.0
_HEAD = 26.0

_STAGE = 20.0
_NAME = 138.0
_NUMBER = 54.0
_GUTTER = 30.0
_LINE = 12.5
_PAD = 5.0
_BETWEEN = 15.0
_COLUMN_HEAD = 36.0
_TEXT = 8.0
_SMALL = 7.2


# Trials, then and now


def _unit(data: Mapping[str, Any]) -> float:
    """Points a trial."""
    n_trials: int = data["n_trials"]
    return max(3.0, min(14.0, 260.0 / max(1, n_trials)))


def trial_flow_size(data: Mapping[str, Any]) -> tuple[float, float]:
    """As high as the side with more statuses needs."""
    nodes = max(len({one[side] for one in data["flows"]}) for side in ("then", "now")) if data["flows"] else 2
    return WIDTH, _HEAD + _unit(data) * data["n_trials"] + _NODE_GAP * (nodes + 1)


def trial_flow(axes: Any, data: Mapping[str, Any]) -> None:
    """Bands between two columns of statuses."""
    height = trial_flow_size(data)[1]
    if not data["flows"]:
        nothing(axes, height, "The review printed no trials")
        return
    unit = _unit(data)
    label(axes, _LEFT + _NODE, height - 8, "Printed in the review", fontweight="bold", ha="right")
    label(axes, _RIGHT, height - 8, "Registry now", fontweight="bold")
    flows = data["flows"]
    order = data["statuses"].index
    then = _nodes(axes, flows, "then", unit, height)
    now = _nodes(axes, sorted(flows, key=lambda one: order(one["now"])), "now", unit, height)
    bands = []
    used_left: dict[str, float] = defaultdict(float)
    used_right: dict[str, float] = defaultdict(float)
    for one in flows:
        thick = one["n"] * unit
        bands.append((one, then[one["then"]] - used_left[one["then"]], now[one["now"]] - used_right[one["now"]], thick))
        used_left[one["then"]] += thick
        used_right[one["now"]] += thick
    # Dark ones last, so that none is hidden.
    for one, left, right, thick in sorted(bands, key=lambda band: (band[0]["n_changed"] > 0, -band[3])):
        is_dark = one["n_changed"] > 0
        fill, edge = ("second", "first") if is_dark else ("fourth", "second")
        area(axes, _band(left, right, thick), fill, edge, linewidth=0.4, alpha=0.88)
    for one, left, _, thick in bands:
        is_dark = one["n_changed"] > 0
        size = min(8.0, max(5.5, thick))
        weight = "bold" if is_dark else "normal"
        label(axes, _LEFT + _NODE + 5, left - thick / 2, str(one["n"]), "ink", size, fontweight=weight)


def _nodes(axes: Any, flows: Sequence[Mapping[str, Any]], side: str, unit: float, height: float) -> dict[str, float]:
    """Draws one column of statuses; status -> upper edge."""
    counts: dict[str, int] = defaultdict(int)
    for one in flows:
        counts[one[side]] += one["n"]
    total = unit * sum(counts.values()) + _NODE_GAP * (len(counts) - 1)
    top = height - _HEAD - (height - _HEAD - total) / 2 + _NODE_GAP / 2
    edges = {}
    for status, n in counts.items():
        edges[status] = top
        at = _LEFT if side == "then" else _RIGHT - _NODE
        box(axes, at, top - n * unit, _NODE, n * unit, "first")
        text = clipped(status, 160, 8.5)
        if side == "then":
            label(axes, _LEFT - 6, top - n * unit / 2, f"{text}  {n}", ha="right")
        else:
            label(axes, _RIGHT + 6, top - n * unit / 2, f"{n}  {text}")
        top -= n * unit + _NODE_GAP
    return edges


def _band(left: float, right: float, thick: float) -> list[tuple[float, float]]:
    """The outline of a band between two upper edges."""
    start, end = _LEFT + _NODE, _RIGHT - _NODE
    shares = [step / 24 for step in range(25)]
    upper = [(start + (end - start) * t, left + (right - left) * t * t * (3 - 2 * t)) for t in shares]
    return upper + [(x, y - thick) for x, y in reversed(upper)]


# Records through screening


def _half(data: Mapping[str, Any]) -> float:
    n_columns: int = len(data["columns"])
    return _NAME + _NUMBER * n_columns


def _rows(data: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Mapping[str, Any] | None]]:
    """Each main box with the one beside it."""
    rows: list[tuple[Mapping[str, Any], Mapping[str, Any] | None]] = []
    for one in data["boxes"]:
        if one["is_side"]:
            rows[-1] = (rows[-1][0], one)
        else:
            rows.append((one, None))
    return rows


def _lines(one: Mapping[str, Any]) -> list[tuple[str, bool, Sequence[str]]]:
    """Text, whether it is a heading, and numbers; numbers without a name of their own go beside the heading."""
    heading = lines_of(one["title"], _NAME - 2 * _PAD, _TEXT, 2)
    bare = [line["shown"] for line in one["lines"] if not line["label"]]
    lines: list[tuple[str, bool, Sequence[str]]] = [(text, True, ()) for text in heading]
    if bare:
        lines[-1] = (heading[-1], True, bare[0])
    for line in one["lines"]:
        if line["label"]:
            *above, last = lines_of(line["label"], _NAME - 2 * _PAD - 6, _SMALL, 2)
            lines += [*((text, False, ()) for text in above), (last, False, line["shown"])]
    return lines


def _height(one: Mapping[str, Any] | None) -> float:
    return 2 * _PAD + _LINE * len(_lines(one)) if one else 0.0


def prisma_size(data: Mapping[str, Any]) -> tuple[float, float]:
    """Two halves side by side; as high as the boxes."""
    rows = _rows(data)
    tall = sum(max(_height(main), _height(side)) for main, side in rows) + _BETWEEN * (len(rows) - 1)
    return _STAGE + 8 + 2 * _half(data) + _GUTTER + 1, _COLUMN_HEAD + tall + 2


def prisma(axes: Any, data: Mapping[str, Any]) -> None:
    """Main boxes from top to bottom, what leaves the flow beside them."""
    width, height = prisma_size(data)
    half = _half(data)
    left, right = _STAGE + 8, _STAGE + 8 + half + _GUTTER
    for start in (left, right):
        _column_heads(axes, data["columns"], start, height)
    top = height - _COLUMN_HEAD
    stages: dict[str, tuple[float, float]] = {}
    rows = _rows(data)
    for number, (main, side) in enumerate(rows):
        tall = max(_height(main), _height(side))
        middle = top - tall / 2
        _draw_box(axes, main, left, top, tall)
        if side:
            _draw_box(axes, side, right, middle + _height(side) / 2, _height(side))
            _arrow(axes, (left + half, middle), (right, middle))
        if number + 1 < len(rows):
            _arrow(axes, (left + _NAME / 2, top - tall), (left + _NAME / 2, top - tall - _BETWEEN))
        first, _ = stages.get(main["stage"], (top, top))
        stages[main["stage"]] = (first, top - tall)
        top -= tall + _BETWEEN
    for stage, (first, last) in stages.items():
        box(axes, 0.5, last, _STAGE, first - last, "third", "soft")
        size = min(_TEXT, _TEXT * (first - last - 4) / width_of(stage, _TEXT))
        label(
            axes,
            0.5 + _STAGE / 2 + 3,
            (first + last) / 2,
            stage,
            size=size,
            rotation=90,
            ha="center",
            va="baseline",
            rotation_mode="anchor",
            fontweight="bold",
        )


def _column_heads(axes: Any, columns: Sequence[Mapping[str, str]], start: float, height: float) -> None:
    for number, one in enumerate(columns):
        at = start + _NAME + (number + 1) * _NUMBER - _PAD
        label(axes, at, height - 6, clipped(one["label"], _NUMBER, _SMALL), size=_SMALL, ha="right", fontweight="bold")
        for line, text in enumerate(lines_of(one["note"], _NUMBER, 6.6, 2)):
            label(axes, at, height - 16 - 8.5 * line, text, "soft", 6.6, ha="right")


def _draw_box(axes: Any, one: Mapping[str, Any], x: float, top: float, tall: float) -> None:
    width = _NAME + _NUMBER * len(one["lines"][0]["shown"])
    box(
        axes,
        x,
        top - tall,
        width,
        tall,
        "panel" if one["is_side"] else "ground",
        "soft",
        linestyle=(0, (4, 2)) if one["is_side"] else "-",
    )
    lines = _lines(one)
    y = top - (tall - _LINE * len(lines)) / 2 - _LINE / 2
    for text, is_heading, numbers in lines:
        size, inset = (_TEXT, _PAD) if is_heading else (_SMALL, _PAD + 6)
        label(axes, x + inset, y, text, size=size, fontweight="bold" if is_heading else "normal")
        for place, number in enumerate(numbers):
            at = x + _NAME + (place + 1) * _NUMBER - _PAD
            is_known = number[0].isdigit()
            label(
                axes,
                at,
                y,
                number,
                "ink" if is_known else "soft",
                _SMALL,
                ha="right",
                fontweight="bold" if is_heading and is_known else "normal",
            )
        y -= _LINE


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """To the right or down."""
    (x, y), (to_x, to_y) = start, end
    stroke(axes, (x, to_x), (y, to_y), "ink", 0.9)
    tip = [(to_x, to_y), (to_x - 5, to_y + 2.6), (to_x - 5, to_y - 2.6)]
    if x == to_x:
        tip = [(to_x, to_y), (to_x - 2.6, to_y + 5), (to_x + 2.6, to_y + 5)]
    area(axes, tip, "ink")
