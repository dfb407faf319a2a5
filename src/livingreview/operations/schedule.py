"""Runs a job every week at the time that settings.toml names, until it is stopped.

A time that was missed (the machine slept, a run took too long) is made up for once, if it is not older than three days.
"""

import logging
import re
import signal
from collections.abc import Callable
from datetime import datetime
from threading import Event
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from livingreview.config import ScheduleSettings
from livingreview.errors import ConfigError, LivingReviewError
from livingreview.records.sanitize import shown

MISFIRE_GRACE_SECONDS = 3 * 24 * 3600
_LOOK_SECONDS = 1.0
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


def build_scheduler(settings: ScheduleSettings, job: Callable[[], None]) -> BackgroundScheduler:
    """A scheduler that holds the weekly job; it is not started yet.

    Args:
        settings: when.
        job: what; an error of it is logged in one line and the schedule goes on.

    Raises:
        ConfigError: the day or the time zone is none.
    """
    trigger = _trigger(settings)
    scheduler = BackgroundScheduler(timezone=_zone(settings))
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


def serve(scheduler: BackgroundScheduler) -> None:
    """Runs the schedule until a signal to end comes; a job that is at work is let finish, a second signal ends it."""
    received: list[int] = []
    before = {each: signal.signal(each, lambda number, _frame: received.append(number)) for each in _SIGNALS}
    try:
        scheduler.start()
        never = Event()
        # Looked at again and again: a signal that comes just before a wait begins would not end that wait.
        while not received:
            never.wait(_LOOK_SECONDS)
        for each in _SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        _logger.info("%s: the schedule stops", signal.Signals(received[0]).name)
        scheduler.shutdown()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


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
