"""The identity of a query text: an edited query is another query, with a cursor of its own."""

import hashlib

from livingreview.canonical import canonical_json
from livingreview.config import Query


def query_hash(query: Query) -> str:
    """Hex digest of what is asked; the name and role of a query may change without reading anew."""
    asked = {"source": query.source, "text": query.text, "parameters": dict(query.parameters)}
    return hashlib.sha256(canonical_json(asked).encode()).hexdigest()[:16]
