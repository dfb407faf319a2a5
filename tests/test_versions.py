"""Stored data that hang on a version number of the code: who changes that code must look at the number."""

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from livingreview.linking import RULES_VERSION
from livingreview.sources.pubmed.fields import READER_VERSION

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "livingreview"


class Versioned(NamedTuple):
    """A number, what is done again when it is raised, the modules that it speaks for, and both as they were noted."""

    name: str
    number: int
    effect: str
    modules: tuple[str, ...]
    noted: tuple[int, str]


VERSIONED = (
    Versioned(
        "RULES_VERSION in linking/keys.py",
        RULES_VERSION,
        "every record is linked anew",
        (
            "records/identifiers.py",
            *(f"linking/{name}.py" for name in ("candidates", "facts", "groups", "keys", "partition", "rules")),
        ),
        noted=(1, "f4f02c77ad489284"),
    ),
    Versioned(
        "READER_VERSION in sources/pubmed/fields.py",
        READER_VERSION,
        "articles are read again though their bytes are known",
        (
            *(f"sources/pubmed/{name}.py" for name in ("fields", "dtd", "xml_shape")),
            *(f"sources/values/{name}.py" for name in ("mesh", "dates")),
            *(f"records/{name}.py" for name in ("identifiers", "record", "serialization")),
        ),
        noted=(1, "7380fb1de4123a58"),
    ),
)


def code_of(node: Any) -> Any:
    """A syntax tree as nested tuples, without docstrings, comments and places; the same for every Python."""
    if isinstance(node, list):
        return tuple(code_of(one) for one in node if not _is_docstring(one))
    if not isinstance(node, ast.AST):
        return repr(node)
    parts = ((name, value) for name, value in ast.iter_fields(node) if value is not None and value != [])
    return (type(node).__name__, *((name, code_of(value)) for name, value in parts))


def _is_docstring(node: Any) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def digest_of(sources: Iterable[str]) -> str:
    told = repr([code_of(ast.parse(source)) for source in sources])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@pytest.mark.parametrize("one", VERSIONED, ids=lambda one: one.name)
def test_code_that_stored_data_hang_on_changes_with_its_number(one: Versioned) -> None:
    found = (one.number, digest_of((PACKAGE / name).read_text(encoding="utf-8") for name in one.modules))
    assert found == one.noted, (
        f"{', '.join(one.modules)}: this code has changed. Raise {one.name}, so that {one.effect}, unless every result"
        f" stays the same (a new name, a move, other types); then note the new pair here: {found}"
    )


def test_only_code_counts() -> None:
    plain = "def half(x):\n    return x / 2\n"
    told = '"""Halves."""\n\n\ndef half(x):\n    """Half of it."""\n    return x / 2  # a float\n'
    assert digest_of([told]) == digest_of([plain])
    assert digest_of([plain]) != digest_of([plain.replace("2", "3")])
    assert digest_of([plain]) != digest_of([plain.replace("x", "y")])
