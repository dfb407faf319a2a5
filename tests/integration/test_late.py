"""What services show late, hide for a reading or two, or list without giving it: it is read in the end, or named."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from livingreview.acquisition.plan import plan
from livingreview.acquisition.services import read_services
from livingreview.acquisition.transport import live
from livingreview.config import Project, load_project
from livingreview.store.repository import Repository
from support.lab import Lab
from support.late import FIRST_DAY, Shy, drawn, show
from support.runs import context_of
from support.server import Server
from support.world import Article

START = datetime(2022, 1, 10, 5, tzinfo=UTC)


@dataclass
class Weeks:
    """Weekly runs of acquisition upon one store.

    Attributes:
        number: of the next run.
        named: id -> the reasons for which it was named so far.
    """

    project: Project
    store: Repository
    server: Server
    number: int = 0
    named: dict[str, list[str]] = field(default_factory=dict)

    def run(self, *records: Shy, articles: Sequence[Article] = ()) -> set[str]:
        """One run in a world of these; every id that is stored after it."""
        now = START + timedelta(weeks=self.number)
        show(self.server.world, records, self.number, now)
        self.server.world.add(*articles)
        run = self.store.start_run("services", now, "", "")
        context = context_of(self.project, self.store, run)
        acquired = read_services(context, plan(context), live(context))
        assert not acquired.failures
        self.store.finish_run(run, "done")
        for issue in self.store.issues(run):
            self.named.setdefault(issue.source_id, []).append(issue.reason)
        self.number += 1
        return {stored.record.source_id for stored in self.store.records()}


@pytest.fixture
def weeks(
    tiny_root: Path, server: Server, empty_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Weeks]:
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__EUROPEPMC__IS_ENABLED", "true")
    store = Repository.open(f"sqlite:///{empty_store}", tmp_path / "archive")
    yield Weeks(load_project(tiny_root / "config"), store, server)
    store.close()


def shy(source_id: str, *, late: int = 0, bears: date = date(2022, 1, 20), **values: object) -> Shy:
    source = {"4": "pubmed", "N": "clinicaltrials", "P": "europepmc"}[source_id[0]]
    return Shy(
        source=source,
        source_id=source_id,
        bears=bears,
        shown_on=bears + timedelta(late),
        **values,  # type: ignore[arg-type]
    )


def test_a_second_record_in_doubt_does_not_lose_the_first(weeks: Weeks) -> None:
    one = shy("41000001", unreturned=frozenset({2}))
    other = shy("41000002", bears=date(2022, 1, 28), unreturned=frozenset({3}))
    stored = [weeks.run(one, other) for _ in range(6)]
    assert ["41000001" in ids for ids in stored] == [False, False, False, True, True, True]
    assert ["41000002" in ids for ids in stored] == [False, False, False, False, True, True]
    assert "in doubt" in weeks.named["41000001"][0]


@pytest.mark.parametrize("source_id", ["41000001", "NCT91000001", "PPR910001"])
@pytest.mark.parametrize("days", [pytest.param(6, marks=pytest.mark.slow), 20])
def test_what_is_shown_within_the_overlap_is_read_at_once(weeks: Weeks, source_id: str, days: int) -> None:
    late = shy(source_id, late=days)
    stored = [weeks.run(late) for _ in range(6)]
    shown = [late.is_shown(number, (START + timedelta(weeks=number)).date()) for number in range(6)]
    assert [source_id in ids for ids in stored] == shown
    assert source_id not in weeks.named


@pytest.mark.parametrize(
    "source_id", ["41000001", *(pytest.param(name, marks=pytest.mark.slow) for name in ("NCT91000001", "PPR910001"))]
)
def test_what_is_shown_later_still_is_found_by_the_recount_and_named(weeks: Weeks, source_id: str) -> None:
    late = shy(source_id, late=60)
    stored = [weeks.run(late) for _ in range(13)]
    assert [number for number, ids in enumerate(stored) if source_id in ids] == [12]
    assert "found late" in weeks.named[source_id][0]
    weeks.server.forget()
    for _ in range(3):
        weeks.run(late)
    begins = {seen.parameters.get("mindate") for seen in weeks.server.asked("esearch")} - {None}
    assert "2022/01/01" not in begins
    weeks.run(late)
    assert "2022/01/01" in {seen.parameters.get("mindate") for seen in weeks.server.asked("esearch")}
    # It was named once.
    assert len(weeks.named[source_id]) == 1


def test_a_recount_fetches_nothing_that_is_stored(weeks: Weeks) -> None:
    for _ in range(4):
        weeks.run()
    weeks.server.forget()
    weeks.run()
    (log,) = [
        log
        for log in weeks.store.query_logs(weeks.store.runs()[-1])
        if (log.source, log.role) == ("pubmed", "recount") and log.name.startswith("core")
    ]
    assert (log.announced, log.received, log.requests) == (1, 0, 3)
    assert log.query_hash == ""


def test_what_never_comes_is_given_up_by_name_and_looked_for_by_every_recount(weeks: Weeks) -> None:
    never = shy("41000001", unreturned=frozenset(range(40)))
    for _ in range(14):
        weeks.run(never)
    reasons = weeks.named["41000001"]
    assert reasons[0].startswith("in doubt, not returned for the first time")
    assert "given up, not returned since 2022-01-24, nor when 2 later runs asked for it by its id" in reasons[-1]
    weeks.server.forget()
    weeks.run(never)
    assert not [seen for seen in weeks.server.asked("efetch") if "41000001" in seen.parameters["id"]]
    found_again = shy("41000001")
    for _ in range(4):
        stored = weeks.run(found_again)
    assert "41000001" in stored


def test_a_doubt_is_in_the_snapshot(weeks: Weeks, tmp_path: Path) -> None:
    one = shy("41000001", unreturned=frozenset({2}))
    for _ in range(3):
        weeks.run(one)
    weeks.store.export_snapshot(tmp_path / "snapshot")
    other = Repository.open(f"sqlite:///{tmp_path / 'other.db'}", tmp_path / "archive")
    try:
        other.restore_snapshot(tmp_path / "snapshot")
        kept = [(one.source_id, one.is_stored) for one in other.absences()]
        assert kept == [("41000001", False)]
        weeks.store = other
        assert "41000001" in weeks.run(one)
        assert other.absences() == []
    finally:
        other.close()


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_random_misses_lose_nothing(weeks: Weeks, seed: int) -> None:
    """Each record may be listed and not returned by any run; shown twice, it is stored, or given up by name."""
    draw = random.Random(seed)
    records = [
        shy(
            f"4100000{place}",
            bears=FIRST_DAY + timedelta(draw.randrange(28)),
            unreturned=frozenset(number for number in range(9) if draw.random() < 0.5),
        )
        for place in range(8)
    ]
    stored: set[str] = set()
    for _ in range(9):
        stored = weeks.run(*records)
    days = [(number, (START + timedelta(weeks=number)).date()) for number in range(9)]
    for one in records:
        shown = [number for number, day in days if one.is_shown(number, day)]
        is_given_up = any(reason.startswith("given up") for reason in weeks.named.get(one.source_id, ()))
        assert len(shown) < 2 or one.source_id in stored or is_given_up, one


def test_weeks_of_late_and_hidden_records(weeks: Weeks) -> None:
    records = drawn(1, 12, 6, 40)
    seen: dict[str, list[int]] = {}
    for number in range(14):
        stored = weeks.run(*records)
        for one in records:
            if one.is_shown(number, (START + timedelta(weeks=number)).date()):
                seen.setdefault(one.source_id, []).append(number)
        for source_id, shown in seen.items():
            if len(shown) >= 2 and number >= shown[1] + 2:
                assert source_id in stored | set(weeks.named), (source_id, shown, number)
    assert len(stored & set(seen)) == len(seen) == len(records)


def test_a_stale_answer_takes_nothing_back(weeks: Weeks) -> None:
    """An older copy of a page, as a cache gives it: the newer state stays, what it hides is read in the next run."""
    new = shy("41000001", bears=date(2022, 1, 20))
    for _ in range(3):
        weeks.run(new)
    weeks.server.world.revise("41000001", title="Vesicles of loom cells, revised", mdat=date(2022, 1, 25))
    revised = weeks.server.world.articles["41000001"]
    old = Article(pmid="41000001", title="Vesicles of loom cells, late", edat=date(2022, 1, 20))
    fresh = Article(pmid="41000002", title="Vesicles of loom cells, late", edat=date(2022, 1, 29))
    weeks.run(articles=[revised])
    assert "41000002" not in weeks.run(articles=[old])
    (stored,) = weeks.store.records(source="pubmed", ids=["41000001"])
    assert stored.record.title == "Vesicles of loom cells, revised"
    assert "41000002" in weeks.run(articles=[revised, fresh])


def test_a_run_with_a_recount_is_replayed_byte_for_byte(lab: Lab) -> None:
    late = shy("41000001", bears=date(2022, 2, 1), late=120)
    for number, now in enumerate(("2022-05-25T05:00:00Z", "2022-06-29T05:00:00Z")):
        show(lab.server.world, [late], number, datetime.fromisoformat(now))
        assert lab("run", now=now).code == 0
    report = (lab.root / "out" / "20220629T050000Z" / "report.md").read_text(encoding="utf-8")
    assert "found late: listed for 2022-01-01 to 2022-06-29" in report
    lab.server.forget()
    ended = lab("run", "--replay", "20220629T050000Z")
    assert (ended.code, lab.server.seen) == (0, []), ended.out
