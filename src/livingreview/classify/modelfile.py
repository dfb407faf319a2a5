"""A model on disk: ``model.json``, ``arrays.npz`` and ``card.json``. Loading runs no code, saving is reproducible.

The same model gives the same bytes: JSON with sorted keys, arrays in a zip archive whose dates are fixed.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from livingreview.atomic import written_aside
from livingreview.errors import StoreError
from livingreview.records.serialization import canonical_json

FORMAT: Final = 3
"""Raised whenever a model file written by an earlier version can no longer be read."""

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_FILES: Final = ("arrays.npz", "card.json", "model.json")

Arrays = Mapping[str, npt.NDArray[Any]]


def checksum(values: Mapping[str, Any], arrays: Arrays) -> str:
    """Hex SHA-256 over everything that decides a score, to the last bit."""
    digest = hashlib.sha256(canonical_json(dict(values)).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def write_model(folder: Path, values: Mapping[str, Any], arrays: Arrays, card: Mapping[str, Any]) -> None:
    """Write the three files, each whole or not at all, ``model.json`` last.

    Raises:
        StoreError: the folder cannot be written to.
    """
    head = {"format": FORMAT, "checksum": checksum(values, arrays), "values": dict(values)}
    contents = (_zip(arrays), _json(card), _json(head))
    try:
        for name, content in zip(_FILES, contents, strict=True):
            with written_aside(folder / name) as file:
                file.write(content)
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written to ({error.strerror}); see models_dir in settings.toml"
        ) from error


def read_model(folder: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]], dict[str, Any]]:
    """Values, arrays and card of a model folder.

    Raises:
        StoreError: a file is missing or broken, the format is another one, or the files do not belong together.
    """
    path = folder / "model.json"
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        if head["format"] != FORMAT:
            raise StoreError(
                f"{path}: model format {head['format']}, this version reads {FORMAT}; run `livingreview train`"
            )
        with np.load(folder / "arrays.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        is_whole = head["checksum"] == checksum(head["values"], arrays)
    except FileNotFoundError as error:
        raise StoreError(f"{error.filename}: no model there; run `livingreview train`") from error
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise StoreError(f"{path}: not a usable model ({error}); run `livingreview train`") from error
    if not is_whole:
        raise StoreError(f"{path}: its files do not belong together; run `livingreview train`")
    return head["values"], arrays, card


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _zip(arrays: Arrays) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content.getvalue())
    return target.getvalue()
