"""Which files there are to read, and how one is opened: what a person named, and nothing that it leads to by a link.

A path that a person types, or sets as the inbox, is that person's choice and may be a link. Below it no symbolic link
is followed, neither to a file nor to a folder: whoever may drop a file there could make the program read, and archive,
what they may not read themselves. A link, a pipe, a device or a socket is found like a file and refused when it is
opened, so that it is named.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from livingreview.errors import InputError
from livingreview.records.sanitize import clean
from livingreview.sources.formats import recognise

_SKIPPED_NAMES = ("readme", "license", "licence")
_SKIPPED_SUFFIXES = (".md", ".md5")
_READING = os.O_RDONLY | os.O_NONBLOCK
"""To open a pipe would wait until somebody writes to it."""
_LINK_NOT_FOLLOWED = "is a symbolic link, which is not followed; put the file itself there"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is to be read.

    Attributes:
        path: where it lies.
        name: under which it is logged and reported; fit to be shown.
        below: the folder that a person named, below which no link is followed; None when the file itself was named.
    """

    path: Path
    name: str
    below: Path | None = None

    def __str__(self) -> str:
        return self.name

    def open(self) -> BinaryIO:
        """Its bytes; the caller closes it.

        Raises:
            InputError: it is no regular file, lies behind a link, or cannot be opened.
        """
        try:
            descriptor = os.open(self.path, _READING) if self.below is None else self._open_below(self.below)
        except OSError as error:
            # O_NOFOLLOW says ELOOP of a link to a file; of one to a folder, asked for as a folder, ENOTDIR is said.
            reason = _LINK_NOT_FOLLOWED if self._is_behind_link() else f"cannot be read ({error.strerror})"
            raise InputError(f"{self}: {reason}") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise InputError(f"{self}: neither a file nor a folder, so it is not read; take it away")
        return os.fdopen(descriptor, "rb")

    def _open_below(self, below: Path) -> int:
        """Folder by folder, each by the one before: whatever is exchanged meanwhile, no link is followed."""
        *folders, name = self.path.relative_to(below).parts
        inner = os.open(below, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                outer, inner = inner, os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=inner)
                os.close(outer)
            return os.open(name, _READING | os.O_NOFOLLOW, dir_fd=inner)
        finally:
            os.close(inner)

    def _is_behind_link(self) -> bool:
        if self.below is None:
            return False
        parts = self.path.relative_to(self.below).parts
        return any(self.below.joinpath(*parts[: number + 1]).is_symlink() for number in range(len(parts)))


def find_documents(path: Path, *, is_empty_allowed: bool = False) -> list[Document]:
    """The files to read: the file itself, or those of a folder and the folders in it, sorted by their path.

    Dated names therefore come in the order of their dates. Passed over are hidden files and folders, ``README*``,
    ``LICENSE*``, ``*.md`` and ``*.md5``; a file named outright is always taken.

    Raises:
        InputError: there is no such path, it cannot be listed, or nothing in it is to be read (but for
            ``is_empty_allowed``).
    """
    try:
        if path.is_file():
            return [Document(path, _name(path))]
        if not path.exists():
            raise InputError(f"{path}: no such file or folder")
        if not path.is_dir():
            raise InputError(f"{path}: neither a file nor a folder")
        found = sorted(_walk(path), key=lambda one: one.relative_to(path).parts)
    except OSError as error:
        raise InputError(f"{error.filename or path}: cannot be read ({error.strerror}); check its rights") from error
    if not found and not is_empty_allowed:
        raise InputError(f"{path}: no file to read in this folder; read are {recognise.DESCRIPTION}")
    return [Document(one, _name(one), path) for one in found]


def _name(path: Path) -> str:
    return clean(path.name) or "a file whose name nobody can read"


def _walk(folder: Path) -> Iterator[Path]:
    def fail(error: OSError) -> None:
        raise error

    for name, folders, files in os.walk(folder, onerror=fail):
        place = Path(name)
        folders[:] = [child for child in folders if not child.startswith(".")]
        links = [child for child in folders if (place / child).is_symlink()]
        for file in (*files, *links):
            low = file.lower()
            if not low.startswith((".", *_SKIPPED_NAMES)) and not low.endswith(_SKIPPED_SUFFIXES):
                yield place / file
