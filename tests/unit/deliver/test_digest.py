"""The two phases: no change is lost, none is mailed twice under two names."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from livingreview.config import MailSettings, Review
from livingreview.deliver.digest import Facts, preview_digest, send_digest
from livingreview.deliver.transport import RefusedDeliveryError, Sent, UncertainDeliveryError
from livingreview.errors import DeliveryError, StoreError
from livingreview.records import Digest, SourceStatus, StoredChange
from livingreview.records.evidence import WaitingProposal

Make = Callable[..., StoredChange]
SMTP = MailSettings(host="mail.example.org")
ROOT = Path()


class FakeStore:
    def __init__(self, changes: list[StoredChange]) -> None:
        self.all = changes
        self.digests: list[Digest] = []
        self.is_full = False
        self.last_at: datetime | None = None

    def changes(self, *, is_undelivered: bool = False) -> list[StoredChange]:
        done = {n for digest in self.digests if digest.status == "delivered" for n in digest.change_ids}
        return [stored for stored in self.all if not is_undelivered or stored.id not in done]

    def pending_digest(self) -> Digest | None:
        return next((digest for digest in self.digests if digest.status == "pending"), None)

    def begin_digest(
        self, message_id: str, subject: str, recipients: Sequence[str], change_ids: Sequence[int], now: datetime
    ) -> Digest:
        assert message_id not in [digest.message_id for digest in self.digests]
        number = len(self.digests)
        self.digests.append(Digest(id=number, message_id=message_id, status="pending", change_ids=tuple(change_ids)))
        return self.digests[-1]

    def finish_digest(self, digest: Digest, status: str, transport: str, now: datetime) -> None:
        if self.is_full:
            raise StoreError("disk is full")
        old = self.digests[digest.id]
        new = Digest(id=old.id, message_id=old.message_id, status=status, change_ids=old.change_ids)
        self.digests[digest.id] = new
        self.last_at = now if status == "delivered" else self.last_at

    def last_delivered_at(self) -> datetime | None:
        return self.last_at

    @property
    def states(self) -> list[str]:
        return [digest.status for digest in self.digests]


class Postman:
    def __init__(self, *ends: BaseException | Sent) -> None:
        self.ends = list(ends)
        self.mails: list[EmailMessage] = []

    def __call__(self, message: EmailMessage, settings: MailSettings, *, root: Path) -> Sent:
        self.mails.append(message)
        end = self.ends.pop(0) if self.ends else Sent(transport="smtp x:1")
        if isinstance(end, BaseException):
            raise end
        return end


def test_changes_are_delivered_once(review: Review, change: Make, now: datetime) -> None:
    store, post = FakeStore([change(), change("retracted", "alert")]), Postman()
    (done,) = send_digest(store, review, SMTP, now=now, send=post)
    assert (done.n_changes, done.is_repeat, store.states) == (2, False, ["delivered"])
    assert str(done) == "A 2022, 22 Nov: 1 alert, 1 new paper or trial -> smtp x:1"
    assert send_digest(store, review, SMTP, now=now + timedelta(days=7), send=post) == []
    assert len(post.mails) == 1


def test_refused_changes_go_into_the_next(review: Review, change: Make, now: datetime) -> None:
    store, post = FakeStore([change()]), Postman(DeliveryError("refused"))
    with pytest.raises(DeliveryError):
        send_digest(store, review, SMTP, now=now, send=post)
    store.all.append(change())
    (done,) = send_digest(store, review, SMTP, now=now + timedelta(hours=1), send=post)
    assert store.states == ["failed", "delivered"] and done.n_changes == 2
    assert post.mails[0]["Message-ID"] != post.mails[1]["Message-ID"]


@pytest.mark.parametrize("crash", [KeyboardInterrupt(), UncertainDeliveryError("no answer"), MemoryError()])
def test_an_unknown_end_is_repeated_as_the_same_mail(
    review: Review, change: Make, now: datetime, crash: BaseException
) -> None:
    store, post = FakeStore([change()]), Postman(crash)
    with pytest.raises(type(crash)):
        send_digest(store, review, SMTP, now=now, send=post)
    assert store.states == ["pending"]
    store.all.append(change())
    again, new = send_digest(store, review, SMTP, now=now + timedelta(days=7), send=post)
    assert again.is_repeat and not new.is_repeat and store.states == ["delivered", "delivered"]
    assert [again.n_changes, new.n_changes] == [1, 1]
    first, second, third = post.mails
    assert first["Message-ID"] == second["Message-ID"] != third["Message-ID"]
    assert first["Date"] == second["Date"] and first["Subject"] == second["Subject"]
    assert "You may have had this mail before" in str(second) and "You may have had" not in str(third)
    assert "handed over again as the same mail" in str(again)


def test_a_repeat_stays_pending_until_it_is_refused_for_good(review: Review, change: Make, now: datetime) -> None:
    store = FakeStore([change()])
    post = Postman(UncertainDeliveryError("?"), DeliveryError("down"), RefusedDeliveryError("550"))
    states = []
    for _ in range(3):
        with pytest.raises(DeliveryError):
            send_digest(store, review, SMTP, now=now, send=post)
        states.append(store.states)
    assert states == [["pending"], ["pending"], ["failed"]]
    assert len({mail["Message-ID"] for mail in post.mails}) == 1
    assert len(store.changes(is_undelivered=True)) == 1


def test_accepted_but_not_noted_is_said(review: Review, change: Make, now: datetime) -> None:
    store, post = FakeStore([change()]), Postman()
    store.is_full = True
    with pytest.raises(StoreError, match="accepted, but this could not be noted"):
        send_digest(store, review, SMTP, now=now, send=post)
    store.is_full = False
    (done,) = send_digest(store, review, SMTP, now=now, send=post)
    assert done.is_repeat and post.mails[0]["Message-ID"] == post.mails[1]["Message-ID"]


def test_quiet_weeks_and_failures(review: Review, now: datetime) -> None:
    post = Postman()
    assert send_digest(FakeStore([]), review, SMTP, now=now, send=post) == []
    (quiet,) = send_digest(FakeStore([]), review, SMTP, now=now, send=post, is_quiet_sent=True)
    (failed,) = send_digest(FakeStore([]), review, SMTP, now=now, send=post, facts=Facts(failures={"pubmed": "x"}))
    assert quiet.subject == "A 2022, 22 Nov: no new evidence" and failed.subject == "A 2022, 22 Nov: PubMed FAILED"


def test_what_waits_is_brought_to_mind_once_a_week(review: Review, change: Make, now: datetime) -> None:
    """Whatever is called how often: after a mail, one with news too, the next reminder waits for six days."""
    store, post = FakeStore([change()]), Postman()
    proposal = change("statement_outdated", source="review", source_id="S1", after={"effect": "outdates"})
    facts = Facts(waiting=(WaitingProposal(found=proposal, since=now - timedelta(days=15)),))

    def sent(days: float) -> list[str]:
        return [
            outcome.subject
            for outcome in send_digest(store, review, SMTP, now=now + timedelta(days=days), send=post, facts=facts)
        ]

    waits = "1 suggestion still waiting, for {} days"
    assert sent(0) == [f"A 2022, 22 Nov: 1 new paper or trial; {waits.format(15)}"]
    assert sent(0.1) == sent(5) == []
    assert sent(6.9) == [f"A 2022, 29 Nov: no new evidence; {waits.format(21)}"]
    assert sent(7) == sent(12) == []
    assert sent(14) == [f"A 2022, 6 Dec: no new evidence; {waits.format(29)}"]


def test_an_overdue_source_is_brought_to_mind_too(review: Review, now: datetime) -> None:
    late = SourceStatus(
        records=1,
        versions=1,
        searched_through_at=now - timedelta(days=20),
        triaged_through_at=None,
        reported_through_at=None,
        is_overdue=True,
    )
    facts = Facts(sources_status={"pubmed": late})
    (done,) = send_digest(FakeStore([]), review, SMTP, now=now, send=Postman(), facts=facts)
    assert done.subject == "A 2022, 22 Nov: PubMed NOT searched since 2 Nov"


def test_a_reminder_of_an_unknown_end_is_the_same_mail_for_a_week(review: Review, change: Make, now: datetime) -> None:
    proposal = change("statement_outdated", source="review", source_id="S1", after={"effect": "outdates"})
    facts = Facts(waiting=(WaitingProposal(found=proposal, since=now),))
    for days, names in ((1, 1), (8, 2)):
        store, post = FakeStore([]), Postman(UncertainDeliveryError("no answer"))
        with pytest.raises(UncertainDeliveryError):
            send_digest(store, review, SMTP, now=now, send=post, facts=facts)
        (again,) = send_digest(store, review, SMTP, now=now + timedelta(days=days), send=post, facts=facts)
        assert again.is_repeat == (names == 1)
        assert len({mail["Message-ID"] for mail in post.mails}) == names


def test_an_empty_pending_one_is_given_up(review: Review, change: Make, now: datetime) -> None:
    store, post = FakeStore([]), Postman(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        send_digest(store, review, SMTP, now=now, send=post, is_quiet_sent=True)
    assert send_digest(store, review, SMTP, now=now, send=post) == []
    assert store.states == ["failed"] and len(post.mails) == 1


def test_recipients_are_needed_for_smtp_only(review: Review, change: Make, now: datetime, tmp_path: Path) -> None:
    alone = review.model_copy(update={"recipients": ()})
    store = FakeStore([change()])
    with pytest.raises(DeliveryError, match="no recipients") as caught:
        send_digest(store, alone, SMTP, now=now)
    assert caught.value.exit_code == 2 and store.states == []
    (done,) = send_digest(store, alone, MailSettings(folder="mail"), now=now, root=tmp_path)
    assert done.transport == "folder mail" and len(list((tmp_path / "mail").glob("*.eml"))) == 1


def test_the_folder_holds_one_file_after_a_crash(review: Review, change: Make, now: datetime, tmp_path: Path) -> None:
    store = FakeStore([change()])
    store.is_full = True
    settings = MailSettings(folder=str(tmp_path))
    with pytest.raises(StoreError):
        send_digest(store, review, settings, now=now)
    (first,) = tmp_path.iterdir()
    before = first.read_bytes()
    store.is_full = False
    send_digest(store, review, settings, now=now + timedelta(days=3))
    assert list(tmp_path.iterdir()) == [first] and first.read_bytes() == before


def test_partial_refusal_is_reported(review: Review, change: Make, now: datetime) -> None:
    post = Postman(Sent(transport="smtp x:1", refused={"b@example.org": "550 no"}))
    (done,) = send_digest(FakeStore([change()]), review, SMTP, now=now, send=post)
    assert "NOT delivered to b@example.org: 550 no" in str(done)


def test_preview_notes_nothing(review: Review, change: Make, now: datetime) -> None:
    store = FakeStore([change()])
    assert "1 new" in preview_digest(store, review, SMTP, now=now)["Subject"]
    assert store.states == []
