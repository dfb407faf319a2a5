"""JSON as the store holds it, and the identity of a query text: an edited query has a cursor of its own."""

import hashlib
import json
from typing import Any

import orjson

from livingreview.config import Query
from livingreview.records import Record
from livingreview.records.serialization import canonical_json, content_of


def query_hash(query: Query) -> str:
    """Hex digest of what is asked; the name and role of a query may change without reading anew."""
    asked = {"source": query.source, "text": query.text, "parameters": dict(query.parameters)}
    return hashlib.sha256(canonical_json(asked).encode()).hexdigest()[:16]


def content_json(record: Record) -> str:
    """The content of a record in canonical JSON."""
    content = content_of(record)
    try:
        # The same text in a tenth of the time; what it does not know (a number of over 64 bits) is left to the other.
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError:
        return canonical_json(content)


def loaded(text: str) -> Any:
    """The value of a JSON text of the store.

    Raises:
        json.JSONDecodeError: it is none.
    """
    try:
        # Several times as fast; what it does not know (NaN) is left to the other.
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)
