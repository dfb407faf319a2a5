"""What a report made of the stored records, kept for the next one: a run without news need not make it again.

Files beside the reports. Each names the state of the store, of the review and of the program that it was made of, and
is worth nothing for any other. They may be deleted at any time.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from livingreview.aside import written_aside
from livingreview.config import Project
from livingreview.errors import StoreError
from livingreview.records import Baseline

_MODULES = ("emerging.py", "new_areas.py", "tokens.py", "text.py", "identity.py", "records.py", "canonical.py")


def state_of(project: Project, baseline: Baseline, shown: str) -> str:
    """Names everything that kept values depend on.

    Args:
        project: its review and folders.
        baseline: what the review printed and cited.
        shown: names the stored records and decisions (:meth:`livingreview.store.repository.Repository.shown`), and
            what else the values depend on.
    """
    return hashlib.sha256(repr((shown, project.config_hash(), baseline, _code_digest())).encode()).hexdigest()


@cache
def _code_digest() -> str:
    digest = hashlib.sha256()
    package = resources.files("livingreview")
    report = package / "report"
    for folder in (report, report / "sections", package / "telling"):
        for path in sorted(folder.iterdir(), key=lambda path: path.name):
            if path.name.endswith(".py"):
                digest.update(path.read_bytes())
    for name in _MODULES:
        digest.update((package / name).read_bytes())
    return digest.hexdigest()


def take(project: Project, name: str, state: str) -> dict[str, Any]:
    """The values that were kept under a name for this state; empty when there are none."""
    try:
        kept = orjson.loads(_path(project, name).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}
    is_ours = isinstance(kept, dict) and kept.get("state") == state and isinstance(kept.get("values"), dict)
    return dict(kept["values"]) if is_ours else {}


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
