"""Real SMTP sessions with a server on the loopback, and the digest's two phases on a real store."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from pydantic import SecretStr

from livingreview.config import Area, MailSettings, Review, Scope
from livingreview.deliver.digest import send_digest
from livingreview.deliver.transport import RefusedDeliveryError, UncertainDeliveryError
from livingreview.errors import DeliveryError
from livingreview.records import Change, Record, Severity
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from support.smtp import Handler, listening

NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
REVIEW = Review(
    slug="demo",
    title="Demo",
    citation="",
    published_date=date(2022, 9, 14),
    read_from_date=date(2022, 3, 1),
    question="?",
    recipients=("a@example.org", "b@example.org"),
    scopes=(Scope(slug="core", label="Core", is_core=True), Scope(slug="other", label="Other", is_relevant=False)),
    areas=(Area(slug="skin", label="Skin"),),
)


pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS:UserWarning",
    "ignore:.*login_data.*:DeprecationWarning",
    "ignore:Session.login_data is deprecated:DeprecationWarning",
)


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def serving(handler: Handler) -> Iterator[Callable[..., MailSettings]]:
    with contextlib.ExitStack() as stack:

        def start(**values: Any) -> MailSettings:
            port = stack.enter_context(listening(handler, **values))
            return MailSettings(host="127.0.0.1", port=port, security="none", sender="s@example.org")

        yield start


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    store = Repository.open(f"sqlite:///{tmp_path}/t.db", tmp_path / "archive")
    add_changes(store, NOW, 2)
    yield store
    store.close()


def add_changes(store: Repository, now: datetime, count: int) -> None:
    run = store.start_run("services", now, "0", "c")
    first = len(store.changes())
    ids = [str(first + n + 1) for n in range(count)]
    with store.writing(run) as writing:
        records = [Record(source="pubmed", source_id=name, title=f"Title {name}", pmid=name) for name in ids]
        writing.apply(records, "k", now, Tally())
    changes = [
        Change(
            type="new_record",
            severity=Severity.NOTABLE,
            source="pubmed",
            source_id=name,
            work=f"pubmed:{name}",
            at=now,
            after={"title": f"Title {name}"},
            after_version=1,
        )
        for name in ids
    ]
    store.commit_derived(run, [version.version_id for version in store.underived(100)], {}, changes, "other")
    store.finish_run(run, "done")


def undelivered(store: Repository) -> int:
    return len(store.changes(is_undelivered=True))


def test_a_mail_arrives_exactly_once(
    handler: Handler, serving: Callable[..., MailSettings], repository: Repository
) -> None:
    settings = serving()
    (done,) = send_digest(repository, REVIEW, settings, now=NOW)
    assert done.transport == f"smtp 127.0.0.1:{settings.port}" and undelivered(repository) == 0
    assert send_digest(repository, REVIEW, settings, now=NOW + timedelta(days=7)) == []
    (mail,) = handler.mails
    assert mail.rcpt_tos == ["a@example.org", "b@example.org"]
    assert isinstance(mail.content, bytes)
    parsed = message_from_bytes(mail.content, policy=default)
    assert parsed["Message-ID"] == done.message_id and "2 new" in parsed["Subject"]
    body = parsed.get_body(("plain",))
    assert body is not None and "Title 2" in body.get_content()


def test_one_refused_recipient_is_named(
    handler: Handler, serving: Callable[..., MailSettings], repository: Repository
) -> None:
    handler.refused = {"b@example.org"}
    (done,) = send_digest(repository, REVIEW, serving(), now=NOW)
    assert dict(done.refused) == {"b@example.org": "550 no such user"}
    assert undelivered(repository) == 0 and handler.mails[0].rcpt_tos == ["a@example.org"]


def test_all_refused_loses_nothing(
    handler: Handler, serving: Callable[..., MailSettings], repository: Repository
) -> None:
    settings = serving()
    handler.refused = set(REVIEW.recipients)
    with pytest.raises(RefusedDeliveryError, match="every recipient was refused .*550 no such user"):
        send_digest(repository, REVIEW, settings, now=NOW)
    assert repository.pending_digest() is None and undelivered(repository) == 2
    handler.refused = set()
    add_changes(repository, NOW + timedelta(days=7), 1)
    (done,) = send_digest(repository, REVIEW, settings, now=NOW + timedelta(days=7))
    assert done.n_changes == 3 and len(handler.mails) == 1 and undelivered(repository) == 0


@pytest.mark.parametrize(
    ("answer", "kind"), [("554 looks like spam", RefusedDeliveryError), ("451 try again later", DeliveryError)]
)
def test_a_refused_text_is_failed(
    handler: Handler, serving: Callable[..., MailSettings], repository: Repository, answer: str, kind: type[Exception]
) -> None:
    handler.answer = answer
    with pytest.raises(kind, match=answer) as caught:
        send_digest(repository, REVIEW, serving(), now=NOW)
    assert type(caught.value) is kind and repository.pending_digest() is None and undelivered(repository) == 2


def test_a_drop_before_the_text_is_failed(
    handler: Handler, serving: Callable[..., MailSettings], repository: Repository
) -> None:
    handler.drop_at = "RCPT"
    with pytest.raises(DeliveryError) as caught:
        send_digest(repository, REVIEW, serving(), now=NOW)
    assert not isinstance(caught.value, UncertainDeliveryError)
    assert repository.pending_digest() is None and undelivered(repository) == 2


def test_a_drop_after_the_text_is_repeated_as_the_same_mail(
    handler: Handler, serving: Callable[..., MailSettings], repository: Repository
) -> None:
    settings = serving()
    handler.drop_at = "DATA"
    with pytest.raises(UncertainDeliveryError, match="it may have arrived"):
        send_digest(repository, REVIEW, settings, now=NOW)
    assert repository.pending_digest() is not None and undelivered(repository) == 2
    handler.drop_at = ""
    add_changes(repository, NOW + timedelta(days=7), 1)
    again, new = send_digest(repository, REVIEW, settings, now=NOW + timedelta(days=7))
    ids = [message_from_bytes(mail.content)["Message-ID"] for mail in handler.mails]  # type: ignore[arg-type]
    assert ids == [again.message_id, again.message_id, new.message_id]
    assert again.is_repeat and undelivered(repository) == 0


@pytest.mark.parametrize("end", ["QUIT", "QUIT-BAD"])
def test_a_bad_farewell_changes_nothing(
    handler: Handler, serving: Callable[..., MailSettings], repository: Repository, end: str
) -> None:
    handler.drop_at = end
    assert len(send_digest(repository, REVIEW, serving(), now=NOW)) == 1
    assert len(handler.mails) == 1 and undelivered(repository) == 0


def test_killed_between_sending_and_marking(
    handler: Handler,
    serving: Callable[..., MailSettings],
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    settings = serving()

    def die(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(repository, "finish_digest", die)
        with pytest.raises(KeyboardInterrupt):
            send_digest(repository, REVIEW, settings, now=NOW)
    reopened = Repository.open(f"sqlite:///{tmp_path}/t.db", tmp_path / "archive")
    (done,) = send_digest(reopened, REVIEW, settings, now=NOW + timedelta(hours=1))
    first, second = (message_from_bytes(mail.content) for mail in handler.mails)  # type: ignore[arg-type]
    assert done.is_repeat and first["Message-ID"] == second["Message-ID"] and first["Date"] == second["Date"]
    assert send_digest(reopened, REVIEW, settings, now=NOW + timedelta(days=7)) == []
    reopened.close()


def test_login(handler: Handler, serving: Callable[..., MailSettings], repository: Repository) -> None:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"geheim", handled=False)

    settings = serving(authenticator=check, auth_require_tls=False, auth_required=True)
    wrong = settings.model_copy(update={"username": "u", "password": SecretStr("falsch")})
    with pytest.raises(DeliveryError, match="the login was refused") as caught:
        send_digest(repository, REVIEW, wrong, now=NOW)
    assert "falsch" not in str(caught.value) and "falsch" not in repr(wrong)
    right = settings.model_copy(update={"username": "u", "password": SecretStr("geheim")})
    assert len(send_digest(repository, REVIEW, right, now=NOW + timedelta(minutes=1))) == 1


def test_starttls_that_is_not_offered(
    handler: Handler, serving: Callable[..., MailSettings], repository: Repository
) -> None:
    settings = serving().model_copy(update={"security": "starttls"})
    with pytest.raises(DeliveryError, match=r"STARTTLS.*check mail\.security"):
        send_digest(repository, REVIEW, settings, now=NOW)
    assert handler.mails == [] and undelivered(repository) == 2
