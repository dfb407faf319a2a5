import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.schedulers.background import BackgroundScheduler

from livingreview.config import ScheduleSettings
from livingreview.errors import ConfigError, SourceError
from livingreview.operations.schedule import MISFIRE_GRACE_SECONDS, build_scheduler, guarded, next_times, serve

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_next_times_are_weekly() -> None:
    found = next_times(ScheduleSettings(), NOW, 3)
    assert [moment.isoformat() for moment in found] == [
        "2026-11-23T05:00:00+00:00",
        "2026-11-30T05:00:00+00:00",
        "2026-12-07T05:00:00+00:00",
    ]
    assert next_times(ScheduleSettings(), NOW, 0) == []


def test_the_hour_is_that_of_the_time_zone_across_summer_time() -> None:
    settings = ScheduleSettings(day_of_week="sun", hour=6, timezone="Europe/Rome")
    found = next_times(settings, datetime(2026, 10, 20, tzinfo=UTC), 2)
    assert [moment.hour for moment in found] == [6, 6]
    assert [moment.astimezone(UTC).hour for moment in found] == [5, 5]
    before = next_times(settings, datetime(2026, 10, 12, tzinfo=UTC), 1)[0]
    assert before.astimezone(UTC).hour == 4


@pytest.mark.parametrize("day", ["montag", "", "8", "mon;tue", "mon-"])
def test_bad_days(day: str) -> None:
    with pytest.raises(ConfigError, match=r"schedule\.day_of_week"):
        build_scheduler(ScheduleSettings(day_of_week=day), lambda: None)


@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc/passwd"])
def test_bad_time_zones(zone: str) -> None:
    with pytest.raises(ConfigError, match=r"schedule\.timezone"):
        next_times(ScheduleSettings(timezone=zone), NOW, 1)


def test_one_run_at_a_time_and_missed_ones_once() -> None:
    (job,) = build_scheduler(ScheduleSettings(), lambda: None).get_jobs()
    assert (job.max_instances, job.coalesce, job.misfire_grace_time) == (1, True, MISFIRE_GRACE_SECONDS)


@pytest.mark.parametrize("error", [SourceError("pubmed: down"), ZeroDivisionError("a\nb")])
def test_an_error_is_one_line(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    def job() -> None:
        raise error

    with caplog.at_level(logging.ERROR):
        guarded(job)()
    (record,) = caplog.records
    assert record.getMessage().startswith("the scheduled run failed") and "\n" not in record.getMessage()
    assert record.exc_info is None


def at_start(scheduler: BackgroundScheduler, *numbers: signal.Signals) -> None:
    def kick(_event: object) -> None:
        for number in numbers:
            os.kill(os.getpid(), number)

    scheduler.add_listener(kick, EVENT_SCHEDULER_STARTED)


def at_once(scheduler: BackgroundScheduler, job: Callable[[], None]) -> None:
    """A job that is due now, and again; APScheduler stumbles over one that is over while it is being stopped."""
    scheduler.add_job(job, "interval", weeks=1, next_run_time=datetime.now(UTC), misfire_grace_time=None)


in_main_thread = pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals reach the main thread only"
)


@in_main_thread
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    scheduler = build_scheduler(ScheduleSettings(), lambda: None)
    at_start(scheduler, number)
    serve(scheduler)
    assert not scheduler.running and signal.getsignal(number) is before


@in_main_thread
def test_a_run_at_work_is_let_finish_and_errors_do_not_stop_it() -> None:
    done = []
    has_begun = threading.Event()
    has_stopped = threading.Event()
    scheduler = build_scheduler(ScheduleSettings(), lambda: None)

    def fail() -> None:
        raise ValueError("x")

    def work() -> None:
        has_begun.set()
        os.kill(os.getpid(), signal.SIGTERM)
        has_stopped.wait(0.2)
        done.append(1)

    at_once(scheduler, guarded(fail))
    at_once(scheduler, work)
    serve(scheduler)
    assert done == [1] and has_begun.is_set()


@in_main_thread
def test_a_signal_that_does_not_wake_the_main_thread_is_not_lost() -> None:
    """As one that comes just before the main thread begins to wait."""
    scheduler = build_scheduler(ScheduleSettings(), lambda: None)
    at_once(scheduler, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM))
    serve(scheduler)
    assert not scheduler.running


def test_a_signal_before_the_start_is_not_lost() -> None:
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals reach the main thread only")
    scheduler = build_scheduler(ScheduleSettings(), lambda: None)
    start = scheduler.start

    def late() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        start()

    scheduler.start = late
    serve(scheduler)
    assert not scheduler.running
