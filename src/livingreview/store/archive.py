"""The raw archive: what was received, byte for byte, compressed, named by the SHA-256 of its bytes.

A document is complete under its final name or not there at all (written aside, flushed, renamed). The same bytes are
kept once. Documents that are gzip already are kept as they are.
"""

import gzip
import hashlib
import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from livingreview.atomic import written_aside
from livingreview.errors import InputError, StoreError

_GZIP_MAGIC = b"\x1f\x8b"
_BLOCK_BYTES = 1 << 20
_KEY = re.compile("[0-9a-f]{64}")


class Archive:
    """A folder of payloads, ``<first two hex digits>/<sha256>`` with ``.gz`` where the archive itself compressed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, body: bytes) -> str:
        """Keeps a payload; returns its key.

        Raises:
            StoreError: the folder cannot be written to.
        """
        key = hashlib.sha256(body).hexdigest()
        if self._find(key) is None:
            if body.startswith(_GZIP_MAGIC):
                self._write(self._path(key), body)
            else:
                self._write(self._path(key, ".gz"), gzip.compress(body, compresslevel=6, mtime=0))
        return key

    def adopt(self, file: BinaryIO) -> tuple[str, int]:
        """Keeps a copy of an open file; returns its key and its size in bytes.

        Args:
            file: read twice from its beginning.

        Raises:
            InputError: it changed between the two readings.
            StoreError: it cannot be read or the folder not written to.
        """
        try:
            head = file.read(len(_GZIP_MAGIC))
            file.seek(0)
            first = _Hashed(file)
            while first.read(_BLOCK_BYTES):
                pass
            key, size_bytes = first.key, file.tell()
            if self._find(key) is None:
                file.seek(0)
                is_gzip = head == _GZIP_MAGIC
                second = _Hashed(file)
                with written_aside(self._path(key, "" if is_gzip else ".gz")) as target:
                    _copy(cast(BinaryIO, second), target, is_compressed=not is_gzip)
                    if second.key != key:
                        raise InputError("changed while it was read; read it again when whoever writes it is done")
        except OSError as error:
            raise StoreError(f"{self._folder}: a file cannot be archived there ({error.strerror or error})") from error
        return key, size_bytes

    def open(self, key: str) -> BinaryIO:
        """The bytes as they were received.

        Raises:
            StoreError: there is no such document.
        """
        path = self.path(key)
        return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")

    def list_keys(self) -> Iterator[str]:
        """The key of every document, in their order."""
        for path in sorted(self._folder.glob("[0-9a-f][0-9a-f]/*")):
            if _KEY.fullmatch(path.name.removesuffix(".gz")):
                yield path.name.removesuffix(".gz")

    def blocks(self, key: str) -> Iterator[bytes]:
        """The bytes as they were received, piece by piece.

        Raises:
            StoreError: there is no such document.
            OSError, EOFError, zlib.error: it is damaged.
        """
        with self.open(key) as document:
            while block := document.read(_BLOCK_BYTES):
                yield block

    def fault(self, key: str) -> str:
        """What is wrong with a document: ``missing``, ``damaged``, or nothing."""
        if self._find(key) is None:
            return "missing"
        try:
            digest = hashlib.sha256()
            for block in self.blocks(key):
                digest.update(block)
        except (OSError, EOFError, zlib.error):
            return "damaged"
        return "" if digest.hexdigest() == key else "damaged"

    def path(self, key: str) -> Path:
        """The file that holds a document, compressed or as it came.

        Raises:
            StoreError: there is no such document.
        """
        found = self._find(key)
        if found is None:
            raise StoreError(f"{self._folder}: document {key} is not in the archive")
        return found

    def _path(self, key: str, suffix: str = "") -> Path:
        return self._folder / key[:2] / f"{key}{suffix}"

    def _find(self, key: str) -> Path | None:
        return next((path for path in (self._path(key, ".gz"), self._path(key)) if path.exists()), None)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            with written_aside(path) as target:
                target.write(data)
        except OSError as error:
            raise StoreError(f"{self._folder}: cannot be written to ({error.strerror or error})") from error


class _Hashed:
    """A file that knows the SHA-256 of what was read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    @property
    def key(self) -> str:
        return self._digest.hexdigest()

    def read(self, size: int) -> bytes:
        block = self._file.read(size)
        self._digest.update(block)
        return block


def _copy(source: BinaryIO, target: BinaryIO, *, is_compressed: bool) -> None:
    if not is_compressed:
        shutil.copyfileobj(source, target, _BLOCK_BYTES)
        return
    with gzip.GzipFile(fileobj=target, mode="wb", compresslevel=6, mtime=0, filename="") as packed:
        shutil.copyfileobj(source, packed, _BLOCK_BYTES)
