"""The templates of this package, and text made fit for headers, mail and XML."""

import re
from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

# Controls, surrogates, marks that turn the reading direction, and the two that XML 1.0 does not know.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+")


def plain(value: object) -> str:
    """One line of text without control characters: safe in a header, in XML and on a terminal."""
    return " ".join(_UNFIT.sub(" ", str(value)).split())


def clip(value: object, size: int = 160) -> str:
    """:func:`plain`, cut to ``size`` characters with an ellipsis."""
    text = plain(value)
    return text if len(text) <= size else text[: size - 1].rstrip() + "\u2026"


def counted(count: int, singular: str, plural: str = "") -> str:
    """``1 alert``, ``3 alerts``."""
    return f"{count:,} {singular if count == 1 else plural or singular + 's'}"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("livingreview.deliver"),
        autoescape=select_autoescape(["html", "xml"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"plain": plain, "counted": counted}
    return environment


def render(name: str, **values: Any) -> str:
    """A template of this package, filled; ``.html`` and ``.xml`` are escaped."""
    return _environment().get_template(name).render(values)
