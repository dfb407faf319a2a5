"""Records with every trap that a bibliographic format holds."""

from dataclasses import replace

from hypothesis import strategies as st

from livingreview.records import Kind, Notice, Person, Record, Section, TrialFacts

TRAPS = (
    "{", "}", "{a} {b", "%", "&", "\\", "\\alpha", "$x$", "_", "#", "~", "^", "<i>", "|", '"', "'", "`", "a\nb", "\r\n",
    "\u2028", "\x00", "\x85", "α-synuclein", "Ω", "µm", "細胞外小胞", "🧬", "=1+1", "@x", "ER  - ", "TY  - JOUR",
    "AU  - X", "PMID- 1", "and", "x and y", "–", "NCT01234567", "word " * 60 + "end", "x" * 300, "ﬁ", "é", "e\u0301",
    "\ud800", "\u202etxet", "\u2066", "\u200f", "\u061c", "\u200bx", "\U000e0041", "\x1b[31m", "\x9b2J",
)  # fmt: skip
words = st.lists(st.sampled_from((*TRAPS, "cells", "of", "iMSC", "Wharton")), max_size=6).map(" ".join)
"""Text with traps; may be empty or blank."""
names = st.sampled_from(["Muster", "O'Neil", "de la Cruz", "Žižka", "王", "Sand and Sea", "Müller-Lüdenscheid"])
groups = st.sampled_from(["Loom Study Group", "Institute, of Looms, Ltd.", "Cells and Co", "=Group"])
persons = st.one_of(
    st.builds(Person, family=names, given=st.sampled_from(["A", "Ann-Marie B", "Ö", "J and K"])),
    st.builds(Person, collective=groups),
)
dates = st.sampled_from(["", "2021", "2021-05", "2021-05-03", "2022-12-31"])
sections = st.builds(Section, label=st.sampled_from(["", "METHODS", "Results"]), text=words)
numbers = st.integers(1, 10**8).map(str)

articles = st.builds(
    Record,
    source=st.just("pubmed"),
    source_id=numbers,
    kind=st.sampled_from([Kind.ARTICLE, Kind.PREPRINT, Kind.BOOK]),
    title=words,
    vernacular_title=words,
    abstract=st.lists(sections, max_size=3).map(tuple),
    language=st.sampled_from([(), ("eng",), ("ger", "eng")]),
    journal=words,
    journal_abbreviation=words,
    issn=st.sampled_from(["", "1234-567X"]),
    volume=st.sampled_from(["", "12", "12 Suppl 1"]),
    issue=st.sampled_from(["", "3"]),
    pages=st.sampled_from(["", "1-9", "e17", "7-7", "S1-S3, S9-S10", "a-b-c"]),
    publication_date=dates,
    persons=st.lists(persons, max_size=4).map(tuple),
    mesh=st.lists(st.sampled_from(["Exosomes", "Mice, Inbred/genetics"]), max_size=2, unique=True).map(tuple),
    keywords=st.lists(words, max_size=3).map(tuple),
    doi=st.sampled_from(["", "10.5555/x.1", "10.1002/(sici)1097;2-b_{c}#d<1::aid>3.0.co;2-a"]),
    pmcid=st.sampled_from(["", "PMC7"]),
    nct_ids=st.sampled_from([(), ("NCT00000001", "NCT00000002")]),
    notices=st.lists(
        st.builds(Notice, kind=st.just("RetractionIn"), pmid=st.just("77"), citation=words), max_size=1
    ).map(tuple),
).map(lambda record: replace(record, pmid=record.source_id))

trials = st.builds(
    Record,
    source=st.just("clinicaltrials"),
    source_id=st.just("NCT00000003"),
    kind=st.just(Kind.TRIAL),
    title=words,
    abstract=st.lists(sections, max_size=2).map(tuple),
    nct_ids=st.just(("NCT00000003",)),
    trial=st.builds(
        TrialFacts, status=st.sampled_from(["", "RECRUITING"]), sponsor=words, conditions=st.just(("Torn =skin",))
    ),
)
