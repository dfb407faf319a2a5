"""The folder, and every way in which a server is never reached. Real sessions: tests/integration/test_mail.py."""

import smtplib
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from livingreview.config import MailSettings
from livingreview.deliver import transport
from livingreview.deliver.transport import file_name_of, send
from livingreview.errors import DeliveryError


def message(message_id: str = "<a.b@c.org>") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Message-ID"] = "s@example.org", "a@example.org", message_id
    made["Date"] = format_datetime(datetime(2026, 11, 22, 5, tzinfo=UTC))
    made.set_content("hello")
    return made


def test_the_same_mail_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        assert send(message(), MailSettings(folder="m"), root=tmp_path).transport == "folder m"
    (file,) = (tmp_path / "m").iterdir()
    assert file.name == "20261122T050000Z-a.b@c.org.eml" and file.read_bytes() == message().as_bytes()


@pytest.mark.parametrize("message_id", ["<../../etc/x@y>", "<" + "a" * 400 + "@y>", "<a/b@c>"])
def test_names_stay_in_the_folder(tmp_path: Path, message_id: str) -> None:
    name = file_name_of(message(message_id))
    assert "/" not in name and len(name) < 200 and name != file_name_of(message())


def test_a_folder_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeliveryError, match=r"folder file: cannot be written to .*mail\.folder"):
        send(message(), MailSettings(folder="file"), root=tmp_path)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("livingreview.atomic.os.fsync", full)
    with pytest.raises(DeliveryError, match="No space left"):
        send(message(), MailSettings(folder="m"), root=tmp_path)
    assert list((tmp_path / "m").iterdir()) == []


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeliveryError, match=rf"smtp 127\.0\.0\.1:{port}: Connection refused; check mail\.host"):
        send(message(), MailSettings(host="127.0.0.1", port=port))


def test_a_password_does_not_travel_in_the_clear() -> None:
    settings = MailSettings(host="mail.example.org", security="none", username="u", password=SecretStr("geheim"))
    with pytest.raises(DeliveryError, match="in the clear") as caught:
        send(message(), settings)
    assert "geheim" not in str(caught.value)


Fault = Callable[[], Exception]


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPAuthenticationError(535, b"no user with password geheim\r\n (Z2VoZWlt)"),
        smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server."),
        smtplib.SMTPServerDisconnected("geheim"),
        UnicodeEncodeError("ascii", "geheim\xe9", 6, 7, "ordinal not in range"),
        TimeoutError("timed out"),
    ],
)
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_login_faults_never_tell_the_password(monkeypatch: pytest.MonkeyPatch, error: Exception, security: Any) -> None:
    class Session:
        is_text_begun = False

        def __init__(self, *_: Any, **__: Any) -> None: ...

        def starttls(self, context: Any) -> None: ...

        def login(self, _user: str, _password: str) -> None:
            raise error

        def close(self) -> None: ...

    monkeypatch.setattr(transport, "_Watched", Session)
    monkeypatch.setattr(transport, "_WatchedSsl", Session)
    settings = MailSettings(host="h", security=security, username="u", password=SecretStr("geheim"))
    with pytest.raises(DeliveryError) as caught:
        send(message(), settings)
    text = str(caught.value)
    assert "geheim" not in text and "Z2VoZWlt" not in text and "\n" not in text and text.startswith("smtp h:587: ")
    assert caught.value.__suppress_context__
