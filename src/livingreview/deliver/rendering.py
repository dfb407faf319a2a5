"""The templates of this package."""

from functools import lru_cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from livingreview.telling.fit import clean
from livingreview.telling.words import counted


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
    environment.filters |= {"clean": clean, "counted": counted}
    return environment


def render(name: str, **values: Any) -> str:
    """A template of this package, filled; ``.html`` and ``.xml`` are escaped."""
    return _environment().get_template(name).render(values)
