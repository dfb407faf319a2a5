"""What every model of config/ builds on."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

SLUG = r"[a-z0-9][a-z0-9_-]{0,63}"
"""What a review may be called: its slug names folders and files."""


class Frozen(BaseModel):
    """Immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _regex(value: str) -> re.Pattern[str]:
    try:
        return re.compile(value, re.IGNORECASE)
    except (re.error, TypeError) as error:
        raise ValueError(f"not a regular expression: {value!r} ({error})") from error


Pattern = Annotated[re.Pattern[str], BeforeValidator(_regex)]
"""A regular expression; case does not matter."""
