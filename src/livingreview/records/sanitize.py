"""Text of strangers made fit for one line of anything: a header, XML, a terminal, a log of CI, a page, an export."""

import json
import re
import unicodedata

# Controls, surrogates, the two characters that XML 1.0 does not know, and marks that nobody sees: those that override
# the reading direction of what follows them, break or join words, annotate, or tag. Letters of right-to-left scripts
# stay, and pages isolate them; so do the joiners (U+200C, U+200D) that some scripts are written with.
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
# What runners of CI services obey in whatever a step prints: GitHub's a line that begins with two colons, white space
# before them or not, and, as Azure's, a bracket behind two number signs anywhere.
_COMMAND = re.compile(r"^(\s*):(?=:)")
_BRACKET = re.compile(r"(##\w*)\[")


def one_line(value: object) -> str:
    """One line without control characters, single spaces."""
    return " ".join(_UNFIT.sub(" ", str(value)).split())


def clean(value: object) -> str:
    """:func:`one_line` in NFC."""
    return unicodedata.normalize("NFC", one_line(value))


def clip(value: object, size: int = 160) -> str:
    """:func:`clean`, cut to ``size`` characters with an ellipsis."""
    text = clean(value)
    return text if len(text) <= size else text[: size - 1].rstrip() + "\u2026"


def shown(value: object) -> str:
    """One line for a screen or a log, spaces as they are: no control characters, nothing that a CI runner obeys."""
    return _BRACKET.sub(r"\1 [", _COMMAND.sub(r"\1: ", _UNFIT.sub(" ", str(value))))


def shown_json(text: str) -> str:
    """JSON of the same meaning with what :func:`shown` takes out escaped; its own line ends stay."""
    return _BRACKET.sub(r"\1\\u005b", _UNFIT.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    return "\n" if found[0] == "\n" else json.dumps(found[0])[1:-1] if found[0] != "\x7f" else "\\u007f"
