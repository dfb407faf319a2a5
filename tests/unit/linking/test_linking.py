"""Which records are one work: every rule, every guard, and that no order matters."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.linking import Facts, LinkKind, Partition, facts_of, partition
from livingreview.linking.partition import MAX_RECORDS
from livingreview.records import Kind, Notice, Person, Record
from livingreview.records.serialization import canonical_json, content_of
from support.records import article, records, trial

TITLE = "Vesicles of loom cells close the wounds of old mice"
AUTHORS = tuple(Person(family=family) for family in ("Müller", "Okafor", "Lindqvist"))
PAPER: dict[str, Any] = {"title": TITLE, "persons": AUTHORS, "publication_date": "2022-05-01"}


def preprint(source_id: str = "PPR1", **values: Any) -> Record:
    return Record(**{"source": "europepmc", "source_id": source_id, "kind": Kind.PREPRINT} | values)


def crossref(doi: str, **values: Any) -> Record:
    return Record(**{"source": "crossref", "source_id": doi, "doi": doi} | values)


def facts(record: Record) -> Facts:
    return facts_of(json.loads(canonical_json(content_of(record))))


def linked(*found: Record, **words: Any) -> Partition:
    return partition(map(facts, found), **words)


def works(*found: Record, **words: Any) -> set[tuple[str, ...]]:
    """The works of more than one record."""
    return {names for names in linked(*found, **words).works.values() if len(names) > 1}


def kinds(*found: Record) -> list[str]:
    return sorted(str(link.kind) for link in linked(*found).links.values())


def notice(kind: str, pmid: str = "", **values: str) -> Notice:
    return Notice(kind=kind, pmid=pmid, **values)


# The same publication


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (article("1", doi="10.5555/a"), crossref("10.5555/a"), LinkKind.SAME_DOI),
        (article("1"), Record(source="pmc", source_id="PMC7", pmid="1"), LinkKind.SAME_PMID),
        (article("1", pmcid="PMC7"), Record(source="pmc", source_id="PMC7", pmcid="PMC7"), LinkKind.SAME_PMCID),
        (preprint("PPR1", doi="10.1101/1.2v1"), preprint("PPR2", doi="10.1101/1.2v2"), LinkKind.PREPRINT_VERSION),
        (
            preprint("PPR1", doi="10.21203/rs.3.rs-123/v1"),
            preprint("PPR2", doi="10.21203/rs.3.rs-123/v2"),
            LinkKind.PREPRINT_VERSION,
        ),
        (preprint("PPR1", accessions=("PPR2",)), preprint("PPR2"), LinkKind.PREPRINT_VERSION),
        (preprint(notices=(notice("PreprintOf", "1"),)), article("1"), LinkKind.PREPRINT_OF),
        (
            preprint(),
            article("1", notices=(notice("PreprintIn", citation="PPR/PPR1 Preprint, 2022"),)),
            LinkKind.PREPRINT_OF,
        ),
        (
            article("1", kind=Kind.PREPRINT, notices=(notice("UpdateIn", "2"),)),
            article("2"),
            LinkKind.PREPRINT_OF,
        ),
        (preprint(doi="10.1101/1", **PAPER), article("1", doi="10.5555/a", **PAPER), LinkKind.TITLE),
        (trial("NCT91000001", aliases=("NCT91000002",)), trial("NCT91000002"), LinkKind.TRIAL_ALIAS),
    ],
)
def test_the_same_publication(one: Record, other: Record, kind: LinkKind) -> None:
    assert works(one, other) == works(other, one) == {tuple(sorted(map(":".join, (one.key, other.key))))}
    (link,) = linked(one, other).links.values()
    assert link.kind is kind
    assert link.reason and link.evidence


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # One source that gives two numbers says that they are two.
        (article("1", doi="10.5555/a"), article("2", doi="10.5555/a")),
        (article("1", **PAPER), article("2", **PAPER)),
        # Different dois are different articles, however alike their titles.
        (article("1", doi="10.5555/a", **PAPER), crossref("10.5555/b", **PAPER)),
        (preprint("PPR1", doi="10.1101/1", **PAPER), preprint("PPR2", doi="10.1101/2", **PAPER)),
        (preprint("PPR1", accessions=("PPR3",)), preprint("PPR2")),
        # A comment, an erratum and a retraction say nothing of the preprint being the article.
        (preprint(notices=(notice("CommentIn", "1"),)), article("1")),
        (trial("NCT91000001", secondary_ids=("NCT91000002",)), trial("NCT91000002")),
        (article("1", title="NCT91000001"), trial("NCT91000001")),
    ],
)
def test_not_the_same_publication(one: Record, other: Record) -> None:
    assert works(one, other) == set()


@pytest.mark.parametrize(
    ("values", "is_linked"),
    [
        ({}, True),
        ({"title": TITLE.upper() + "."}, True),
        ({"title": TITLE.replace("close", "closes")}, True),
        ({"title": TITLE.replace("loom cells", "yarn cells")}, False),
        ({"title": TITLE + " part 2"}, False),
        ({"publication_date": "2023-01"}, True),
        ({"publication_date": "2024-01"}, False),
        ({"publication_date": ""}, False),
        ({"persons": (Person(family="MULLER"), *AUTHORS[1:])}, True),
        ({"persons": AUTHORS[:2]}, True),
        ({"persons": AUTHORS[1:]}, False),
        ({"persons": (AUTHORS[0], Person(family="Sato"), Person(family="Rossi"))}, False),
        ({"persons": ()}, False),
        ({"publication_types": ("Published Erratum",)}, False),
    ],
)
def test_by_title_authors_and_year(values: dict[str, Any], is_linked: bool) -> None:
    one = preprint(doi="10.1101/1", **PAPER)
    assert bool(works(one, article("1", doi="10.5555/a", **PAPER | values))) == is_linked
    # The same rule for two articles of two sources, one of which knows no doi.
    assert bool(works(crossref("10.5555/c", **PAPER), article("1", **PAPER | values))) == is_linked


@pytest.mark.parametrize(
    "title",
    [
        "Editorial",
        "Vesicles and wounds",
        f"Correction to: {TITLE}",
        f"Reply to: {TITLE}",
        f"Author correction: {TITLE}",
        f"Retraction: {TITLE}",
    ],
)
def test_titles_that_tell_nothing_apart(title: str) -> None:
    values = PAPER | {"title": title}
    assert works(preprint(**values), article("1", **values)) == set()


def test_a_lone_author_vouches_for_an_equal_title_only() -> None:
    alone = PAPER | {"persons": AUTHORS[:1]}
    assert works(preprint(**alone), article("1", **alone))
    assert not works(preprint(**alone), article("1", **alone | {"title": TITLE.replace("close", "closes")}))


def test_a_preprint_becomes_one_article_only() -> None:
    one, other = article("1", doi="10.5555/a", **PAPER), article("2", doi="10.5555/b", **PAPER)
    assert works(preprint(**PAPER), one, other) == {("europepmc:PPR1", "pubmed:1")}
    # A service's own word weighs more than a title.
    said = preprint(notices=(notice("PreprintOf", "2"),), **PAPER)
    assert works(said, one, other) == {("europepmc:PPR1", "pubmed:2")}


def test_two_articles_of_one_source_are_not_joined_by_a_third() -> None:
    found = (article("1", doi="10.5555/a"), article("2", doi="10.5555/a"), crossref("10.5555/a"))
    assert works(*found) == {("crossref:10.5555/a", "pubmed:1")}


# Notices


@pytest.mark.parametrize(
    ("of", "back"),
    [
        ("RetractionOf", "RetractionIn"),
        ("ErratumFor", "ErratumIn"),
        ("ExpressionOfConcernFor", "ExpressionOfConcernIn"),
        ("CorrectedandRepublishedFrom", "CorrectedandRepublishedIn"),
        ("RetractedandRepublishedFrom", "RetractedandRepublishedIn"),
    ],
)
def test_a_notice_belongs_to_what_it_is_about(of: str, back: str) -> None:
    assert works(article("1"), article("2", notices=(notice(of, "1"),))) == {("pubmed:1", "pubmed:2")}
    assert works(article("1", notices=(notice(back, "2"),)), article("2")) == {("pubmed:1", "pubmed:2")}
    by_doi = notice(of, doi="10.5555/a", citation="J Invent Res. doi: 10.5555/a")
    assert works(article("1", doi="10.5555/a"), article("2", notices=(by_doi,))) == {("pubmed:1", "pubmed:2")}


@pytest.mark.parametrize(
    ("title", "is_linked"),
    [("Vesicles of loom cells close the wounds of old mice: an update", True), (f"Response to: {TITLE}", False)],
)
def test_an_update_is_one_by_its_title_too(title: str, is_linked: bool) -> None:
    older = article("1", title=TITLE)
    assert bool(works(older, article("2", title=title, notices=(notice("UpdateOf", "1"),)))) == is_linked
    back = article("1", title=TITLE, notices=(notice("UpdateIn", "2"),))
    assert bool(works(back, article("2", title=title))) == is_linked


@pytest.mark.parametrize("kind", ["CommentIn", "CommentOn", "Cites", "AssociatedDataset", "SummaryForPatientsIn", ""])
def test_other_links_tie_nothing(kind: str) -> None:
    assert works(article("1"), article("2", notices=(notice(kind, "1"),))) == set()


def test_a_correction_of_many_articles_ties_none() -> None:
    many = article("9", notices=(notice("ErratumFor", "1"), notice("ErratumFor", "2")))
    assert works(article("1"), article("2"), many) == set()
    # Its own word counts where one of them is not in the store, and the articles' word where it says nothing.
    assert works(article("1"), many) == set()
    named = [article(pmid, notices=(notice("RetractionIn", "9"),)) for pmid in ("1", "2")]
    assert works(*named, article("9")) == set()


def test_two_copies_of_one_article_are_one_target() -> None:
    copy = crossref("10.5555/a")
    about = article("9", notices=(notice("ErratumFor", "1", doi="10.5555/a"),))
    found = works(article("1", doi="10.5555/a"), copy, about)
    assert found == {("crossref:10.5555/a", "pubmed:1", "pubmed:9")}


def test_an_erratum_with_the_same_title_joins_by_its_number_alone() -> None:
    paper = article("1", doi="10.5555/a", **PAPER)
    erratum = PAPER | {"doi": "10.5555/b", "publication_types": ("Published Erratum",)}
    assert works(paper, article("2", **erratum)) == set()
    assert kinds(paper, article("2", notices=(notice("ErratumFor", "1"),), **erratum)) == ["notice"]


# Trials


def test_a_report_belongs_to_the_trial_that_it_names_alone() -> None:
    registered = trial("NCT91000001")
    report = article("1", accessions=("NCT91000001",))
    assert works(registered, report) == {("clinicaltrials:NCT91000001", "pubmed:1")}
    assert works(registered, article("1", nct_ids=("NCT91000001",))) == set()
    assert works(registered, article("1", accessions=("NCT91000001", "NCT91000009"))) == set()
    aliased = trial("NCT91000005", aliases=("NCT91000001",))
    assert works(aliased, report) == {("clinicaltrials:NCT91000005", "pubmed:1")}


@pytest.mark.parametrize("type_", ["Review", "Systematic Review", "Meta-Analysis", "Comment", "Practice Guideline"])
def test_what_speaks_of_a_trial_is_no_report_of_it(type_: str) -> None:
    types = ("Journal Article", type_)
    named = article("1", accessions=("NCT91000001",), publication_types=types)
    assert works(trial("NCT91000001"), named) == set()
    listed = article("1", publication_types=types)
    assert works(trial("NCT91000001", result_pmids=("1",)), listed) == set()


def test_a_trial_claims_its_results_but_not_those_of_another() -> None:
    claiming = trial("NCT91000001", result_pmids=("1",))
    assert works(claiming, article("1")) == {("clinicaltrials:NCT91000001", "pubmed:1")}
    assert works(claiming, trial("NCT91000002", result_pmids=("1",)), article("1")) == set()
    # What the article itself deposits weighs more than a registry's list.
    own = article("1", accessions=("NCT91000002",))
    assert works(claiming, trial("NCT91000002"), own) == {("clinicaltrials:NCT91000002", "pubmed:1")}


def test_an_article_that_the_registry_found_belongs_to_the_trial() -> None:
    assert works(trial("NCT91000001", derived_pmids=("1",)), article("1")) == {
        ("clinicaltrials:NCT91000001", "pubmed:1")
    }


def test_background_references_are_no_results() -> None:
    background = trial("NCT91000001")
    cited = Record(**{name: getattr(background, name) for name in background.__slots__} | {"accessions": ("1",)})
    assert works(cited, article("1")) == set()


def test_no_work_holds_two_trials_or_grows_without_end() -> None:
    report = article("1", accessions=("NCT91000001",), notices=(notice("ErratumFor", "2"),))
    other = article("2", accessions=("NCT91000002",))
    found = works(trial("NCT91000001"), trial("NCT91000002"), report, other)
    assert found == {("clinicaltrials:NCT91000001", "pubmed:1", "pubmed:2")}
    many = [article(str(number)) for number in range(1, MAX_RECORDS + 20)]
    big = trial("NCT91000001", result_pmids=tuple(str(number) for number in range(1, MAX_RECORDS + 20)))
    (names,) = works(big, *many)
    assert len(names) == MAX_RECORDS


# People


def test_a_person_joins_and_parts() -> None:
    one, other = article("1", doi="10.5555/a"), crossref("10.5555/a")
    pair = ("crossref:10.5555/a", "pubmed:1")
    assert works(one, other, parted=[pair]) == set()
    # A third that would bring them together stays with one of them.
    third = Record(source="pmc", source_id="PMC7", doi="10.5555/a")
    assert works(one, other, third, parted=[pair]) == {("crossref:10.5555/a", "pmc:PMC7")}
    assert works(article("1"), article("2"), joined=[("pubmed:1", "pubmed:2")]) == {("pubmed:1", "pubmed:2")}
    two = (trial("NCT91000001"), trial("NCT91000002"), article("1", accessions=("NCT91000001",)))
    joined = [("clinicaltrials:NCT91000001", "clinicaltrials:NCT91000002")]
    assert works(*two, joined=joined) == {("clinicaltrials:NCT91000001", "clinicaltrials:NCT91000002", "pubmed:1")}


# Whatever comes first

_PMIDS = st.sampled_from(["1", "2", "3", "4"])
_NCTS = st.sampled_from(["NCT91000001", "NCT91000002", "NCT91000003"])
_NOTICES = st.builds(
    Notice, kind=st.sampled_from(["ErratumFor", "RetractionIn", "UpdateOf", "PreprintOf", "CommentOn"]), pmid=_PMIDS
)
_DOIS = st.sampled_from(["", "10.5555/a", "10.5555/b", "10.1101/1v1", "10.1101/1v2"])
_TITLES = st.sampled_from([TITLE, TITLE.replace("close", "closes"), "Editorial"])
_ARTICLES = st.builds(
    Record,
    source=st.sampled_from(["pubmed", "crossref", "europepmc"]),
    source_id=_PMIDS,
    kind=st.sampled_from([Kind.ARTICLE, Kind.PREPRINT]),
    title=_TITLES,
    persons=st.just(AUTHORS),
    publication_date=st.sampled_from(["2021", "2022", "2023"]),
    doi=_DOIS,
    pmid=st.just("") | _PMIDS,
    accessions=st.lists(_NCTS, max_size=2).map(tuple),
    notices=st.lists(_NOTICES, max_size=2).map(tuple),
)
_TRIALS = st.builds(
    lambda number, aliases, results: trial(number, aliases=tuple(aliases), result_pmids=tuple(results)),
    _NCTS,
    st.lists(_NCTS, max_size=1),
    st.lists(_PMIDS, max_size=2),
)
_SETS = st.lists(_ARTICLES | _TRIALS, max_size=9, unique_by=lambda record: record.key)


@given(_SETS, st.randoms(use_true_random=False))
def test_no_order_matters(found: list[Record], random: Any) -> None:
    first = linked(*found)
    shuffled = list(found)
    random.shuffle(shuffled)
    assert linked(*shuffled) == first
    assert sorted(name for names in set(first.works.values()) for name in names) == sorted(
        ":".join(record.key) for record in found
    )


@given(_SETS, st.data())
def test_what_a_person_parted_is_never_one(found: list[Record], data: st.DataObject) -> None:
    names = sorted(":".join(record.key) for record in found)
    pairs = [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]
    parted = data.draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    result = linked(*found, parted=parted)
    assert all(other not in result.works[one] for one, other in parted)


@given(_SETS)
def test_no_work_holds_two_trials_that_do_not_name_each_other(found: list[Record]) -> None:
    apart = [record for record in found if record.trial is None or not record.trial.aliases]
    for names in linked(*apart).works.values():
        assert sum(name.startswith("clinicaltrials:") for name in names) <= 1


@given(records)
def test_facts_of_any_record(record: Record) -> None:
    assert facts(record).name == f"{record.source}:{record.source_id}"
