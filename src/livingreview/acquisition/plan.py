"""What a run asks: the configured searches, and records by their ids, whatever the searches find."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from livingreview.acquisition.context import RunContext
from livingreview.config import Project, Query
from livingreview.records import RECOUNT, Cursor, FetchState
from livingreview.sources import SOURCES, Counts, FindsDois, Lists, Window, queries_of
from livingreview.store.hashing import query_hash
from livingreview.store.repository import Repository

WATCH = "baseline watch"
WATCH_DOI = "baseline watch by doi"
ABSENT = "not returned earlier"
UNFINISHED = "unfinished trials"
RESTORED = "restored from the snapshot"
CENSUS = "still there"
HISTORY = "status history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One thing to ask of one source.

    Attributes:
        query: of a search, or a name for what is asked by id.
        window: the days of a search, or of its recount; None for what is asked by id.
        ids: what is asked for; DOIs under the role ``WATCH_DOI``.
        role: ``core`` or ``context`` of a search, else one of this module.
        dois: id -> doi, for ids that may have been replaced by others.
        is_skippable: while the source says that nothing changed since its last reading, there is nothing to ask.
        between: id -> days between which its earlier states are wanted.
        is_lookup: what is not found says nothing of what is stored: the source may never have had it.
        note: what the report must name about this asking; empty for nothing.
        known: (source, id) of what a recount need not read: it is stored, or is asked for by id in the same run.
    """

    query: Query
    window: Window | None = None
    ids: tuple[str, ...] = ()
    role: str = ""
    dois: Mapping[str, str] = field(default_factory=dict)
    between: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    is_skippable: bool = False
    is_lookup: bool = False
    note: str = ""
    known: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_search(self) -> bool:
        """Whether it is a configured search, which moves its cursor."""
        return self.window is not None and self.role != RECOUNT

    @property
    def text(self) -> str:
        """What is asked, in words."""
        return text_of(self.query) or f"{len(self.ids)} {'record' if len(self.ids) == 1 else 'records'} by id"


def text_of(query: Query) -> str:
    """Text and parameters of a query, as the log has them; empty for what is asked by id."""
    asked = "; ".join(f"{name}={value}" for name, value in sorted(query.parameters.items()))
    return "\n".join(part for part in (query.text, asked) if part)


def plan(context: RunContext) -> list[Asking]:
    """Everything that this run asks, in the order in which each source is asked.

    After the searches come their recounts, where one is due; records that their source did not return, with a few that
    it does; the baseline's own records; stored trials that are not finished, since the registry turns a study
    ``UNKNOWN`` by the calendar; records whose text a snapshot left out; and the question whether every other trial and
    relevant record is still there.

    Args:
        context: the cursors of its repository say where each query goes on, what its baseline cites is watched, and
            every window ends at its run's ``now_at``.
    """
    baseline = context.baseline
    relevant = [scope.slug for scope in context.project.review.scopes if scope.is_relevant]
    watched = {
        "pubmed": sorted(baseline.pmids),
        "clinicaltrials": sorted(baseline.nct_ids),
        "crossref": sorted(baseline.dois),
    }
    state = context.repository.fetch_state(relevant, sorted(baseline.dois), watched)
    return [
        *_searches(context, state),
        *_recounts(context, state),
        *_by_id(context, state),
    ]


def _searches(context: RunContext, state: FetchState) -> Iterator[Asking]:
    project, now = context.project, context.run.now_at
    cursors = {(cursor.source, cursor.query_hash): cursor for cursor in state.cursors}
    for query in queries_of(project.review, project.settings):
        key = (query.source, query_hash(query))
        cursor = cursors.get(key)
        if cursor is not None and cursor.read_to_at > now:
            yield _after_a_wrong_clock(project, query, state.read_until.get(key, ()), cursor, now)
            continue
        window = _window(context, query, cursor)
        yield Asking(query=query, window=window, role=query.role)


def _window(context: RunContext, query: Query, cursor: Cursor | None) -> Window:
    """The days from where the query stands, less the overlap, to the run's day.

    A service may show a record, or what it says of one, days after the day that it bears: hence the overlap. A reading
    that found nothing at all, or named records that did not come, may have met a fault that looks like an answer: its
    days are asked for once more, however long they are.
    """
    project, until = context.project, context.run.now_at.date()
    if cursor is None:
        return Window(since=project.review.read_from_date, until=until)
    earlier = context.repository.readings(query.source, query_hash(query))
    if earlier and earlier[-1].is_doubtful and sum(one.since == earlier[-1].since for one in earlier) == 1:
        return Window(since=date.fromisoformat(earlier[-1].since), until=until)
    since = _overlapping(project, query.source, cursor.read_to_at.date())
    return Window(since=since, until=until, stamp=cursor.stamp)


def _overlapping(project: Project, source: str, day: date) -> date:
    """A day less the overlap, but not before the review's first."""
    overlap = timedelta(days=project.settings.service(source).overlap_days)
    return min(day, max(day - overlap, project.review.read_from_date))


def _recounts(context: RunContext, state: FetchState) -> Iterator[Asking]:
    """Searches whose whole period was neither read nor counted for ``recount_weeks``."""
    project, today = context.project, context.run.now_at.date()
    known: frozenset[tuple[str, str]] | None = None
    for query in queries_of(project.review, project.settings):
        counted_at = state.counted_at.get((query.source, text_of(query)))
        pause = timedelta(weeks=project.settings.service(query.source).recount_weeks)
        if counted_at is None or today - counted_at.date() < pause:
            continue
        if not isinstance(SOURCES[query.source](project.settings), Lists):
            continue
        if known is None:
            doubted = {(source, one) for source, ids in state.gone.items() for one in ids}
            known = context.repository.keys() | doubted
        yield Asking(
            query=query.model_copy(update={"name": f"{query.name}, {RECOUNT}"}),
            window=Window(since=project.review.read_from_date, until=today),
            role=RECOUNT,
            known=known,
        )


def _is_settled(repository: Repository, source: str) -> bool:
    """Whether the last run read a source by id too, to its end and without a named exception.

    The stamp of a search says only that the search was read: after a kill, a failure or an exception the records that
    are asked for by id may not be what the service had at that stamp.
    """
    earlier = [run for run in repository.runs() if run.channel == "services" and run.status != "running"]
    if not earlier or earlier[-1].status not in ("done", "partial"):
        return False
    by_id = [log for log in repository.query_logs(earlier[-1]) if log.source == source and log.query_hash == ""]
    issues = [issue for issue in repository.issues(earlier[-1]) if issue.source == source]
    return bool(by_id) and not issues and all(log.is_reconciled for log in by_id)


def _after_a_wrong_clock(
    project: Project, query: Query, read_until: Sequence[str], cursor: Cursor, now: datetime
) -> Asking:
    """Reads again from the last reading that ended before ``now``: one of two clocks was wrong, nobody knows which.

    If it was the earlier one, its cursor claims days that nobody has read; if it is the present one, too much is read.
    """
    lag = timedelta(days=project.settings.service(query.source).lag_days)
    ended = [day for until in read_until if (day := date.fromisoformat(until)) < now.date()]
    begin = project.review.read_from_date
    since = _overlapping(project, query.source, max(ended) - lag) if ended else begin
    return Asking(
        query=query,
        window=Window(since=since, until=now.date()),
        role=query.role,
        note=f"the clock says {now:%Y-%m-%d %H:%M}, but this was read up to {cursor.read_to_at:%Y-%m-%d %H:%M}:"
        f" read again from {since}; check the clock of this machine",
    )


def _by_id(context: RunContext, state: FetchState) -> Iterator[Asking]:
    baseline = context.baseline
    without_pmid = [ref.doi for ref in baseline.references if ref.doi and not ref.pmid]
    dois = sorted({doi for doi in without_pmid if doi not in state.pmid_of})
    learnt = {state.pmid_of[doi] for doi in without_pmid if doi in state.pmid_of}
    by_role: tuple[tuple[str, Mapping[str, Iterable[str]]], ...] = (
        (ABSENT, state.gone),
        # What PubMed lists is watched there; the registry of DOIs is asked about the others.
        (WATCH, {"pubmed": baseline.pmids | learnt, "clinicaltrials": baseline.nct_ids, "crossref": dois}),
        (WATCH_DOI, {"pubmed": dois}),
        (UNFINISHED, state.unfinished),
        (RESTORED, state.incomplete),
        (CENSUS, state.to_count),
    )
    seen: set[tuple[str, str]] = set()
    for role, wanted in by_role:
        for source, listed in sorted(wanted.items()):
            ids = [source_id for source_id in sorted(listed) if (source, source_id) not in seen]
            if not ids or not _can_be_asked(context.project, source, role):
                continue
            seen.update((source, source_id) for source_id in ids)
            yield _asking(role, source, ids, state, is_settled=_is_settled(context.repository, source))


def _can_be_asked(project: Project, source: str, role: str) -> bool:
    if source not in SOURCES or not project.settings.service(source).is_enabled:
        return False
    made = SOURCES[source](project.settings)
    return isinstance(made, {WATCH_DOI: FindsDois, CENSUS: Counts}.get(role, object))


def _asking(role: str, source: str, ids: Sequence[str], state: FetchState, *, is_settled: bool) -> Asking:
    stored, gone = state.stored.get(source, frozenset()), state.gone.get(source, frozenset())
    controls = state.controls.get(source, ()) if role == ABSENT else ()
    is_known = (source, role) not in state.broken and set(ids) <= stored | gone
    return Asking(
        query=Query(name=role, source=source),
        ids=(*ids, *controls),
        role=role,
        dois={source_id: state.doi_of[(source, source_id)] for source_id in ids if (source, source_id) in state.doi_of},
        is_skippable=is_settled and (role == CENSUS or (role != RESTORED and is_known)),
    )
