"""Publications: what is new, revised, withdrawn, reinstated, published."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from livingreview.changes import Context
from livingreview.records import Change, Fidelity, Kind, Notice, Record, Section, TrialFacts
from livingreview.records.serialization import canonical_json
from support.records import NOW, article, records, trial
from support.tiny_review import CITED_DOI, CITED_PMID, CITED_TITLE, PRINTED_NCT

Derive = Callable[..., list[Change]]


def types(changes: list[Change]) -> list[str]:
    return [change.type for change in changes]


def types_of(changes: list[Change]) -> list[tuple[str, str]]:
    return [(change.type, str(change.severity)) for change in changes]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("loom_ev", ("new_core_record", "notable")),
        ("loom", ("new_record", "routine")),
        ("other", ("new_record", "routine")),
    ],
)
def test_a_new_record(changes_of: Derive, scope: str, expected: tuple[str, str]) -> None:
    (found,) = changes_of(article(publication_date="2022-05", doi="10.5555/x"), scope=scope)
    assert types_of([found]) == [expected]
    assert (found.at, found.effective_date, found.work) == (NOW, "2022-05", "work")
    assert (found.before_version, found.after_version) == (0, 1)
    assert found.after["scope"] == scope
    assert found.after["areas"] == ["skin"]
    assert found.before == {}


@pytest.mark.parametrize(
    "record",
    [
        article(CITED_PMID),
        Record(source="crossref", source_id=CITED_DOI, doi=CITED_DOI),
        article("5", title=CITED_TITLE.upper() + "."),
    ],
)
def test_a_cited_record_is_no_news(changes_of: Derive, context: Context, record: Record) -> None:
    (found,) = changes_of(record)
    assert types_of([found]) == [("new_record", "routine")]
    assert found.after["is_baseline"] is True
    assert context.is_baseline(record)


def test_a_short_title_is_no_identity(changes_of: Derive, context: Context) -> None:
    assert not context.is_baseline(article("5", title="Introduction"))
    assert not context.is_baseline(article("5", title=""))


@pytest.mark.parametrize(
    ("scope", "type_", "severity"),
    [
        ("loom_ev", "new_trial", "alert"),
        ("loom", "new_trial", "notable"),
        ("yarn_ev", "new_trial", "notable"),
        ("other", "trial_read", "routine"),
    ],
)
def test_a_new_trial(changes_of: Derive, scope: str, type_: str, severity: str) -> None:
    (found,) = changes_of(trial(first_posted_date="2022-04-08"), scope=scope)
    assert types_of([found]) == [(type_, severity)]
    assert found.effective_date == "2022-04-08"
    assert found.after["status"] == "RECRUITING"


def test_a_printed_trial_is_no_news(changes_of: Derive) -> None:
    assert types_of(changes_of(trial(PRINTED_NCT))) == [("trial_read", "routine")]


def test_a_trial_that_was_there_before_the_review_was_missed_and_is_not_new(changes_of: Derive) -> None:
    (found,) = changes_of(trial(first_posted_date="2022-01-09"))
    assert types_of([found]) == [("missed_trial", "notable")]
    assert (found.effective_date, found.after["first_posted_date"]) == ("2022-01-09", "2022-01-09")


def test_a_trial_of_which_nobody_knows_when_it_was_posted_is_not_called_new(changes_of: Derive) -> None:
    bare = replace(trial("NCT05200000"), source_date="", trial=TrialFacts(status="RECRUITING"))
    assert types_of(changes_of(bare)) == [("undated_trial", "alert")]


def test_a_preprint_that_is_published(changes_of: Derive) -> None:
    (found,) = changes_of(article(), reported_kinds=frozenset({"preprint"}))
    assert types_of([found]) == [("preprint_published", "notable")]
    assert found.before == {"work": "work"}


@pytest.mark.parametrize(
    ("kind", "reported_kinds"),
    [
        (Kind.ARTICLE, {"article"}),
        (Kind.PREPRINT, {"article"}),
        (Kind.PREPRINT, {"preprint"}),
        (Kind.ARTICLE, {"article", "preprint"}),
    ],
)
def test_a_reported_publication_is_not_reported_again(changes_of: Derive, kind: Kind, reported_kinds: set[str]) -> None:
    assert changes_of(article(kind=kind), reported_kinds=frozenset(reported_kinds)) == []


BEFORE = article(title="Vesicles of x", abstract=(Section(label="AIM", text="One two."), Section(text="Three.")))


@pytest.mark.parametrize(
    ("after", "parts"),
    [
        (replace(BEFORE, title="Vesicles of y"), ["title"]),
        (replace(BEFORE, abstract=(Section(text="Other words."),)), ["abstract"]),
        (replace(BEFORE, title="Y", abstract=(Section(text="Other words."),)), ["title", "abstract"]),
    ],
)
def test_a_revised_text(changes_of: Derive, after: Record, parts: list[str]) -> None:
    (found,) = changes_of(after, BEFORE)
    assert types_of([found]) == [("revised_text", "routine")]
    assert found.after["parts"] == parts
    assert (found.before_version, found.after_version) == (1, 2)


@pytest.mark.parametrize(
    "after",
    [
        BEFORE,
        replace(BEFORE, title="VESICLES of X."),
        replace(BEFORE, title="Vésicles  of x"),
        replace(BEFORE, abstract=(Section(label="AIM", text="One   two"), Section(text="Three"))),
        replace(BEFORE, mesh=("Exosomes",), keywords=("a",), journal="J", pages="1-2", volume="7"),
        replace(BEFORE, abstract=()),
    ],
)
def test_noise_is_no_change(changes_of: Derive, after: Record) -> None:
    assert changes_of(after, BEFORE) == []


def test_a_text_that_was_not_known_has_not_been_revised(changes_of: Derive) -> None:
    thin = article(title="Vesicles of x", fidelity=Fidelity.FACTS)
    assert changes_of(BEFORE, thin, work_scopes=frozenset({"loom_ev"})) == []
    cut = replace(BEFORE, abstract=(Section(text="One"),), is_text_complete=False)
    assert changes_of(BEFORE, cut) == []


@pytest.mark.parametrize("is_sibling", [False, True])
def test_a_title_that_did_not_show_the_core_and_a_full_record_that_does(changes_of: Derive, is_sibling: bool) -> None:
    thin = article(title="Vesicles of x", fidelity=Fidelity.FACTS)
    given = {"siblings": (thin,), "reported_kinds": frozenset({Kind.ARTICLE})} if is_sibling else {"before": thin}
    assert types(changes_of(BEFORE, work_scopes=frozenset({"other"}), **given)) == ["new_core_record"]
    assert changes_of(BEFORE, work_scopes=frozenset({"other"}), scope="loom", **given) == []
    assert changes_of(BEFORE, work_scopes=frozenset({"other", "loom_ev"}), **given) == []


def test_a_full_copy_beside_a_full_copy_finds_no_core_anew(changes_of: Derive) -> None:
    given = {"work_scopes": frozenset({"loom"}), "reported_kinds": frozenset({Kind.ARTICLE})}
    assert changes_of(BEFORE, siblings=(BEFORE,), **given) == []


def test_a_superseded_copy_reports_its_notices_only(changes_of: Derive) -> None:
    assert changes_of(BEFORE, is_superseded=True) == []
    noticed = replace(BEFORE, notices=(Notice(kind="RetractionIn", doi="10.5555/n"),))
    assert types(changes_of(noticed, is_superseded=True)) == ["retracted"]


def test_a_withdrawal(changes_of: Derive) -> None:
    (found,) = changes_of(BEFORE, BEFORE, is_withdrawal=True)
    assert types_of([found]) == [("withdrawn", "notable")]
    (found,) = changes_of(article(CITED_PMID), article(CITED_PMID), is_withdrawal=True)
    assert types_of([found]) == [("baseline_reference_withdrawn", "alert")]
    assert found.after["ref_no"] == 1
    assert types_of(changes_of(trial(PRINTED_NCT), trial(PRINTED_NCT), is_withdrawal=True)) == [("withdrawn", "alert")]


def test_a_reinstatement(changes_of: Derive) -> None:
    assert types_of(changes_of(BEFORE, BEFORE, was_withdrawn=True)) == [("reinstated", "notable")]
    cited = article(CITED_PMID)
    assert types_of(changes_of(cited, cited, was_withdrawn=True)) == [("baseline_reference_reinstated", "notable")]
    assert types_of(changes_of(replace(BEFORE, title="Other"), BEFORE, was_withdrawn=True)) == [
        ("revised_text", "routine"),
        ("reinstated", "notable"),
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records)
def test_a_state_beside_itself_is_no_change(changes_of: Derive, record: Record) -> None:
    assert changes_of(record, record) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records, records)
def test_every_change_can_be_stored(changes_of: Derive, before: Record, after: Record) -> None:
    for change in (*changes_of(after, before), *changes_of(after)):
        assert canonical_json([change.before, change.after])
        assert change.at == NOW
        assert change.type
