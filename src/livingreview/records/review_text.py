"""The published text of the review that is kept alive, sentence by sentence."""

from dataclasses import dataclass
from typing import Final

TEXT_SOURCE: Final = "review text"
"""Under this name the log of what a run received has the document of the text that it knew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence of the published text.

    Attributes:
        number: its place in the text, from 1.
        section: number and heading of the innermost section, ``4.2 Lungs``; ``Abstract`` for the abstract.
        text: as it is printed, citations as ``[5,6]``.
        cites: reference numbers, ascending.
    """

    number: int
    section: str
    text: str
    cites: tuple[int, ...] = ()
