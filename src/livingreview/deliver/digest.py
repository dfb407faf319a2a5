"""The digest's two phases: noted as *pending*, handed over, marked *delivered* only once it was accepted.

What can go wrong, and what becomes of it:

* refused: marked *failed*; its changes go into the next digest;
* killed, or the connection broke before the answer: it stays *pending*, and the next call hands over the same changes
  under the same Message-ID before anything else, so that no change is lost and a receiver can tell the second copy;
* accepted for some recipients only: delivered, and the refused ones are named, for sending it to all again would
  reach the others twice.

The caller holds the lock of the store, so that two digests are never sent at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

from livingreview.config import MailSettings, Review
from livingreview.deliver.mail import Picture, compose, message_id_of, moment_of
from livingreview.deliver.transport import RefusedDeliveryError, Sent, UncertainDeliveryError, send
from livingreview.errors import DeliveryError, StoreError
from livingreview.records import Digest, SourceStatus, StoredChange
from livingreview.records.evidence import WaitingProposal
from livingreview.store.repository import Repository
from livingreview.text.published import PublishedText

REMINDER_AFTER = timedelta(days=6)
"""What waits or is overdue is brought to mind when no mail went out for so long: once a week, however often one calls.

A day less than a week, since one run takes longer than another.
"""


class Sender(Protocol):
    """How :func:`livingreview.deliver.transport.send` is called."""

    def __call__(self, message: EmailMessage, settings: MailSettings, *, root: Path) -> Sent:
        """Hands a mail over."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a mail says besides its changes; see :func:`livingreview.deliver.mail.compose`."""

    failures: Mapping[str, str] = field(default_factory=dict)
    sources_status: Mapping[str, SourceStatus] = field(default_factory=dict)
    report_note: str = ""
    pictures: tuple[Picture, ...] = ()
    published: PublishedText | None = None
    waiting: tuple[WaitingProposal, ...] = ()

    @property
    def is_failed(self) -> bool:
        """Whether some source could not be read, so that silence would mislead."""
        states = ((source.last_run or {}).get("status") for source in self.sources_status.values())
        return bool(self.failures) or any(state in ("failed", "broken") for state in states)

    @property
    def is_to_be_reminded_of(self) -> bool:
        """Whether something waits for a person, or for a source, so that a week without changes is worth a mail."""
        return bool(self.waiting) or any(source.is_overdue for source in self.sources_status.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One mail that was accepted.

    Attributes:
        is_repeat: it was pending from before, so it may have gone out already, under this Message-ID.
        refused: recipients that were not accepted, each with the server's answer.
    """

    message_id: str
    subject: str
    n_changes: int
    transport: str
    is_repeat: bool
    refused: Mapping[str, str]

    def __str__(self) -> str:
        text = f"{self.subject} -> {self.transport}"
        if self.is_repeat:
            text += f" (handed over again as the same mail, {self.message_id}: whether it had arrived was not known)"
        for name, answer in self.refused.items():
            text += f"; NOT delivered to {name}: {answer}"
        return text


def preview_digest(
    store: Repository, review: Review, settings: MailSettings, *, now: datetime, facts: Facts | None = None
) -> EmailMessage:
    """The mail of every change that is not yet delivered; nothing is sent and nothing noted."""
    return _compose(review, settings, store.changes(is_undelivered=True), now, facts or Facts())[1]


def send_digest(
    store: Repository,
    review: Review,
    settings: MailSettings,
    *,
    now: datetime,
    facts: Facts | None = None,
    is_quiet_sent: bool = False,
    root: Path = Path(),
    send: Sender = send,
) -> list[Outcome]:
    """Sends what is pending from before, then the changes that are not yet delivered.

    Args:
        store: whose lock the caller holds.
        review: with its recipients.
        settings: where mail goes.
        now: the date of a new mail; one that is pending keeps its own.
        facts: what the mail says besides its changes.
        is_quiet_sent: also send a mail when there are no changes and nothing waits. One that says that a source failed
            is always sent, one that brings to mind what waits or is overdue when no mail went out for
            :data:`REMINDER_AFTER`.
        root: what a relative folder starts from.
        send: the transport.

    Returns:
        The mails that were accepted, none when there was nothing to send.

    Raises:
        DeliveryError: there are no recipients, or a mail was not accepted, or may not have been.
        StoreError: a mail was accepted and could not be marked so.
    """
    if settings.host and not review.recipients:
        raise DeliveryError(f"review.toml of {review.slug}: no recipients; name them, or leave mail.host empty")
    facts = facts or Facts()
    outcomes = []
    while (pending := store.pending_digest()) is not None:
        ids = set(pending.change_ids)
        changes = [stored for stored in store.changes(is_undelivered=True) if stored.id in ids]
        began_at = moment_of(pending.message_id) or (changes[-1].change.at if changes else now)
        # A reminder that may have arrived is the same one for a week, and then is out of date.
        is_reminder = not ids and facts.is_to_be_reminded_of and now - began_at < REMINDER_AFTER
        if not changes and not is_reminder:
            store.finish_digest(pending, "failed", "", now)
            continue
        note = ""
        if settings.host:
            note = "You may have had this mail before: when it was first sent, no answer came back."
        _, message = _compose(review, settings, changes, began_at, facts, pending.message_id, note)
        outcomes.append(_hand_over(store, pending, message, settings, root, send, now, is_repeat=True))
    changes = store.changes(is_undelivered=True)
    if changes or facts.is_failed or is_quiet_sent or (facts.is_to_be_reminded_of and _is_reminder_due(store, now)):
        message_id, message = _compose(review, settings, changes, now, facts)
        ids_in_order = [stored.id for stored in changes]
        digest = store.begin_digest(message_id, str(message["Subject"]), review.recipients, ids_in_order, now)
        if digest.status != "delivered":
            outcomes.append(_hand_over(store, digest, message, settings, root, send, now, is_repeat=False))
    return outcomes


def _is_reminder_due(store: Repository, now: datetime) -> bool:
    last = store.last_delivered_at()
    return last is None or now - last >= REMINDER_AFTER


def _compose(
    review: Review,
    settings: MailSettings,
    changes: Sequence[StoredChange],
    at: datetime,
    facts: Facts,
    message_id: str = "",
    repeat_note: str = "",
) -> tuple[str, EmailMessage]:
    message_id = message_id or message_id_of(review, changes, sender=settings.sender, now=at)
    message = compose(
        review,
        changes,
        sender=settings.sender,
        recipients=review.recipients,
        message_id=message_id,
        now=at,
        failures=facts.failures,
        sources_status=facts.sources_status,
        report_note=facts.report_note,
        pictures=facts.pictures,
        repeat_note=repeat_note,
        published=facts.published,
        waiting=facts.waiting,
    )
    return message_id, message


def _hand_over(
    store: Repository,
    digest: Digest,
    message: EmailMessage,
    settings: MailSettings,
    root: Path,
    send: Sender,
    now: datetime,
    *,
    is_repeat: bool,
) -> Outcome:
    try:
        sent = send(message, settings, root=root)
    except DeliveryError as error:
        # A repeat may have arrived the first time, so it stays the same mail until a server refuses it for good.
        is_over = isinstance(error, RefusedDeliveryError) or not is_repeat
        if is_over and not isinstance(error, UncertainDeliveryError):
            store.finish_digest(digest, "failed", "", now)
        raise
    try:
        store.finish_digest(digest, "delivered", sent.transport, now)
    except StoreError as error:
        raise StoreError(
            f"{sent.transport}: the mail was accepted, but this could not be noted ({error});"
            " the next `livingreview digest send` sends it again under the same Message-ID"
        ) from error
    return Outcome(
        message_id=digest.message_id,
        subject=str(message["Subject"]),
        n_changes=len(digest.change_ids),
        transport=sent.transport,
        is_repeat=is_repeat,
        refused=sent.refused,
    )
