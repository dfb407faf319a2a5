"""The flow of records into the review (PRISMA 2020), in the two layouts of its extension for living reviews.

Both layouts hold the same boxes; their columns differ: the base version and each update, or the last version and all
before it. A number that nobody wrote down is None, shown as "not recorded", never 0. Works are counted in the column
of the version that brought their first record, and so is whatever people decide on them, however much later.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from livingreview.records import DecisionCount, RunFlow
from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.report.data import figure
from livingreview.report.versions import history
from livingreview.text import wording

NOT_RECORDED = "not recorded"
UPDATES_SHOWN = 3
"""Updates with a column of their own; those before them share one. The versions are all in report.json."""
_REASONS_SHOWN = 4
_CAPTION = (
    "After PRISMA 2020 and its extension for living systematic reviews (PRISMA-LSR). How many records the published"
    " review found, screened and included is not recorded; a sum that it is part of is a lower bound (\u2265). What it"
    " refers to stands beside the last box. A work is one piece of research, however many records tell of it; it is"
    " counted in the version that brought its first record, with what people have decided on it since. What the review"
    " itself cites is not among them. A model sorts and removes nothing."
)
_CAPTION_LAST = "The same boxes and rules; every version before the last stands in one column."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """One column: the published review (``is_base``), runs, or both."""

    key: str
    label: str
    note: str
    is_base: bool = False
    runs: tuple[RunFlow, ...] = ()

    @property
    def decided(self) -> tuple[DecisionCount, ...]:
        return tuple(chain.from_iterable(flow.decided for flow in self.runs))


def flows(frame: Frame) -> dict[str, dict[str, Any]]:
    """The figures ``flow_updates`` (base and each update) and ``flow_last`` (all before, and the last one)."""
    return {
        "flow_updates": _figure(frame, "Flow of records: the base version and each update", _CAPTION, _each(frame)),
        "flow_last": _figure(frame, "Flow of records: the last update and all before it", _CAPTION_LAST, _last(frame)),
    }


def _each(frame: Frame) -> list[_Column]:
    timeline = frame.once(history)
    base, *updates = timeline.versions
    columns = [_Column(key="base", label="Version 1", note="published review", is_base=True)]
    early, late = updates[:-UPDATES_SHOWN], updates[-UPDATES_SHOWN:]
    if early:
        label = f"Versions 2-{early[-1].number}" if len(early) > 1 else "Version 2"
        runs = tuple(chain.from_iterable(version.flows for version in early))
        columns.append(_Column(key="earlier", label=label, note=f"to {early[-1].on_date}", runs=runs))
    columns += [
        _Column(
            key=f"v{version.number}", label=f"Version {version.number}", note=str(version.on_date), runs=version.flows
        )
        for version in late
    ]
    return columns + _rest(timeline.since)


def _last(frame: Frame) -> list[_Column]:
    timeline = frame.once(history)
    *before, last = timeline.versions
    if not before:
        return [_Column(key="base", label="Version 1", note="published review", is_base=True), *_rest(timeline.since)]
    label = "Version 1" if len(before) == 1 else f"Versions 1-{before[-1].number}"
    runs = tuple(chain.from_iterable(version.flows for version in before))
    return [
        _Column(key="before", label=label, note="all before", is_base=True, runs=runs),
        _Column(key="last", label=f"Version {last.number}", note=f"last, {last.on_date}", runs=last.flows),
        *_rest(timeline.since),
    ]


def _rest(since: Sequence[RunFlow]) -> list[_Column]:
    """Runs that brought nothing for a new version."""
    return [_Column(key="since", label="Since then", note="no new version", runs=tuple(since))] if since else []


def _figure(frame: Frame, title: str, caption: str, columns: list[_Column]) -> dict[str, Any]:
    boxes = _boxes(frame, columns)
    rows = [
        [f"{box['title']}: {line['label']}" if line["label"] else box["title"], *line["shown"]]
        for box in boxes
        for line in box["lines"]
    ]
    included = next(box for box in boxes if box["slug"] == "included")
    n_papers, n_trials = [sum(value or 0 for value in line["values"]) for line in included["lines"]]
    heads = [f"{column.label} ({column.note})" for column in columns]
    return figure(
        title,
        caption,
        f"Flow chart in {wording.counted(len(columns), 'column')}: {'; '.join(heads)}. {_cited_words(frame)}"
        f" Included by people since: {wording.counted(n_papers, 'publication')} and"
        f" {wording.counted(n_trials, 'registered trial')}.",
        {"columns": ["Step", *heads], "rows": rows},
        {
            "columns": [{"key": column.key, "label": column.label, "note": column.note} for column in columns],
            "boxes": boxes,
        },
    )


def _line(columns: Sequence[_Column], label: str, count: Callable[[_Column], int]) -> dict[str, Any]:
    """One number a column; what the published review itself counted nobody wrote down."""
    values: list[int | None] = []
    shown = []
    for column in columns:
        counted = count(column)
        values.append(None if column.is_base and not counted else counted)
        shown.append(f"{counted:,}" if not column.is_base else f"\u2265 {counted:,}" if counted else NOT_RECORDED)
    return {"label": label, "values": values, "shown": shown}


def _boxes(frame: Frame, columns: Sequence[_Column]) -> list[dict[str, Any]]:
    """The boxes from top to bottom; one with ``is_side`` is drawn beside the box before it."""

    def line(label: str, count: Callable[[_Column], int]) -> dict[str, Any]:
        return _line(columns, label, count)

    def decided(stage: str, *verdicts: str) -> Callable[[_Column], int]:
        return lambda column: sum(_n(column.decided, stage, verdicts))

    def included(*, is_trial: bool) -> Callable[[_Column], int]:
        return lambda column: sum(
            one.n
            for one in column.decided
            if (one.stage, one.decision, one.is_trial) == ("full_text", "include", is_trial)
        )

    sources = sorted({source for column in columns for flow in column.runs for source in flow.records})
    identified = [
        line(wording.source_name(source), lambda column, source=source: _records(column, source))  # type: ignore[misc]
        for source in sources
    ]
    return [
        _box(
            "identified",
            "Identification",
            "Records identified",
            [*identified, line("All sources" if identified else "", _all_records)],
        ),
        _box(
            "removed",
            "Identification",
            "Removed before screening",
            [
                line("Duplicate records", _duplicates),
                line(
                    "Further reports of a study, tied to it",
                    lambda column: _all_records(column) - _works(column) - _duplicates(column),
                ),
                line("By automation tools", lambda column: 0),
            ],
            is_side=True,
        ),
        _box("to_screen", "Screening", "Works to screen", [line("", _works)]),
        _box(
            "not_screened",
            "Screening",
            "Not screened yet",
            [line("", lambda c: _works(c) - _screened(c))],
            is_side=True,
        ),
        _box("screened", "Screening", "Works screened", [line("", _screened)]),
        _box(
            "excluded",
            "Screening",
            "Excluded by title and abstract",
            [line("", decided("title_abstract", "exclude"))],
            is_side=True,
        ),
        _box(
            "sought",
            "Screening",
            "Full texts sought",
            [line("", lambda c: _screened(c) - decided("title_abstract", "exclude")(c))],
        ),
        _box(
            "not_read",
            "Screening",
            "Full text not read yet",
            [line("", lambda c: _screened(c) - sum(_n(c.decided, "title_abstract", ("exclude",))) - _assessed(c))],
            is_side=True,
        ),
        _box("assessed", "Screening", "Full texts assessed", [line("", _assessed)]),
        _box("excluded_full", "Screening", "Not included by full text", _reason_lines(columns), is_side=True),
        _box(
            "included",
            "Included",
            "Included",
            [
                line("Publications", included(is_trial=False)),
                line("Registered trials", included(is_trial=True)),
            ],
        ),
        _box("cited", "Included", "In the published review", _cited_lines(frame, columns), is_side=True),
    ]


def _cited_lines(frame: Frame, columns: Sequence[_Column]) -> list[dict[str, Any]]:
    """What the published review refers to: its list of references, not what anybody included by criteria."""
    baseline = frame.material.baseline
    n_table = len(baseline.table)
    counts = [
        ("References", len(baseline.references)),
        ("Trials in its table", n_table),
        ("Trials in its text", len(baseline.trials) - n_table),
    ]
    return [
        {
            "label": label,
            "values": [n if column.is_base else None for column in columns],
            "shown": [f"{n:,}" if column.is_base else "\u2013" for column in columns],
        }
        for label, n in counts
        if n or label == "References"
    ]


def _references_by_scope(frame: Frame) -> list[tuple[str, int]]:
    """Label of each relevant scope that the review has references of, and their number; the rest without a label."""
    review = frame.material.review
    counts = Counter(review.scope_of_reference(reference) for reference in frame.material.baseline.references)
    found = [(clean(scope.label), counts[scope.slug]) for scope in review.scopes if scope.is_relevant]
    return [(name, n) for name, n in [*found, ("", counts[review.other_scope])] if n]


def _cited_words(frame: Frame) -> str:
    """How much the review refers to: ``The published review has 74 references (21 on ..., 28 background) ...``."""
    baseline = frame.material.baseline
    parts = [f"{n:,} on {name}" if name else f"{n:,} background" for name, n in _references_by_scope(frame)]
    references = wording.counted(len(baseline.references), "reference")
    return (
        f"The published review has {references} ({', '.join(parts)}) and names"
        f" {wording.counted(len(baseline.trials), 'trial')}."
    )


def _box(slug: str, stage: str, title: str, lines: list[dict[str, Any]], *, is_side: bool = False) -> dict[str, Any]:
    return {"slug": slug, "stage": stage, "title": title, "is_side": is_side, "lines": lines}


def _records(column: _Column, source: str) -> int:
    return sum(flow.records.get(source, 0) for flow in column.runs)


def _all_records(column: _Column) -> int:
    return sum(sum(flow.records.values()) for flow in column.runs)


def _duplicates(column: _Column) -> int:
    return sum(flow.n_duplicates for flow in column.runs)


def _works(column: _Column) -> int:
    return sum(flow.n_works for flow in column.runs)


def _screened(column: _Column) -> int:
    return sum(one.n for one in column.decided)


def _assessed(column: _Column) -> int:
    return sum(one.n for one in column.decided if one.stage == "full_text")


def _n(decided: Iterable[DecisionCount], stage: str, verdicts: Sequence[str]) -> list[int]:
    return [one.n for one in decided if one.stage == stage and one.decision in verdicts]


def _reason_lines(columns: Sequence[_Column]) -> list[dict[str, Any]]:
    """The reasons that people gave, the most frequent first, the rest in a line of its own; then what is in doubt."""
    total = sum((_reasons(column) for column in columns), Counter[str]())
    ranked = sorted(total, key=lambda reason: (-total[reason], reason))
    shown, rest = ranked[:_REASONS_SHOWN], ranked[_REASONS_SHOWN:]
    lines = [_line(columns, reason, lambda column, reason=reason: _reasons(column)[reason]) for reason in shown]  # type: ignore[misc]
    if rest:
        lines.append(_line(columns, "other reasons", lambda column: sum(_reasons(column)[one] for one in rest)))
    if any(_n(column.decided, "full_text", ("maybe",)) for column in columns):
        lines.append(_line(columns, "in doubt", lambda column: sum(_n(column.decided, "full_text", ("maybe",)))))
    return lines or [_line(columns, "", lambda column: 0)]


def _reasons(column: _Column) -> Counter[str]:
    """Reason -> works of the column that were excluded by full text for it."""
    found: Counter[str] = Counter()
    for one in column.decided:
        if one.stage == "full_text" and one.decision == "exclude":
            found[clean(one.reason) or "no reason given"] += one.n
    return found
