"""How the templates of a package are rendered."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def environment(
    package: str,
    autoescape: bool | Callable[[str | None], bool],
    finalize: Callable[[Any], Any] | None = None,
) -> Environment:
    """What renders the folder ``templates`` of a package; a name that a template does not get is an error.

    Args:
        package: dotted name.
        autoescape: whether values are escaped, or what says so of a template by its name.
        finalize: a function that every value passes through before it is escaped.
    """
    return Environment(
        loader=PackageLoader(package),
        autoescape=autoescape,  # noqa: S701  (who asks says what is escaped; plain text is not)
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
