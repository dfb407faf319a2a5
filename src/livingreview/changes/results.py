"""Results of a trial that were published: reported once a trial and article, by whichever of three ways comes first.

The registry lists the article as a result; the article names the trial in its data banks (PubMed's ``DataBankList``);
or its abstract names it. An abstract that names several trials is about trials, and is nobody's results.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from livingreview.changes.event import Event
from livingreview.linking import can_report
from livingreview.records import Change, Kind, NamedTrial, Record, Severity
from livingreview.records.change_types import ChangeType


def published(before: Record | None, after: Record, trials: Iterable[NamedTrial]) -> Iterator[tuple[NamedTrial, Event]]:
    """Trials whose results an article is, each with the event that says so.

    Args:
        before: the state before; None when the article is new.
        after: the state now.
        trials: stored trials that it names.
    """
    names = _names(after)
    earlier = _names(before) if before is not None else {}
    for trial in trials:
        if trial.source_id in names and trial.source_id not in earlier and after.pmid not in trial.reported_pmids:
            values = {"result_pmids": [after.pmid], "named_by": names[trial.source_id], "article": after.title}
            yield (
                trial,
                Event(
                    ChangeType.RESULTS_PUBLISHED,
                    Severity.ALERT,
                    {},
                    {"title": trial.title} | values,
                    after.publication_date,
                ),
            )


def once(changes: Iterable[Change]) -> Iterator[Change]:
    """The changes, but each article of a trial only in the first of those that report it."""
    reported: set[tuple[str, str, str]] = set()
    for change in changes:
        if change.type == ChangeType.RESULTS_PUBLISHED:
            key = (change.source, change.source_id)
            fresh = [pmid for pmid in change.after["result_pmids"] if (*key, pmid) not in reported]
            if not fresh:
                continue
            reported.update((*key, pmid) for pmid in fresh)
            change = replace(change, after={**change.after, "result_pmids": fresh})
        yield change


def _names(record: Record) -> dict[str, str]:
    """NCT number -> where the record names it."""
    if record.kind != Kind.ARTICLE or not record.pmid or not can_report(record.publication_types):
        return {}
    if "protocol" in record.title.casefold():
        return {}
    banked = set(record.accessions)
    names = {name: "data bank" for name in record.nct_ids if name in banked}
    return names or ({record.nct_ids[0]: "abstract"} if len(record.nct_ids) == 1 else {})
