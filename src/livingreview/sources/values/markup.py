"""Markup of titles and abstracts as plain text, and the labelled sections of an abstract."""

import html
import re

from livingreview.records import Section

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<![^<>]*>")


_INLINE_TAG = re.compile(
    r"</?(?:[\w.-]+:)?(?:i|b|em|strong|sub|sup|u|span|a|italic|bold|sc)(?:\s[^<>]*)?/?>", re.IGNORECASE
)


def plain_text(markup: str) -> str:
    """A text without HTML or JATS tags and entities, even escaped twice; ``p < 0.05`` stays as it is."""
    text = markup
    for _ in range(2):
        text = html.unescape(_TAG.sub(" ", _INLINE_TAG.sub("", text)))
    return " ".join(_TAG.sub(" ", _INLINE_TAG.sub("", text)).split())


_LABEL = re.compile(r"(?:^|(?<=[.?!)\]%]) )([A-Z][A-Z &/,()'-]{3,60}): ")


def sections(text: str) -> tuple[Section, ...]:
    """An abstract taken apart at its labels, if it opens with one; else one section.

    A label stands in capitals at the start or after a full stop and ends with a colon. Only the labels move; every
    word of the text stays.
    """
    parts = _LABEL.split(text)
    if len(parts) == 1 or parts[0].strip():
        return (Section(text=text),) if text else ()
    return tuple(Section(label=label, text=body.strip()) for label, body in zip(parts[1::2], parts[2::2], strict=True))
