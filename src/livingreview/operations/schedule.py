"""Runs a job every week at the time that settings.toml names, until it is stopped.

A time that was missed (the machine slept, a run took too long) is made up for once, if it is not older than three days.
"""

import logging
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event, Thread
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers import SchedulerNotRunningError
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger

from livingreview.config import ScheduleSettings
from livingreview.errors import ConfigError, LivingReviewError
from livingreview.records.sanitize import shown

MISFIRE_GRACE_SECONDS = 3 * 24 * 3600
_SIGNALS = (signal.SIGTERM, signal.SIGINT, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))
_DAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_DAYS = re.compile(rf"\*|{_DAY}(?:,{_DAY})*")
_logger = logging.getLogger(__name__)


def next_times(settings: ScheduleSettings, now: datetime, count: int) -> list[datetime]:
    """The next moments at which the job runs, in the schedule's own time zone.

    Raises:
        ConfigError: the day or the time zone is none.
    """
    trigger = _trigger(settings)
    moments: list[datetime] = []
    for _ in range(count):
        previous = moments[-1] if moments else None
        moment = trigger.get_next_fire_time(previous, previous or now.astimezone(_zone(settings)))
        if moment is None:
            break
        moments.append(moment)
    return moments


def build_scheduler(settings: ScheduleSettings, job: Callable[[], None]) -> BlockingScheduler:
    """A scheduler that holds the weekly job; it is not started yet.

    Args:
        settings: when.
        job: what; an error of it is logged in one line and the schedule goes on.

    Raises:
        ConfigError: the day or the time zone is none.
    """
    trigger = _trigger(settings)
    scheduler = BlockingScheduler(timezone=_zone(settings))
    scheduler.add_job(
        guarded(job),
        trigger,
        id="weekly",
        name="livingreview run",
        max_instances=1,
        coalesce=True,
        misfire_grace_time=MISFIRE_GRACE_SECONDS,
    )
    return scheduler


def serve(scheduler: BlockingScheduler) -> None:
    """Runs the schedule until a signal to end comes; a job that is at work is let finish, a second signal ends it."""
    with _stopping(scheduler) as threads:
        try:
            scheduler.start()
        except JobLookupError:
            # A stop that comes while a job is being handed out empties the job store under the scheduler's hands.
            if not threads:
                raise


def guarded(job: Callable[[], None]) -> Callable[[], None]:
    """The job, with its errors logged in one line instead of raised."""

    def run() -> None:
        try:
            job()
        except LivingReviewError as error:
            _logger.error("the scheduled run failed: %s", shown(error))
        except Exception as error:
            # Whatever it was, next week's run must still take place.
            _logger.error("the scheduled run failed, a bug: %s: %s", type(error).__name__, shown(error))

    return run


def _trigger(settings: ScheduleSettings) -> CronTrigger:
    zone = _zone(settings)
    if not _DAYS.fullmatch(settings.day_of_week.lower()):
        # APScheduler itself reads "mon;thu" as "mon".
        raise ConfigError(
            f"settings.toml: schedule.day_of_week: {settings.day_of_week!r} is no day; write mon, tue, ... or mon,thu"
        )
    return CronTrigger(day_of_week=settings.day_of_week, hour=settings.hour, minute=settings.minute, timezone=zone)


def _zone(settings: ScheduleSettings) -> ZoneInfo:
    try:
        return ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(
            f"settings.toml: schedule.timezone: {settings.timezone!r} is no time zone; write UTC or Europe/Rome"
        ) from error


@contextmanager
def _stopping(scheduler: BlockingScheduler) -> Iterator[list[Thread]]:
    """Hands out the thread that stops, once there is one.

    The first signal stops the scheduler, from a thread of its own: the handler may hold what the stop waits for.
    """
    has_started = Event()
    threads: list[Thread] = []

    def shut_down() -> None:
        has_started.wait()
        with suppress(SchedulerNotRunningError):
            scheduler.shutdown()

    def stop(number: int, _frame: Any) -> None:
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        _logger.info("%s: the schedule stops", signal.Signals(number).name)
        threads.append(Thread(target=shut_down, name="stop"))
        threads[0].start()

    scheduler.add_listener(lambda _event: has_started.set(), EVENT_SCHEDULER_STARTED)
    before = {each: signal.signal(each, stop) for each in _SIGNALS}
    try:
        yield threads
    finally:
        has_started.set()
        for thread in threads:
            thread.join()
        for each, handler in before.items():
            signal.signal(each, handler)
