"""The mail of changes that nobody has been sent yet: what it says of the sources, its figure, and its way out."""

from dataclasses import replace
from datetime import datetime
from json import loads

from livingreview.config import Project
from livingreview.deliver.digest import Facts, Outcome, send_digest
from livingreview.deliver.mail import Picture
from livingreview.sources import queries_of
from livingreview.statements.evaluate import waiting
from livingreview.store.repository import Repository
from livingreview.text.published import published_text

_MAILED = "over_time"
"""The figure of the last report that goes with a mail."""


def send(project: Project, repository: Repository, now: datetime, *, is_quiet_sent: bool = False) -> list[Outcome]:
    """Sends every change that no accepted mail has carried yet; returns the mails that were accepted.

    Raises:
        LockedError: a run is at work.
        DeliveryError: a mail was refused.
    """
    with repository.locked(project.settings.lock_stale_after):
        return send_digest(
            repository,
            project.review,
            project.settings.mail,
            now=now,
            facts=replace(facts(project, repository, now), pictures=_pictures(project, repository)),
            is_quiet_sent=is_quiet_sent,
            root=project.root,
        )


def facts(project: Project, repository: Repository, now: datetime) -> Facts:
    """What a mail says besides its changes, without its figure."""
    services = project.settings.services()
    status = repository.status(project.review, queries_of(project.review, project.settings), services, now)
    reported = [run for run in repository.runs() if run.reported_at is not None]
    note = f"Report: {project.settings.out_dir}/{reported[-1].name}/report.html" if reported else ""
    asked = {name: found for name, found in status.items() if name not in services or services[name].is_enabled}
    published = published_text(project.review, repository.review_sentences())
    proposals = waiting(project.review, repository)
    return Facts(sources_status=asked, report_note=note, published=published, waiting=proposals)


def _pictures(project: Project, repository: Repository) -> tuple[Picture, ...]:
    """The figure of the last report; none when that report is not there or knows no figures."""
    from livingreview.report import drawn_png

    reported = [run for run in repository.runs() if run.reported_at is not None]
    if not reported:
        return ()
    path = project.path("out_dir") / reported[-1].name / "report.json"
    try:
        figure = loads(path.read_text(encoding="utf-8"))["sections"]["figures"]["figures"][_MAILED]
    except (OSError, ValueError, KeyError):
        return ()
    png = drawn_png(_MAILED, figure)
    return (Picture(title=figure["title"], alt=figure["alt"], png=png),) if png else ()
