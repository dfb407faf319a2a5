"""The charts: each function draws one figure's data with strokes, areas and text, in points on an empty canvas.

Nothing is said by colour alone: parts of a bar differ in lightness, hatching and order, numbers are beside marks.
"""

from collections.abc import Mapping, Sequence
from math import ceil, log10, sqrt
from typing import Any

from livingreview.report.drawing.canvas import COLOURS, clipped, lines_of, width_of
from livingreview.text import wording

WIDTH = 648.0
_SERIES: Sequence[tuple[str, str]] = (("first", ""), ("second", "////"), ("third", ""), ("fourth", "\\\\\\\\"))
"""Fill and hatching of the parts of a bar; more parts than these repeat the last."""
_SMALL = 7.5
_MAP_LABEL = 166.0
_MAP_ROW = 25.0
_MAP_TYPE = 7.2
_MAP_TYPE_LINE = 9.5
_MAP_FOOT = 34.0
_RADIUS = 10.5
_CLOCK_ROW = 21.0


def area(axes: Any, points: Sequence[tuple[float, float]], fill: str, edge: str = "", **values: Any) -> None:
    """A filled polygon."""
    colour = COLOURS[edge] if edge else "none"
    axes.fill(*zip(*points, strict=True), facecolor=COLOURS[fill], edgecolor=colour, **({"linewidth": 0.7} | values))


def box(axes: Any, x: float, y: float, width: float, height: float, fill: str, edge: str = "", **values: Any) -> None:
    """A filled rectangle with its lower left corner at (x, y)."""
    area(axes, [(x, y), (x + width, y), (x + width, y + height), (x, y + height)], fill, edge, **values)


def stroke(
    axes: Any, xs: Sequence[float], ys: Sequence[float], colour: str, width: float = 0.7, style: str = "-"
) -> None:
    """A line through points."""
    axes.plot(xs, ys, color=COLOURS[colour], linewidth=width, linestyle=style, solid_capstyle="butt")


def label(axes: Any, x: float, y: float, text: str, colour: str = "ink", size: float = 8.5, **values: Any) -> None:
    """One line of text, centred on y."""
    axes.text(x, y, text, color=COLOURS[colour], fontsize=size, **({"va": "center_baseline"} | values))


def dot(axes: Any, x: float, y: float, radius: float, fill: str, edge: str, width: float = 0.9) -> None:
    """A disc."""
    area_points = (2 * radius) ** 2
    axes.scatter([x], [y], s=area_points, facecolor=COLOURS[fill], edgecolor=COLOURS[edge], linewidth=width, zorder=3)


def nothing(axes: Any, height: float, text: str) -> None:
    """What replaces an empty chart."""
    box(axes, 0.5, 0.5, WIDTH - 1, height - 1, "panel", "line")
    label(axes, WIDTH / 2, height / 2, text, "soft", ha="center")


def steps(most: float, wanted: int = 5) -> list[int]:
    """Whole numbers from 0 to at least ``most``, about so many, at round distances."""
    rough = max(1.0, most / wanted)
    power = 10 ** int(log10(rough))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= rough)
    return list(range(0, step * ceil(max(most, 1) / step) + 1, step))


# Publications over time


def over_time_size(data: Mapping[str, Any]) -> tuple[float, float]:
    """Always as high, so that two reports can be laid side by side; higher only by lines of its legend."""
    return WIDTH, 232.0 + 15 * _legend_lines(data)


def _legend_lines(data: Mapping[str, Any]) -> int:
    return -(-len(data["series"]) // 2)


def over_time(axes: Any, data: Mapping[str, Any]) -> None:
    """Stacked bars with a legend that gives the sums."""
    series, periods = data["series"], data["periods"]
    left, right, bottom, top = 34.0, WIDTH - 6, 30.0, 206.0
    slot = (right - left) / len(periods)
    sums = [sum(one["counts"][place] for one in series) for place in range(len(periods))]
    ticks = steps(max(sums, default=0))
    scale = (top - bottom) / ticks[-1]
    for tick in ticks:
        stroke(axes, (left, right), (bottom + tick * scale,) * 2, "line" if tick else "soft")
        label(axes, left - 6, bottom + tick * scale, f"{tick:,}", "soft", _SMALL, ha="right")
    for number, one in enumerate(series):
        _legend_entry(axes, one, number, left + (number % 2) * 310, over_time_size(data)[1] - 9 - 15 * (number // 2))
    for place in range(len(periods)):
        height = bottom
        for number, one in enumerate(series):
            if n := one["counts"][place]:
                at = left + (place + 0.14) * slot
                _part(axes, number, at, height, slot * 0.72, n * scale)
                if number == 0 and slot > 24 and n * scale > 11:
                    middle = left + (place + 0.5) * slot
                    label(axes, middle, height + n * scale / 2, f"{n:,}", "ground", _SMALL, ha="center", zorder=3)
                height += n * scale
        if sums[place] and slot > 24:
            label(axes, left + (place + 0.5) * slot, height + 7, f"{sums[place]:,}", "ink", _SMALL, ha="center")
    _period_labels(axes, periods, left, slot, bottom)
    if data["review_published"] in periods:
        at = left + (periods.index(data["review_published"]) + 0.05) * slot
        stroke(axes, (at, at), (bottom, top + 14), "soft", 0.9, "--")
        label(axes, at + 4, top + 11, "review published", "soft", _SMALL)
    if not any(sums):
        label(axes, (left + right) / 2, (bottom + top) / 2, "No publication in this time yet", "soft", ha="center")


def _part(axes: Any, number: int, x: float, y: float, width: float, height: float) -> None:
    """One part of a bar, or its sample in the legend."""
    fill, hatch = _SERIES[min(number, len(_SERIES) - 1)]
    box(axes, x, y, width, height, fill, "ink", linewidth=0.5, hatch=hatch, zorder=2)


def _legend_entry(axes: Any, one: Mapping[str, Any], number: int, x: float, y: float) -> None:
    _part(axes, number, x, y - 4.5, 14, 9)
    total = f" ({sum(one['counts']):,})"
    text = clipped(one["label"], 285 - width_of(total, 8.5), 8.5) + total
    label(axes, x + 19, y, text, fontweight="bold" if one["is_core"] else "normal")


def _period_labels(axes: Any, periods: Sequence[str], left: float, slot: float, bottom: float) -> None:
    """Every bar's name where there is room; else the year at each January, and a stroke at each quarter."""
    free_from = 0.0
    for place, period in enumerate(periods):
        start = left + place * slot
        is_year, month = len(period) == 4, period[5:]
        if is_year or slot > 44:
            text = period
        else:
            text = period[:4] if month in ("01", "Q1") else ""
            if text or month in ("04", "07", "10"):
                stroke(axes, (start, start), (bottom, bottom - (5 if text else 3)), "soft")
        at = start + slot / 2 if is_year or slot > 44 else start + 3
        if text and start >= free_from:
            label(axes, at, bottom - 11, text, "ink", _SMALL, ha="center" if is_year or slot > 44 else "left")
            free_from = start + width_of(text, _SMALL)


# Evidence map


def _map_column(data: Mapping[str, Any]) -> float:
    return min(120.0, (WIDTH - _MAP_LABEL) / len(data["types"]))


def _map_heads(data: Mapping[str, Any]) -> list[list[str]]:
    return [lines_of(one["label"], _map_column(data) - 3, _MAP_TYPE, 4) for one in data["types"]]


def evidence_map_size(data: Mapping[str, Any]) -> tuple[float, float]:
    """As high as its rows and the longest name of a type."""
    head = 10 + _MAP_TYPE_LINE * max(len(lines) for lines in _map_heads(data))
    return WIDTH, head + _MAP_FOOT + _MAP_ROW * len(data["areas"])


def evidence_map(axes: Any, data: Mapping[str, Any]) -> None:
    """Rings with discs and numbers on a grid."""
    areas, types = data["areas"], data["types"]
    top = _MAP_FOOT + _MAP_ROW * len(areas)
    column = _map_column(data)
    right = _MAP_LABEL + column * len(types)
    places = {one["slug"]: top - (number + 0.5) * _MAP_ROW for number, one in enumerate(areas)}
    columns = {one["slug"]: _MAP_LABEL + number * column for number, one in enumerate(types)}
    filled = {cell["area"] for cell in data["cells"]}
    for number, one in enumerate(areas):
        if number % 2 == 0:
            box(axes, 0, places[one["slug"]] - _MAP_ROW / 2, right, _MAP_ROW, "panel")
        shown = clipped(one["label"], _MAP_LABEL - 8, 8.5)
        label(axes, 4, places[one["slug"]], shown, "ink" if one["slug"] in filled else "soft")
    for one, lines in zip(types, _map_heads(data), strict=True):
        for number, text in enumerate(reversed(lines)):
            label(axes, columns[one["slug"]] + 4, top + 8 + number * _MAP_TYPE_LINE, text, "ink", _MAP_TYPE)
    most = max((cell["n"] for cell in data["cells"]), default=1)
    for cell in data["cells"]:
        x, y = columns[cell["type"]] + 14, places[cell["area"]]
        _ring(axes, x, y, cell["n"], cell["n_core"], most)
        text = f"{cell['n_core']:,}/{cell['n']:,}" if cell["n_core"] else f"{cell['n']:,}"
        weight = "bold" if cell["n_core"] else "normal"
        label(axes, x + 13, y, clipped(text, column - 20, _SMALL), "ink", _SMALL, fontweight=weight)
    stroke(axes, (0, right), (top,) * 2, "soft")
    stroke(axes, (0, right), (_MAP_FOOT,) * 2, "soft")
    _map_legend(axes, data, most)


def _ring(axes: Any, x: float, y: float, n: int, n_core: int, most: int) -> None:
    dot(axes, x, y, max(1.8, _RADIUS * sqrt(n / most)), "fourth", "second")
    if n_core:
        dot(axes, x, y, max(1.5, _RADIUS * sqrt(n_core / most)), "first", "first", 0.3)


def _map_legend(axes: Any, data: Mapping[str, Any], most: int) -> None:
    if not data["cells"]:
        label(axes, 4, 14, "No work in the store yet", "soft")
        return
    at = 14.0
    for n in dict.fromkeys((1, most)):
        _ring(axes, at, 15, n, 0, most)
        text = wording.counted(n, "work")
        label(axes, at + 14, 15, text, "soft", _SMALL)
        at += 26 + width_of(text, _SMALL)
    _ring(axes, at, 15, most, max(1, most // 3), most)
    text = f"disc, and number before the slash: {data['core_label']}"
    label(axes, at + 14, 15, clipped(text, WIDTH - at - 16, _SMALL), "soft", _SMALL)


# Clocks


def clocks_size(data: Mapping[str, Any]) -> tuple[float, float]:
    """As high as its rows."""
    return WIDTH, 118.0 + _CLOCK_ROW * (len(data["sources"]) + len(data["delays"]))


def clocks(axes: Any, data: Mapping[str, Any]) -> None:
    """Above, the time since each source was read; below, how long works take."""
    height = clocks_size(data)[1]
    top = height - 10
    label(axes, 0, top, "Last searched through, days before this report", fontweight="bold")
    longest = max((one["days"] for one in data["sources"] if one["days"] is not None), default=0)
    bottom = top - 10 - _CLOCK_ROW * len(data["sources"])
    is_known = any(one["days"] is not None for one in data["sources"])
    scale = _scale(axes, bottom, top - 10, longest, is_known=is_known)
    for number, one in enumerate(data["sources"]):
        _source(axes, one, top - 10 - (number + 0.5) * _CLOCK_ROW, scale)
    if not data["sources"]:
        label(axes, 0, top - 16, "No source is searched", "soft")
    top = bottom - 36
    label(axes, 0, top, "How long works take, days", fontweight="bold")
    slowest = max((one["high_days"] for one in data["delays"] if one["n"]), default=0)
    bottom = top - 10 - _CLOCK_ROW * len(data["delays"])
    scale = _scale(axes, bottom, top - 10, slowest, is_known=any(one["n"] for one in data["delays"]))
    for number, one in enumerate(data["delays"]):
        _delay(axes, one, top - 10 - (number + 0.5) * _CLOCK_ROW, scale)
    latest = data["latest_publication"]
    text = f"{latest['date']}, {latest['title']}" if latest else "none with a date"
    label(axes, 0, 8, "Latest publication", fontweight="bold")
    label(axes, 112, 8, clipped(text, WIDTH - 114, 8.5))


_CLOCK_LEFT, _CLOCK_RIGHT = 124.0, 476.0


def _scale(axes: Any, bottom: float, top: float, most: float, *, is_known: bool) -> float:
    """Draws an axis of days, without numbers while there are none; points a day."""
    ticks = steps(most, 6)
    scale = (_CLOCK_RIGHT - _CLOCK_LEFT) / ticks[-1]
    for tick in ticks if is_known else (0,):
        at = _CLOCK_LEFT + tick * scale
        stroke(axes, (at, at), (bottom, top), "line" if tick else "soft")
        if is_known:
            label(axes, at, bottom - 8, f"{tick:,}", "soft", _SMALL, ha="center")
    return scale


def _source(axes: Any, one: Mapping[str, Any], y: float, scale: float) -> None:
    is_late = one["state"] != "in_time"
    label(axes, 0, y, clipped(one["label"], _CLOCK_LEFT - 12, 8.5))
    state = {"failed": "FAILED", "overdue": "OVERDUE"}.get(one["state"], "in time")
    # Never read at all is further off than any number of days.
    at = _CLOCK_RIGHT if one["days"] is None else _CLOCK_LEFT + one["days"] * scale
    since = "never read completely" if one["days"] is None else wording.counted(one["days"], "day")
    stroke(axes, (_CLOCK_LEFT, at), (y, y), "warn" if is_late else "first", 2.2, ":" if is_late else "-")
    dot(axes, at, y, 3.6, "ground" if is_late else "first", "warn" if is_late else "first", 1.5)
    weight = "bold" if is_late else "normal"
    label(axes, _CLOCK_RIGHT + 14, y, f"{since}, {state}", "warn" if is_late else "ink", 8, fontweight=weight)


def _delay(axes: Any, one: Mapping[str, Any], y: float, scale: float) -> None:
    label(axes, 0, y, clipped(one["label"], _CLOCK_LEFT - 6, 8.5))
    if not one["n"]:
        label(axes, _CLOCK_RIGHT + 14, y, "none to measure yet", "soft", 8)
        return
    low, middle, high = (_CLOCK_LEFT + one[name] * scale for name in ("low_days", "median_days", "high_days"))
    box(axes, low, y - 4.5, max(high - low, 0.8), 9, "third", "ink", linewidth=0.5)
    stroke(axes, (middle, middle), (y - 7, y + 7), "first", 2.2)
    text = f"median {one['median_days']:g}, of {wording.counted(one['n'], 'work')}"
    label(axes, _CLOCK_RIGHT + 14, y, text, "ink", 8)
