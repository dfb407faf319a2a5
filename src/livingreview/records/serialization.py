"""Records as canonical JSON: equal contents give equal text, and text gives the record back."""

import dataclasses
import hashlib
import json
from typing import Any

from livingreview.records.record import Fidelity, Kind, Notice, Person, Record, Section, TrialFacts

_CONTENT_FIELDS = tuple(item.name for item in dataclasses.fields(Record) if not item.metadata.get("is_volatile"))
_ENVELOPE_FIELDS = tuple(item.name for item in dataclasses.fields(Record) if item.metadata.get("is_volatile"))
_PART_FIELDS = {
    cls: tuple(item.name for item in dataclasses.fields(cls)) for cls in (Person, Section, Notice, TrialFacts)
}
_TEXT_TUPLES = ("language", "publication_types", "mesh", "keywords", "chemicals", "nct_ids", "accessions")


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value == ()


def _pack(value: Any) -> Any:
    # Texts, and lists of them, are nearly all there is.
    if isinstance(value, str):
        return value
    names = _PART_FIELDS.get(type(value))
    if names is not None:
        return {name: _pack(part) for name in names if (part := getattr(value, name)) or not _is_empty(part)}
    if isinstance(value, tuple):
        return list(value) if isinstance(value[0], str) else [_pack(part) for part in value]
    return value


def content_of(record: Record) -> dict[str, Any]:
    """Every content field that is not empty, as JSON-ready values (tuples become lists)."""
    return {name: _pack(value) for name in _CONTENT_FIELDS if (value := getattr(record, name)) or not _is_empty(value)}


def envelope_of(record: Record) -> dict[str, Any]:
    """The volatile fields: what the source or the channel says about this state, not what the state says."""
    return {name: value for name in _ENVELOPE_FIELDS if not _is_empty(value := getattr(record, name))}


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, no white space and text as it is: equal values give equal text."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(content: str) -> str:
    """Hex SHA-256 of a content in canonical JSON."""
    return hashlib.sha256(content.encode()).hexdigest()


def record_from(content: dict[str, Any], envelope: dict[str, Any]) -> Record:
    """The record that :func:`content_of` and :func:`envelope_of` took apart.

    Raises:
        TypeError: a key is not a field of :class:`Record`.
    """
    values = content | envelope
    for name in _TEXT_TUPLES:
        if name in values:
            values[name] = tuple(values[name])
    if "abstract" in values:
        values["abstract"] = tuple(Section(**part) for part in values["abstract"])
    if "persons" in values:
        values["persons"] = tuple(
            Person(**{**part, "affiliations": tuple(part.get("affiliations", ()))}) for part in values["persons"]
        )
    if "notices" in values:
        values["notices"] = tuple(Notice(**part) for part in values["notices"])
    if "trial" in values:
        trial: dict[str, Any] = {
            name: tuple(part) if isinstance(part, list) else part for name, part in values["trial"].items()
        }
        values["trial"] = TrialFacts(**trial)
    values["kind"] = Kind(values["kind"])
    values["fidelity"] = Fidelity(values["fidelity"])
    return Record(**values)
