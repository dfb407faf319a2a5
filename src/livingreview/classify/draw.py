"""The figures of an evaluation as SVG; the same evaluation gives the same bytes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from livingreview.errors import StoreError

_RC: Final[Any] = {"svg.hashsalt": "livingreview", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
_NO_METADATA: Final[Any] = {"Date": None, "Creator": None}
_SIZE_INCHES: Final = (5.2, 4.2)


def draw(folder: Path, evaluation: Mapping[str, Any]) -> dict[str, Path]:
    """Draws what :func:`~livingreview.classify.evaluate` measured.

    Returns:
        title -> file, in the order in which they are shown.

    Raises:
        StoreError: the folder cannot be written to.
    """
    plans: dict[str, tuple[str, Callable[[Axes, Mapping[str, Any]], None]]] = {
        "Precision and recall": ("precision-recall.svg", _precision_recall),
        "Calibration": ("calibration.svg", _calibration),
        "Confusion of scopes": ("confusion.svg", _confusion),
        "Learning curve": ("learning-curve.svg", _learning_curve),
    }
    drawn = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for title, (name, plan) in plans.items():
            with mpl.rc_context(_RC):
                figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
                axes = figure.subplots()
                plan(axes, evaluation)
                axes.set_title(title)
                figure.savefig(folder / name, format="svg", metadata=_NO_METADATA)
            drawn[title] = folder / name
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written to ({error.strerror}); give another folder") from error
    return drawn


def _precision_recall(axes: Axes, evaluation: Mapping[str, Any]) -> None:
    for name, curve in evaluation["precision_recall"].items():
        if "recall" in curve:
            label = f"{name} ({curve['average_precision']:.2f})"
            axes.step([0.0, *curve["recall"]], [1.0, *curve["precision"]], where="post", label=label)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.05))
    _legend(axes, "average precision")


def _calibration(axes: Axes, evaluation: Mapping[str, Any]) -> None:
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for name, found in evaluation["calibration"].items():
        bins = found["bins"]
        label = f"{name} ({found['expected_error']:.2f})"
        sizes = [4 * one["n"] ** 0.5 + 2 for one in bins]
        axes.scatter([one["said"] for one in bins], [one["so"] for one in bins], s=sizes, alpha=0.7, label=label)
    axes.set(xlabel="probability that was said", ylabel="share of records that are so", xlim=(0, 1), ylim=(0, 1))
    _legend(axes, "expected error")


def _confusion(axes: Axes, evaluation: Mapping[str, Any]) -> None:
    table = evaluation["nested"]["scopes"]["confusion"]
    names = list(table)
    counts = [[table[row][column] for column in names] for row in names]
    axes.imshow([[count / max(sum(row), 1) for count in row] for row in counts], cmap="Blues", vmin=0, vmax=1)
    for row, values in enumerate(counts):
        for column, count in enumerate(values):
            is_dark = count > 0.6 * sum(values)
            axes.text(column, row, str(count), ha="center", va="center", color="white" if is_dark else "black")
    axes.set_xticks(range(len(names)), names, rotation=45, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="said", ylabel="is")


def _learning_curve(axes: Axes, evaluation: Mapping[str, Any]) -> None:
    points = [point for point in evaluation["learning_curve"] if point["macro_f1"]]
    sizes = [point["n_labels"] for point in points]
    for bound, style in (("value", "o-"), ("low", ":"), ("high", ":")):
        axes.plot(sizes, [point["macro_f1"][bound] for point in points], style, color="C0", markersize=3)
    axes.set(xlabel="labels learnt from", ylabel="macro-F1 of scopes, 95 % interval", ylim=(0, 1.02))


def _legend(axes: Axes, title: str) -> None:
    if axes.get_legend_handles_labels()[0]:
        axes.legend(title=title, fontsize=7, title_fontsize=7, frameon=False, loc="best")
