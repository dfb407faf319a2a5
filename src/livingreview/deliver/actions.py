"""GitHub Actions: the step summary and the outputs of a step. Both do nothing where their variable is not set."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from livingreview.errors import DeliveryError

MAX_SUMMARY_BYTES = 1 << 20
"""A step summary above 1 MiB is not shown at all."""

_CUT_NOTE = "\n\n> **Cut here:** a step summary holds at most 1 MiB. The whole report is in the run's artifact.\n"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def write_summary(markdown: str, environ: Mapping[str, str]) -> bool:
    """Appends to the step summary, cut at a line so that the file stays within its limit.

    Args:
        markdown: what to show.
        environ: of which ``GITHUB_STEP_SUMMARY`` names the file.

    Returns:
        Whether there was a summary to write to.

    Raises:
        DeliveryError: the file cannot be written to.
    """
    if not (name := environ.get("GITHUB_STEP_SUMMARY")):
        return False
    path = Path(name)
    data = _encoded(markdown if markdown.endswith("\n") else markdown + "\n")
    try:
        room = MAX_SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
        if len(data) > room:
            note = _encoded(_CUT_NOTE)
            data = data[: max(0, room - len(note))]
            data = data[: data.rfind(b"\n") + 1] + (note if room >= len(note) else b"")
        _append(path, data)
    except OSError as error:
        raise DeliveryError(f"GITHUB_STEP_SUMMARY: {path}: {error.strerror or error}; check the variable") from error
    return True


def write_outputs(outputs: Mapping[str, str | int], environ: Mapping[str, str]) -> bool:
    """Sets outputs of the step; no value can set another one.

    Args:
        outputs: name -> value.
        environ: of which ``GITHUB_OUTPUT`` names the file.

    Returns:
        Whether there was a file to write to.

    Raises:
        DeliveryError: the file cannot be written to.
        ValueError: a name is none; names are ours, never data.
    """
    if wrong := [name for name in outputs if not _NAME.fullmatch(name)]:
        raise ValueError(f"no names of outputs: {wrong}")
    if not (path := environ.get("GITHUB_OUTPUT")):
        return False
    try:
        _append(Path(path), b"".join(_output(name, str(value)) for name, value in outputs.items()))
    except OSError as error:
        raise DeliveryError(f"GITHUB_OUTPUT: {path}: {error.strerror or error}; check the variable") from error
    return True


def _output(name: str, value: str) -> bytes:
    data = _encoded(value)
    mark = b"end-" + hashlib.sha256(data).hexdigest().encode()
    while mark in data:
        mark = b"end-" + hashlib.sha256(mark).hexdigest().encode()
    return name.encode() + b"<<" + mark + b"\n" + data + b"\n" + mark + b"\n"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)
