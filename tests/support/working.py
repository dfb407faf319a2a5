"""Models for workers of ``bulk``; a module of its own, so that another process finds it."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

from livingreview.records import Record, Score


class ProcessModel:
    """Gives every record the id of the process that scored it as its scope."""

    scopes = ("any",)
    review = SimpleNamespace(facets=(), areas=())

    def score(self, records: Sequence[Record]) -> list[Score]:
        return [Score(scope=str(os.getpid()), probabilities={"any": 1.0}, areas=(), facets={}) for _ in records]

    def is_relevant(self, score: Score) -> bool:
        return True


class NotingModel(ProcessModel):
    """Leaves an empty file named after each record that it has scored."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def score(self, records: Sequence[Record]) -> list[Score]:
        for record in records:
            (self._folder / record.title).touch()
        return super().score(records)


class EndingModel(ProcessModel):
    """Ends its process, as a system without memory does, at a record with the title ``end``."""

    def score(self, records: Sequence[Record]) -> list[Score]:
        if any(record.title == "end" for record in records):
            os._exit(3)
        return super().score(records)


class FailingModel(ProcessModel):
    """A fault of the program."""

    def score(self, records: Sequence[Record]) -> list[Score]:
        raise LookupError(records[0].title)


class SlowModel(ProcessModel):
    """Takes a quarter of a second for every batch, so that the process is ended while its workers have work left.

    A batch must end by itself: that the workers do so is what is tested.
    """

    def score(self, records: Sequence[Record]) -> list[Score]:
        time.sleep(0.25)
        return super().score(records)
