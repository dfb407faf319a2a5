"""The job of a schedule: a run, then its digest. It returns what came of both and prints nothing."""

from dataclasses import dataclass
from datetime import datetime

from livingreview.acquisition.progress import Watch
from livingreview.config import Project
from livingreview.deliver.digest import Outcome as Mailed
from livingreview.errors import LivingReviewError
from livingreview.pipeline import digest
from livingreview.pipeline.run import Outcome, run_services
from livingreview.store.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutcome:
    """What came of one job.

    Attributes:
        run: how the run ended.
        mailed: the mails that were accepted; None when the schedule sends none.
        mail_error: why no mail could be sent.
    """

    run: Outcome
    mailed: list[Mailed] | None = None
    mail_error: LivingReviewError | None = None


def run_and_mail(project: Project, repository: Repository, now: datetime, watch: Watch) -> JobOutcome:
    """Asks the services, reports, and sends the digest where the schedule says so.

    Raises:
        LockedError: another run is at work.
        StoreError: the store or a folder cannot be used.
    """
    run = run_services(project, repository, now, watch)
    if not project.settings.schedule.is_digest_sent:
        return JobOutcome(run=run)
    try:
        return JobOutcome(run=run, mailed=digest.send(project, repository, now))
    except LivingReviewError as error:
        # The run is done and is reported, whatever became of the mail.
        return JobOutcome(run=run, mail_error=error)
