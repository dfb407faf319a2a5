"""The mail: what it says, and that nothing in the data can change what it is."""

import email
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livingreview.config import Review
from livingreview.deliver.mail import Picture, compose, message_id_of, moment_of
from livingreview.deliver.summary import HEADINGS, MAX_SHOWN, heading_of
from livingreview.errors import DeliveryError
from livingreview.records import SourceStatus, StoredChange
from livingreview.records.change_types import ChangeType
from livingreview.records.sanitize import clean, clip

Make = Callable[..., StoredChange]
SENDER = "Review <sender@example.org>"


def mail(review: Review, changes: list[StoredChange], now: datetime, **values: Any) -> EmailMessage:
    arguments: dict[str, Any] = {"sender": SENDER, "recipients": review.recipients}
    message_id = message_id_of(review, changes, sender=SENDER, now=now)
    return compose(review, changes, **(arguments | {"message_id": message_id, "now": now} | values))


def parts(message: EmailMessage) -> tuple[str, str]:
    parsed = email.message_from_bytes(message.as_bytes(), policy=default)
    text, html = (part.get_content() for part in parsed.iter_parts())
    return text.replace("\r\n", "\n"), html


def status(**last: Any) -> SourceStatus:
    return SourceStatus(
        records=1,
        versions=1,
        searched_through_at=None,
        triaged_through_at=None,
        reported_through_at=None,
        is_overdue=last.pop("is_overdue", False),
        last_run=last or None,
    )


def test_every_type_of_change_has_a_place_of_its_own_in_the_mail(review: Review, change: Make, now: datetime) -> None:
    headings = {type_: heading_of(type_) for type_ in ChangeType}
    assert len(set(headings.values())) == len(ChangeType)
    assert [type_ for type_, heading in headings.items() if "baseline" in heading.lower() or "_" in heading] == []
    unworded = [type_ for type_ in ChangeType if type_ not in HEADINGS]
    assert unworded == []


def test_headers_and_groups(review: Review, change: Make, now: datetime) -> None:
    changes = [
        change("new_record", "routine"),
        change("new_trial", source="clinicaltrials", source_id="NCT01234567"),
        change("retracted", "alert", "99", after={"title": "Bad <b>paper</b>", "ref_no": 3}),
        change(
            "status_changed", source="clinicaltrials", before={"status": "RECRUITING"}, after={"status": "COMPLETED"}
        ),
        change("new_core_record", after={"title": "Core", "areas": ["skin"], "is_baseline": False}),
    ]
    message = mail(review, changes, now)
    assert message["Subject"] == "[demo] 1 alert, 3 new, 1 other change: 2026-11-22"
    assert message["To"] == "a@example.org, B <b@example.org>"
    assert message["List-Id"] == "<demo.livingreview.example.org>"
    assert message["Date"].datetime == now
    text, html = parts(message)
    assert text.index("ALERTS (1)") < text.index("NEW PAPERS OF THE CORE (1)") < text.index("NEW TRIALS (1)")
    assert text.index("NEW TRIALS") < text.index("ROUTINE, COUNTED") < text.index("New papers: 1")
    assert "recruiting -> completed" in text and "areas: Skin & wounds" in text and "Bad <b>paper</b>" in text
    assert "https://clinicaltrials.gov/study/NCT01234567" in text
    assert "Bad &lt;b&gt;paper&lt;/b&gt;" in html and "<b>paper" not in html
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/99/"' in html and "max-width:600px" in html
    assert mail(review, changes, now).as_bytes() == message.as_bytes()


def proposal(change: Make, effect: str, number: str, **values: Any) -> StoredChange:
    pieces = [
        {
            "source": "clinicaltrials",
            "source_id": f"NCT0000000{n}",
            "title": f"Trial {n}",
            "why": "phase III",
        }
        for n in range(1, 6)
    ]
    type_ = f"statement_{effect}"
    settings = {"source": "review", "source_id": number, "before": {"text": f"Sentence {number}"}}
    effects = {"challenged": "challenges", "outdated": "outdates", "confirmed": "confirms", "extended": "extends"}
    after = {"effect": effects[effect], "n_works": len(pieces), "n_new": 1, "evidence": pieces} | values
    return change(type_, "alert" if effect in ("challenged", "outdated") else "routine", after=after, **settings)


def test_touched_statements_come_first_and_in_words(review: Review, change: Make, now: datetime) -> None:
    twice = {"source": "pubmed", "source_id": "31000001", "title": "<b>Loom</b>", "why": "says so", "facts": ["n: 3"]}
    changes = [
        change("retracted", "alert", "99", after={"title": "Bad paper"}),
        proposal(change, "extended", "S2"),
        proposal(change, "outdated", "S3"),
        proposal(change, "challenged", "S1", n_works=1, evidence=[twice, twice]),
    ]
    message = mail(review, changes, now)
    assert message["Subject"] == "[demo] 2 statements challenged or outdated, 1 other alert: 2026-11-22"
    text, html = parts(message)
    order = [
        "STATEMENTS OF THE REVIEW",
        "S1 CHALLENGED: Sentence S1",
        "S3 OUTDATED: Sentence S3",
        "Extended: S2",
        "ALERTS (1)",
    ]
    assert sorted(order, key=text.index) == order
    assert "rests on 1 work:\n  - <b>Loom</b>\n    says so; n: 3\n    https://pubmed.ncbi.nlm.nih.gov/31000001/" in text
    assert text.count("<b>Loom</b>") == 1 and "&lt;b&gt;Loom&lt;/b&gt;</a>" in html
    assert "- NCT00000003: Trial 3\n    phase III" in text and "NCT00000004" not in text
    assert "and 2 more, in the report" in text and "and 2 more, in the report" in html
    assert "n works" not in text and "ROUTINE" not in text
    mild = mail(review, [proposal(change, "confirmed", "S4")], now)
    assert mild["Subject"] == "[demo] statements confirmed or extended: 2026-11-22"


def test_nothing_new_and_failed_never_look_alike(review: Review, change: Make, now: datetime) -> None:
    quiet = mail(review, [], now)
    assert quiet["Subject"] == "[demo] nothing new: 2026-11-22"
    partly = {"pubmed": status(status="failed", error="503"), "clinicaltrials": status(status="done", error="")}
    failed = mail(review, [], now, sources_status=partly)
    assert failed["Subject"] == "[demo] FAILED PubMed, nothing new elsewhere: 2026-11-22"
    text, html = parts(failed)
    assert text.index("NOT EVERYTHING COULD BE READ") < text.index("PubMed: FAILED: 503") < text.index("SOURCES")
    assert "PubMed FAILED" in html
    broken = mail(review, [], now, sources_status={"pubmed": status(status="broken", error="")})
    assert "FAILED PubMed, nothing could be read" in broken["Subject"]
    with_changes = mail(review, [change()], now, failures={"feeds": "no answer"})
    assert with_changes["Subject"] == "[demo] FAILED feeds, 1 new: 2026-11-22"
    late = parts(mail(review, [], now, sources_status={"pubmed": status(is_overdue=True)}))
    assert "PubMed IS OVERDUE: never read completely so far" in late[0] and "PubMed is overdue" in late[1]


def test_many_are_counted_and_alerts_are_all_shown(review: Review, change: Make, now: datetime) -> None:
    many = [change("new_trial") for _ in range(MAX_SHOWN + 5)]
    alerts = [change("retracted", "alert", after={"title": f"Alert {n}"}) for n in range(MAX_SHOWN + 5)]
    text, _ = parts(mail(review, many + alerts, now))
    assert "and 5 more of this kind" in text and f"NEW TRIALS ({MAX_SHOWN + 5})" in text
    assert text.count("Alert ") == MAX_SHOWN + 5


def test_no_recipients_and_notes(review: Review, now: datetime) -> None:
    message = mail(review, [], now, recipients=(), report_note="out/report.html", repeat_note="again")
    assert message["To"] == "undisclosed-recipients:;"
    assert all("out/report.html" in part and "again" in part for part in parts(message))
    twice = mail(review, [], now, recipients=("a@example.org", "A@example.org"))
    assert twice["To"].addresses[0].addr_spec.lower() == "a@example.org" and len(twice["To"].addresses) == 1


@pytest.mark.parametrize("bad", ["", "nobody", "a@b@c", "a@b.org\nBcc: x@y.org", "a b@c.org", "@", "a@", "x\0@y.org"])
def test_bad_addresses_are_named(review: Review, now: datetime, bad: str) -> None:
    with pytest.raises(DeliveryError, match="no mail address"):
        mail(review, [], now, recipients=(bad,))
    with pytest.raises(DeliveryError, match="no mail address"):
        mail(review, [], now, sender=bad)


def test_the_message_id_holds_moment_and_changes(review: Review, change: Make, now: datetime) -> None:
    one, two = change(), change()
    first = message_id_of(review, [one], sender=SENDER, now=now)
    assert first == message_id_of(review, [one], sender=SENDER, now=now)
    assert first != message_id_of(review, [one, two], sender=SENDER, now=now)
    assert moment_of(first) == now
    assert moment_of("<x@y>") is None
    assert message_id_of(review, [], sender="x@_odd_", now=now).endswith("@localhost>")


_TEXT = st.text(max_size=60)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=_TEXT, key=_TEXT, value=st.one_of(_TEXT, st.integers(), st.lists(_TEXT), st.booleans()), reason=_TEXT)
def test_no_data_adds_a_header_or_breaks_the_mail(
    review: Review, change: Make, now: datetime, title: str, key: str, value: Any, reason: str
) -> None:
    item = change("retracted", "alert", title or "1", after={"title": title, key: value}, effective_date=reason)
    evil = review.model_copy(update={"slug": title or "x", "title": title})
    arguments: dict[str, Any] = {"failures": {key: reason}, "report_note": title, "repeat_note": reason}
    message = mail(evil, [item], now, **arguments)
    parsed = email.message_from_bytes(message.as_bytes(), policy=default)
    expected = [
        "Subject",
        "From",
        "To",
        "Date",
        "Message-ID",
        "List-Id",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ]
    assert sorted(parsed.keys()) == sorted(expected)
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert not parsed.defects


@given(st.text())
def test_clean_text_is_one_line(text: str) -> None:
    assert clean(clean(text)) == clean(text) and "\n" not in clean(text)
    assert len(clip(text, 20)) <= 20


PICTURE = Picture(title="Over <time>", alt='4 works, "2" & <2>', png=b"\x89PNG one")


def test_a_picture_goes_with_the_page_and_is_described_in_the_text(review: Review, now: datetime) -> None:
    message = mail(review, [], now, pictures=(PICTURE, Picture(title="Two", alt="Second", png=b"\x89PNG two")))
    parsed: Any = email.message_from_bytes(message.as_bytes(), policy=default)
    text, related = parsed.iter_parts()
    assert "OVER <TIME>" in text.get_content() and '4 works, "2" & <2>' in text.get_content()
    page, *images = related.iter_parts()
    assert related.get_content_type() == "multipart/related"
    assert [image.get_content() for image in images] == [b"\x89PNG one", b"\x89PNG two"]
    for image in images:
        assert image.get_content_disposition() == "inline"
        assert f'src="cid:{image["Content-ID"].strip("<>")}"' in page.get_content()
    assert 'alt="4 works, &#34;2&#34; &amp; &lt;2&gt;"' in page.get_content()


def test_the_same_pictures_give_the_same_bytes(review: Review, now: datetime) -> None:
    one, other = (mail(review, [], now, pictures=(PICTURE, PICTURE)).as_bytes() for _ in range(2))
    assert one == other
