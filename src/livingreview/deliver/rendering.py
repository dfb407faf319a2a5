"""The templates of this package."""

from functools import lru_cache
from typing import Any

from jinja2 import Environment, select_autoescape

from livingreview.records.sanitize import clean
from livingreview.text.templates import environment
from livingreview.text.wording import counted


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = environment("livingreview.deliver", select_autoescape(["html", "xml"], default=False))
    made.filters |= {"clean": clean, "counted": counted}
    return made


def render(name: str, **values: Any) -> str:
    """A template of this package, filled; ``.html`` and ``.xml`` are escaped."""
    return _environment().get_template(name).render(values)
