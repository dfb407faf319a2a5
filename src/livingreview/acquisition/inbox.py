"""The inbox: a folder where people drop what cannot be asked for; a run that asks the services reads it afterwards.

A file stays where it is, whatever becomes of it: it belongs to the person who put it there. What was read once is known
by the hash of its bytes and passed over with one line, under whatever name it lies there; what could not be read is
tried again by every run, and named by every run until it is mended or taken away.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from livingreview.acquisition.progress import Watch
from livingreview.acquisition.services import Acquired
from livingreview.errors import InputError
from livingreview.records.sanitize import clean
from livingreview.sources.formats.listing import Document, find_documents
from livingreview.store.repository import Repository

if TYPE_CHECKING:
    from io import BufferedReader


def find_inbox(folder: Path, acquired: Acquired) -> list[Document]:
    """The files of the inbox and of its folders, in the order of their paths, named from the inbox's parent on.

    A folder that is not there is an empty one.

    Args:
        folder: the inbox.
        acquired: gets the failure of a folder that cannot be listed.
    """
    try:
        found = find_documents(folder, is_empty_allowed=True) if folder.exists() else []
    except (InputError, OSError) as error:
        acquired.failures[folder.name] = str(error)
        return []
    return [replace(one, name=clean(one.path.relative_to(folder.parent).as_posix())) for one in found]


def read_inbox(
    documents: Iterable[Document], read_file: Callable[[Document], None], acquired: Acquired, watch: Watch
) -> None:
    """Reads every file of the inbox.

    Args:
        documents: the files.
        read_file: reads one, unless it was read before; raises :class:`~livingreview.errors.InputError` when it cannot.
        acquired: gets the failures, each under the name of its file.
        watch: told one line a file.
    """
    for document in documents:
        try:
            read_file(document)
        except InputError as error:
            acquired.failures[document.name] = str(error)
            watch.tell(f"{document.name}: not read: {error}")


def was_read(repository: Repository, file: BinaryIO) -> bool:
    """Whether the same bytes were read to their end by any run; the file is at its beginning again."""
    key = hashlib.file_digest(cast("BufferedReader", file), "sha256").hexdigest()
    file.seek(0)
    return repository.has_read_file(key)
