"""The figures of a report; each is JSON-ready numbers, from which a picture is drawn only where one is wanted."""

from collections import defaultdict
from typing import Any

from livingreview.records.trial_standing import Standing
from livingreview.report.context import Frame
from livingreview.report.data import figure
from livingreview.report.numbers import STANDING_LABELS, numbers, standing_words
from livingreview.report.sections import trials
from livingreview.report.sections.clocks import clocks
from livingreview.report.sections.works_figures import evidence_map, over_time
from livingreview.text import wording


def figures(frame: Frame) -> dict[str, Any]:
    """Publications over time, the evidence map, trials then and now, clocks."""
    made = {
        "over_time": over_time(frame),
        "evidence_map": evidence_map(frame),
        "trial_flow": trial_flow(frame),
        "clocks": clocks(frame),
    }
    n_works = made["evidence_map"]["data"]["n_works"]
    n_trials = made["trial_flow"]["data"]["n_trials"]
    return {
        "summary": f"{wording.counted(n_works, 'work')} and {wording.counted(n_trials, 'printed trial')} in"
        f" {wording.counted(len(made), 'figure')}",
        "figures": made,
    }


def trial_flow(frame: Frame) -> dict[str, Any]:
    """The trials of the review's table by the status that was printed and the one that the registry shows now."""
    found = frame.once(numbers).table
    rows = [row for row in frame.once(trials.printed_rows) if row["place"] == "table1"]
    # Changed or not in the key: a band that held both would be read as trials that all changed.
    groups: dict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for row in rows:
        now = row["status_label"] or STANDING_LABELS[Standing(row["standing"])]
        key = (row["printed_status"].partition(" (")[0].lower(), now, row["standing"] == Standing.CHANGED)
        groups[key].append(row["source_id"] or row["title"])
    flows: list[dict[str, Any]] = [
        {
            "then": then,
            "now": now,
            "n": len(found_trials),
            "n_changed": len(found_trials) if is_changed else 0,
            "trials": found_trials,
        }
        for (then, now, is_changed), found_trials in sorted(
            groups.items(), key=lambda one: (_status_place(one[0][0]), one[0][0], _status_place(one[0][1]), *one[0][1:])
        )
    ]
    statuses = sorted(
        {status for key in groups for status in key[:2]}, key=lambda status: (_status_place(status), status)
    )
    return figure(
        "Trials of the review, then and now",
        f"The {wording.counted(len(rows), 'trial')} of the review's table, by the printed status (left) and the one"
        " that the registry shows now (right). Each band is as wide as its number of trials; the strong bands, their"
        " numbers in bold, are trials that changed since publication. What was already so at publication, or differs"
        " without a date, is not among them; the table of trials tells them apart.",
        f"Bands from printed to present status: {standing_words(found)}.",
        {
            "columns": ["Printed", "Registry now", "Changed since publication", "Trials", "Which"],
            "rows": [
                [one["then"], one["now"], "yes" if one["n_changed"] else "", str(one["n"]), ", ".join(one["trials"])]
                for one in flows
            ],
        },
        {
            "statuses": statuses,
            "flows": flows,
            "n_trials": len(rows),
            "n_by_standing": {kind.value: n for kind, n in found.items()},
        },
    )


_STATUS_ORDER = (
    "announced",
    "not yet registered",
    "registered",
    "not yet recruiting",
    "available",
    "enrolling by invitation",
    "recruiting",
    "active, not recruiting",
    "suspended",
    "terminated",
    "withdrawn",
    "unknown status",
    "completed",
    "finalized",
    "status unknown",
    "not read yet",
)


def _status_place(status: str) -> int:
    """In the order of a trial's life; statuses that nobody foresaw come before what is not known."""
    found = next((place for place, known in enumerate(_STATUS_ORDER) if status.startswith(known)), None)
    return len(_STATUS_ORDER) - 3 if found is None else found
