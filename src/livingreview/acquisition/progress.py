"""Who is told what happens while a run reads, and who waits."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

Tell = Callable[[str], None]
"""Takes one line for a person who watches."""


Progress = Callable[[str, int], None]
"""Told a stage and how many items of it are done, for a bar."""


@dataclass(slots=True)
class Watch:
    """Who is told what happens, and who waits.

    Attributes:
        tell: takes one line.
        progress: takes a stage and a count.
        sleep: waits for some seconds.
    """

    tell: Tell = field(default=lambda _line: None)
    progress: Progress = field(default=lambda _stage, _done: None)
    sleep: Callable[[float], None] = time.sleep
