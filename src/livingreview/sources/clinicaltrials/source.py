"""ClinicalTrials.gov API v2: searches by pages, studies by their numbers.

Facts (the service's OpenAPI description 2.0.3 and observation):

- ``/version`` gives ``dataTimestamp``: unchanged since the last reading means that there is nothing to read.
- ``/studies`` gives at most 1,000 a page; ``countTotal`` answers on the first page only; ``nextPageToken`` is handed
  back as ``pageToken`` with every other parameter repeated, until it is absent. A page may be empty.
- A ``query.*`` parameter that holds only NCT numbers disables the filters; ``filter.ids`` does not. It looks among the
  numbers of studies and among their former ones (``nctIdAliases``).
- The registry may publish new data while its pages are read; a page token then points into other data, and a study may
  slip through between two pages without any count showing it. So ``dataTimestamp`` is asked for before and after: when
  it has moved, the pages are read once more, and a second move ends the query until the next run.
- Errors are text/plain; 403 is sometimes transient. About 50 requests a minute are welcome.

What a study says is read by :mod:`~livingreview.sources.clinicaltrials.studies`.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, BinaryIO

from livingreview.config import Query, ServiceSettings
from livingreview.errors import QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.records.exchange import Payload, Request
from livingreview.records.identifiers import nct_ids
from livingreview.sources.base import Getter, Item, Listed, Retrieved, Window, ask
from livingreview.sources.clinicaltrials import studies as clinicaltrials_json
from livingreview.sources.clinicaltrials.history import retrieve_history
from livingreview.sources.clinicaltrials.studies import (
    aliases_of,
    clean,
    number_of,
    object_of,
    updated_on,
)

_MAX_IDS = 100
"""NCT numbers in one ``filter.ids``: keeps the address below 2,000 characters."""
_MAX_ALONE = 10
"""So many absent studies of one request are asked for alone; more of them is a fault of the answer."""
_MAX_PAGES = 1_000
_MERGED = "the registry has merged it into {}, which is stored in its place"
_MAX_PAGE = 1_000
"""Numbers a page, where nothing else is asked for."""
_MAX_READINGS = 2
"""So often the pages of a query are read when the registry's data move meanwhile."""


class ClinicalTrialsSource:
    """Searches ClinicalTrials.gov; see :class:`livingreview.sources.base.Source`."""

    name = "clinicaltrials"

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    def retrieve(self, query: Query, window: Window, get: Getter) -> Retrieved:
        """Studies of the query whose last update was posted within the window.

        The stamp that is handed back held before and after the pages were read, so the next run, which reads again
        whenever the stamp is another one, misses nothing that was published meanwhile.

        Raises:
            UnreconciledError: the pages hold another number of studies than was announced, or the registry's data
                moved at each reading.
        """
        before = self._stamp(get)
        if before and before == window.stamp:
            return Retrieved(requests=1, stamp=before, is_unchanged=True)
        return self._read(query, window, {}, before, get)

    def list_keys(self, query: Query, window: Window, get: Getter) -> Listed:
        """See :class:`livingreview.sources.base.Lists`; the registry's data may not move meanwhile either."""
        found = self._read(query, window, {"fields": "NCTId", "pageSize": str(_MAX_PAGE)}, self._stamp(get), get)
        return Listed(keys=frozenset((self.name, number) for number in found.ids), requests=found.requests)

    def _read(self, query: Query, window: Window, more: Mapping[str, str], before: str, get: Getter) -> Retrieved:
        """The pages of a search, read while the registry's data stood still; ``before`` is its stamp a moment ago."""
        parameters = self._parameters(query)
        parameters["filter.advanced"] = _both(
            parameters.get("filter.advanced", ""), f"AREA[LastUpdatePostDate]RANGE[{window.since},MAX]"
        )
        what = f"query {query.name!r}"
        requests = 1
        for _ in range(_MAX_READINGS):
            found, fault = self._try_pages({**parameters, **more}, get, what, window.since)
            after = self._stamp(get)
            requests += (found.requests if found else 0) + 1
            if after == before and fault is not None:
                raise fault
            if after == before and found is not None:
                return dataclasses.replace(found, stamp=after, requests=requests)
            before = after
        raise UnreconciledError(
            f"clinicaltrials {what}: the registry published new data during each of {_MAX_READINGS} readings;"
            " the next run asks again"
        )

    def retrieve_ids(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """The studies of these NCT numbers; one that is not returned is asked for alone, which resolves an alias."""
        wanted = sorted({nct for value in ids for nct in nct_ids(value)})
        keys: list[str] = []
        missing: dict[str, str] = {}
        came_as: dict[str, str] = {}
        requests = 0
        for start in range(0, len(wanted), _MAX_IDS):
            batch = wanted[start : start + _MAX_IDS]
            page = self._pages({"filter.ids": ",".join(batch)}, get, "studies by number")
            keys.extend(page.keys)
            requests += page.requests
            here = {alias: page.came_as[alias] for alias in sorted(set(batch) - page.ids) if alias in page.came_as}
            came_as |= here
            missing |= {alias: _MERGED.format(number) for alias, number in here.items()}
            absent, merged, asked = self._absent(sorted(set(batch) - page.ids - set(here)), get, keys)
            missing |= absent
            came_as |= merged
            requests += asked
        return Retrieved(
            keys=tuple(keys),
            announced=len(wanted),
            ids=frozenset(wanted),
            missing=missing,
            came_as=came_as,
            requests=requests,
        )

    def count(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """Asks which of these studies there are, without what they say; each of the others once more alone."""
        keys: list[str] = []
        missing: dict[str, str] = {}
        came_as: dict[str, str] = {}
        requests = announced = 0
        for start in range(0, len(ids), _MAX_IDS):
            batch = ids[start : start + _MAX_IDS]
            page = self._pages({"filter.ids": ",".join(batch), "fields": "NCTId"}, get, "numbers")
            announced += len(page.ids & set(batch))
            absent, merged, asked = self._absent(sorted(set(batch) - page.ids), get, keys)
            missing |= absent
            came_as |= merged
            requests += page.requests + asked
        return Retrieved(keys=tuple(keys), announced=announced, missing=missing, came_as=came_as, requests=requests)

    def retrieve_history(self, between: Mapping[str, tuple[str, str]], get: Getter) -> Retrieved:
        """See :func:`livingreview.sources.clinicaltrials.history.retrieve_history`."""
        return retrieve_history(self._settings.base_url, between, get)

    def find_among(self, query: Query, ids: Sequence[str], get: Getter) -> frozenset[str]:
        """See :class:`livingreview.sources.base.Searchable`; ``filter.ids`` leaves the other filters as they are."""
        found: set[str] = set()
        parameters = self._parameters(query)
        for start in range(0, len(ids), _MAX_IDS):
            among = {"filter.ids": ",".join(ids[start : start + _MAX_IDS]), "fields": "NCTId"}
            found |= self._pages(parameters | among, get, f"query {query.name!r}").ids
        return frozenset(found) & frozenset(ids)

    @staticmethod
    def _parameters(query: Query) -> dict[str, str]:
        parameters = dict(query.parameters)
        if query.text:
            parameters["query.term"] = query.text
        return parameters

    def _absent(
        self, numbers: Sequence[str], get: Getter, keys: list[str]
    ) -> tuple[dict[str, str], dict[str, str], int]:
        """Asks for each of these alone: what is missing, what came under another number, and how many requests."""
        missing: dict[str, str] = {}
        came_as: dict[str, str] = {}
        if len(numbers) > _MAX_ALONE:
            reason = f"asked for by its number, not returned, with {len(numbers) - 1} others"
            return dict.fromkeys(numbers, reason), {}, 0
        for nct in numbers:
            number, reason = self._alone(nct, get, keys)
            if number != nct:
                missing[nct] = reason
                came_as |= {nct: number} if number else {}
        return missing, came_as, len(numbers)

    def _alone(self, nct: str, get: Getter, keys: list[str]) -> tuple[str, str]:
        """The number of one study now, or why there is none; the registry redirects that of a merged one."""
        parameters = {"format": "json", "markupFormat": "markdown"}
        try:
            request = Request(url=f"{self._settings.base_url}/studies/{nct}", parameters=parameters)
            kept, study = ask(get, request, object_of)
        except QueryRejectedError as error:
            return "", f"asked for by its number, not returned, not even alone ({error})"
        number = number_of(study)
        if not number:
            return "", "asked for by its number alone, answered without a study"
        if number != nct and nct not in aliases_of(study):
            return "", f"asked for by its number alone, answered with {number}, which does not bear it"
        keys.append(kept.key)
        return number, _MERGED.format(number)

    def parse(self, document: BinaryIO) -> Iterator[Item]:
        """See :func:`livingreview.sources.clinicaltrials.studies.parse`."""
        return clinicaltrials_json.parse(document)

    def _stamp(self, get: Getter) -> str:
        """The registry's ``dataTimestamp``; empty, so that everything is read, where it gives none."""
        try:
            _, version = ask(get, Request(url=f"{self._settings.base_url}/version"), object_of)
        except QueryRejectedError:
            return ""
        return clean(version.get("dataTimestamp"))

    def _try_pages(
        self, parameters: Mapping[str, str], get: Getter, what: str, since: date
    ) -> tuple[Retrieved | None, UnreconciledError | None]:
        """The pages, or why they do not add up: which may only mean that the data moved between two of them."""
        try:
            return self._pages(parameters, get, what, since), None
        except UnreconciledError as error:
            return None, error

    def _pages(self, parameters: Mapping[str, str], get: Getter, what: str, since: date | None = None) -> Retrieved:
        """Every page; ``since`` is the day of the last update from which on studies are asked for, if any."""
        asked = {
            **parameters,
            "format": "json",
            "markupFormat": "markdown",
            "countTotal": "true",
            "pageSize": parameters.get("pageSize", str(self._settings.page_size)),
        }
        read = partial(_read_page, since=since.isoformat() if since else "")
        keys = []
        ids: list[str] = []
        came_as: dict[str, str] = {}
        tokens: set[str] = set()
        announced: int | None = None
        requests = 0
        for _ in range(_MAX_PAGES):
            kept, page = ask(get, Request(url=f"{self._settings.base_url}/studies", parameters=dict(asked)), read)
            requests += 1
            announced = page.get("totalCount", announced) if announced is None else announced
            if page["studies"]:
                keys.append(kept.key)
            ids.extend(number_of(study) for study in page["studies"])
            came_as |= {alias: number_of(study) for study in page["studies"] for alias in aliases_of(study)}
            token = clean(page.get("nextPageToken"))
            if not token:
                break
            if token in tokens:
                raise UnreconciledError(f"clinicaltrials {what}: the registry repeats a page token; try again later")
            tokens.add(token)
            asked["pageToken"] = token
        else:
            raise UnreconciledError(f"clinicaltrials {what}: more than {_MAX_PAGES} pages; narrow the query")
        distinct = frozenset(ids)
        if announced is not None and len(distinct) != announced:
            raise UnreconciledError(
                f"clinicaltrials {what}: the registry counts {announced} studies and lists {len(distinct)}"
            )
        return Retrieved(
            keys=tuple(keys),
            announced=len(distinct) if announced is None else announced,
            ids=distinct,
            came_as=came_as,
            requests=requests,
        )


def _both(first: str, second: str) -> str:
    return f"({first}) AND {second}" if first else second


def _read_page(payload: Payload, since: str) -> dict[str, Any]:
    page = object_of(payload)
    studies = page.get("studies")
    if not isinstance(studies, list) or not all(isinstance(study, dict) for study in studies):
        raise ServiceFaultError("clinicaltrials: the answer has no list of studies")
    if not isinstance(page.get("nextPageToken", ""), str):
        raise ServiceFaultError("clinicaltrials: the token of the next page is no text")
    if others := [number_of(study) for study in studies if "" < updated_on(study) < since]:
        raise ServiceFaultError(
            f"clinicaltrials: the answer belongs to another request: {others[0]} was updated before {since}"
        )
    return page
