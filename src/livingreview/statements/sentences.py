"""Sentences of a record's text, and a few words of one as a quotation."""

import re
from dataclasses import dataclass
from typing import Final

QUOTE_CHARS: Final = 160
"""A quotation is no longer: enough to judge, little enough to be one."""
BORDER: Final = "\x00"
"""Stands between texts that are folded together; no pattern of a name reaches across it."""
_END: Final = re.compile(r"(?<=[.!?])[\"')\]]? +(?=[A-Z0-9\"'(\[])|\n")
_ABBREVIATION: Final = re.compile(
    r"\b(?:al|vs|e\.g|i\.e|fig|figs|no|approx|resp|ca|st|dr|spp?|[A-Z])\.$", re.IGNORECASE
)


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


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of every sentence of a plain text, in order; a line ends one, too."""
    spans, start = [], 0
    for found in _END.finditer(text):
        if found.group() != "\n" and _ABBREVIATION.search(text, start, found.start()):
            continue
        if found.start() > start:
            spans.append((start, found.start()))
        start = found.end()
    if start < len(text):
        spans.append((start, len(text)))
    return tuple(spans)
