"""``simulate``: finished screenings played again."""

import time
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer

from livingreview.cli.common import Invocation, invocation, out_json, out_table
from livingreview.config import RankerParameters, find_config_dir
from livingreview.errors import UsageError


def register(app: typer.Typer) -> None:
    """Adds the command of this module."""
    app.command()(simulate)


def simulate(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILES", help="CSV with title, abstract, included (1 or 0).")],
    seed: Annotated[
        list[int] | None, typer.Option(min=0, help="Draws the two records to begin with; repeat it.")
    ] = None,
    explore: Annotated[float, typer.Option(min=0, max=0.5, help="Share of places for the uncertain and unlike.")] = 0.0,
    baseline: Annotated[Path | None, typer.Option(help="CSV of labelled records to begin with instead.")] = None,
    by_date: Annotated[
        bool, typer.Option("--by-date", help="Let records arrive week by week, by column date.")
    ] = False,
    budget: Annotated[int, typer.Option(min=1, help="Records screened a week, with --by-date.")] = 20,
    plot: Annotated[Path | None, typer.Option(help="Draw recall into this .svg or .png.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Play finished screenings again, and say how early the ranker would have found what is relevant."""
    call = invocation(context)
    parameters = _parameters(call).model_copy(update={"explore_share": explore})
    if plot is not None:
        from livingreview.screening.simulation.plots import check_name

        check_name(plot)
    if baseline is not None and seed:
        raise UsageError("--seed draws what --baseline gives; leave one of them out")
    if by_date:
        if baseline is None or len(files) != 1:
            raise UsageError("--by-date plays one file against a baseline; give one file, and --baseline")
        _play_weeks(files[0], baseline, parameters, budget, plot, is_json=json)
    else:
        _replay(files, [None] if baseline else seed or [0], baseline, parameters, plot, is_json=json)


def _parameters(call: Invocation) -> RankerParameters:
    """Those of the review; where no configuration is named nor found, the default ones."""
    if call.config is None and not call.review and not find_config_dir(None).is_dir():
        return RankerParameters()
    return call.project().review.ranker


def _replay(
    files: list[Path],
    seeds: list[int] | list[None],
    baseline: Path | None,
    parameters: RankerParameters,
    plot: Path | None,
    *,
    is_json: bool,
) -> None:
    from livingreview.screening.simulation.dataset import read_dataset
    from livingreview.screening.simulation.simulate import Replay, Simulator

    known = read_dataset(baseline) if baseline else None
    replays: list[Replay] = []
    lines: list[dict[str, Any]] = []
    for file in files:
        started = time.process_time()
        simulator = Simulator(read_dataset(file), parameters, known)
        for seed in seeds:
            replay = simulator.replay(seed)
            replays.append(replay)
            ended = time.process_time()
            lines.append(_line(replay, ended - started))
            started = ended
            if is_json:
                out_json(lines[-1])
    if not is_json:
        _out_replays(lines)
    if plot:
        from livingreview.screening.simulation.plots import plot_replays

        plot_replays(replays, plot)


def _line(replay: Any, seconds: float) -> dict[str, Any]:
    metrics = replay.metrics
    return {
        "file": replay.file,
        "seed": replay.seed,
        "n": replay.n_records,
        "included": replay.n_relevant,
        "labels": replay.n_labels,
        "wss95": round(metrics.wss95, 6),
        "wss95_cohen": round(metrics.wss95_cohen, 6),
        "wss100": round(metrics.wss100, 6),
        "recall_at_10pct": round(metrics.recall_at_10pct, 6),
        "atd": round(metrics.atd, 6),
        "loss": round(metrics.loss, 6),
        "stop_labels": replay.n_stop_labels,
        "stop_recall": round(replay.stop_recall, 6),
        "seconds": round(seconds, 3),
    }


_MEANS = ("wss95", "wss95_cohen", "wss100", "recall_at_10pct", "atd", "loss", "stop_recall")


def _out_replays(lines: list[dict[str, Any]]) -> None:
    columns = tuple(lines[0])
    rows = [
        tuple(f"{value:.3f}" if isinstance(value, float) else str(value) for value in line.values()) for line in lines
    ]
    means = {name: f"{fmean(line[name] for line in lines):.3f}" for name in _MEANS}
    rows.append(tuple({"file": "mean", **means}.get(name, "") for name in columns))
    out_table(f"{len(lines)} simulations", columns, rows)


def _play_weeks(
    file: Path, baseline: Path, parameters: RankerParameters, budget: int, plot: Path | None, *, is_json: bool
) -> None:
    from livingreview.screening.simulation.dataset import read_dataset
    from livingreview.screening.simulation.weeks import Week, play

    weeks: list[Week] = []
    rows = []
    for week in play(read_dataset(baseline), read_dataset(file, has_dates=True), parameters, budget):
        weeks.append(week)
        line = {
            "file": file.name,
            "week": week.week.isoformat(),
            "arrived": week.n_arrived,
            "relevant": week.n_relevant,
            "screened": week.n_screened,
            "found": week.n_found,
            "waiting": week.n_waiting,
            "recall": None if week.recall is None else round(week.recall, 6),
            "recall_in_order": None if week.recall_in_order is None else round(week.recall_in_order, 6),
        }
        if is_json:
            out_json(line)
        rows.append(tuple("" if value is None else str(value) for value in line.values()))
    if not is_json:
        columns = ("file", "week", "arrived", "relevant", "screened", "found", "waiting", "recall", "in order")
        out_table(f"{len(rows)} weeks of {budget} records", columns, rows)
    if plot:
        from livingreview.screening.simulation.plots import plot_weeks

        plot_weeks(weeks, plot)
