"""The mail: what it says, and that nothing in the data can change what it is."""

import email
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from livingreview.records.evidence import WaitingProposal
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
    assert message["Subject"] == "A 2022, 22 Nov: 1 alert, 1 new paper, 1 other paper, 1 new trial, 1 other change"
    assert message["To"] == "a@example.org, B <b@example.org>"
    assert message["List-Id"] == "<demo.livingreview.example.org>"
    assert message["Date"].datetime == now
    text, html = parts(message)
    assert text.index("ALERTS (1)") < text.index("NEW PAPERS OF THE CORE (1)") < text.index("NEW TRIALS (1)")
    assert text.index("NEW TRIALS") < text.index("ROUTINE, COUNTED") < text.index("Other papers: 1")
    assert "recruiting → completed" in text and "areas: Skin & wounds" in text and "Bad <b>paper</b>" in text
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


def waits(found: StoredChange, now: datetime, days: int) -> WaitingProposal:
    return WaitingProposal(found=found, since=now - timedelta(days=days))


def test_what_waits_comes_first_and_in_words(review: Review, change: Make, now: datetime) -> None:
    twice = {"source": "pubmed", "source_id": "31000001", "title": "<b>Loom</b>", "why": "says so", "facts": ["n: 3"]}
    bad = change("retracted", "alert", "99", after={"title": "Bad paper"})
    mild, old = proposal(change, "extended", "S2"), proposal(change, "outdated", "S3")
    new = proposal(change, "challenged", "S1", n_works=1, evidence=[twice, twice])
    waiting = [waits(new, now, 0), waits(old, now, 21), waits(mild, now, 1)]
    message = mail(review, [bad, change(), old, new], now, waiting=waiting)
    assert message["Subject"] == "A 2022, 22 Nov: says so; 1 alert; 3 suggestions still waiting, the oldest 21 days"
    text, html = parts(message)
    assert text.startswith("Says so; 1 alert, 1 other paper; 3 suggestions still waiting")
    order = [
        "WHAT MAY HAVE TO CHANGE IN THE REVIEW: 3 suggestions still waiting, the oldest 21 days",
        "1 statement may be contradicted, 1 is out of date, 1 gains coverage.",
        "Suggested automatically. You decide",
        "Contradicted? (1)",
        "Sentence S1 (paraphrase) [S1]",
        "Out of date? (1)",
        "Sentence S3 (paraphrase) [S3]",
        "New coverage (1)",
        "Sentence S2 (paraphrase) [S2]",
        "ALERTS (1)",
    ]
    assert sorted(order, key=text.index) == order
    assert "new; based on 1 study:\n  - <b>Loom</b>\n    says so; n: 3\n    https://pubmed.ncbi.nlm.nih.gov/31" in text
    assert "waiting for 21 days, with new evidence; based on 5 trials:" in text
    assert "waiting for 1 day; based on 5 trials:" in text
    assert text.count("<b>Loom</b>") == 1 and "&lt;b&gt;Loom&lt;/b&gt;</a>" in html
    # Three trials of what may be out of date now, the newest alone of what is not new.
    assert text.count("Trial 3") == 1 and text.count("Trial 1") == 2 and "NCT00000004" not in text
    assert all(f"and {n} more, in the report" in part for part in (text, html) for n in (2, 4))
    assert "n works" not in text and "ROUTINE" not in text and "ledger" not in text


def test_a_quiet_week_says_what_waits_and_since_when(review: Review, change: Make, now: datetime) -> None:
    waiting = [waits(proposal(change, "confirmed", f"S{n}"), now, n) for n in range(12, 22)]
    read = {"pubmed": replace(status(status="done", error=""), searched_through_at=now)}
    quiet = mail(review, [], now, waiting=waiting, sources_status=read)
    words = "o new evidence (1 source read); 10 suggestions still waiting, the oldest 21 days"
    assert quiet["Subject"] == f"A 2022, 22 Nov: n{words}"
    assert parts(quiet)[0].startswith(f"N{words}\n")
    named = review.model_copy(update={"short_title": "Loom review"})
    assert mail(named, [], now, waiting=waiting)["Subject"].startswith("Loom review, 22 Nov: ")


def test_nothing_new_is_said_of_no_week_in_which_something_was_not_read(
    review: Review, change: Make, now: datetime
) -> None:
    late = replace(status(is_overdue=True, status="done"), searched_through_at=now - timedelta(days=20))
    never, failed = status(is_overdue=True), status(status="failed", error="503")
    partly = status(is_overdue=True, status="failed", error="503")
    both = replace(late, last_run={"status": "failed", "error": "503"})
    for state, words in (
        (late, "PubMed NOT searched since 2 Nov"),
        (replace(late, searched_through_at=datetime(2025, 11, 2, tzinfo=UTC)), "PubMed NOT searched since 2 Nov 2025"),
        (never, "PubMed has never been searched"),
        (failed, "PubMed FAILED"),
        (partly, "PubMed FAILED, never searched completely"),
        (both, "PubMed FAILED, NOT searched since 2 Nov"),
    ):
        message = mail(review, [], now, sources_status={"pubmed": state})
        assert message["Subject"] == f"A 2022, 22 Nov: {words}"
        text, html = parts(message)
        assert text.startswith(words)
        assert all("nothing new" not in part.lower() and "no new evidence" not in part.lower() for part in (text, html))
        with_news = mail(review, [change()], now, sources_status={"pubmed": state})
        assert with_news["Subject"] == f"A 2022, 22 Nov: 1 other paper; {words}"
    two = mail(review, [], now, sources_status={"europepmc": never, "pubmed": never, "clinicaltrials": late})
    words = "Europe PMC and PubMed have never been searched; ClinicalTrials.gov NOT searched since 2 Nov"
    assert two["Subject"] == f"A 2022, 22 Nov: {words}"


def test_a_long_subject_keeps_what_was_not_read(review: Review, change: Make, now: datetime) -> None:
    piece = {"source": "pubmed", "source_id": "1", "title": "T", "why": "words " * 40}
    new = proposal(change, "challenged", "S1", n_works=1, evidence=[piece])
    never = dict.fromkeys(("pubmed", "europepmc", "clinicaltrials"), status(is_overdue=True))
    named = review.model_copy(update={"short_title": "name " * 40})
    subject = str(mail(named, [new], now, waiting=[waits(new, now, 9)], sources_status=never)["Subject"])
    assert len(subject) <= 200
    assert subject.endswith("; ClinicalTrials.gov, Europe PMC and PubMed have never been searched")
    assert "1 suggestion still waiting, for 9 days" in subject and "words" in subject


def test_what_could_not_be_read_stands_above_everything(review: Review, change: Make, now: datetime) -> None:
    quiet = mail(review, [], now)
    assert quiet["Subject"] == "A 2022, 22 Nov: no new evidence"
    partly = {"pubmed": status(status="failed", error="503"), "clinicaltrials": status(status="done", error="")}
    text, html = parts(mail(review, [], now, sources_status=partly))
    assert text.index("NOT EVERYTHING COULD BE READ") < text.index("PubMed: FAILED: 503") < text.index("SOURCES")
    assert "PubMed FAILED" in html
    broken = mail(review, [], now, sources_status={"pubmed": status(status="broken", error="")})
    assert "PubMed FAILED" in broken["Subject"]
    with_changes = mail(review, [change()], now, failures={"feeds": "no answer"})
    assert with_changes["Subject"] == "A 2022, 22 Nov: 1 other paper; feeds FAILED"
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
