"""A review of bamboo for pandas: small, and nothing in it looks like a real one."""

from datetime import date
from typing import Any

from livingreview.config import Review
from livingreview.records import Record

REVIEW = Review(
    slug="pandas",
    title="Bamboo for pandas",
    citation="Nobody 2020",
    published_date=date(2020, 1, 1),
    read_from_date=date(2020, 1, 1),
    question="Does bamboo help pandas?",
    scopes=(
        {"slug": "other", "label": "Other", "is_relevant": False},
        {"slug": "core", "label": "Bamboo for pandas", "is_core": True},
        {"slug": "animal", "label": "Pandas"},
        {"slug": "unseen", "label": "Never labelled"},
    ),
    variants=(
        {"name": "panda", "replacement": "pandatoken", "patterns": [r"\bpandas?\b", r"\bailuropoda\b"]},
        {"name": "bamboo", "replacement": "bambootoken", "patterns": [r"\bbamboos?\b"]},
        {"name": "joint", "replacement": " ", "patterns": [r"(?<=token)-+"]},
    ),
    areas=(
        {
            "slug": "mouth",
            "label": "Mouth",
            "terms": ["tooth", "teeth", "β-plaque*"],
            "mesh": ["Mouth Diseases"],
            "children": [{"slug": "caries", "label": "Caries", "terms": ["dental decay", "carie*"]}],
        },
        {"slug": "rest", "label": "Sleep", "terms": ["sleep*", "bad dream*"], "aliases": ["night"]},
        {"slug": "unseen_area", "label": "Feet", "terms": ["paw", "paws"]},
        {"slug": "none", "label": "None", "terms": ["zoo"], "aliases": ["general"]},
    ),
    facets=(
        {
            "slug": "place",
            "label": "Place",
            "values": [
                {"slug": "zoo", "patterns": [r"\bzoos?\b", r"\bmenagerie\b"]},
                {"slug": "wild", "patterns": [r"\bin the wild\b"]},
            ],
        },
        {
            "slug": "gene",
            "label": "Gene",
            "values": [{"slug": "gene", "capture": True, "patterns": [r"\bPND-?\d+\b"]}],
        },
    ),
    classifier={"name": "test", "is_balanced": True},
)


def article(title: str, source_id: str = "1", **values: Any) -> Record:
    """An article with this title."""
    return Record(source="pubmed", source_id=source_id, title=title, **values)
