"""Do the searches find what the published review itself cites? Asked of the services, without date limits.

A search that misses a reference of its own review misses its likes as well. References are held against the searches of
PubMed, printed trials against those of the registry; a source that cannot be asked so is named.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from livingreview.acquisition.references import known_baseline
from livingreview.acquisition.transport import LiveTransport
from livingreview.config import Project, Query
from livingreview.errors import SourceError
from livingreview.records import Reference, Run
from livingreview.sources import SOURCES, FindsDois, Searchable, queries_of
from livingreview.store.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRecall:
    """What one search finds of what it should; ids are PMIDs or NCT numbers.

    Attributes:
        error: why it could not be asked; empty when it answered.
    """

    source: str
    name: str
    found: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    error: str = ""


@dataclass(slots=True)
class Recall:
    """What all searches find.

    Attributes:
        searches: one for each search that can be held against what is cited.
        wanted: source -> id -> what a person calls it.
        uncheckable: what no search can be asked for, with the reason, one line each.
    """

    searches: list[SearchRecall] = field(default_factory=list)
    wanted: dict[str, dict[str, str]] = field(default_factory=dict)
    uncheckable: list[str] = field(default_factory=list)

    @property
    def failures(self) -> dict[str, str]:
        """``source/search`` -> why it could not be asked."""
        return {f"{one.source}/{one.name}": one.error for one in self.searches if one.error}

    @property
    def has_answers(self) -> bool:
        """Whether any search could be asked."""
        return any(not one.error for one in self.searches)

    def found_by_none(self, source: str) -> list[str]:
        """Ids that no search of the source finds; meaningful when all of them answered."""
        found = {one_id for one in self.searches if one.source == source for one_id in one.found}
        return [one_id for one_id in self.wanted.get(source, {}) if one_id not in found]


def check_searches(project: Project, repository: Repository, run: Run, sleep: Callable[[float], None]) -> Recall:
    """Holds every search against the core references and the printed trials.

    Args:
        project: settings and review.
        repository: whose archive takes the answers.
        run: under which they are logged.
        sleep: waits for some seconds.
    """
    baseline, review = known_baseline(project, repository), project.review
    core = [ref for ref in baseline.references if review.scope_of_reference(ref) == review.core_scope]
    recall = Recall()
    recall.wanted["clinicaltrials"] = {trial.nct_id: trial.title for trial in baseline.trials if trial.nct_id}
    recall.uncheckable += [f"trial without an NCT number: {one.title}" for one in baseline.trials if not one.nct_id]
    queries = queries_of(review, project.settings)
    for name in dict.fromkeys(query.source for query in queries):
        mine = [query for query in queries if query.source == name]
        source = SOURCES[name](project.settings)
        if not isinstance(source, Searchable):
            recall.uncheckable += [f"search {name}/{query.name}: cannot be asked for single records" for query in mine]
            continue
        transport = LiveTransport(name, project.settings, repository, run, sleep)
        try:
            if isinstance(source, FindsDois):
                recall.wanted[name] = _by_pmid(core, source, transport, recall)
            recall.searches += [_ask(source, query, list(recall.wanted.get(name, {})), transport) for query in mine]
        except SourceError as error:
            recall.searches += [SearchRecall(source=name, name=query.name, error=str(error)) for query in mine]
        finally:
            transport.close()
    return recall


def _by_pmid(
    references: list[Reference], source: FindsDois, transport: LiveTransport, recall: Recall
) -> dict[str, str]:
    """PMID -> reference, in their order; those that have none are named."""
    dois = sorted({ref.doi for ref in references if ref.doi and not ref.pmid})
    pmid_of = source.retrieve_dois(dois, transport.get).came_as if dois else {}
    found = {}
    for reference in references:
        name = f"reference {reference.ref_no}, {reference.first_author} {reference.year}"
        if pmid := reference.pmid or pmid_of.get(reference.doi, ""):
            found[pmid] = name
        else:
            why = f"PubMed lists no record with its doi {reference.doi}" if reference.doi else "neither pmid nor doi"
            recall.uncheckable.append(f"{name}: {why}")
    return found


def _ask(source: Searchable, query: Query, ids: list[str], transport: LiveTransport) -> SearchRecall:
    try:
        found = source.find_among(query, ids, transport.get) if ids else frozenset()
    except SourceError as error:
        return SearchRecall(source=query.source, name=query.name, error=str(error))
    return SearchRecall(
        source=query.source,
        name=query.name,
        found=tuple(one for one in ids if one in found),
        missed=tuple(one for one in ids if one not in found),
    )
