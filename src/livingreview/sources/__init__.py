"""The registry of services that can be searched: a source is one file and one line here."""

from collections.abc import Callable

from livingreview.config import Query, Review, Settings
from livingreview.sources.base import (
    Counts,
    FindsDois,
    Getter,
    Item,
    KeepsHistory,
    Kept,
    Listed,
    Lists,
    Parser,
    Retrieved,
    Searchable,
    Source,
    Window,
)
from livingreview.sources.clinicaltrials.source import ClinicalTrialsSource
from livingreview.sources.crossref import CrossrefSource
from livingreview.sources.europepmc import EuropepmcSource
from livingreview.sources.feeds import FeedsSource
from livingreview.sources.pubmed.source import PubmedSource

SOURCES: dict[str, Callable[[Settings], Source]] = {
    "pubmed": lambda settings: PubmedSource(settings.sources.pubmed),
    "clinicaltrials": lambda settings: ClinicalTrialsSource(settings.sources.clinicaltrials),
    "europepmc": lambda settings: EuropepmcSource(settings.sources.europepmc),
    "crossref": lambda settings: CrossrefSource(settings.sources.crossref),
    "feeds": lambda _settings: FeedsSource(),
}


def queries_of(review: Review, settings: Settings) -> list[Query]:
    """Every search that is configured for an enabled source, feeds included, in the order in which they run."""
    feeds = [Query(name=feed.name, source="feeds", parameters={"url": feed.url}) for feed in review.feeds]
    asked = [*review.queries, *feeds]
    return [query for name in SOURCES for query in asked if query.source == name and settings.service(name).is_enabled]


__all__ = [
    "SOURCES",
    "Counts",
    "FindsDois",
    "Getter",
    "Item",
    "KeepsHistory",
    "Kept",
    "Listed",
    "Lists",
    "Parser",
    "Retrieved",
    "Searchable",
    "Source",
    "Window",
    "queries_of",
]
