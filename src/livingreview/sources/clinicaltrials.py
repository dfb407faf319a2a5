"""ClinicalTrials.gov API v2: searches by pages, studies by their numbers.

Facts (the service's OpenAPI description 2.0.3 and observation):

- ``/version`` gives ``dataTimestamp``: unchanged since the last reading means that there is nothing to read.
- ``/studies`` gives at most 1,000 a page; ``countTotal`` answers on the first page only; ``nextPageToken`` is handed
  back as ``pageToken`` with every other parameter repeated, until it is absent. A page may be empty.
- A ``query.*`` parameter that holds only NCT numbers disables the filters; ``filter.ids`` does not.
- Dates are partial (``2024-05``), with a type ACTUAL or ESTIMATED. Enumerations grow: an unknown value is kept.
- Errors are text/plain; 403 is sometimes transient. About 50 requests a minute are welcome.
- Contact phones, geographic points, roll-out marks and ``versionHolder`` change without anybody touching the record;
  they are not part of a record's content here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from livingreview.config import Query, ServiceSettings
from livingreview.errors import InputError, QueryRejectedError, ServiceFaultError, UnreconciledError
from livingreview.http import Payload, Request
from livingreview.identity import nct_ids
from livingreview.records import Kind, Problem, Record, Section, TrialFacts
from livingreview.sources.base import Getter, Item, Retrieved, Window

_MAX_IDS = 100
"""NCT numbers in one ``filter.ids``: keeps the address below 2,000 characters."""
_MAX_ALONE = 10
"""So many absent studies of one request are asked for alone; more of them is a fault of the answer."""
_MAX_PAGES = 1_000
_MAX_COUNT = 1_000_000_000
_MAX_DOCUMENT_BYTES = 512 << 20


class ClinicalTrialsSource:
    """Searches ClinicalTrials.gov; see :class:`livingreview.sources.base.Source`."""

    name = "clinicaltrials"

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    def retrieve(self, query: Query, window: Window, get: Getter) -> Retrieved:
        """Studies of the query whose last update was posted within the window.

        Raises:
            UnreconciledError: the pages hold another number of studies than was announced.
        """
        stamp = self._stamp(get)
        if stamp and stamp == window.stamp:
            return Retrieved(requests=1, stamp=stamp, is_unchanged=True)
        parameters = self._parameters(query)
        parameters["filter.advanced"] = _both(
            parameters.get("filter.advanced", ""), f"AREA[LastUpdatePostDate]RANGE[{window.since},MAX]"
        )
        return self._pages(parameters, get, f"query {query.name!r}", stamp, requests=1)

    def retrieve_ids(self, ids: Sequence[str], get: Getter) -> Retrieved:
        """The studies of these NCT numbers; one that is not returned is asked for alone, which resolves an alias."""
        wanted = sorted({nct for value in ids for nct in nct_ids(value)})
        keys: list[str] = []
        found: set[str] = set()
        missing: dict[str, str] = {}
        came_as: dict[str, str] = {}
        requests = 0
        for start in range(0, len(wanted), _MAX_IDS):
            batch = wanted[start : start + _MAX_IDS]
            page = self._pages({"filter.ids": ",".join(batch)}, get, "studies by number", "", requests=0)
            keys.extend(page.keys)
            found |= page.ids
            requests += page.requests
            absent, merged, asked = self._absent(sorted(set(batch) - page.ids), get, keys)
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
            page = self._pages({"filter.ids": ",".join(batch), "fields": "NCTId"}, get, "numbers", "", requests=0)
            announced += len(page.ids)
            absent, merged, asked = self._absent(sorted(set(batch) - page.ids), get, keys)
            missing |= absent
            came_as |= merged
            requests += page.requests + asked
        return Retrieved(keys=tuple(keys), announced=announced, missing=missing, came_as=came_as, requests=requests)

    def find_among(self, query: Query, ids: Sequence[str], get: Getter) -> frozenset[str]:
        """See :class:`livingreview.sources.base.Searchable`; ``filter.ids`` leaves the other filters as they are."""
        found: set[str] = set()
        parameters = self._parameters(query)
        for start in range(0, len(ids), _MAX_IDS):
            among = {"filter.ids": ",".join(ids[start : start + _MAX_IDS]), "fields": "NCTId"}
            found |= self._pages(parameters | among, get, f"query {query.name!r}", "", requests=0).ids
        return frozenset(found)

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
            kept = get(Request(url=f"{self._settings.base_url}/studies/{nct}", parameters=parameters), _check_object)
        except QueryRejectedError as error:
            return "", f"asked for by its number, not returned, not even alone ({error})"
        number = _number(_content(kept.payload.body))
        if not number:
            return "", "asked for by its number alone, answered without a study"
        keys.append(kept.key)
        return number, f"the registry has merged it into {number}, which is stored in its place"

    def parse(self, document: BinaryIO) -> Iterator[Item]:
        """See :func:`parse`."""
        return parse(document)

    def _stamp(self, get: Getter) -> str:
        """The registry's ``dataTimestamp``; empty, so that everything is read, where it gives none."""
        try:
            kept = get(Request(url=f"{self._settings.base_url}/version"), _check_object)
        except QueryRejectedError:
            return ""
        return str(_content(kept.payload.body).get("dataTimestamp", ""))

    def _pages(self, parameters: Mapping[str, str], get: Getter, what: str, stamp: str, *, requests: int) -> Retrieved:
        asked = {
            **parameters,
            "format": "json",
            "markupFormat": "markdown",
            "countTotal": "true",
            "pageSize": str(self._settings.page_size),
        }
        keys = []
        ids: list[str] = []
        tokens: set[str] = set()
        announced: int | None = None
        for _ in range(_MAX_PAGES):
            kept = get(Request(url=f"{self._settings.base_url}/studies", parameters=dict(asked)), _check_page)
            requests += 1
            page = _content(kept.payload.body)
            announced = page.get("totalCount", announced) if announced is None else announced
            if page["studies"]:
                keys.append(kept.key)
            ids.extend(_number(study) for study in page["studies"])
            token = page.get("nextPageToken")
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
            requests=requests,
            stamp=stamp,
        )


def _both(first: str, second: str) -> str:
    return f"({first}) AND {second}" if first else second


def _check_object(payload: Payload) -> None:
    try:
        answer = _content(payload.body)
    except (ValueError, RecursionError) as error:
        raise ServiceFaultError(f"clinicaltrials: the answer is not JSON, or broke off ({error})") from error
    if not isinstance(answer, dict):
        raise ServiceFaultError("clinicaltrials: the answer is not a JSON object")


def _check_page(payload: Payload) -> None:
    _check_object(payload)
    studies = _content(payload.body).get("studies")
    if not isinstance(studies, list) or not all(isinstance(study, dict) for study in studies):
        raise ServiceFaultError("clinicaltrials: the answer has no list of studies")


def _number(study: Mapping[str, Any]) -> str:
    module = study.get("protocolSection", {}).get("identificationModule", {})
    return _clean(module.get("nctId"))


def _content(body: bytes) -> Any:
    """What a document says; the check of an answer and its parser must agree on what is readable.

    Raises:
        ValueError: it is not JSON in UTF-8.
        RecursionError: it is nested too deeply.
    """
    return json.loads(body.decode("utf-8-sig"))


def parse(document: BinaryIO) -> Iterator[Item]:
    """The studies of a page, of a list, or a single study, as API v2 writes them.

    Raises:
        InputError: the document is not JSON, or holds no studies.
    """
    body = document.read(_MAX_DOCUMENT_BYTES + 1)
    if len(body) > _MAX_DOCUMENT_BYTES:
        raise InputError(f"ClinicalTrials.gov JSON: larger than {_MAX_DOCUMENT_BYTES >> 20} MB; split it")
    try:
        content = _content(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"ClinicalTrials.gov JSON: not JSON, or it breaks off ({error})") from error
    if isinstance(content, dict) and "protocolSection" in content:
        content = [content]
    studies = content.get("studies") if isinstance(content, dict) else content
    if not isinstance(studies, list):
        raise InputError("ClinicalTrials.gov JSON: holds no studies in the shape of API v2")
    for study in studies:
        yield _study(study)


def _study(study: Any) -> Item:
    number = ""
    try:
        number = _number(study)
        if nct_ids(number) != (number,):
            return Problem(source="clinicaltrials", source_id=number, reason="a study without a valid NCT number")
        return _record(number, study)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return Problem(source="clinicaltrials", source_id=number, reason=f"not in the shape of API v2: {error}")


def _record(number: str, study: Mapping[str, Any]) -> Record:
    protocol = study["protocolSection"]
    names = protocol["identificationModule"]
    description = protocol.get("descriptionModule", {})
    conditions = protocol.get("conditionsModule", {})
    references = protocol.get("referencesModule", {}).get("references", [])
    misc = study.get("derivedSection", {}).get("miscInfoModule", {})
    sections = tuple(
        Section(label=label, text=" ".join(text.split()))
        for label, text in (
            ("Brief summary", _clean(description.get("briefSummary", ""))),
            ("Detailed description", _clean(description.get("detailedDescription", ""))),
        )
        if text
    )
    trial = _facts(study)
    return Record(
        source="clinicaltrials",
        source_id=number,
        kind=Kind.TRIAL,
        title=_clean(names.get("briefTitle") or names.get("officialTitle", "")),
        vernacular_title=_clean(names.get("officialTitle", "")),
        abstract=sections,
        publication_date=trial.first_posted_date,
        keywords=_cleaned(conditions.get("keywords", [])),
        mesh=_mesh(study),
        nct_ids=(number,),
        accessions=_cleaned(reference.get("pmid") for reference in references),
        trial=trial,
        source_date=trial.last_update_posted_date,
        source_stamp=_clean(misc.get("versionHolder")),
        created_date=_clean(protocol.get("statusModule", {}).get("studyFirstSubmitDate")),
    )


def _clean(value: Any) -> str:
    """A value as text in one line; empty for null and for what is no text.

    Lone surrogates are legal in JSON and not in a database; they become question marks.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(str(value).encode("utf-8", "replace").decode().replace("\x00", "").split())


def _cleaned(values: Any) -> tuple[str, ...]:
    """The texts of a list that are not empty."""
    return tuple(text for value in values if (text := _clean(value)))


def _mesh(study: Mapping[str, Any]) -> tuple[str, ...]:
    derived = study.get("derivedSection", {})
    terms = [
        term
        for module in ("conditionBrowseModule", "interventionBrowseModule")
        for mesh in derived.get(module, {}).get("meshes", [])
        if (term := _clean(mesh.get("term")))
    ]
    return tuple(sorted(set(terms)))


def _facts(study: Mapping[str, Any]) -> TrialFacts:
    protocol = study["protocolSection"]
    status = protocol.get("statusModule", {})
    design = protocol.get("designModule", {})
    enrollment = design.get("enrollmentInfo", {})
    names = protocol["identificationModule"]
    locations = protocol.get("contactsLocationsModule", {}).get("locations", [])
    references = protocol.get("referencesModule", {}).get("references", [])
    interventions = protocol.get("armsInterventionsModule", {}).get("interventions", [])

    def day(name: str) -> str:
        return _clean(status.get(name, {}).get("date"))

    def kind(name: str) -> str:
        return _clean(status.get(name, {}).get("type"))

    return TrialFacts(
        status=_clean(status.get("overallStatus", "")),
        last_known_status=_clean(status.get("lastKnownStatus", "")),
        why_stopped=_clean(status.get("whyStopped", "")),
        study_type=_clean(design.get("studyType", "")),
        phases=_cleaned(design.get("phases", [])),
        enrollment_count=count if type(count := enrollment.get("count")) is int and count < _MAX_COUNT else None,
        enrollment_type=_clean(enrollment.get("type", "")),
        start_date=day("startDateStruct"),
        primary_completion_date=day("primaryCompletionDateStruct"),
        primary_completion_date_type=kind("primaryCompletionDateStruct"),
        completion_date=day("completionDateStruct"),
        completion_date_type=kind("completionDateStruct"),
        first_posted_date=day("studyFirstPostDateStruct"),
        last_update_posted_date=day("lastUpdatePostDateStruct"),
        results_first_posted_date=day("resultsFirstPostDateStruct"),
        has_results=has_results if isinstance(has_results := study.get("hasResults"), bool) else None,
        conditions=_cleaned(protocol.get("conditionsModule", {}).get("conditions", [])),
        interventions=tuple(
            ": ".join(part for part in (_clean(item.get("type")), _clean(item.get("name"))) if part)
            for item in interventions
        ),
        sponsor=_clean(protocol.get("sponsorCollaboratorsModule", {}).get("leadSponsor", {}).get("name", "")),
        countries=tuple(sorted(set(_cleaned(item.get("country") for item in locations)))),
        result_pmids=tuple(sorted(_cleaned(item.get("pmid") for item in references if item.get("type") == "RESULT"))),
        aliases=tuple(sorted(_cleaned(names.get("nctIdAliases", [])))),
        secondary_ids=tuple(sorted(_cleaned(item.get("id") for item in names.get("secondaryIdInfos", [])))),
    )
