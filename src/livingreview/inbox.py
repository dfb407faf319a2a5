"""The inbox: a folder where people drop what cannot be asked for; a run that asks the services reads it afterwards.

A file stays where it is, whatever becomes of it: it belongs to the person who put it there. What was read once is known
by the hash of its bytes and passed over with one line, under whatever name it lies there; what could not be read is
tried again by every run, and named by every run until it is mended or taken away.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from livingreview.acquire import Acquired, Watch
from livingreview.errors import InputError
from livingreview.sources import files
from livingreview.store.repository import Repository

ReadFile = Callable[[Path, str], None]
"""Archives and stores one file under a name; raises :class:`~livingreview.errors.InputError` when it cannot be read."""


def read_inbox(folder: Path, repository: Repository, read_file: ReadFile, acquired: Acquired, watch: Watch) -> None:
    """Reads every file of the inbox that has not been read before; a folder that is not there is an empty one.

    Args:
        folder: the inbox; files in its folders are read, too, in the order of their paths.
        repository: knows what was read.
        read_file: reads one file.
        acquired: gets the failures, each under the path of its file from the inbox's parent.
        watch: told one line a file.
    """
    if not folder.exists():
        return
    try:
        documents = files.find_documents(folder, is_empty_allowed=True)
    except InputError as error:
        acquired.failures[folder.name] = str(error)
        return
    for path in documents:
        name = path.relative_to(folder.parent).as_posix()
        try:
            if repository.has_read_file(_hash(path)):
                watch.tell(f"{name}: read before, passed over")
            else:
                read_file(path, name)
        except InputError as error:
            acquired.failures[name] = str(error)
            watch.tell(f"{name}: not read: {error}")


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check its rights") from error
