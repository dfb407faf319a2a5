"""Text of strangers made fit for one line of anything: a header, XML, a terminal, a page."""

import re
import unicodedata

# Controls, surrogates, the two characters that XML 1.0 does not know, and the marks that override the reading direction
# of what follows them; letters of right-to-left scripts stay, and pages isolate them.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+")


def clean(value: object) -> str:
    """One line in NFC without control characters, single spaces."""
    return unicodedata.normalize("NFC", " ".join(_UNFIT.sub(" ", str(value)).split()))


def clip(value: object, size: int = 160) -> str:
    """:func:`clean`, cut to ``size`` characters with an ellipsis."""
    text = clean(value)
    return text if len(text) <= size else text[: size - 1].rstrip() + "\u2026"
