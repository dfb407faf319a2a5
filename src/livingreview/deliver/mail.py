"""The digest as one mail: plain text and HTML, the same for the same changes, whoever builds it and how often.

The Message-ID holds the moment and a hash of the changes, so that a mail that has to be handed over a second time is
the same mail to whoever receives it. "No new evidence" is said only when every source was read in time: what was not
read is in the subject and above everything else. So is what waits for a decision, with its age.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from livingreview.config import Review
from livingreview.deliver.rendering import render
from livingreview.deliver.summary import Summary, summarize
from livingreview.errors import DeliveryError
from livingreview.records import SourceStatus, StoredChange
from livingreview.records.evidence import WaitingProposal
from livingreview.records.sanitize import clean, clip
from livingreview.records.serialization import canonical_json
from livingreview.text.gaps import source_gaps
from livingreview.text.published import PublishedText
from livingreview.text.wording import counted, day, source_name

_MAX_SUBJECT_CHARS = 200
_STAMP = "%Y%m%dT%H%M%SZ"
_STAMP_IN_ID = re.compile(r"\.(\d{8}T\d{6}Z)\.[0-9a-f]+@")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture in the mail; ``alt`` is read where it is not shown, in the plain text too."""

    title: str
    alt: str
    png: bytes


def message_id_of(review: Review, changes: Sequence[StoredChange], *, sender: str, now: datetime) -> str:
    """A Message-ID of its own for these changes at this moment; the same again for the same."""
    digest = hashlib.sha256()
    for stored in changes:
        change = stored.change
        versions = [change.before_version, change.after_version]
        what = [stored.run, change.type, change.source, change.source_id, versions, change.before, change.after]
        digest.update(canonical_json(what).encode("utf-8", "replace") + b"\n")
    stamp = now.astimezone(UTC).strftime(_STAMP)
    return f"<{_slug(review)}.{stamp}.{digest.hexdigest()[:16]}@{_domain(sender)}>"


def moment_of(message_id: str) -> datetime | None:
    """The moment that :func:`message_id_of` wrote into a Message-ID; None when it is not one of those."""
    found = _STAMP_IN_ID.search(message_id)
    return datetime.strptime(found.group(1), _STAMP).replace(tzinfo=UTC) if found else None


def compose(
    review: Review,
    changes: Sequence[StoredChange],
    *,
    sender: str,
    recipients: Sequence[str],
    message_id: str,
    now: datetime,
    failures: Mapping[str, str] | None = None,
    sources_status: Mapping[str, SourceStatus] | None = None,
    report_note: str = "",
    pictures: Sequence[Picture] = (),
    repeat_note: str = "",
    published: PublishedText | None = None,
    waiting: Sequence[WaitingProposal] = (),
) -> EmailMessage:
    """The mail; the same arguments give the same bytes.

    Args:
        review: whose changes they are.
        changes: in the order in which they were found; none is a mail that says so.
        sender: one address.
        recipients: addresses; none gives a mail to nobody in particular, for a folder.
        message_id: see :func:`message_id_of`.
        now: the mail's date.
        failures: source -> why it could not be read, besides those in ``sources_status``.
        sources_status: source -> its fetch state.
        report_note: where the whole report is to be found.
        pictures: shown in the HTML, described in the plain text.
        repeat_note: said at the top of a mail that may have arrived before.
        published: the review's own sentences; None when there are none.
        waiting: proposals that nobody has decided on.

    Raises:
        DeliveryError: an address is none.
    """
    status = sources_status or {}
    failed = _failures(failures or {}, status)
    moment = now.astimezone(UTC).replace(microsecond=0)
    summary = summarize(review, changes, waiting, moment, published)
    gaps = source_gaps(status, failed, moment)
    headline = "; ".join(_told([summary.news, ", ".join(_counts(summary))], summary, gaps, status))
    name = clip(review.short_title or review.citation or review.title, 60)
    subject = _subject(f"{name}, {day(moment, moment)}", summary, gaps, status)
    values: dict[str, Any] = {
        "review": review,
        "subject": subject,
        "headline": headline[:1].upper() + headline[1:],
        "summary": summary,
        "failures": [(source_name(name), reason) for name, reason in failed.items()],
        "overdue": [
            (source_name(name), _searched(source)) for name, source in sorted(status.items()) if source.is_overdue
        ],
        "sources": [_source_row(name, source, failed) for name, source in sorted(status.items())],
        "report_note": report_note,
        "pictures": [(picture, f"{_hash(picture.png)}@{_domain(sender)}") for picture in pictures],
        "repeat_note": clean(repeat_note),
        "made_at": moment.strftime("%Y-%m-%d %H:%M UTC"),
    }
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = address_of(sender, "mail.sender")
    message["To"] = _unique([address_of(text, "recipients") for text in recipients]) or "undisclosed-recipients:;"
    message["Date"] = format_datetime(moment)
    message["Message-ID"] = clean(message_id)
    message["List-Id"] = f"<{_slug(review)}.livingreview.{_domain(sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(render("mail.txt", **values), cte="quoted-printable")
    message.add_alternative(render("mail.html", **values), subtype="html", cte="quoted-printable")
    # "=_" cannot occur in quoted-printable text or base64, so the boundaries can be fixed.
    boundary = "=_" + _hash(message_id.encode("utf-8", "replace"))
    for number, (picture, content_id) in enumerate(values["pictures"], start=1):
        page = list(message.iter_parts())[-1]
        name = f"figure-{number}.png"
        page.add_related(picture.png, "image", "png", cid=f"<{content_id}>", disposition="inline", filename=name)
        page.set_boundary(f"{boundary}r")
    message.set_boundary(boundary)
    return message


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def address_of(text: str, where: str) -> Address:
    """An address, with or without a name before it.

    Raises:
        DeliveryError: it is none, or holds a control character.
    """
    name, spec = parseaddr(text) if clean(text) == text else ("", "")
    try:
        if not spec or spec.count("@") != 1 or " " in spec:
            raise ValueError("no address")
        return Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, MessageError) as error:
        raise DeliveryError(f"{where}: {text!r} is no mail address; write it as name@example.org") from error


def _unique(addresses: Sequence[Address]) -> list[Address]:
    return list({address.addr_spec.lower(): address for address in reversed(addresses)}.values())[::-1]


def _failures(given: Mapping[str, str], status: Mapping[str, SourceStatus]) -> dict[str, str]:
    found = dict(given)
    for name, source in status.items():
        last = source.last_run or {}
        if last.get("status") in ("failed", "broken") and name not in found:
            found[name] = str(last.get("error") or "its last run was broken off")
    return {name: clip(reason or "no reason given", 300) for name, reason in sorted(found.items())}


def _subject(name: str, summary: Summary, gaps: Sequence[str], status: Mapping[str, SourceStatus]) -> str:
    """As the headline, but news that can be named goes without counts; it is cut before what was not read is."""
    counts = _counts(summary)
    news = [summary.news, *counts[: bool(summary.alerts)]] if summary.news else [", ".join(counts)]
    first, *rest = _told(news, summary, gaps, status)
    tail = "".join(f"; {part}" for part in rest)
    first = clip(first, max(12, _MAX_SUBJECT_CHARS - len(f"{name}: {tail}")))
    return clip(f"{name}: {first}{tail}", _MAX_SUBJECT_CHARS)


def _counts(summary: Summary) -> list[str]:
    """How many alerts, new records and other changes there are, those that there are."""
    counts = (
        (len(summary.alerts), "alert", "alerts"),
        (summary.n_new, "new paper or trial", "new papers and trials"),
        (summary.n_other, "other change", "other changes"),
    )
    return [counted(*count) for count in counts if count[0]]


def _told(news: Sequence[str], summary: Summary, gaps: Sequence[str], status: Mapping[str, SourceStatus]) -> list[str]:
    """The news, what waits, and what was not read; silence is no news only where nothing is missing."""
    parts = [part for part in (*news, summary.waiting, *gaps) if part]
    if any(news) or gaps or any(one.is_new for one in summary.proposals):
        return parts
    read = [name for name, source in status.items() if source.searched_through_at]
    aside = f" ({'all ' if len(read) > 1 else ''}{counted(len(read), 'source')} read)" if read else ""
    return [f"no new evidence{aside}", *parts]


def _source_row(name: str, source: SourceStatus, failed: Mapping[str, str]) -> dict[str, Any]:
    said = source_name(name)
    state = "FAILED" if name in failed else "OVERDUE" if source.is_overdue else "ok" if source.last_run else "-"
    return {
        "name": said,
        "state": state,
        "searched": _searched(source),
        "records": source.records,
    }


def _searched(source: SourceStatus) -> str:
    searched = source.searched_through_at
    return searched.astimezone(UTC).date().isoformat() if searched else ""


def _slug(review: Review) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", review.slug).strip("-") or "review"


def _domain(sender: str) -> str:
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return domain.lower() if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", domain) else "localhost"
