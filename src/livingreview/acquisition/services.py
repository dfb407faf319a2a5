"""Phase one of a run: ask every service, archive what it answers, apply what was reconciled.

The services are asked at the same time, one thread each, and no transaction is open meanwhile. Then the readings are
applied one by one in a fixed order: versions, named exceptions, query log and cursor of a query commit together, or
not at all.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from livingreview.acquisition.context import RunContext
from livingreview.acquisition.plan import CENSUS, HISTORY, WATCH_DOI, Asking
from livingreview.acquisition.transport import Connect
from livingreview.config import Query
from livingreview.config.redaction import Redactor
from livingreview.errors import InputError, LivingReviewError, SourceError, UnreconciledError, unforeseen
from livingreview.records import RECOUNT, Cursor, Problem
from livingreview.records.sanitize import clip
from livingreview.sources import (
    SOURCES,
    Counts,
    FindsDois,
    Getter,
    Item,
    KeepsHistory,
    Lists,
    Retrieved,
    Source,
)
from livingreview.store.hashing import query_hash
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository

_MOST_CHARS = 500
_HABIT = 3
"""So many readings with hits make an empty one suspicious."""
_MOST_WITHDRAWN = 10
"""More records that one reading misses at once are a fault of the service, not withdrawals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What came of it."""

    asking: Asking
    retrieved: Retrieved | None = None
    error: str = ""


@dataclass(slots=True)
class Acquired:
    """What the sources gave.

    Attributes:
        failures: source -> why it could not be read, one line.
        answered: sources of which at least one query was read and stored.
        received: how many items came.
    """

    failures: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)
    received: int = 0


def read_services(context: RunContext, askings: Sequence[Asking], connect: Connect) -> Acquired:
    """Asks every source what ``askings`` says and stores what came.

    Args:
        context: the run that asks; its watch is told one line a query.
        askings: from :func:`livingreview.acquisition.plan.plan`.
        connect: makes the transport to each service.
    """
    acquired = Acquired()
    settings = context.project.settings
    redactor = Redactor.of(settings)
    names = [name for name in SOURCES if any(asking.query.source == name for asking in askings)]
    if not names:
        return acquired
    pool = ThreadPoolExecutor(max_workers=len(names))
    is_stopped = False
    try:
        futures = [
            pool.submit(
                _ask_source,
                connect,
                SOURCES[name](settings),
                [asking for asking in askings if asking.query.source == name],
                redactor,
            )
            for name in names
        ]
        for name, future in zip(names, futures, strict=True):
            source = SOURCES[name](settings)
            for reading in future.result():
                _apply(context, source, reading, acquired, redactor)
    except KeyboardInterrupt:
        # Who stops the run does not wait for a service.
        is_stopped = True
        raise
    finally:
        pool.shutdown(wait=not is_stopped, cancel_futures=True)
    return acquired


def _ask_source(connect: Connect, source: Source, askings: Sequence[Asking], redactor: Redactor) -> list[Reading]:
    transport = connect(source.name)
    readings: list[Reading] = []
    try:
        for asking in askings:
            searched = [reading for reading in readings if reading.asking.role != RECOUNT]
            if asking.is_skippable and searched and all(map(_is_unchanged, searched)):
                # The service's own stamp has not moved since everything was read: there is nothing to ask by id.
                readings.append(Reading(asking=asking, retrieved=Retrieved(is_unchanged=True)))
                continue
            if asking.role == RECOUNT and any(reading.error for reading in readings):
                # What a search could not read is nothing that it has overlooked.
                readings.append(Reading(asking=asking, error=f"{source.name}: not counted, since a search failed"))
                continue
            readings.append(_ask(source, _after(readings, asking), transport.get, redactor))
            if not transport.has_answered:
                # Nobody there: the other queries would only wait for the same silence.
                readings.extend(Reading(asking=other, error=readings[-1].error) for other in askings[len(readings) :])
                break
    finally:
        transport.close()
    return readings


def _after(readings: Sequence[Reading], asking: Asking) -> Asking:
    """A recount with what the searches of this run read: no earlier one had overlooked that."""
    if asking.role != RECOUNT:
        return asking
    read = {(asking.query.source, one) for reading in readings if reading.retrieved for one in reading.retrieved.ids}
    return replace(asking, known=asking.known | read)


def _is_unchanged(reading: Reading) -> bool:
    return reading.retrieved is not None and reading.retrieved.is_unchanged


def _ask(source: Source, asking: Asking, get: Getter, redactor: Redactor) -> Reading:
    try:
        return Reading(asking=asking, retrieved=_retrieve(source, asking, get))
    except Exception as error:
        # Whatever its kind, it stays with its source.
        return Reading(asking=asking, error=_failure(source, error, redactor))


def _failure(source: Source, error: Exception, redactor: Redactor) -> str:
    """Why a source could not be read, in one line.

    Raises:
        LivingReviewError: it is no failure of the source, but of the store, the lock or a replay.
    """
    if isinstance(error, SourceError | InputError):
        return redactor.text(str(error))
    if isinstance(error, LivingReviewError):
        raise error
    return clip(f"{source.name}: nobody foresaw this: {redactor.text(unforeseen(error))}", _MOST_CHARS)


def _retrieve(source: Source, asking: Asking, get: Getter) -> Retrieved:
    if asking.window is not None and asking.is_search:
        return source.retrieve(asking.query, asking.window, get)
    if asking.window is not None and isinstance(source, Lists):
        listed = source.list_keys(asking.query, asking.window, get)
        known = asking.known
        late = {one for name, one in listed.keys if (name, one) not in known and (source.name, one) not in known}
        found = source.retrieve_ids(sorted(late), get) if late else Retrieved()
        return replace(found, announced=len(listed.keys), requests=listed.requests + found.requests)
    if asking.role == CENSUS and isinstance(source, Counts):
        found = source.count(asking.ids, get)
    elif asking.role == HISTORY and isinstance(source, KeepsHistory):
        return source.retrieve_history(asking.between, get)
    elif asking.role == WATCH_DOI and isinstance(source, FindsDois):
        return source.retrieve_dois(asking.ids, get)
    else:
        found = source.retrieve_ids(asking.ids, get)
    dois = {asking.dois[one]: one for one in sorted(found.missing) if one in asking.dois and one not in found.came_as}
    if not dois or not isinstance(source, FindsDois):
        return found
    # What is no longer there under its id may be there under another.
    other = source.retrieve_dois(sorted(dois), get)
    came_as = {dois[doi]: source_id for doi, source_id in other.came_as.items()}
    reasons = {one: f"{found.missing[one]}; its doi is that of {target} now" for one, target in came_as.items()}
    return replace(
        found,
        keys=found.keys + other.keys,
        ids=found.ids | other.ids,
        missing={**found.missing, **reasons},
        came_as={**found.came_as, **came_as},
        requests=found.requests + other.requests,
    )


def _apply(context: RunContext, source: Source, reading: Reading, acquired: Acquired, redactor: Redactor) -> None:
    repository, run, tell = context.repository, context.run, context.watch.tell
    query = reading.asking.query
    tally = Tally()
    try:
        if reading.retrieved is None:
            raise SourceError(reading.error)
        with repository.writing(run) as writing:
            for key in reading.retrieved.keys:
                items = _asked_for(_items(repository, source, key), reading.asking, reading.retrieved, tally)
                # What a record said once does not say that it is there.
                live = "" if reading.asking.role == HISTORY else source.name
                writing.apply(items, key, datetime.now(UTC), tally, live_source=live)
            _reconcile(query, reading.retrieved, tally)
            missing, came_as = reading.retrieved.missing, reading.retrieved.came_as
            if reading.asking.is_lookup:
                named = sorted(missing.items())
                tally.issues += [Problem(source=source.name, source_id=one, reason=reason) for one, reason in named]
            else:
                is_proof = _is_proof(reading.asking, reading.retrieved)
                listed = reading.retrieved.ids if reading.asking.window is not None else ()
                writing.miss(source.name, missing, came_as, datetime.now(UTC), tally, is_proof=is_proof, listed=listed)
            _note_what_is_late(reading, tally)
            _note_emptiness(repository, reading, tally)
            if reading.asking.note:
                tally.issues.append(Problem(source=query.source, source_id="", reason=reading.asking.note))
                tell(f"{query.source} / {query.name}: {reading.asking.note}")
            writing.log_query(_log_values(reading, is_reconciled=True), tally)
            if reading.asking.is_search:
                lag = timedelta(days=context.project.settings.service(query.source).lag_days)
                writing.move_cursor(
                    Cursor(
                        source=query.source,
                        query_name=query.name,
                        query_hash=query_hash(query),
                        read_to_at=run.now_at - lag,
                        stamp=reading.retrieved.stamp,
                    )
                )
    except Exception as error:
        # Whatever its kind, it stays with its source.
        words = _failure(source, error, redactor)
        with repository.writing(run) as writing:
            writing.log_query(_log_values(reading, is_reconciled=False) | {"error": words}, Tally())
        acquired.failures.setdefault(query.source, words)
        return
    acquired.answered.add(query.source)
    acquired.received += tally.received
    tell(f"{query.source} / {query.name}: {_summary(reading.retrieved, tally)}")


def _items(repository: Repository, source: Source, key: str) -> Iterator[Item]:
    with repository.archive.open(key) as document:
        yield from source.parse(document)


def _asked_for(items: Iterable[Item], asking: Asking, retrieved: Retrieved, tally: Tally) -> Iterator[Item]:
    """What was asked for; the rest, which may be the answer to another request, is named and not stored."""
    if asking.window is not None and not retrieved.ids:
        # A feed lists nothing beside what it holds.
        yield from items
        return
    wanted = {*retrieved.ids, *retrieved.came_as.values(), *asking.ids}
    others: set[tuple[str, str]] = set()
    for item in items:
        key = (item.source, item.source_id)
        if isinstance(item, Problem) or item.source_id in wanted:
            yield item
        elif key not in others:
            others.add(key)
            reason = "came without being asked for, as if another request had been answered; not stored"
            tally.issues.append(Problem(source=item.source, source_id=item.source_id, reason=reason))


def _reconcile(query: Query, retrieved: Retrieved, tally: Tally) -> None:
    """Every id that was listed is in the store, or is named with its reason.

    Raises:
        UnreconciledError: some are neither.
    """
    lost = retrieved.ids - tally.covered - set(retrieved.missing)
    if lost:
        some = ", ".join(sorted(lost)[:5])
        raise UnreconciledError(
            f"{query.source} query {query.name!r}: {len(lost)} of {len(retrieved.ids)} listed records did not come"
            f" ({some}{', ...' if len(lost) > 5 else ''}); nothing of it was stored, the next run asks again"
        )


def _is_proof(asking: Asking, retrieved: Retrieved) -> bool:
    """Whether what a reading missed is missing at its source: it was asked for by id, and most of it was returned."""
    if asking.window is not None or asking.role == WATCH_DOI or len(retrieved.missing) > _MOST_WITHDRAWN:
        return False
    n_returned = retrieved.announced or 0 if asking.role == CENSUS else len(retrieved.ids - set(retrieved.missing))
    return n_returned > 0


def _note_what_is_late(reading: Reading, tally: Tally) -> None:
    """Names what a recount brought: its service lists it, and no reading of its days did."""
    asking, retrieved = reading.asking, reading.retrieved
    if asking.role != RECOUNT or asking.window is None or retrieved is None:
        return
    unread = {issue.source_id for issue in tally.issues if not issue.is_remark}
    reason = f"found late: listed for {asking.window.since} to {asking.window.until}, and brought by no reading before"
    late = sorted(retrieved.ids - set(retrieved.missing) - unread)
    tally.issues += [Problem(source=asking.query.source, source_id=one, reason=reason, is_remark=True) for one in late]


def _note_emptiness(repository: Repository, reading: Reading, tally: Tally) -> None:
    """A search that always found something and now finds nothing is named: it may be broken, not quiet."""
    retrieved = reading.retrieved
    if retrieved is None or not reading.asking.is_search or retrieved.is_unchanged or retrieved.announced != 0:
        return
    query = reading.asking.query
    earlier = [one.announced for one in repository.readings(query.source, query_hash(query))]
    if not earlier or (len(earlier) >= _HABIT and all(earlier[-_HABIT:])):
        what = "in its first reading" if not earlier else f"after {_HABIT} readings with hits"
        tally.issues.append(
            Problem(source=query.source, source_id="", reason=f"no hits at all {what}: check that the search works")
        )


def _log_values(reading: Reading, *, is_reconciled: bool) -> dict[str, object]:
    asking, retrieved = reading.asking, reading.retrieved
    query = asking.query
    return {
        "source": query.source,
        "name": query.name,
        "role": asking.role,
        "query_hash": query_hash(query) if asking.is_search else "",
        "text": asking.text,
        "since": str(asking.window.since) if asking.window else "",
        "until": str(asking.window.until) if asking.window else "",
        "announced": retrieved.announced if retrieved else None,
        "requests": retrieved.requests if retrieved else 0,
        "is_reconciled": is_reconciled,
        "is_skipped": bool(retrieved and retrieved.is_unchanged),
        "error": "",
    }


def _summary(retrieved: Retrieved, tally: Tally) -> str:
    if retrieved.is_unchanged:
        return "unchanged since the last reading, by the service's own stamp"
    counts = ", ".join(f"{count} {action}" for action, count in tally.counts.items() if count)
    named = f", {len(tally.issues)} named exceptions" if tally.issues else ""
    return f"{retrieved.announced} announced, {tally.received} received ({counts or 'nothing'}){named}"
