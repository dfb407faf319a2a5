"""The second round of a run: from thin records to full ones, and from dois to their notices.

Feeds, lists of facts, RIS files and Europe PMC's citations bring records that say little more than that something is
there. Once the first round is stored, PubMed is asked for them by PMID, or by doi, which it looks up; Crossref is asked
for what has a doi only. The full record takes the thin one's place, or joins its work by doi. PubMed may list a new
article weeks after its publisher: what was asked for in vain is asked for again after 7, 14, 28, ... days, and after
``max_tries`` never again. The named exceptions of earlier runs are the record of these tries.

Crossref is also asked, every time, for what later publications say of each relevant record that came from it or from
Europe PMC. And where the settings say so, ClinicalTrials.gov is asked once for what each printed trial said between the
published review and the first reading.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from livingreview.acquisition.context import RunContext
from livingreview.acquisition.plan import HISTORY, Asking
from livingreview.acquisition.services import Acquired, read_services
from livingreview.acquisition.transport import Connect
from livingreview.config import Query, ResolvingSettings
from livingreview.records import Tries

RESOLVED = "resolved from feeds and files"
NOTICED = "notices by doi"


def follow(
    context: RunContext,
    asked: Sequence[Asking],
    acquired: Acquired,
    connect: Connect,
    is_wanted: Callable[[Asking], bool],
) -> None:
    """Asks the second round and adds to ``acquired`` what came of it.

    Args:
        context: the run that asks; its watch is told one line a query.
        asked: the first round; none of its ids is asked for again.
        acquired: what the first round gave; a source that failed there is left alone.
        connect: makes the transport to each service.
        is_wanted: what of the second round is asked.
    """
    ids = {(asking.query.source, one) for asking in asked for one in asking.ids}
    askings = [one for one in plan(context, ids) if one.query.source not in acquired.failures and is_wanted(one)]
    later = read_services(context, askings, connect)
    acquired.answered |= later.answered
    acquired.received += later.received
    acquired.failures |= later.failures


def plan(context: RunContext, asked: Collection[tuple[str, str]]) -> list[Asking]:
    """What the second round asks.

    Args:
        context: its repository knows the thin records, and what was asked for in vain.
        asked: (source, id) of what this run has asked for already.
    """
    project, repository = context.project, context.repository
    followed = repository.incomplete_records()
    relevant = [scope.slug for scope in project.review.scopes if scope.is_relevant]
    wanted = [
        ("pubmed", RESOLVED, [one.source_id for one in followed if one.source == "pubmed" or not one.is_preprint]),
        ("crossref", RESOLVED, [one.source_id for one in followed if one.source == "crossref" and one.is_thin]),
        ("crossref", NOTICED, repository.noticed_dois(relevant)),
    ]
    taken = set(asked)
    askings = []
    for source, role, ids in wanted:
        if not project.settings.service(source).is_enabled:
            continue
        fresh = [one for one in ids if (source, one) not in taken]
        due = due_ids(fresh, repository.lookup_tries(source, role), project.settings.resolving, context.run.now_at)
        if role == RESOLVED:
            # Notices are never cut off: a list that always begins alike would hide its end for ever.
            due = due[: project.settings.resolving.max_records_per_run]
        taken.update((source, one) for one in due)
        if due:
            askings.append(Asking(query=Query(name=role, source=source), ids=tuple(due), role=role, is_lookup=True))
    if history := _history(context):
        askings.append(history)
    return askings


def _history(context: RunContext) -> Asking | None:
    """Printed trials whose oldest stored state is younger than the published review: what did they say in between?"""
    project, repository = context.project, context.repository
    settings = project.settings.sources.clinicaltrials
    if not (settings.is_enabled and settings.is_history_read):
        return None
    since = project.review.published_date.isoformat()
    between = {}
    for stored in repository.records(source="clinicaltrials", ids=sorted(context.baseline.nct_ids)):
        nct = stored.record.source_id
        oldest = min((state.source_date for state in repository.versions("clinicaltrials", nct)), default="")
        if oldest > since and not stored.is_withdrawn:
            between[nct] = (since, oldest)
    query = Query(name=HISTORY, source="clinicaltrials")
    return Asking(query=query, ids=tuple(between), role=HISTORY, between=between, is_lookup=True) if between else None


def due_ids(ids: Sequence[str], tries: Mapping[str, Tries], settings: ResolvingSettings, now: datetime) -> list[str]:
    """The ids whose turn it is, those tried least first, in their order."""

    def is_due(one: str) -> bool:
        tried = tries.get(one)
        if tried is None:
            return True
        pause = timedelta(days=settings.days_between_tries * 2 ** (tried.count - 1))
        return tried.count < settings.max_tries and now - tried.last_at >= pause

    return sorted(filter(is_due, ids), key=lambda one: tries[one].count if one in tries else 0)
