"""Hands one mail over: to an SMTP server, or into a folder of ``.eml`` files.

The ends, never mixed up: accepted; not accepted (:class:`DeliveryError`: nobody has it), for good when the server says
so (:class:`RefusedDeliveryError`); and not known (:class:`UncertainDeliveryError`: the connection broke after the text
had begun to flow, so it may or may not arrive).
"""

import base64
import hashlib
import ipaddress
import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from livingreview.atomic import written_aside
from livingreview.config import MailSettings
from livingreview.errors import DeliveryError
from livingreview.records.sanitize import clip

_PERMANENT = 500
_LOCAL_NAME = "[127.0.0.1]"
"""How we greet: what smtplib falls back to, without its search for a name, which waits for a name server."""


class RefusedDeliveryError(DeliveryError):
    """The server will not take this mail, now or later (5xx)."""


class UncertainDeliveryError(DeliveryError):
    """The mail was handed over, but no answer came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An accepted mail.

    Attributes:
        transport: ``smtp host:port`` or ``folder path``.
        refused: recipients that the server would not take, each with its answer; the others were accepted.
    """

    transport: str
    refused: Mapping[str, str] = field(default_factory=dict)


class _Watched(smtplib.SMTP):
    """An SMTP session that knows whether the text of a mail has begun to flow."""

    is_text_begun = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        """DATA."""
        self.is_text_begun = True
        return super().data(msg)


class _WatchedSsl(_Watched, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def transport_of(settings: MailSettings) -> str:
    """The name of the transport that :func:`send` uses."""
    return f"smtp {settings.host}:{settings.port}" if settings.host else f"folder {settings.folder}"


def send(message: EmailMessage, settings: MailSettings, *, root: Path = Path()) -> Sent:
    """Hands a mail over.

    Args:
        message: with From, To, Date and Message-ID.
        settings: where to; an empty ``host`` is the folder.
        root: what a relative ``folder`` starts from.

    Raises:
        UncertainDeliveryError: it may have been accepted.
        DeliveryError: it was not accepted.
    """
    if settings.host:
        return _send_smtp(message, settings)
    return _write(message, root / settings.folder, transport_of(settings))


def _send_smtp(message: EmailMessage, settings: MailSettings) -> Sent:
    where = transport_of(settings)
    if settings.username and settings.security == "none" and not _is_loopback(settings.host):
        raise DeliveryError(f"{where}: a password would travel in the clear; set mail.security to starttls or tls")
    session: _Watched | None = None
    try:
        session = _connect(settings)
        refused = session.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        answers = "; ".join(f"{name}: {_answer(*answer)}" for name, answer in error.recipients.items())
        cause = f"every recipient was refused ({answers})"
        is_final = all(code >= _PERMANENT for code, _ in error.recipients.values())
        raise _refusal(where, cause, "check the addresses", settings, is_final=is_final) from None
    except smtplib.SMTPAuthenticationError as error:
        cause = f"the login was refused ({_answer(error.smtp_code, error.smtp_error)})"
        raise _refusal(where, cause, "check mail.username and LIVINGREVIEW_MAIL__PASSWORD", settings) from None
    except smtplib.SMTPResponseException as error:
        cause = f"refused ({_answer(error.smtp_code, error.smtp_error)})"
        is_final = session is not None and error.smtp_code >= _PERMANENT
        raise _refusal(where, cause, "the server's own words say why", settings, is_final=is_final) from None
    except smtplib.SMTPNotSupportedError as error:
        raise _refusal(where, str(error), "check mail.security and mail.username", settings) from None
    except (smtplib.SMTPException, OSError) as error:
        if session is not None and session.is_text_begun:
            text = _redacted(f"{where}: no answer after the mail was handed over ({_cause(error)})", settings)
            raise UncertainDeliveryError(f"{text}; it may have arrived, so it is sent again as the same mail") from None
        advice = "check mail.host, mail.port and mail.security, and that the server runs"
        raise _refusal(where, _cause(error), advice, settings) from None
    except ValueError:
        # Raised for text that is not ASCII; the message of a UnicodeError quotes what it could not encode.
        raise DeliveryError(f"{where}: mail.username or the password holds letters that SMTP cannot carry") from None
    finally:
        if session is not None:
            # Accepted is accepted, however the farewell goes.
            with suppress(smtplib.SMTPException, OSError):
                session.quit()
            session.close()
    answers_by_name = {name: _redacted(_answer(*answer), settings) for name, answer in refused.items()}
    return Sent(transport=where, refused=answers_by_name)


def _connect(settings: MailSettings) -> _Watched:
    arguments: dict[str, Any] = {"local_hostname": _LOCAL_NAME, "timeout": settings.timeout_seconds}
    session: _Watched
    if settings.security == "tls":
        session = _WatchedSsl(settings.host, settings.port, context=ssl.create_default_context(), **arguments)
    else:
        session = _Watched(settings.host, settings.port, **arguments)
    try:
        if settings.security == "starttls":
            session.starttls(context=ssl.create_default_context())
        if settings.username:
            session.login(settings.username, settings.password.get_secret_value())
    except BaseException:
        session.close()
        raise
    return session


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return clip(f"{code} {words}", 300)


def _cause(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "time-out"
    return clip(getattr(error, "strerror", None) or error or type(error).__name__, 300)


def _refusal(where: str, cause: str, advice: str, settings: MailSettings, *, is_final: bool = False) -> DeliveryError:
    kind = RefusedDeliveryError if is_final else DeliveryError
    return kind(_redacted(f"{where}: {cause}; {advice}", settings))


def _redacted(text: str, settings: MailSettings) -> str:
    """A server may repeat what it was sent; the password is not repeated by us."""
    password = settings.password.get_secret_value()
    if not password:
        return text
    tokens = [password, f"\0{settings.username}\0{password}"]
    for token in (*(base64.b64encode(token.encode()).decode() for token in tokens), password):
        text = text.replace(token, "***")
    return text


def _write(message: EmailMessage, folder: Path, where: str) -> Sent:
    path = folder / file_name_of(message)
    try:
        with written_aside(path) as file:
            file.write(message.as_bytes())
    except OSError as error:
        advice = "check mail.folder and that it may be written to"
        raise DeliveryError(f"{where}: cannot be written to ({error.strerror or error}); {advice}") from error
    return Sent(transport=where)


def file_name_of(message: EmailMessage) -> str:
    """Date and Message-ID, so that the same mail written twice is one file."""
    message_id = str(message["Message-ID"]).strip("<> ")
    name = re.sub(r"[^A-Za-z0-9.@_-]+", "_", message_id)
    if name != message_id or len(name) > 150:
        name = f"{name[:120]}-{hashlib.sha256(message_id.encode()).hexdigest()[:16]}"
    moment = parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{name}.eml"
