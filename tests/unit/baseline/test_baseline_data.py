"""The review's own data and configuration: complete, consistent with each other, and unchanged."""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from livingreview.text.normalise import Folder

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "data"
REVIEW_DATA = DATA / "imsc-ev"
BASELINE = REVIEW_DATA / "baseline"
CONFIG = ROOT / "config" / "reviews" / "imsc-ev"

TOP_LEVEL_SLUGS = [
    "musculoskeletal",
    "skin",
    "respiratory",
    "nervous",
    "cardiovascular",
    "kidney",
    "liver",
    "gut",
    "metabolic",
    "immune",
    "cancer",
    "eye",
    "dental",
    "urogenital",
    "infection",
    "general",
]
SCOPES = ["imsc_ev", "imsc", "msc_ev", "ipsc_ev", "other"]
TOPICS = {"manufacturing", "ageing", "ipsc"}
NCT_ID = re.compile(r"NCT\d{8}")
DOI = re.compile(r"10\.\d{4,9}/\S+")
PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
SLUG = re.compile(r"[a-z][a-z0-9_]*")
STATUSES = {
    "ACTIVE_NOT_RECRUITING",
    "APPROVED_FOR_MARKETING",
    "AVAILABLE",
    "COMPLETED",
    "ENROLLING_BY_INVITATION",
    "NO_LONGER_AVAILABLE",
    "NOT_YET_RECRUITING",
    "RECRUITING",
    "SUSPENDED",
    "TEMPORARILY_NOT_AVAILABLE",
    "TERMINATED",
    "UNKNOWN",
    "WITHDRAWN",
    "WITHHELD",
}
PHASES = {"NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def header_of(path: Path) -> list[str]:
    with path.open(newline="", encoding="utf-8") as lines:
        return next(csv.reader(lines))


def config_of(name: str) -> dict[str, Any]:
    return tomllib.loads((CONFIG / name).read_text(encoding="utf-8"))


def data_files() -> list[Path]:
    """Every file that data/README.md has to list: all but itself and the snapshot of a running review."""
    return sorted(
        path
        for path in DATA.rglob("*")
        if path.is_file() and path != DATA / "README.md" and "snapshot" not in path.relative_to(DATA).parts
    )


@pytest.fixture(scope="module")
def references() -> list[dict[str, str]]:
    return rows_of(BASELINE / "references.csv")


@pytest.fixture(scope="module")
def trials() -> list[dict[str, str]]:
    return rows_of(BASELINE / "trials.csv")


@pytest.fixture(scope="module")
def known_nct_ids(trials: list[dict[str, str]]) -> set[str]:
    return {row["nct_id"] for row in trials if row["nct_id"]}


@pytest.fixture(scope="module")
def statements() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = config_of("statements.toml")["statements"]
    return found


@pytest.fixture(scope="module")
def areas() -> list[dict[str, Any]]:
    """Every node of the tree, each with its top-level slug under the key `top`."""
    nodes = []
    for area in config_of("areas.toml")["areas"]:
        nodes.append({**area, "top": area["slug"]})
        nodes.extend({**child, "top": area["slug"]} for child in area.get("children", []))
    return nodes


@pytest.fixture(scope="module")
def top_of(areas: list[dict[str, Any]]) -> dict[str, str]:
    return {node["slug"]: node["top"] for node in areas}


@pytest.fixture(scope="module")
def area_of_alias(areas: list[dict[str, Any]]) -> dict[str, str]:
    return {alias: node["slug"] for node in areas for alias in node["aliases"]}


@pytest.fixture(scope="module")
def review() -> dict[str, Any]:
    return config_of("review.toml")


# ------------------------------------------------------------------------------------------------------ baseline


def test_references_are_numbered_without_a_gap(references: list[dict[str, str]]) -> None:
    assert [int(row["ref_no"]) for row in references] == list(range(1, 75))
    assert all(row["title"] and row["first_author"] and row["year"].isdigit() for row in references)


def test_reference_identifiers_are_well_formed(references: list[dict[str, str]]) -> None:
    assert all(DOI.fullmatch(row["doi"]) for row in references if row["doi"])
    assert all(row["pmid"].isdigit() for row in references if row["pmid"])
    assert all(re.fullmatch(r"PMC\d+", row["pmcid"]) for row in references if row["pmcid"])
    for column in ("doi", "pmid", "pmcid"):
        values = [row[column].lower() for row in references if row[column]]
        assert len(values) == len(set(values)), column


def test_references_that_nothing_verified_names(references: list[dict[str, str]]) -> None:
    """24 dois, 12 pmids and 4 PMC numbers were verified for 46 references; what was only derived stands apart."""
    open_ones = [row for row in references if not row["doi"] and not row["pmid"]]
    assert len(open_ones) == 22
    assert [row["ref_no"] for row in open_ones if not row["derived_doi"]] == ["6"]
    assert all(DOI.fullmatch(row["derived_doi"]) for row in references if row["derived_doi"])
    assert not [row["ref_no"] for row in references if row["derived_doi"] and (row["doi"] or row["pmid"])]
    assert [sum(bool(row[name]) for row in references) for name in ("doi", "pmid", "pmcid")] == [51, 23, 16]


def test_reference_roles(references: list[dict[str, str]], review: dict[str, Any]) -> None:
    roles = Counter(row["role"] for row in references)
    assert roles["imsc_ev"] == 21
    mapped = [role for scope in review["scopes"] for role in scope["roles"]]
    assert len(mapped) == len(set(mapped)), "a role belongs to one scope"
    assert set(roles) <= set(mapped)


def test_trials_are_table_1_and_the_imsc_trials(trials: list[dict[str, str]]) -> None:
    table_1 = [row["nct_id"] for row in trials if row["role"] == "msc_ev_trial"]
    imsc = [row["nct_id"] for row in trials if row["role"] == "imsc_trial"]
    assert len(table_1) == len(set(table_1)) == 33
    assert all(NCT_ID.fullmatch(nct_id) for nct_id in table_1)
    assert sorted(imsc) == ["", "NCT02923375", "NCT04537351"]
    assert len(trials) == 36


def test_retraction_notices_have_a_page() -> None:
    rows = rows_of(BASELINE / "field_retractions.csv")
    assert rows
    assert all(row["source_url"].startswith("https://") for row in rows)
    assert all(DOI.fullmatch(row["notice_id"]) for row in rows if row["notice_id"])


# ---------------------------------------------------------------------------------------------------- statements


def test_every_reference_and_printed_trial_bears_a_statement(
    statements: list[dict[str, Any]], trials: list[dict[str, str]]
) -> None:
    assert {number for found in statements for number in found.get("refs", ())} == set(range(1, 75))
    named = {nct_id for found in statements for nct_id in found.get("nct_ids", ())}
    assert {row["nct_id"] for row in trials if row["nct_id"]} == named


def test_ids_of_statements_stay() -> None:
    ids = [found["id"] for found in config_of("statements.toml")["statements"]]
    assert sorted(ids) == [f"S{number:02}" for number in range(1, 97)]


def test_a_statement_cites_what_its_sentences_cite(statements: list[dict[str, Any]]) -> None:
    """References of a neighbouring sentence are named here, where the sentence itself bears no number."""
    from_before = {"S27", "S52", "S54", "S56", "S59", "S62", "S64", "S66", "S70"}
    for found in statements:
        cited = {number for place in found.get("places", ()) for number in place["cites"]}
        if found.get("places") and found["id"] not in from_before:
            assert set(found.get("refs", ())) <= cited, found["id"]


def test_statements_point_at_what_exists(statements: list[dict[str, Any]], known_nct_ids: set[str]) -> None:
    for found in statements:
        assert all(1 <= number <= 74 for number in found.get("refs", ())), found["id"]
        assert len(found.get("refs", ())) == len(set(found.get("refs", ()))), found["id"]
        assert all(NCT_ID.fullmatch(nct_id) for nct_id in found.get("nct_ids", ())), found["id"]
        assert set(found.get("nct_ids", ())) <= known_nct_ids, found["id"]
        assert set(found.get("topics", ())) <= TOPICS, found["id"]


# --------------------------------------------------------------------------------------------------------- areas


def test_top_level_areas() -> None:
    assert [area["slug"] for area in config_of("areas.toml")["areas"]] == TOP_LEVEL_SLUGS


def test_area_slugs_and_aliases_are_unique(areas: list[dict[str, Any]]) -> None:
    slugs = [node["slug"] for node in areas]
    assert len(slugs) == len(set(slugs))
    assert all(SLUG.fullmatch(slug) for slug in slugs)
    owners = Counter(alias for node in areas for alias in node["aliases"])
    assert not [alias for alias, count in owners.items() if count > 1]
    by_slug = {node["slug"]: node for node in areas}
    clashes = [
        (alias, node["slug"])
        for node in areas
        for alias in node["aliases"]
        if alias in by_slug and by_slug[alias] is not node
    ]
    assert not clashes, "an alias may not be another area's slug"


def test_area_terms_are_usable(areas: list[dict[str, Any]]) -> None:
    for node in areas:
        assert node["label"], node["slug"]
        assert node["terms"], node["slug"]
        assert len(node["terms"]) == len(set(node["terms"])), node["slug"]
        for term in node["terms"]:
            assert term == term.lower().strip(), term
            assert "*" not in term.removesuffix("*"), term
            assert len(term.removesuffix("*")) >= 2, term


@pytest.mark.parametrize("path", ["baseline/references.csv", "baseline/trials.csv"])
def test_every_disease_area_is_in_the_tree(path: str, area_of_alias: dict[str, str]) -> None:
    words = {word.strip() for row in rows_of(REVIEW_DATA / path) for word in row["disease_area"].split(";")}
    assert words <= set(area_of_alias), words - set(area_of_alias)


def test_section_4_2_titles_reach_their_area_by_terms(
    references: list[dict[str, str]], areas: list[dict[str, Any]], area_of_alias: dict[str, str], top_of: dict[str, str]
) -> None:
    """The terms alone place every iMSC-EV reference of the review in an area it was read to belong to."""
    for row in references:
        if row["role"] != "imsc_ev":
            continue
        expected = top_of[area_of_alias[row["disease_area"]]]
        title = row["title"].lower()
        hits = {node["top"] for node in areas if any(matches(term, title) for term in node["terms"])}
        assert hits, row["ref_no"]
        assert expected == "general" or expected in hits, (row["ref_no"], expected, hits)


def matches(term: str, text: str) -> bool:
    tail = r"\w*" if term.endswith("*") else ""
    return re.search(rf"(?<!\w){re.escape(term.removesuffix('*'))}{tail}(?!\w)", text) is not None


# -------------------------------------------------------------------------------------------------------- facets


def test_facets_compile_and_are_unique() -> None:
    facets = config_of("facets.toml")["facets"]
    slugs = [facet["slug"] for facet in facets]
    assert len(slugs) == len(set(slugs))
    for facet in facets:
        values = [value["slug"] for value in facet["values"]]
        assert len(values) == len(set(values)), facet["slug"]
        assert all(SLUG.fullmatch(slug) for slug in [facet["slug"], *values])
        for value in facet["values"]:
            assert value["label"]
            assert value["patterns"]
            for pattern in value["patterns"]:
                assert re.compile(pattern, re.IGNORECASE).search("") is None, "a pattern must not match nothing"


@pytest.mark.parametrize(
    ("facet", "value", "text"),
    [
        ("ev_source", "umbilical_cord", "Effect of UMSCs Derived Exosomes on Dry Eye"),
        ("ev_source", "ipsc_msc", "Exosomes from hiPSC-MSCs protect the liver"),
        ("ev_source", "whartons_jelly", "Wharton’s jelly MSC exosomes"),
        ("species", "rat", "critical-sized bone defects in osteoporotic rats"),
        ("study_type", "clinical_trial", "a Phase I/II study"),
        ("isolation", "tff", "isolated by tangential flow filtration"),
        ("isolation", "sec", "isolated by SEC"),
        ("route", "intravenous", "injected via the tail vein"),
        ("dose_unit", "particles", "a dose of 1 × 10^9 particles"),
        ("cargo", "mirna", "through delivery of miR-146a-5p"),
        ("ev_markers", "tsg101", "positive for CD9, CD63 and TSG101"),
        ("engineering", "mimetic", "Extracellular vesicle mimics made from iMSCs"),
        ("scaffold", "beta_tcp", "β-TCP scaffolds"),
        ("translation", "batch_variability", "batch-to-batch variations"),
    ],
)
def test_facets_find_what_they_name(facet: str, value: str, text: str) -> None:
    assert value in facet_values(facet, text)


@pytest.mark.parametrize(
    ("facet", "value", "text"),
    [
        ("study_type", "clinical_trial", "the acute phase in mice"),
        ("isolation", "sec", "stirred for 30 sec"),
        ("species", "rat", "generation of strategies"),
        ("ev_source", "ipsc", "iPSC-derived mesenchymal stem cells"),
    ],
)
def test_facets_leave_the_rest_alone(facet: str, value: str, text: str) -> None:
    assert value not in facet_values(facet, text)


def facet_values(slug: str, text: str) -> set[str]:
    facet = next(found for found in config_of("facets.toml")["facets"] if found["slug"] == slug)
    return {
        value["slug"]
        for value in facet["values"]
        if any(re.search(pattern, text, re.IGNORECASE) for pattern in value["patterns"])
    }


# -------------------------------------------------------------------------------------------------------- review


def test_review_names_its_paper(review: dict[str, Any]) -> None:
    assert review["slug"] == CONFIG.name
    assert review["doi"] == "10.3390/biomedicines10092281"
    assert review["published_date"] == date(2022, 9, 14)
    assert review["read_from_date"] == date(2022, 3, 1)


def test_scopes(review: dict[str, Any], references: list[dict[str, str]]) -> None:
    assert [scope["slug"] for scope in review["scopes"]] == SCOPES
    assert [scope["slug"] for scope in review["scopes"] if scope["is_core"]] == ["imsc_ev"]
    assert [scope["slug"] for scope in review["scopes"] if not scope["is_relevant"]] == ["other"]
    numbers = {row["ref_no"] for row in references}
    assert set(review["reference_scopes"]) <= numbers
    assert set(review["reference_scopes"].values()) <= set(SCOPES)


def test_queries_are_named_once_and_balanced(review: dict[str, Any]) -> None:
    names = [(query["source"], query["name"]) for query in review["queries"]]
    assert len(names) == len(set(names))
    assert {source for source, _ in names} == {"pubmed", "clinicaltrials", "europepmc"}
    for query in review["queries"]:
        assert query["role"] in {"core", "context"}
        assert ("text" in query) != ("parameters" in query), "a query is a text or a table of parameters"
        for text in [query["text"]] if "text" in query else query["parameters"].values():
            assert text.count("(") == text.count(")")
            assert text.count('"') % 2 == 0
    for source in ("pubmed", "clinicaltrials", "europepmc"):
        assert (source, "core") in names


def test_pubmed_queries_use_known_field_tags_only(review: dict[str, Any]) -> None:
    for query in review["queries"]:
        if query["source"] == "pubmed":
            tags = set(re.findall(r"\[([^\]]+)\]", query["text"]))
            assert tags <= {"tiab", "ti", "mh", "mh:noexp", "pt"}, tags
            stems = re.findall(r"(\w+)\*", query["text"])
            assert all(len(stem) >= 4 for stem in stems), "PubMed truncates words of four letters and more"


def test_feeds_have_addresses(review: dict[str, Any]) -> None:
    assert all(feed["name"] and feed["url"].startswith("https://") for feed in review["feeds"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("iMSC-EV", "imsctoken evtoken"),
        ("hiPSC-MSC-EVs", "imsctoken evtoken"),
        ("iPS-MSCs", "imsctoken"),
        ("iPSCMSC", "imsctoken"),
        ("PSC‑MSC-Exo", "imsctoken evtoken"),
        ("MSCs derived from iPSCs", "imsctoken"),
        ("mesenchymal stem cells from iPS cells", "imsctoken"),
        (
            "Mesenchymal stem cells (MSCs) differentiated from human induced pluripotent stem cells",
            "imsctoken",
        ),
        ("human-induced pluripotent stem cell-derived mesenchymal stromal cells", "imsctoken"),
        ("iPSC Cells-Derived Mesenchymal Stem Cells", "imsctoken"),
        ("induced pluripotent stem cells (iPSCs)-derived mesenchymal stem/stromal cells", "imsctoken"),
        ("mesenchymal stem/stromal cell-derived small extracellular vesicles", "msctoken derived evtoken"),
        ("hUC-MSC-sEVs", "msctoken evtoken"),
        ("adipose-derived stem cells (ADSCs)", "msctoken (msctoken)"),
        ("BMSCs and UMSCs", "msctoken and msctoken"),
        ("TNF-induced mesenchymal stem cells", "tnf-induced msctoken"),
        ("exosomal cargo of microvesicles and nanovesicles", "evtoken cargo of evtoken and evtoken"),
        ("iPSC-derived neurons", "ipsctoken derived neurons"),
        ("mesenchymal and induced pluripotent stem cells", "mesenchymal and ipsctoken"),
        ("bone marrow", "marrow"),
    ],
)
def test_name_variants_fold(text: str, expected: str, review: dict[str, Any]) -> None:
    assert folded(text, review) == expected


def test_name_variants_fold_the_references(references: list[dict[str, str]], review: dict[str, Any]) -> None:
    """Every reference whose title names an iPSC-derived MSC says so after folding; nothing else does."""
    silent = {"52", "57", "62", "64", "67"}  # name no iPSC-derived MSC in the title
    for row in references:
        title = folded(row["title"], review)
        if row["role"] == "imsc_ev":
            assert "evtoken" in title or row["ref_no"] == "65", title
            assert ("imsctoken" in title) == (row["ref_no"] not in silent), title
        elif row["role"] == "msc_ev":
            assert "msctoken" in title, title
            assert "imsctoken" not in title, title
        elif row["role"] == "ev_general":
            assert "imsctoken" not in title, title


def folded(text: str, review: dict[str, Any]) -> str:
    return Folder(
        (pattern, variant["replacement"], variant.get("context", ()))
        for variant in review["variants"]
        for pattern in variant["patterns"]
    )(text)


# -------------------------------------------------------------------------------------------------- labels, demo


def test_labels(top_of: dict[str, str]) -> None:
    path = REVIEW_DATA / "labels" / "titles.csv"
    assert header_of(path) == ["title", "year", "journal", "doi", "pmid", "label", "label_detail", "area", "origin"]
    rows = rows_of(path)
    assert len(rows) == 158
    assert len({row["title"].lower() for row in rows}) == 158
    assert {row["label"] for row in rows} == set(SCOPES)
    for row in rows:
        assert row["title"]
        assert row["label"] == {"ev_other": "other", "off_topic": "other"}.get(row["label_detail"], row["label_detail"])
        assert not row["doi"] or DOI.fullmatch(row["doi"])
        assert not row["pmid"] or row["pmid"].isdigit()
        assert not row["year"] or re.fullmatch(r"(19|20)\d\d", row["year"])
        assert row["origin"].startswith("https://")
        slugs = [slug for slug in row["area"].split(";") if slug]
        assert set(slugs) <= set(top_of), row["area"]
        assert len(slugs) == len(set(slugs))
        assert "general" not in slugs


def test_labels_are_no_references(references: list[dict[str, str]]) -> None:
    labelled = rows_of(REVIEW_DATA / "labels" / "titles.csv")
    assert not {row["doi"].lower() for row in labelled if row["doi"]} & {
        row["doi"].lower() for row in references if row["doi"]
    }
    assert not {row["title"].lower() for row in labelled} & {row["title"].lower() for row in references}


def test_demo_papers() -> None:
    path = REVIEW_DATA / "demo" / "papers.csv"
    assert header_of(path) == ["doi", "pmid", "pmcid", "title", "year", "journal", "source_url"]
    rows = rows_of(path)
    assert len(rows) == 48
    for row in rows:
        assert row["title"]
        assert row["doi"] or row["pmid"] or row["pmcid"]
        assert not row["doi"] or DOI.fullmatch(row["doi"])
        assert not row["pmid"] or row["pmid"].isdigit()
        assert not row["pmcid"] or re.fullmatch(r"PMC\d+", row["pmcid"])
        assert re.fullmatch(r"20\d\d", row["year"])
        assert row["source_url"].startswith("https://")


def test_demo_trials() -> None:
    path = REVIEW_DATA / "demo" / "trials.csv"
    assert header_of(path) == [
        "nct_id",
        "source",
        "source_id",
        "title",
        "status",
        "enrollment",
        "enrollment_type",
        "study_type",
        "phases",
        "condition",
        "intervention",
        "why_stopped",
        "has_results",
        "first_posted",
        "as_of",
        "source_url",
    ]
    rows = rows_of(path)
    states = [(row["source_id"], row["as_of"]) for row in rows]
    assert len(states) == len(set(states)), "one row a trial and date"
    for row in rows:
        if row["source"] == "clinicaltrials":
            assert NCT_ID.fullmatch(row["nct_id"])
            assert row["source_id"] == row["nct_id"]
        else:
            assert row["nct_id"] == ""
            shape = {"anzctr": r"ACTRN\d{14}", "isrctn": r"ISRCTN\d{8}"}[row["source"]]
            assert re.fullmatch(shape, row["source_id"])
        assert row["title"]
        assert row["condition"]
        # An observational study may have none.
        assert row["intervention"] or row["study_type"] == "OBSERVATIONAL"
        assert row["study_type"] in {"INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS", ""}
        assert not row["first_posted"] or PARTIAL_DATE.fullmatch(row["first_posted"])
        assert row["status"] in STATUSES | {""}
        assert row["enrollment"] == "" or row["enrollment"].isdigit()
        assert row["enrollment_type"] in {"ACTUAL", "ESTIMATED", ""}
        assert not row["enrollment_type"] or row["enrollment"]
        assert set(row["phases"].split(";")) <= PHASES | {""}
        assert row["has_results"] in {"true", "false", ""}
        assert not row["as_of"] or PARTIAL_DATE.fullmatch(row["as_of"])
        assert row["source_url"].startswith("https://")


@pytest.mark.parametrize(
    ("source_id", "status", "enrollment"),
    [
        ("NCT05738629", "UNKNOWN", "12"),
        ("NCT05643638", "RECRUITING", "60"),
        ("NCT04537351", "COMPLETED", "14"),
        ("NCT05125562", "WITHDRAWN", "0"),
        ("NCT04544215", "SUSPENDED", "60"),
        ("ACTRN12620000870954", "RECRUITING", ""),
    ],
)
def test_demo_trials_hold_what_the_review_turns_on(source_id: str, status: str, enrollment: str) -> None:
    rows = [row for row in rows_of(REVIEW_DATA / "demo" / "trials.csv") if row["source_id"] == source_id]
    assert (status, enrollment) in {(row["status"], row["enrollment"]) for row in rows}


@pytest.mark.parametrize(
    ("source_id", "first_posted", "study_type"),
    [
        ("NCT05165628", "2021-12-21", "INTERVENTIONAL"),
        ("NCT04956744", "2021-07-09", "INTERVENTIONAL"),
        ("NCT03562715", "2018-06-19", "OBSERVATIONAL"),
        ("NCT04270006", "2020-02-17", "INTERVENTIONAL"),
        ("NCT05499156", "2022-08-12", "INTERVENTIONAL"),
        ("ISRCTN33578935", "2021", ""),
        ("ACTRN12620000870954", "2020-08-31", ""),
        ("NCT05969717", "2023-08-01", ""),
    ],
)
def test_demo_trials_say_when_they_were_first_posted(source_id: str, first_posted: str, study_type: str) -> None:
    rows = [row for row in rows_of(REVIEW_DATA / "demo" / "trials.csv") if row["source_id"] == source_id]
    assert {(row["first_posted"], row["study_type"]) for row in rows} == {(first_posted, study_type)}


# ---------------------------------------------------------------------------------------------------- every file


@pytest.mark.parametrize("path", data_files(), ids=lambda path: path.relative_to(DATA).as_posix())
def test_files_are_rectangular(path: Path) -> None:
    if path.suffix != ".csv":
        return
    with path.open(newline="", encoding="utf-8") as lines:
        table = list(csv.reader(lines))
    assert {len(row) for row in table} == {len(table[0])}
    assert len(table[0]) == len(set(table[0]))
    for row in table:
        assert not any(cell.startswith(("=", "+", "@", "\t", "\r")) for cell in row), "a cell may not be a formula"


def test_readme_lists_every_file_with_its_checksum() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    listed = {
        path: (int(count), checksum)
        for path, count, checksum in re.findall(r"^\| `([^`]+)` \|.*\| (\d+) \| `([0-9a-f]{64})` \|$", readme, re.M)
    }
    assert set(listed) == {path.relative_to(DATA).as_posix() for path in data_files()}
    for name, (count, checksum) in listed.items():
        assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == checksum, name
        assert len(rows_of(DATA / name)) == count, name
