"""A run again, from the raw archive: the same changes and the same bytes of report, without a network.

Every run up to the wanted one is made again in its order in a scratch store, each with its own method, its own ``now``,
the decisions that it knew, and the answers that it received. An answer is found by source, address, parameters and
method, the n-th time by the n-th; so the order in which services were asked does not matter. Of a run that was killed,
as much is made again as it had committed.
"""

import json
import tempfile
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from itertools import zip_longest
from os.path import commonprefix
from pathlib import Path
from typing import BinaryIO

from livingreview import __version__, errors
from livingreview.acquisition import review_text
from livingreview.acquisition.plan import Asking
from livingreview.acquisition.progress import Tell, Watch
from livingreview.config import Project, load_baseline
from livingreview.config.redaction import CONTACT_PARAMETERS, without_login
from livingreview.errors import InputError, LivingReviewError, SourceError, StoreError, UsageError
from livingreview.pipeline import method, monitor, train
from livingreview.pipeline.run import Outcome, run_documents, run_records, run_services
from livingreview.records import Received, Run, StoredChange
from livingreview.records.exchange import Payload, Request
from livingreview.records.review_text import TEXT_SOURCE
from livingreview.records.sanitize import clean
from livingreview.records.serialization import canonical_json, record_from
from livingreview.sources import Kept
from livingreview.sources.formats.listing import Document
from livingreview.sources.http import Check
from livingreview.statements import evaluate
from livingreview.store.archive import Archive
from livingreview.store.repository import Repository

_FORMS = ("report.md", "report.html", "report.json")
_WHO_ASKS = CONTACT_PARAMETERS | {"tool"}
"""Parameters that do not change an answer."""
_Key = tuple[str, bool, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How a replay came out.

    Attributes:
        run: that was replayed.
        difference: the first difference, in words; empty when there is none.
        notes: what has changed since the run, one line each.
    """

    run: Run
    difference: str
    notes: tuple[str, ...]


class CannotReplayError(UsageError):
    """What a run needs to be made again is not there."""


class _StoppedError(LivingReviewError):
    """The run that is replayed had got no further."""


def replay(project: Project, repository: Repository, name: str, tell: Tell, folder: Path | None = None) -> Replayed:
    """Makes a run again and compares it with what it reported.

    Args:
        project: the present one.
        repository: the store of the run; is only read.
        name: of the run.
        tell: takes one line of progress.
        folder: where the replayed report is put; None for nowhere.

    Raises:
        CannotReplayError: the run made no report, or what it needs is not in the archive.
    """
    target = repository.run(name)
    if target.reported_at is None:
        raise CannotReplayError(f"run {name}: ended as {target.status} and made no report; there is nothing to replay")
    runs = [run for run in repository.runs() if run.id <= target.id]
    with tempfile.TemporaryDirectory(prefix="livingreview-replay-") as place:
        scratch = _Scratch(project, repository, Path(place), runs)
        try:
            for run in runs:
                tell(f"replaying {run.name} ({run.channel}, {run.status})")
                scratch.replay(run)
            found = scratch.changes(name)
            pages = scratch.pages(name)
        finally:
            scratch.close()
    if folder is not None:
        _write(pages, folder)
    written = {form: _read(project.path("out_dir") / name / form) for form in _FORMS}
    difference = first_difference(repository.changes(run=name), found) or next(
        (words for form in _FORMS if (words := line_difference(form, written[form], pages[form]))), ""
    )
    return Replayed(run=target, difference=difference, notes=tuple(_notes(project, target)))


def _notes(project: Project, run: Run) -> Iterable[str]:
    if run.config_hash != project.config_hash():
        yield (
            f"the configuration has been edited since ({run.config_hash} then, {project.config_hash()} now);"
            " replayed with the one of each run, from the archive"
        )
    if run.code_version != __version__:
        yield f"the program was {run.code_version} then and is {__version__} now"


class _Scratch:
    """A store that grows run by run.

    Args:
        project: the present one.
        original: the store that is replayed; is only read.
        root: an empty folder.
        runs: that will be replayed, in their order.
    """

    def __init__(self, project: Project, original: Repository, root: Path, runs: list[Run]) -> None:
        self._project = project
        self._original = original
        self._root = root
        self._store = Repository.open(f"sqlite:///{root / 'store.db'}", project.path("archive_dir"))
        self._trainings = _trainings(original, runs)

    def close(self) -> None:
        """Gives the connections back."""
        self._store.close()

    def changes(self, name: str) -> list[StoredChange]:
        """What the replayed run found."""
        return self._store.changes(run=name)

    def pages(self, name: str) -> dict[str, bytes]:
        """The replayed report."""
        return {form: _read(self._root / "out" / name / form) for form in _FORMS}

    def replay(self, run: Run) -> None:
        """Makes one run again.

        Raises:
            CannotReplayError: what it needs is not in the archive.
        """
        received = self._original.received(run)
        original = self._original.for_run(run)
        self._store.add_decisions(original.decision_log())
        self._store.add_statement_decisions(original.statement_decision_log())
        if run.channel not in ("services", "files", "hand"):
            # Runs that only ask leave nothing behind but their log.
            self._store.start_run(run.channel, run.now_at, run.code_version, run.config_hash)
        else:
            project = self._as_it_was(run, received)
            for moment in self._trainings[run.id]:
                known = train.examples(project, self._store, load_baseline(project))
                train.train(project, self._store, known, moment)
            for one in received:
                if one.source == TEXT_SOURCE:
                    review_text.restore(self._store, one.key, self._bytes(run, one))
            self._run(project, run, received)
        again = self._store.runs()[-1]
        if again.name != run.name:
            raise CannotReplayError(
                f"run {run.name}: its replay is called {again.name}; runs before it are not in this store"
            )
        self._store.restate_run(again, run)

    def _as_it_was(self, run: Run, received: list[Received]) -> Project:
        document = next((one for one in received if one.source == method.SOURCE), None)
        if document is None:
            raise CannotReplayError(f"run {run.name}: its configuration was not archived; it cannot be replayed")
        return method.lay_out(self._bytes(run, document), self._project, self._root)

    def _bytes(self, run: Run, one: Received) -> bytes:
        try:
            with self._original.archive.open(one.key) as document:
                return document.read()
        except (StoreError, OSError) as error:
            raise CannotReplayError(f"run {run.name} cannot be replayed: {error}") from error

    def _run(self, project: Project, run: Run, received: list[Received]) -> None:
        n_changes = len(self._original.changes(run=run.name))
        is_whole = run.status in ("done", "partial")

        def stop(stage: str, _done: int) -> None:
            is_deriving = stage in ("classifying", *monitor.STAGES, evaluate.STAGE)
            if is_deriving and not is_whole and len(self._store.changes(run=run.name)) >= n_changes:
                raise _StoppedError("as far as the run had got")

        watch = Watch(progress=stop)
        try:
            self._by_road(project, run, received, watch)
        except _StoppedError:
            return
        except CannotReplayError:
            raise
        except LivingReviewError:
            # A run that failed then fails again.
            if run.status != "failed":
                raise

    def _by_road(self, project: Project, run: Run, received: list[Received], watch: Watch) -> Outcome:
        if run.channel == "hand":
            packed = [one for one in received if one.source == "hand"]
            records = [record_from(*parts) for one in packed for parts in json.loads(self._bytes(run, one))]
            return run_records(project, self._store, records, run.now_at, watch)
        if run.channel == "files":
            return run_documents(project, self._store, self._files(run, received), run.now_at, watch)
        # Files of the inbox are no questions.
        logged = {(log.source, log.name) for log in self._original.query_logs(run) if log.source != "files"}
        planned: set[tuple[str, str]] = set()

        def is_wanted(asking: Asking) -> bool:
            key = (asking.query.source, asking.query.name)
            planned.add(key)
            return key in logged

        @cache
        def connect(name: str) -> ArchivedTransport:
            # The second round goes on where the first one ended.
            mine = [one for one in received if one.source == name]
            return ArchivedTransport(run.name, mine, self._original.archive)

        outcome = run_services(
            project,
            self._store,
            run.now_at,
            watch,
            connect=connect,
            is_wanted=is_wanted,
            inbox=self._files(run, received),
        )
        if others := sorted(logged - planned):
            raise CannotReplayError(
                f"run {run.name}: asked {others[0][0]} for {others[0][1]!r}, which its replay has no reason to ask;"
                " was the store restored from a snapshot?"
            )
        return outcome

    def _files(self, run: Run, received: list[Received]) -> list[Document]:
        """The files that a run read, as they were; no name that somebody gave one becomes a path."""
        folder = self._root / "files" / run.name
        folder.mkdir(parents=True, exist_ok=True)
        found: list[Document] = []
        for number, one in enumerate(received):
            path = folder / str(number)
            if one.source != "files":
                continue
            if one.fault:
                found.append(_Refused(path, clean(one.url), error=one.error))
                continue
            path.write_bytes(self._bytes(run, one))
            found.append(Document(path, clean(one.url)))
        return found


@dataclass(frozen=True, slots=True)
class _Refused(Document):
    """A file that was no document, or could not be read; its bytes are not in the archive, only what was said of it."""

    error: str = ""

    def open(self) -> BinaryIO:
        raise InputError(self.error)


def _trainings(original: Repository, runs: list[Run]) -> dict[int, list[datetime]]:
    """Run id -> when models were trained outside of runs since the run before it."""
    moments = {run.now_at for run in runs}
    left = [moment for moment in original.trained_at() if moment not in moments]
    found = {}
    for run in runs:
        found[run.id] = [moment for moment in left if moment <= run.now_at]
        left = [moment for moment in left if moment > run.now_at]
    return found


class ArchivedTransport:
    """Answers from the archive in place of a service.

    Args:
        run: its name, for messages.
        received: what the service gave in that run, in the order in which it was noted.
        archive: holds the documents.
    """

    def __init__(self, run: str, received: Iterable[Received], archive: Archive) -> None:
        self._run = run
        self._archive = archive
        self._has_answered = False
        self._waiting: dict[_Key, deque[Received]] = defaultdict(deque)
        for one in received:
            self._has_answered |= one.status > 0
            # A repeated request has another entry; one that failed in the end has an entry of status 0.
            if not one.fault or one.status == 0:
                self._waiting[_key(one.url, one.parameters, is_post=one.is_post)].append(one)

    @property
    def has_answered(self) -> bool:
        """Whether the service ever answered in that run, be it with an error."""
        return self._has_answered

    def get(self, request: Request, check: Check | None = None) -> Kept:
        """What the service answered; it was checked when it came.

        Raises:
            SourceError: the one in which the request ended.
            CannotReplayError: it was never sent, or its answer is gone.
        """
        del check
        waiting = self._waiting.get(_key(request.url, request.parameters, is_post=request.is_post))
        if not waiting:
            raise CannotReplayError(
                f"run {self._run} cannot be replayed: {request.url} was not asked for"
                f" {canonical_json(dict(request.parameters))[:200]}; replay it with the program that made it"
            )
        one = waiting.popleft()
        if one.fault:
            kind: type[SourceError] = getattr(errors, one.fault)
            raise kind(one.error)
        try:
            with self._archive.open(one.key) as document:
                body = document.read()
        except (StoreError, OSError) as error:
            raise CannotReplayError(f"run {self._run} cannot be replayed: {error}") from error
        payload = Payload(
            request=request,
            status=one.status,
            body=body,
            media_type=one.media_type,
            headers=one.headers,
            retrieved_at=one.retrieved_at,
        )
        return Kept(key=one.key, payload=payload)

    def close(self) -> None:
        """There is nothing to give back."""


def _key(url: str, parameters: Mapping[str, str], *, is_post: bool) -> _Key:
    asked = {name: parameters[name] for name in parameters if name not in _WHO_ASKS}
    return without_login(url), is_post, canonical_json(asked)


def first_difference(written: Sequence[StoredChange], replayed: Sequence[StoredChange]) -> str:
    """Where two lists of changes part, in words; empty when they are equal."""
    for number, (one, other) in enumerate(zip_longest(written, replayed), start=1):
        if one is None or other is None:
            lacking, there = ("the run", other) if one is None else ("the replay", one)
            return f"change {number}, {there.change.type} {there.change.source_id}, is not in {lacking}"
        if one.change != other.change:
            names = [
                f"{item.name} {getattr(one.change, item.name)!r}, replayed {getattr(other.change, item.name)!r}"
                for item in fields(one.change)
                if getattr(one.change, item.name) != getattr(other.change, item.name)
            ]
            return f"change {number}, {one.change.type} {one.change.source_id}: {names[0]}"
    return ""


def line_difference(form: str, written: bytes, replayed: bytes) -> str:
    """The first line in which two files differ, in words; empty when they are equal."""
    if written == replayed:
        return ""
    pairs = zip_longest(written.splitlines(), replayed.splitlines(), fillvalue=b"")
    for number, (one, other) in enumerate(pairs, start=1):
        if one != other:
            # A line of HTML may be long: what surrounds the first byte that differs.
            begin = max(0, len(commonprefix([one, other])) - 40)
            words = [line[begin : begin + 120].decode("utf-8", "replace").strip() for line in (one, other)]
            return f"{form}, line {number}: {words[0]!r}, replayed {words[1]!r}"
    return f"{form}: the ends of lines differ"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotReplayError(f"{path}: the report to compare with cannot be read ({error.strerror})") from error


def _write(pages: Mapping[str, bytes], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for form, body in pages.items():
            (folder / form).write_bytes(body)
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written to ({error.strerror or error})") from error
