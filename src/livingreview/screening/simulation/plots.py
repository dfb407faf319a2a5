"""Curves of simulations as SVG or PNG; the same numbers give the same bytes of SVG."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from livingreview.errors import InputError, StoreError
from livingreview.screening.simulation.metrics import recall_curve
from livingreview.screening.simulation.simulate import Replay
from livingreview.screening.simulation.weeks import Week

SUFFIXES = (".svg", ".png")

_COLUMNS = 3
_PANEL_INCHES = (4.0, 3.0)
_STYLE: Any = {"svg.hashsalt": "livingreview", "svg.fonttype": "path", "font.size": 8}


def check_name(path: Path) -> None:
    """Before anything is computed.

    Raises:
        InputError: the name ends neither in .svg nor in .png.
    """
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: a picture is named .svg or .png")


def plot_replays(replays: Sequence[Replay], path: Path) -> None:
    """Recall against the share of records screened, a panel a file, a line a seed; a dot where the rule holds.

    Raises:
        StoreError: the file cannot be written.
    """
    files = list(dict.fromkeys(replay.file for replay in replays))
    with matplotlib.rc_context(_STYLE):
        figure, panels = _panels(len(files))
        for file, panel in zip(files, panels, strict=True):
            panel.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, linestyle=":")
            panel.axhline(0.95, color="0.7", linewidth=0.8)
            for replay in (replay for replay in replays if replay.file == file):
                curve = recall_curve(replay.ranking)
                shares = np.arange(len(curve) + 1) / len(curve)
                (line,) = panel.step(shares, [0, *curve], where="post", linewidth=1, label=f"seed {replay.seed}")
                n_priors = replay.n_records - len(curve)
                stop = (replay.n_stop_labels - n_priors) / len(curve)
                panel.plot([stop], [replay.stop_recall], "o", markersize=4, color=line.get_color())
            panel.set(title=file, xlabel="records screened", ylabel="recall", xlim=(0, 1), ylim=(0, 1.02))
        _save(figure, path)


def plot_weeks(weeks: Sequence[Week], path: Path) -> None:
    """Recall week by week, ranked and in order of arrival.

    Raises:
        StoreError: the file cannot be written.
    """
    with matplotlib.rc_context(_STYLE):
        figure, (panel,) = _panels(1)
        days = [week.week.isoformat() for week in weeks]
        places = np.arange(len(weeks))
        for label, values in (
            ("ranked", [week.recall for week in weeks]),
            ("in order of arrival", [week.recall_in_order for week in weeks]),
        ):
            panel.plot(places, [np.nan if value is None else value for value in values], linewidth=1, label=label)
        step = max(1, len(weeks) // 6)
        panel.set_xticks(places[::step], days[::step], rotation=30)
        panel.set(title="Recall of what has arrived", ylabel="recall", ylim=(0, 1.02))
        panel.legend(frameon=False)
        _save(figure, path)


def _panels(count: int) -> tuple[Figure, list[Any]]:
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(_PANEL_INCHES[0] * columns, _PANEL_INCHES[1] * rows), layout="constrained")
    return figure, [figure.add_subplot(rows, columns, place + 1) for place in range(count)]


def _save(figure: Figure, path: Path) -> None:
    try:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {})
    except OSError as error:
        raise StoreError(f"{path}: cannot be written to ({error.strerror or error})") from error
