"""Looks up the references of the review that nothing names, so that a notice about them is found.

Every run asks while one is open. Crossref is asked for the dois that were derived for them, all at once, then for what
a citation in words finds; PubMed for what is left. What agrees in title, year and first author
(:func:`~livingreview.records.reference_match.agrees`) is kept in the store: from then on the reference is recognised,
and watched by the next run. A text with another title is named with both titles. A service that cannot be asked costs
nothing but a remark, for the next run asks again.
"""

import io
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from livingreview.acquisition.context import RunContext
from livingreview.acquisition.plan import Asking
from livingreview.acquisition.transport import Connect
from livingreview.config import Project, Query, load_baseline
from livingreview.config.redaction import Redactor
from livingreview.errors import InputError, SourceError
from livingreview.records import Baseline, Problem, Record, Reference
from livingreview.records.exchange import Request
from livingreview.records.reference_match import ReferenceMatch, match_of, open_references, with_matches
from livingreview.records.sanitize import clean
from livingreview.sources.base import Getter, Kept, Retrieved
from livingreview.sources.crossref import CrossrefSource
from livingreview.sources.http import Check
from livingreview.sources.pubmed.citation_matching import match_references
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository

LOOKED_UP = "open references"
MOST = 10
"""References that one run looks up; each costs at most one request to Crossref and two to PubMed."""
_MOST_FOUND = 5


def known_baseline(project: Project, repository: Repository) -> Baseline:
    """The baseline of the files, with the identifiers that were found for its references."""
    return with_matches(load_baseline(project), repository.reference_matches())


@dataclass(slots=True)
class _Service:
    """What one service was asked, and what it gave."""

    asking: Asking
    matches: dict[int, ReferenceMatch] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    requests: int = 0


def look_up(
    context: RunContext,
    connect: Connect,
    is_wanted: Callable[[Asking], bool] = lambda _asking: True,
    skipped: Collection[str] = (),
    most: int = MOST,
) -> list[ReferenceMatch]:
    """Asks Crossref, then PubMed, for open references; keeps and gives back what came of it.

    Args:
        context: the run that asks; its watch is told one line a service.
        connect: makes the transport to each service.
        is_wanted: what is asked.
        skipped: services that have just failed, and are left alone.
        most: references that are looked up.
    """
    wanted = _turn(open_references(context.baseline), context.run.now_at.toordinal() // 7, most)
    found: dict[int, ReferenceMatch] = {}
    services: list[_Service] = []
    for name, ask in (("crossref", _ask_crossref), ("pubmed", _ask_pubmed)):
        left = [one for one in wanted if one.ref_no not in found or not found[one.ref_no].is_confirmed]
        ids = tuple(str(one.ref_no) for one in left)
        asking = Asking(query=Query(name=LOOKED_UP, source=name), ids=ids, role=LOOKED_UP, is_lookup=True)
        is_asked = context.project.settings.service(name).is_enabled and name not in skipped
        if not left or not is_asked or not is_wanted(asking):
            continue
        service = _Service(asking=asking)
        _ask(context, service, ask, left, connect)
        found |= {no: one for no, one in service.matches.items() if no not in found or one.is_confirmed}
        services.append(service)
    if services:
        still_open = [one for one in wanted if one.ref_no not in found or not found[one.ref_no].is_confirmed]
        services[-1].problems += [_open(one, found.get(one.ref_no)) for one in still_open]
        _keep(context, services)
    return [found[ref_no] for ref_no in sorted(found)]


def _ask(
    context: RunContext,
    service: _Service,
    ask: Callable[[Project, Sequence[Reference], Getter, _Service], None],
    references: Sequence[Reference],
    connect: Connect,
) -> None:
    name = service.asking.query.source
    transport = connect(name)
    try:
        ask(context.project, references, transport.get, service)
    except (SourceError, InputError) as error:
        words = Redactor.of(context.project.settings).text(str(error))
        reason = f"open references could not be looked up: {clean(words)}; the next run asks again"
        service.problems.append(Problem(source=name, source_id="", reason=reason, is_remark=True))
    finally:
        transport.close()


def _keep(context: RunContext, services: Sequence[_Service]) -> None:
    """What all services gave, in one transaction."""
    with context.repository.writing(context.run) as writing:
        for service in services:
            query, n = service.asking.query, len(service.asking.ids)
            writing.keep_matches(service.matches.values())
            tally = Tally(issues=service.problems)
            values = {
                "source": query.source,
                "name": query.name,
                "role": service.asking.role,
                "query_hash": "",
                "text": f"{n} {'reference' if n == 1 else 'references'} by title, year and first author",
                "since": "",
                "until": "",
                "announced": None,
                "requests": service.requests,
                "is_reconciled": True,
                "is_skipped": False,
                "error": "",
            }
            writing.log_query(values, tally)
    for service in services:
        confirmed = sum(one.is_confirmed for one in service.matches.values())
        query, n = service.asking.query, len(service.asking.ids)
        context.watch.tell(f"{query.source} / {query.name}: {n} looked up, {confirmed} found")


def _turn(references: Sequence[Reference], week: int, most: int) -> list[Reference]:
    """The references whose turn it is: all, or so many that each has its turn in the course of some weeks."""
    start = week * most % len(references) if len(references) > most else 0
    turned = [*references[start:], *references[:start]][:most]
    return sorted(turned, key=lambda one: one.ref_no)


def _open(reference: Reference, match: ReferenceMatch | None) -> Problem:
    """Why a reference is still open; both titles where a service has another text."""
    name = f"reference {reference.ref_no}"
    if match is None:
        reason = "no text with this title, year and first author was found; a notice on it would not be seen"
        return Problem(source="review", source_id=name, reason=reason, is_remark=True)
    cited = f"\u201c{clean(reference.title)}\u201d ({clean(reference.first_author)} {reference.year})"
    reason = (
        f"{match.doi or match.pmid} is \u201c{clean(match.found_title)}\u201d, the review cites {cited}:"
        " title, year or first author differ, so it is not watched"
    )
    return Problem(source="review", source_id=name, reason=reason, is_remark=True)


def _ask_crossref(project: Project, references: Sequence[Reference], get: Getter, service: _Service) -> None:
    crossref = CrossrefSource(project.settings.sources.crossref)
    kept = _Kept(get, crossref)
    derived = {one.derived_doi: one for one in references if one.derived_doi}
    if derived:
        for record in kept.records(partial(crossref.retrieve_ids, list(derived))):
            if record.doi in derived:
                service.matches[derived[record.doi].ref_no] = match_of(derived[record.doi], record)
    for reference in references:
        if (match := service.matches.get(reference.ref_no)) and match.is_confirmed:
            continue
        words = f"{reference.title} {reference.first_author} {reference.year}"
        for record in kept.records(partial(crossref.find, words, _MOST_FOUND)):
            if (match := match_of(reference, record)).is_confirmed:
                service.matches[reference.ref_no] = match
                break
    service.requests = kept.requests


def _ask_pubmed(project: Project, references: Sequence[Reference], get: Getter, service: _Service) -> None:
    def counting(request: Request, check: Check | None = None) -> Kept:
        service.requests += 1
        return get(request, check)

    for found in match_references(references, project.settings.sources.pubmed, counting):
        if found.record is not None and (match := match_of(found.reference, found.record)).is_confirmed:
            service.matches[found.reference.ref_no] = match


class _Kept:
    """Reads the records out of the answers that a retrieval kept.

    Args:
        get: sends a request.
        source: parses the answers.
    """

    def __init__(self, get: Getter, source: CrossrefSource) -> None:
        self._get = get
        self._source = source
        self.requests = 0

    def records(self, retrieve: Callable[[Getter], Retrieved]) -> Iterator[Record]:
        """The records of the answers, in their order."""
        bodies: dict[str, bytes] = {}

        def keeping(request: Request, check: Check | None = None) -> Kept:
            self.requests += 1
            answer = self._get(request, check)
            bodies[answer.key] = answer.payload.body
            return answer

        for key in retrieve(keeping).keys:
            yield from (item for item in self._source.parse(io.BytesIO(bodies[key])) if isinstance(item, Record))
