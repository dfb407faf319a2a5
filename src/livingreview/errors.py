"""Every error a person may meet, with its exit code and whether trying again can help.

The tree::

    LivingReviewError                  1  a bug, or something that nobody foresaw
     +-- UsageError                    2  the command line or the input is wrong
     |    +-- ConfigError              2  a file of config/ or an environment variable
     |    +-- InputError               2  a file that was given to read
     |    +-- StoreError               2  the database or a folder cannot be used
     |    +-- DeliveryError            2  the mail could not be handed over
     +-- LockedError                   5  another run is at work
     +-- SourceError                   3 / 4  one source could not be read
          +-- UnreachableError         transient: no connection, time-out
          +-- ServiceFaultError        transient: 5xx, 429, a broken or cut-off body
          +-- QueryRejectedError       permanent: the service will not answer this query
          +-- UnreconciledError        permanent for this run: counts do not add up

A :class:`SourceError` stops only its own source; the run turns it into exit code 3 (some source failed) or 4
(nothing could be read).
"""

from traceback import walk_tb

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_PARTIAL = 3
EXIT_NOTHING_READ = 4
EXIT_LOCKED = 5
EXIT_CHANGE_FOUND = 10


class LivingReviewError(Exception):
    """Base of the tree: a message in one line that says what, where and what to do."""

    exit_code = EXIT_BUG

    def __str__(self) -> str:
        # Words of a service may hold lone surrogates, which no file and no database takes.
        return " ".join(super().__str__().encode("utf-8", "replace").decode().split())


class UsageError(LivingReviewError):
    """What was asked for cannot be done as it was asked."""

    exit_code = EXIT_USAGE


class ConfigError(UsageError):
    """A configuration file or an environment variable is wrong."""


class InputError(UsageError):
    """A file that was given cannot be read as what it claims to be."""


class StoreError(UsageError):
    """The database, or a folder that must be written to, cannot be used."""


class DeliveryError(UsageError):
    """A digest was not accepted by the mail server or the folder."""


class LockedError(LivingReviewError):
    """Another run holds the lock of the store."""

    exit_code = EXIT_LOCKED


class SourceError(LivingReviewError):
    """A source could not be read; every other source goes on."""

    exit_code = EXIT_PARTIAL
    is_transient = False


class UnreachableError(SourceError):
    """No answer came at all: refused, no such host, time-out."""

    is_transient = True


class ServiceFaultError(SourceError):
    """An answer came, but not a usable one: 5xx, 429, truncated, HTML where XML was due.

    Attributes:
        retry_after_seconds: what the service asked for, when it did.
    """

    is_transient = True

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class QueryRejectedError(SourceError):
    """The service understood the request and refuses it: a term it does not know, a 4xx."""


class UnreconciledError(SourceError):
    """The number of records read is not the number that the service announced."""


def unforeseen(error: BaseException) -> str:
    """What nobody foresaw, in one line that finds its place in the program: kind, place, words."""
    frames = [(frame.f_globals.get("__name__", ""), line) for frame, line in walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if frame[0].split(".")[0] == "livingreview"]
    module, line = (ours or frames or [("nowhere", 0)])[-1]
    return f"{type(error).__name__} at {module}:{line}" + (f": {error}" if str(error) else "")
