"""A whole project of a small size: five scopes, three areas, some thirty labels, so that training takes no time.

Its review is about vesicles of invented "loom cells" (core), the cells (context), vesicles of "yarn cells" (context)
and of "bobbin cells" (neighbours).
"""

from pathlib import Path

SLUG = "tiny"
CORE_QUERY = '("loom cell"[tiab] OR "loom cells"[tiab]) AND (vesicle*[tiab] OR exosome*[tiab])'
CONTEXT_QUERY = '"yarn cells"[tiab] AND vesicle*[tiab]'
TRIAL_QUERY = '("loom cells" OR "yarn cells") AND vesicles'
PREPRINT_QUERY = '(SRC:PPR) AND (TITLE_ABS:"loom cells")'

CITED_PMID = "30000001"
"""PMID of reference 1, a core reference."""
CITED_DOI = "10.5555/tiny.0002"
"""DOI of reference 2, which has no PMID."""
CITED_TITLE = "Vesicles of loom cells mend torn skin in invented mice"
PRINTED_NCT = "NCT90000001"
"""Printed as Recruiting."""
OTHER_NCT = "NCT90000002"
"""Printed as Completed."""

_SETTINGS = """\
review = "tiny"
database_url = "sqlite:///var/{review}.db"

[sources.pubmed]
page_size = 5
lag_days = 2

[sources.clinicaltrials]
page_size = 3
lag_days = 2

[sources.europepmc]
page_size = 2

[sources.crossref]
page_size = 3
"""

_REVIEW = f"""\
slug = "{SLUG}"
title = "Vesicles of loom cells"
citation = "Nobody 2022"
published_date = 2022-01-10
read_from_date = 2022-01-01
question = "Do vesicles of loom cells help?"

[[scopes]]
slug = "loom_ev"
label = "Vesicles of loom cells"
is_core = true
roles = ["loom_ev"]

[[scopes]]
slug = "loom"
label = "Loom cells"
roles = ["loom"]

[[scopes]]
slug = "yarn_ev"
label = "Vesicles of yarn cells"
roles = ["yarn_ev"]

[[scopes]]
slug = "bobbin_ev"
label = "Vesicles of bobbin cells"
roles = ["bobbin_ev"]

[[scopes]]
slug = "other"
label = "Other"
is_relevant = false
roles = ["other"]

[[variants]]
name = "loom"
replacement = "loomtoken"
patterns = ['\\bloom cells?\\b']

[[variants]]
name = "yarn"
replacement = "yarntoken"
patterns = ['\\byarn cells?\\b']

[[variants]]
name = "ev"
replacement = "evtoken"
patterns = ['\\b(?:vesicles?|exosomes?)\\b']

[[queries]]
name = "core"
source = "pubmed"
role = "core"
text = '''{CORE_QUERY}'''

[[queries]]
name = "context"
source = "pubmed"
text = '''{CONTEXT_QUERY}'''

[[queries]]
name = "core"
source = "clinicaltrials"
role = "core"
[queries.parameters]
"query.term" = '''{TRIAL_QUERY}'''

[[queries]]
name = "core"
source = "europepmc"
role = "core"
text = '''{PREPRINT_QUERY}'''
"""

_AREAS = """\
[[areas]]
slug = "skin"
label = "Skin"
terms = ["skin", "wound*"]

[[areas.children]]
slug = "burns"
label = "Burns"
terms = ["burn", "burns"]

[[areas]]
slug = "eye"
label = "Eye"
terms = ["eye*", "retina*"]

[[areas]]
slug = "general"
label = "General"
aliases = ["general"]
"""

_FACETS = """\
[[facets]]
slug = "species"
label = "Species"

[[facets.values]]
slug = "mouse"
label = "Mouse"
patterns = ['\\bmice\\b', '\\bmouse\\b']
"""

_STATEMENTS = f"""\
[[statements]]
id = "S01"
section = "1"
text = "Vesicles of loom cells have been given to mice only"
kind = "count"
areas = ["skin"]
refs = [1]
nct_ids = ["{PRINTED_NCT}"]
# Tests of notices on what is cited look for these alone; test_statements.py switches the rule on.
watch_references = false
"""

_MODELS = """\
[classifier]
name = "tiny"
evaluation = "none: the labels are invented"
"""

_REFERENCES = f"""\
ref_no,first_author,year,journal,volume,page,title,doi,pmid,pmcid,role,disease_area,source_url
1,Author,2020,J Invent Res,7,11,{CITED_TITLE},10.5555/tiny.0001,{CITED_PMID},,loom_ev,skin,
2,Author,2021,J Invent Res,8,21,Vesicles of yarn cells and the invented retina,{CITED_DOI},,,yarn_ev,eye,
3,Writer,2019,J Invent Res,6,31,A rule of the invented authority on cells in general,,,,other,general,
"""

_TRIALS = f"""\
nct_id,title,ev_source,condition,status,location,disease_area,note,role
{PRINTED_NCT},Vesicles of loom cells for burns,loom cells,Burns,Recruiting,Utopia,burns,,loom_ev
{OTHER_NCT},Vesicles of yarn cells for dry eyes,yarn cells,Dry eye,Completed,Utopia,eye,,yarn_ev
,A trial announced without a number,loom cells,Wounds,Announced,Utopia,skin,,loom_ev
"""


def _labels() -> str:
    rows = ["title,year,journal,doi,pmid,label,area,origin"]
    places = ("skin wounds", "the retina", "burns", "sleep", "old age", "the liver")
    patterns = {
        "loom_ev": "Vesicles of loom cells in {}",
        "loom": "Loom cells transplanted for {}",
        "yarn_ev": "Exosomes of yarn cells in {}",
        "bobbin_ev": "Exosomes of bobbin cells in {}",
        "other": "Traffic noise and {}",
    }
    areas = {"skin wounds": "skin", "the retina": "eye", "burns": "burns"}
    for scope, pattern in patterns.items():
        rows += [f"{pattern.format(place)},2021,J Invent Res,,,{scope},{areas.get(place, '')}," for place in places]
    return "\n".join(rows) + "\n"


def write(root: Path) -> Path:
    """Writes config/ and data/ below a folder; returns the folder."""
    files = {
        "config/settings.toml": _SETTINGS,
        f"config/reviews/{SLUG}/review.toml": _REVIEW,
        f"config/reviews/{SLUG}/areas.toml": _AREAS,
        f"config/reviews/{SLUG}/facets.toml": _FACETS,
        f"config/reviews/{SLUG}/statements.toml": _STATEMENTS,
        f"config/reviews/{SLUG}/models.toml": _MODELS,
        f"data/{SLUG}/baseline/references.csv": _REFERENCES,
        f"data/{SLUG}/baseline/trials.csv": _TRIALS,
        f"data/{SLUG}/labels/titles.csv": _labels(),
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root
