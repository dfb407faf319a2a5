"""Literature beside PubMed: feeds, Crossref, the Retraction Watch database, and how they meet in one run."""

import itertools
import json
from datetime import date
from pathlib import Path

import pytest

from livingreview.records import Fidelity
from support.lab import Lab
from support.retraction_watch import row, table
from support.tiny_review import CITED_DOI, CITED_PMID, CITED_TITLE
from support.world import Article, preprint, update, work

FIRST, SECOND, THIRD = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z", "2022-06-15T05:00:00Z"
FEED = "/feeds/journal.rss"
NOTICE = "10.5555/notice"


@pytest.fixture
def filled(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The tiny review with Crossref, Europe PMC and a feed; both cited references are there."""
    for name in ("CROSSREF", "EUROPEPMC", "FEEDS"):
        monkeypatch.setenv(f"LIVINGREVIEW_SOURCES__{name}__IS_ENABLED", "true")
    review = lab.config / "reviews" / "tiny" / "review.toml"
    text = review.read_text(encoding="utf-8")
    review.write_text(f'{text}\n[[feeds]]\nname = "journal"\nurl = "{lab.server.url}{FEED}"\n', encoding="utf-8")
    fed(lab)
    lab.server.world.add(Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)))
    lab.server.world.deposit(work(CITED_DOI, "Vesicles of yarn cells and the invented retina"))
    return lab


def fed(lab: Lab, *items: tuple[str, str]) -> None:
    """Puts (title, link) into the feed."""
    entries = "".join(f"<item><title>{title}</title><link>{link}</link></item>" for title, link in items)
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Invented</title>'
    lab.server.world.feeds[FEED] = f"{head}{entries}</channel></rss>".encode()


def run(lab: Lab, now: str, *arguments: str | Path) -> list[tuple[str, str, str]]:
    """(type, severity, source) of the changes that a run finds."""
    ended = lab("run", *arguments, now=now)
    assert ended.code == 0, ended.err
    name = now.replace("-", "").replace(":", "")
    found = [json.loads(line) for line in lab("changes", "--json", "--run", name).lines]
    return sorted((one["type"], one["severity"], one["source"]) for one in found)


def logs(lab: Lab, now: str) -> dict[tuple[str, str], tuple[int | None, bool]]:
    store = lab.open()
    try:
        found = store.query_logs(store.run(now.replace("-", "").replace(":", "")))
        return {(log.source, log.name): (log.announced, log.is_skipped) for log in found}
    finally:
        store.close()


def test_a_reference_with_a_doi_only_is_watched_at_crossref(filled: Lab) -> None:
    assert run(filled, FIRST) == [("new_record", "routine", "crossref"), ("new_record", "routine", "pubmed")]
    filled.server.world.deposit(
        work(CITED_DOI, "Vesicles of yarn cells and the invented retina", updated_by=[update(NOTICE, "retraction")])
    )
    assert run(filled, SECOND) == [("baseline_reference_retracted", "alert", "crossref")]
    assert run(filled, THIRD) == []


def test_a_doi_that_nobody_has_is_named(filled: Lab) -> None:
    filled.server.world.works.clear()
    run(filled, FIRST)
    store = filled.open()
    try:
        named = {(issue.source, issue.source_id): issue.reason for issue in store.issues(store.runs()[0])}
    finally:
        store.close()
    assert "Resource not found." in named["crossref", CITED_DOI]
    assert "no record with this doi" in named["pubmed", CITED_DOI]


_ORDERS = itertools.permutations(["pubmed", "crossref", "retraction_watch"])
_IN_TURN = {"pubmed": "crossref", "crossref": "retraction_watch", "retraction_watch": "pubmed"}
"""Each is first, second and third once in the default suite."""


@pytest.mark.parametrize(
    "order", [pytest.param(one, marks=() if _IN_TURN[one[0]] == one[1] else pytest.mark.slow) for one in _ORDERS]
)
def test_a_retraction_surfaces_once_whoever_reports_it_first(filled: Lab, order: tuple[str, ...]) -> None:
    world = filled.server.world
    doi, title = "10.5555/paper", "Vesicles of yarn cells in skin wounds"
    fed(filled, (title, f"https://doi.org/{doi}"))
    world.deposit(work(doi, title))
    run(filled, "2022-06-01T05:00:00Z")
    world.add(Article(pmid="31000010", title=title, doi=doi, edat=date(2022, 6, 7)))
    run(filled, "2022-06-08T05:00:00Z")
    path = filled.root / "retractions.csv"
    path.write_text(table(row("1", doi=doi, notice=NOTICE), row("2", doi="10.5555/unknown")), encoding="utf-8")
    told = []
    for day, who in zip((15, 22, 29), order, strict=True):
        if who == "pubmed":
            notice = ("RetractionIn", "31000011", "J Invent Res. 2022")
            world.revise("31000010", notices=(notice,), mdat=date(2022, 6, day - 1))
        elif who == "crossref":
            world.deposit(work(doi, title, updated_by=[update(NOTICE, "retraction")]))
        arguments = ("--from", path) if who == "retraction_watch" else ()
        told += run(filled, f"2022-06-{day}T05:00:00Z", *arguments)
    assert told == [("retracted", "notable", order[0])]
    store = filled.open()
    try:
        copies = {one.record.source: one.work_id for one in store.records() if one.record.doi == doi}
        assert set(copies) == {"pubmed", "crossref", "retraction_watch"}
        assert len(set(copies.values())) == 1
    finally:
        store.close()


def test_the_item_of_a_feed_is_reported_as_the_full_record_that_it_leads_to(filled: Lab) -> None:
    # Its title alone says nothing of the review's subject, and no search finds it.
    filled.server.world.add(
        Article(
            pmid="31000020",
            title="A remarkable cure",
            abstract="Vesicle-like exosomes of loom cells, vesicles of loom cells.",
            doi="10.5555/cure",
            edat=date(2019, 1, 1),
        )
    )
    fed(
        filled,
        ("A remarkable cure", "https://doi.org/10.5555/cure"),
        ("Traffic noise", "https://pubmed.ncbi.nlm.nih.gov/31000021/"),
    )
    filled.server.world.add(Article(pmid="31000021", title="Traffic noise", edat=date(2019, 1, 1)))
    assert run(filled, FIRST) == [
        ("new_core_record", "notable", "pubmed"),
        ("new_record", "routine", "crossref"),
        ("new_record", "routine", "pubmed"),
        ("new_record", "routine", "pubmed"),
    ]
    assert run(filled, SECOND) == []


def test_the_core_shows_when_the_full_record_comes_later(filled: Lab) -> None:
    doi = "10.5555/cure"
    fed(filled, ("A remarkable cure", f"https://doi.org/{doi}"))
    run(filled, FIRST)
    abstract = "Vesicle-like exosomes of loom cells, vesicles of loom cells."
    filled.server.world.add(
        Article(pmid="31000020", title="A remarkable cure", abstract=abstract, doi=doi, edat=date(2019, 1, 1))
    )
    assert run(filled, SECOND) == [("new_core_record", "notable", "pubmed")]
    assert run(filled, THIRD) == []


def test_a_feed_that_has_not_changed_is_not_sent_again(filled: Lab) -> None:
    fed(filled, ("Traffic noise", "https://pubmed.ncbi.nlm.nih.gov/31000021/"))
    filled.server.world.add(Article(pmid="31000021", title="Traffic noise", edat=date(2019, 1, 1)))
    run(filled, FIRST)
    run(filled, SECOND)
    first, second = filled.server.asked(FEED)
    assert "If-None-Match" not in first.headers
    assert second.headers["If-None-Match"].startswith('"')
    assert second.headers["If-Modified-Since"] == "Wed, 01 Jun 2022 00:00:00 GMT"
    assert logs(filled, SECOND)["feeds", "journal"] == (None, True)


def test_a_full_text_hit_is_read_in_full_from_pubmed(filled: Lab) -> None:
    hit = preprint("31000030", "A hit in the full text of loom cells")
    filled.server.world.publish(hit | {"source": "MED", "doi": "10.5555/hit", "pubTypeList": {"pubType": ["article"]}})
    review = filled.config / "reviews" / "tiny" / "review.toml"
    text = review.read_text(encoding="utf-8")
    more = '[[queries]]\nname = "full-text"\nsource = "europepmc"\ntext = \'SRC:MED AND METHODS:"loom cells"\'\n'
    review.write_text(f"{text}\n{more}", encoding="utf-8")
    filled.server.world.add(Article(pmid="31000030", title="A hit", doi="10.5555/hit", edat=date(2019, 1, 1)))
    run(filled, FIRST)
    store = filled.open()
    try:
        (found,) = store.records(source="pubmed", ids=["31000030"])
    finally:
        store.close()
    assert (found.record.title, found.record.fidelity) == ("A hit", Fidelity.FULL)


def test_of_the_retraction_watch_database_only_what_is_known_is_kept(filled: Lab) -> None:
    run(filled, FIRST)
    path = filled.root / "retractions.csv"
    rows = [row(str(number), doi=f"10.5555/stranger.{number}") for number in range(1, 40)]
    rows += [row("90", doi=CITED_DOI), row("91", doi="unavailable", pmid=CITED_PMID, nature="Expression of concern")]
    path.write_text(table(*rows), encoding="utf-8")
    ended = filled("run", "--from", path, now=SECOND)
    assert "39 more about papers that are neither stored nor cited" in ended.out + ended.err
    found = [json.loads(line) for line in filled("changes", "--json", "--run", "20220608T050000Z").lines]
    assert [(one["type"], one["after"]["ref_no"]) for one in found] == [
        ("baseline_reference_retracted", 2),
        ("baseline_reference_concern_expressed", 1),
    ]
    store = filled.open()
    try:
        assert store.counts()["retraction_watch"] == 2
    finally:
        store.close()
    assert "retracted" in (filled.root / "out" / "20220608T050000Z" / "report.md").read_text(encoding="utf-8")
    assert run(filled, THIRD, "--from", path) == []
