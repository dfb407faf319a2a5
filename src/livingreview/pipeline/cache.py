"""What a report made of the stored records, kept for the next one: a run without news need not make it again.

Files beside the reports. Each names the state of the store, of the review and of the program that it was made of, and
is worth nothing for any other. They may be deleted at any time.
"""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from livingreview.atomic import written_aside
from livingreview.config import Project
from livingreview.errors import StoreError
from livingreview.records import Baseline

_PROGRAM = {".py", ".j2", ".css"}


def state_of(project: Project, baseline: Baseline, shown: str) -> str:
    """Names everything that kept values depend on.

    Args:
        project: its review, thresholds and folders.
        baseline: what the review printed and cited.
        shown: names the stored records and decisions (:meth:`livingreview.store.repository.Repository.shown`), and
            what else the values depend on.
    """
    told = (shown, project.config_hash(), project.settings.trials, baseline, _code_digest())
    return hashlib.sha256(repr(told).encode()).hexdigest()


@cache
def _code_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*")):
        if path.suffix in _PROGRAM:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def take(project: Project, name: str, state: str) -> dict[str, Any]:
    """The values that were kept under a name for this state; empty when there are none."""
    try:
        found = orjson.loads(_path(project, name).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    is_ours = isinstance(found, dict) and found.get("state") == state and isinstance(found.get("values"), dict)
    return dict(found["values"]) if is_ours else {}


def kept(project: Project, name: str, state: str, make: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """The values that were kept under a name for this state, or else those that are made now, and kept.

    Raises:
        StoreError: the folder cannot be written to.
    """
    values: Mapping[str, Any] = take(project, name, state)
    if not values:
        values = make()
        put(project, name, state, values)
    return values


def put(project: Project, name: str, state: str, values: Mapping[str, Any]) -> None:
    """Keeps JSON-ready values in the place of those of another state.

    Raises:
        StoreError: the folder cannot be written to.
    """
    path = _path(project, name)
    try:
        with written_aside(path) as file:
            file.write(orjson.dumps({"state": state, "values": dict(sorted(values.items()))}))
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error


def _path(project: Project, name: str) -> Path:
    return project.path("out_dir") / f".{name}.json"
