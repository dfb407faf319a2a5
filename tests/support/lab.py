"""A project with the command line upon it, and how a command ended."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livingreview.store.repository import Repository
from support.server import Server
from support.stores import rows_of


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Attributes:
        out: standard output; ``err`` standard error.
    """

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines of standard output."""
        return self.out.splitlines()


Cli = Callable[..., Ended]
Once = Callable[[str, Callable[[], object]], None]


@dataclass(slots=True)
class Lab:
    """A tiny project, the server it asks, and the command line upon both."""

    root: Path
    server: Server
    _cli: Cli

    @property
    def config(self) -> Path:
        """The folder of settings.toml."""
        return self.root / "config"

    @property
    def database_url(self) -> str:
        """The store of the review."""
        return f"sqlite:///{self.root / 'var' / 'tiny.db'}"

    def __call__(self, *arguments: str | Path, now: str = "2022-06-01T05:00:00Z") -> Ended:
        """One command upon this project."""
        return self._cli("--config", self.config, "--now", now, *arguments)

    def rows(self) -> dict[str, list[object]]:
        """What the store holds, without times and runs."""
        return rows_of(self.database_url)

    def open(self) -> Repository:
        """The store; the caller closes it."""
        return Repository.open(self.database_url, self.root / "var" / "archive")
