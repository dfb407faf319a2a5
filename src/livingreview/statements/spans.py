"""A place in a record's text, and its words as a quotation."""

from dataclasses import dataclass
from typing import Final

QUOTE_CHARS: Final = 160
"""A quotation is no longer: enough to judge, little enough to be one."""
BORDER: Final = "\x00"
"""Stands between texts that are folded together; no pattern of a name reaches across it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A place in a text."""

    text: str
    start: int
    end: int

    def quote(self) -> str:
        """The words with some of their line around them, cut at spaces."""
        text = self.text
        start = text.rfind("\n", 0, self.start) + 1
        end = text.find("\n", self.end)
        end = len(text) if end < 0 else end
        room = max(0, QUOTE_CHARS - (self.end - self.start)) // 2
        first, last = max(start, self.start - room), min(end, self.end + room)
        if first > start:
            first = text.find(" ", first, self.start) + 1 or self.start
        if last < end:
            last = text.rfind(" ", self.end, last)
            last = self.end if last < 0 else last
        words = text[first:last].strip()[: 2 * QUOTE_CHARS]
        return ("… " if first > start else "") + words + (" …" if last < end else "")
