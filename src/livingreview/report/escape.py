"""Hostile text made harmless: Markdown that renders as the letters it holds."""

import re
from typing import Any

from markupsafe import Markup

from livingreview.records.sanitize import clean

_MARKUP = re.compile(r"([\\`*_\[\]<|~&$#@])")
_LEADING = re.compile(r"^([-+=:>])|^(\d{1,9})([.)])(?=\s|$)")
_AUTOLINK = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp)(:)|\b(www)(\.)")


def markdown_text(value: object) -> str:
    """Text that Markdown (CommonMark, GitHub's with tables, math and bare links) shows letter by letter.

    Every character that could begin markup, a link, an entity, a table cell or a mention follows a backslash, as
    does what would begin a heading, list or rule at the start of a line.
    """
    text = _MARKUP.sub(r"\\\1", clean(value))
    text = _AUTOLINK.sub(_broken, text)
    return _LEADING.sub(lambda found: rf"\{found[1]}" if found[1] else rf"{found[2]}\{found[3]}", text)


def _broken(found: re.Match[str]) -> str:
    return f"{found[1] or found[3]}\\{found[2] or found[4]}"


def markdown_value(value: Any) -> Markup:
    """What Jinja does with every expression of a Markdown template: markup of ours passes, text is escaped."""
    if isinstance(value, Markup):
        return value
    # Escaped above; Markup here means "finished", not HTML.
    return Markup(markdown_text(value))  # noqa: S704
