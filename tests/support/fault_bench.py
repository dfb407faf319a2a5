"""Plays the trials of :mod:`support.fault_table` through the command line, upon a local server."""

import contextlib
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unittest import mock

from livingreview.cli import main
from livingreview.store.repository import Repository
from support import shared, tiny_review
from support.fault_table import LASTING, NEXT, RETRY, ROADS, Road, Trial
from support.server import Server, serve
from support.spoils import BOMB_BYTES, Repeating
from support.stores import PASSING, rows_of
from support.tiny_review import CITED_PMID, CITED_TITLE, OTHER_NCT, PRINTED_NCT
from support.world import Article, World, preprint, study

NOW, AFTER = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z"
Rows = dict[str, list[list[tuple[str, str]]]]
_LEFT_OUT = PASSING | {"payload_key"}
"""The answer of a later run is another document, though its records are the same."""


def world() -> World:
    """Three batches, pages or feeds of everything, one record that is known by its id alone, and no plain ASCII."""
    made = World()
    made.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, edat=date(2020, 5, 1)),
        *(Article(pmid=str(31_000_000 + n), title=f"Vesicles of loom cells, née {n}") for n in range(11)),
        Article(pmid="31000099", title="Vesicles of yarn cells, née 99"),
    )
    made.register(
        study(PRINTED_NCT, "Something else, née one", updated="2021-01-20"),
        study(OTHER_NCT, "Something else, née two", updated="2021-01-20", status="COMPLETED"),
        *(study(f"NCT9000010{n}", f"Vesicles of loom cells, née {n}") for n in range(8)),
    )
    made.publish(*(preprint(f"PPR90000{n}", f"Vesicles of loom cells, née {n}") for n in range(6)))
    for n in range(3):
        items = "".join(
            f"<item><title>Vesicles, née {n}.{m}</title><link>https://doi.org/10.5555/feed.{n}.{m}</link></item>"
            for m in range(2)
        )
        head = '<?xml version="1.0" encoding="UTF-8"?>'
        made.feeds[f"/feed/{n}"] = f"{head}<rss version='2.0'><channel>{items}</channel></rss>".encode()
    return made


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def command(root: Path, environment: dict[str, str], now: str, *arguments: str) -> Ended:
    """One command in this process."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, environment),
    ):
        try:
            main(["--config", str(root / "config"), "--now", now, *arguments])
        except SystemExit as ended:
            code = ended.code
    return Ended(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


@dataclass(slots=True)
class Bench:
    """A server, a project to copy, and what its store holds undisturbed.

    Attributes:
        template: a project with an empty store and a trained model.
        once: rows after one run.
        twice: rows after one more.
        named: the exceptions that even an undisturbed run names.
    """

    server: Server
    template: Path
    once: Rows
    twice: Rows
    named: frozenset[tuple[str, str, str]]

    def play(self, trial: Trial, root: Path) -> dict[str, str]:
        """Road -> how the fault was overcome: ``RETRY``, ``NEXT``, or in words what is wrong."""
        shutil.copytree(self.template, root)
        self.server.mend()
        for road in trial.roads:
            self._strike(trial, road)
        environment = _environment(self.server, read_timeout_seconds=0.2 if trial.fault.is_slow else 30)
        with mock.patch("livingreview.sources.http.client._DEADLINE_READS", 2):
            ended = command(root, environment, NOW, "run")
        rows = rows_of(_url(root), passing=_LEFT_OUT)
        found = {}
        for road in trial.roads:
            is_told = f"FAILED {road.source}" in ended.out and ended.code in (3, 4)
            if _of(rows, road) == _of(self.once, road):
                found[road.name] = RETRY
            elif is_told or (self._is_named(root, road) and ended.code in (0, 3)):
                found[road.name] = NEXT
            else:
                found[road.name] = f"lost without a word (code {ended.code})"
        struck = frozenset[str]().union(*(road.sources for road in trial.roads))
        if any(_of(rows, road) != _of(self.once, road) for road in ROADS.values() if not road.sources & struck):
            found["elsewhere"] = "a source that nothing struck differs"
        self.server.mend()
        if NEXT in found.values():
            again = command(root, _environment(self.server), AFTER, "run")
            rows = rows_of(_url(root), passing=_LEFT_OUT)
            for road in trial.roads:
                if again.code != 0 or _of(rows, road) != _of(self.twice, road):
                    found[road.name] = f"not there after the next run either (code {again.code})"
        shutil.rmtree(root)
        return found

    def _is_named(self, root: Path, road: Road) -> bool:
        return any(source == road.source for source, _, _ in _exceptions(root) - self.named)

    def _strike(self, trial: Trial, road: Road) -> None:
        times = None if trial.mode == LASTING else 1
        if trial.fault.spoil is not None:
            self.server.spoil(trial.fault.spoil, road.path, first=trial.place, times=times)
            return
        repeating = Repeating()
        self.server.spoil(repeating.remember, road.path, first=trial.place - 1)
        self.server.spoil(repeating.repeat, road.path, first=trial.place, times=times)


def _url(root: Path) -> str:
    return f"sqlite:///{root / 'var' / 'tiny.db'}"


def _of(rows: Rows, road: Road) -> Rows:
    """The rows that belong to a road's records and cursors; a version names its record as ``source:id``.

    The stamp of a cursor is what the road of stamps is about: it saves a reading, and holds nothing else.
    """

    def is_of(row: list[tuple[str, str]]) -> bool:
        values = dict(row)
        key = values.get("source") or values.get("record_id") or values.get("version_id") or ""
        return key.split(":")[0] in road.sources

    def shown(row: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [pair for pair in row if pair[0] != "stamp"] if road.name == "registry version" else row

    return {table: [shown(row) for row in found if is_of(row)] for table, found in rows.items()}


def _exceptions(root: Path) -> frozenset[tuple[str, str, str]]:
    opened = Repository.open(_url(root), root / "var" / "archive")
    try:
        issues = opened.issues(opened.runs()[-1])
        return frozenset((issue.source, issue.source_id, issue.query) for issue in issues)
    finally:
        opened.close()


@contextlib.contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A bench within a folder, for as long as the block lasts."""
    with serve(world()) as server, shared.figures():
        template = tiny_review.write(folder / "template")
        path = template / "config" / "reviews" / tiny_review.SLUG / "review.toml"
        feeds = [f'[[feeds]]\nname = "feed {n}"\nurl = "{server.url}/feed/{n}"\n' for n in range(3)]
        path.write_text(path.read_text(encoding="utf-8") + "\n".join(["", *feeds]), encoding="utf-8")
        assert command(template, _environment(server), NOW, "train").code == 0
        undisturbed = shutil.copytree(template, folder / "undisturbed")
        rows = []
        named = []
        for now in (NOW, AFTER):
            ended = command(undisturbed, _environment(server), now, "run")
            assert ended.code == 0, ended
            rows.append(rows_of(_url(undisturbed), passing=_LEFT_OUT))
            named.append(_exceptions(undisturbed))
        yield Bench(server, template, *rows, named[0])


def _environment(server: Server, read_timeout_seconds: float = 30) -> dict[str, str]:
    values = server.environment()
    for name in ("PUBMED", "CLINICALTRIALS", "EUROPEPMC", "FEEDS"):
        values[f"LIVINGREVIEW_SOURCES__{name}__IS_ENABLED"] = "true"
        values[f"LIVINGREVIEW_SOURCES__{name}__MAX_ATTEMPTS"] = "3"
        values[f"LIVINGREVIEW_SOURCES__{name}__MAX_BODY_MEGABYTES"] = str(BOMB_BYTES / 2 / 1_000_000)
        values[f"LIVINGREVIEW_SOURCES__{name}__READ_TIMEOUT_SECONDS"] = str(read_timeout_seconds)
    return values
