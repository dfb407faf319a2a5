"""A zip of documents, as registries hand out their downloads: each member is read as a file of its own.

A member that cannot be read is named; the others are read. So is one that no honest zip holds: one whose name leaves
the folder in which it would be unpacked, a link, a folder with content. Nothing is ever unpacked under a member's name.
Limits stand against a bomb: members, bytes unpacked, and bytes unpacked for each byte packed. A zip in a zip, one with
a password, and one packed otherwise than by deflate are not opened: the head of an LZMA member may ask for gigabytes
before its first byte is there.
"""

import re
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from livingreview.errors import InputError
from livingreview.records import Problem
from livingreview.records.sanitize import clean
from livingreview.sources.base import Item
from livingreview.sources.formats import recognise

MAX_MEMBERS = 200_000
"""ANZCTR has some 30,000 trials, one file each."""
MAX_UNPACKED_BYTES = 8_000_000_000
MAX_UNPACKED_PER_PACKED = 200

_IN_MEMORY_BYTES = 64 << 20
_RATIO_COUNTS_FROM_BYTES = 64_000_000
_CHUNK_BYTES = 1 << 20
_WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, zlib.error)
"""How zipfile says that a member cannot be unpacked; it raises NotImplementedError for a way of packing it lacks."""
_DAMAGED_PLACES = (ValueError, OverflowError)
"""What zipfile lets through when a place or a name in the directory is beyond what there is."""
_DRIVE = re.compile(r"[A-Za-z]:")
_SKIPPED = ("readme", "license", "licence", "contents", "__macosx", ".")


def is_zip(head: bytes) -> bool:
    """Whether a file with these first bytes is a zip."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def parse(document: BinaryIO) -> Iterator[Item]:
    """The items of every member, in the order of their names.

    Raises:
        InputError: it is no whole zip, goes beyond a limit, or not one member can be read.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as copy:
        while chunk := document.read(_CHUNK_BYTES):
            copy.write(chunk)
        copy.seek(0)
        try:
            archive = zipfile.ZipFile(cast("BinaryIO", copy))
        except (*_DAMAGE, *_DAMAGED_PLACES) as error:
            raise InputError(f"the zip is damaged or breaks off ({error}); download it again") from error
        with archive:
            yield from _members(archive)


def _members(archive: zipfile.ZipFile) -> Iterator[Item]:
    members = sorted((one for one in archive.infolist() if _is_wanted(one)), key=lambda one: one.filename)
    if len(members) > MAX_MEMBERS:
        raise InputError(f"the zip holds {len(members):,} files, more than {MAX_MEMBERS:,}; split it")
    size = sum(one.file_size for one in members)
    if size > MAX_UNPACKED_BYTES:
        raise InputError(f"the zip holds {size:,} bytes unpacked, more than {MAX_UNPACKED_BYTES:,}; split it")
    packed = sum(one.compress_size for one in members)
    if size > _RATIO_COUNTS_FROM_BYTES and size > MAX_UNPACKED_PER_PACKED * max(1, packed):
        raise InputError(f"the zip unpacks to {size // max(1, packed)} times its size; it is no document but a bomb")
    faults: list[str] = []
    for member in members:
        name = clean(member.filename)
        try:
            _check_honest(member)
            yield from _items(archive, member)
        except (InputError, *_DAMAGE) as error:
            reason = str(error) if isinstance(error, InputError) else f"damaged ({error}); download the zip again"
            faults.append(f"{name}: {reason}")
            yield Problem(source="files", source_id=name, reason=f"not read: {reason}")
    if len(faults) == len(members):
        raise InputError(faults[0] if faults else "the zip holds no document")


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    """Neither a folder, nor hidden, nor words about the others; what is odd is wanted, so that it is named."""
    parts = PurePosixPath(member.filename.lower()).parts
    if _leaves(member):
        return True
    if not parts or member.is_dir():
        return member.file_size > 0
    return not any(part.startswith(_SKIPPED) for part in parts)


def _leaves(member: zipfile.ZipInfo) -> bool:
    """Whether it would be unpacked outside of its folder, by any system's rules."""
    # zipfile cuts a name at NUL and, on Windows, turns its strokes; the name as it was is judged.
    name = member.orig_filename.replace("\\", "/")
    return name.startswith("/") or ".." in name.split("/") or bool(_DRIVE.match(name)) or "\0" in name


def _check_honest(member: zipfile.ZipInfo) -> None:
    if _leaves(member):
        raise InputError("leaves the folder of the zip; unpack it yourself, if you trust it")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise InputError("is a symbolic link; put the file itself into the zip")
    if not PurePosixPath(member.filename).parts or member.is_dir():
        raise InputError("has content but no name, or that of a folder; rename it")


def _items(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Item]:
    if member.flag_bits & 1:
        raise InputError("is locked with a password; unpack it yourself")
    if member.compress_type not in _WAYS:
        raise InputError("is not packed by deflate; unpack it yourself")
    with _opened(archive, member) as document:
        head = document.read(recognise.SNIFFED_BYTES)
    if is_zip(head):
        raise InputError("is a zip in a zip; unpack it yourself")
    name = recognise.recognise(head)
    with _opened(archive, member) as document:
        yield from recognise.PARSERS[name](recognise.as_utf8(document))


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> BinaryIO:
    try:
        return cast("BinaryIO", archive.open(member))
    except _DAMAGED_PLACES as error:
        raise zipfile.BadZipFile(str(error)) from error
