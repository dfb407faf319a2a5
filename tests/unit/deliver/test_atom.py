from collections.abc import Callable
from datetime import datetime
from xml.etree import ElementTree

import feedparser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livingreview.config import Review
from livingreview.deliver.atom import feed
from livingreview.records import StoredChange
from livingreview.text.links import url_of

Make = Callable[..., StoredChange]
NS = {"a": "http://www.w3.org/2005/Atom"}


def test_the_newest_come_first(review: Review, change: Make, now: datetime) -> None:
    changes = [change(after={"title": f"T{n}"}) for n in range(5)]
    text = feed(review, changes, now=now, self_url="https://example.org/feed.xml?a=1&b=2", limit=3)
    assert text == feed(review, changes, now=now, self_url="https://example.org/feed.xml?a=1&b=2", limit=3)
    parsed = feedparser.parse(text)
    assert not parsed.bozo and [entry.title for entry in parsed.entries] == [f"Other papers: T{n}" for n in (4, 3, 2)]
    assert parsed.feed.updated == "2026-11-22T05:00:00Z"
    assert parsed.entries[0].link == "https://pubmed.ncbi.nlm.nih.gov/5/"
    assert feed(review, changes[:1], now=now).count("<entry>") == 1


def test_an_empty_feed_and_doubles_are_valid(review: Review, change: Make, now: datetime) -> None:
    assert ElementTree.fromstring(feed(review, [], now=now)).find("a:updated", NS) is not None
    same = change(source="hand", source_id="x")
    root = ElementTree.fromstring(feed(review, [same, same], now=now))
    ids = [node.text for node in root.findall("a:entry/a:id", NS)]
    assert len(set(ids)) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(title=st.text(), source_id=st.text(min_size=1), key=st.text())
def test_any_text_gives_well_formed_xml(
    review: Review, change: Make, now: datetime, title: str, source_id: str, key: str
) -> None:
    item = change("odd", source_id=source_id.encode("utf-8", "replace").decode(), after={"title": title, key: title})
    ElementTree.fromstring(feed(review, [item], now=now).encode())


def test_pages_of_sources() -> None:
    assert url_of("europepmc", "PPR1").endswith("/PPR/PPR1") and url_of("pmc", "PMC7").endswith("/articles/PMC7/")
    assert url_of("anzctr", "ACTRN12620000870954") == "https://anzctr.org.au/ACTRN12620000870954.aspx"
    assert url_of("isrctn", "ISRCTN33578935") == "https://www.isrctn.com/ISRCTN33578935"
    assert url_of("anzctr", "ACTRN1") == url_of("isrctn", "ISRCTN33578935\n") == ""
    assert url_of("europepmc", "PPR1/../x") == url_of("pmc", "7") == url_of("crossref", "10.1000/a b") == ""
    assert url_of("hand", "x") == "" and url_of("pubmed", "") == ""
