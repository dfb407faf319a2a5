"""Studies as API v2 of ClinicalTrials.gov writes them: a page, a list as its download gives it, or a single one.

Facts (the registry's OpenAPI description 2.0.3 and observation):

- Dates are partial (``2024-05``), with a type ACTUAL or ESTIMATED. Every field may be absent.
- Enumerations grow: a value that :mod:`~livingreview.sources.values.registry_words` does not know is kept, and named
  once a document with a study that bears it.
- Contact phones, geographic points, roll-out marks and ``versionHolder`` change without anybody touching the record;
  they are not part of a record's content here.
"""

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any, BinaryIO

from livingreview.errors import InputError, ServiceFaultError
from livingreview.records import Kind, Problem, Record, Section, TrialFacts
from livingreview.records.exchange import Payload
from livingreview.records.identifiers import nct_ids
from livingreview.sources.base import Item
from livingreview.sources.values import registry_words as words
from livingreview.sources.values.dates import iso_date

_MAX_COUNT = 1_000_000_000
_MAX_DOCUMENT_BYTES = 512 << 20
_TYPE = re.compile(r"([A-Z][A-Z_]+): ")


def content_of_json(body: bytes) -> Any:
    """What a document says; the check of an answer and its parser must agree on what is readable.

    Raises:
        ValueError: it is not JSON in UTF-8.
        RecursionError: it is nested too deeply.
    """
    return json.loads(body.decode("utf-8-sig"))


def object_of(payload: Payload) -> dict[str, Any]:
    """The object that an answer of the registry is.

    Raises:
        ServiceFaultError: it is none; the service may give it when it is asked again.
    """
    try:
        answer = content_of_json(payload.body)
    except (ValueError, RecursionError) as error:
        raise ServiceFaultError(f"clinicaltrials: the answer is not JSON, or broke off ({error})") from error
    if not isinstance(answer, dict):
        raise ServiceFaultError("clinicaltrials: the answer is not a JSON object")
    return answer


def number_of(study: Any) -> str:
    """The NCT number that a study gives itself; empty where it has none in its place."""
    return clean(_at(study, "protocolSection", "identificationModule", "nctId"))


def aliases_of(study: Any) -> frozenset[str]:
    """The numbers of studies that were merged into this one."""
    aliases = _at(study, "protocolSection", "identificationModule", "nctIdAliases")
    return frozenset(map(clean, aliases)) if isinstance(aliases, list) else frozenset()


def updated_on(study: Any) -> str:
    """The day on which the last update was posted, ISO; empty where it is not said."""
    return clean(_at(study, "protocolSection", "statusModule", "lastUpdatePostDateStruct", "date"))


def _at(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def parse(document: BinaryIO) -> Iterator[Item]:
    """The studies of a page, of a list, or a single study, as API v2 writes them.

    Raises:
        InputError: the document is not JSON, or holds no studies.
    """
    body = document.read(_MAX_DOCUMENT_BYTES + 1)
    if len(body) > _MAX_DOCUMENT_BYTES:
        raise InputError(f"ClinicalTrials.gov JSON: larger than {_MAX_DOCUMENT_BYTES >> 20} MB; split it")
    try:
        content = content_of_json(body)
    except (ValueError, RecursionError) as error:
        raise InputError(f"ClinicalTrials.gov JSON: not JSON, or it breaks off ({error})") from error
    if isinstance(content, dict) and isinstance(content.get("study"), dict):
        # An earlier state, as the history tab gives it.
        content = content["study"]
    if isinstance(content, dict) and "protocolSection" in content:
        content = [content]
    studies = content.get("studies") if isinstance(content, dict) else content
    if not isinstance(studies, list):
        raise InputError("ClinicalTrials.gov JSON: holds no studies in the shape of API v2")
    unknown: dict[tuple[str, str], list[str]] = {}
    for study in studies:
        item = _study(study)
        if isinstance(item, Record):
            for value in unknown_values(item):
                unknown.setdefault(value, []).append(item.source_id)
        yield item
    yield from unknown_value_remarks(unknown)


def unknown_values(record: Record) -> Iterator[tuple[str, str]]:
    """(field, value) of everything that a record of the registry says in a word that is not known."""
    trial = record.trial or TrialFacts()
    types = tuple(found[1] for text in trial.interventions if (found := _TYPE.match(text)))
    said: tuple[tuple[str, tuple[str, ...], Set[str]], ...] = (
        ("status", (trial.status, trial.last_known_status), words.STATUSES),
        ("study type", (trial.study_type,), words.STUDY_TYPES),
        ("phase", trial.phases, words.PHASES),
        ("kind of enrolment", (trial.enrollment_type,), words.DATE_TYPES),
        ("kind of date", (trial.primary_completion_date_type, trial.completion_date_type), words.DATE_TYPES),
        ("kind of intervention", types, words.INTERVENTION_TYPES),
    )
    for name, values, known in said:
        yield from ((name, value) for value in sorted({*values} - {""} - known))
    dates = {getattr(trial, item.name) for item in dataclasses.fields(TrialFacts) if item.name.endswith("_date")}
    yield from (("date", value) for value in sorted(dates) if value != iso_date(value))


def unknown_value_remarks(unknown: Mapping[tuple[str, str], list[str]]) -> Iterator[Problem]:
    """One remark for each value that is not known, with the first study that bears it."""
    for (name, value), studies in sorted(unknown.items()):
        count = f" (and of {len(studies) - 1} others)" if len(studies) > 1 else ""
        yield Problem(
            source="clinicaltrials",
            source_id=studies[0],
            reason=f"the {name} {value[:80]!r} of this study{count} is none that is known; kept as it is",
            is_remark=True,
        )


def _study(study: Any) -> Item:
    number = ""
    try:
        number = number_of(study)
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
            ("Brief summary", clean(description.get("briefSummary", ""))),
            ("Detailed description", clean(description.get("detailedDescription", ""))),
        )
        if text
    )
    trial = _facts(study)
    return Record(
        source="clinicaltrials",
        source_id=number,
        kind=Kind.TRIAL,
        title=clean(names.get("briefTitle") or names.get("officialTitle", "")),
        vernacular_title=clean(names.get("officialTitle", "")),
        abstract=sections,
        publication_date=trial.first_posted_date,
        keywords=_cleaned(conditions.get("keywords", [])),
        mesh=_mesh(study),
        nct_ids=(number,),
        accessions=_cleaned(reference.get("pmid") for reference in references),
        trial=trial,
        # A date that is none would sort behind every real one, and no later state would ever be the present.
        source_date=iso_date(trial.last_update_posted_date),
        source_stamp=clean(misc.get("versionHolder")),
        created_date=clean(protocol.get("statusModule", {}).get("studyFirstSubmitDate")),
    )


def clean(value: Any) -> str:
    """A value as text in one line; empty for null and for what is no text.

    Lone surrogates are legal in JSON and not in a database; they become question marks.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join(str(value).encode("utf-8", "replace").decode().replace("\x00", "").split())


def _cleaned(values: Any) -> tuple[str, ...]:
    """The texts of a list that are not empty."""
    return tuple(text for value in values if (text := clean(value)))


def _mesh(study: Mapping[str, Any]) -> tuple[str, ...]:
    derived = study.get("derivedSection", {})
    terms = [
        term
        for module in ("conditionBrowseModule", "interventionBrowseModule")
        for mesh in derived.get(module, {}).get("meshes", [])
        if (term := clean(mesh.get("term")))
    ]
    return tuple(sorted(set(terms)))


def _references(references: Sequence[Mapping[str, Any]], kind: str) -> tuple[str, ...]:
    return tuple(sorted(_cleaned(item.get("pmid") for item in references if item.get("type") == kind)))


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
        return clean(status.get(name, {}).get("date"))

    def kind(name: str) -> str:
        return clean(status.get(name, {}).get("type"))

    return TrialFacts(
        status=clean(status.get("overallStatus", "")),
        last_known_status=clean(status.get("lastKnownStatus", "")),
        why_stopped=clean(status.get("whyStopped", "")),
        study_type=clean(design.get("studyType", "")),
        phases=_cleaned(design.get("phases", [])),
        enrollment_count=count if type(count := enrollment.get("count")) is int and count < _MAX_COUNT else None,
        enrollment_type=clean(enrollment.get("type", "")),
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
            ": ".join(part for part in (clean(item.get("type")), clean(item.get("name"))) if part)
            for item in interventions
        ),
        sponsor=clean(protocol.get("sponsorCollaboratorsModule", {}).get("leadSponsor", {}).get("name", "")),
        countries=tuple(sorted(set(_cleaned(item.get("country") for item in locations)))),
        result_pmids=_references(references, "RESULT"),
        derived_pmids=_references(references, "DERIVED"),
        aliases=tuple(sorted(_cleaned(names.get("nctIdAliases", [])))),
        secondary_ids=tuple(sorted(_cleaned(item.get("id") for item in names.get("secondaryIdInfos", [])))),
    )
