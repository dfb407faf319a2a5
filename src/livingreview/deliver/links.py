"""Where a person reads a record: the page of its source."""

from urllib.parse import quote

_PAGES = {
    "pubmed": "https://pubmed.ncbi.nlm.nih.gov/{}/",
    "pmc": "https://pmc.ncbi.nlm.nih.gov/articles/{}/",
    "clinicaltrials": "https://clinicaltrials.gov/study/{}",
    "crossref": "https://doi.org/{}",
    "europepmc": "https://europepmc.org/search?query={}",
}


def url_of(source: str, source_id: str) -> str:
    """The address of a record's own page; empty for a source that has none."""
    if source == "europepmc" and source_id.startswith("PPR"):
        return f"https://europepmc.org/article/PPR/{quote(source_id, safe='')}"
    page = _PAGES.get(source, "")
    return page.format(quote(source_id, safe="/:;()")) if page and source_id else ""
