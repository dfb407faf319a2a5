"""Records for tests, and hypothesis strategies for every shape that a record may take."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from livingreview.records import Fidelity, Kind, Notice, Person, Record, Section, TrialFacts

NOW = datetime(2022, 6, 1, 5, 0, tzinfo=UTC)


def article(pmid: str = "31000001", **values: Any) -> Record:
    """A PubMed record."""
    return Record(**{"source": "pubmed", "source_id": pmid, "pmid": pmid, "title": f"Title {pmid}"} | values)


def trial(nct_id: str = "NCT91000001", *, source_date: str = "2022-04-01", **facts: Any) -> Record:
    """A registry record."""
    return Record(
        source="clinicaltrials",
        source_id=nct_id,
        kind=Kind.TRIAL,
        title=f"Study {nct_id}",
        source_date=source_date,
        trial=TrialFacts(**{"status": "RECRUITING", "last_update_posted_date": source_date} | facts),
    )


_WORDS = ("", "a", "Ünï cödé", "<b>&amp;", '"quoted" \\ back', "a\nb", "\u2028\U0001f9ec", "0", "null")
text = st.sampled_from(_WORDS)
texts = st.sampled_from([(), ("a",), ("a", "b"), ("b", "a"), ("<b>&amp;", "Ünï", '"')])
partial_dates = st.sampled_from(["", "2021", "2021-05", "2021-05-03", "2022-01-01"])


def _of(kind: type, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Builds a dataclass whose every field is drawn by its type; ``given`` says otherwise for some."""
    by_type: dict[Any, st.SearchStrategy[Any]] = {
        str: text,
        tuple[str, ...]: texts,
        int | None: st.none() | st.integers(0, 100_000),
        bool | None: st.none() | st.booleans(),
        int: st.integers(1, 9_999),
        bool: st.booleans(),
        Kind: st.sampled_from(Kind),
        Fidelity: st.sampled_from(Fidelity),
    }
    chosen = {
        item.name: given[item.name] if item.name in given else by_type[item.type] for item in dataclasses.fields(kind)
    }
    return st.builds(kind, **chosen)


persons = _of(Person)
sections = _of(Section)
notices = _of(Notice)
trial_facts = _of(TrialFacts)
records = _of(
    Record,
    source=st.sampled_from(["pubmed", "clinicaltrials", "crossref"]),
    source_id=st.sampled_from(["1", "2", "3"]),
    abstract=st.lists(sections, max_size=2).map(tuple),
    persons=st.lists(persons, max_size=2).map(tuple),
    notices=st.lists(notices, max_size=2).map(tuple),
    trial=st.none() | trial_facts,
    source_date=partial_dates,
)
