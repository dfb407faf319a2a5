r"""Words that a rule asks for, as a person writes them: plain words, a regular expression, or a concept of the review.

- ``batch-to-batch variation`` is plain: case does not matter, it begins and ends with a word, a blank and a hyphen are
  the same, ``variab*`` stands for any ending, and the last word also matches with a final *s*.
- ``/\bclon(?:e|al)\b/`` between slashes is a regular expression; case does not matter.
- ``@ev`` is a concept: any spelling that ``[[variants]]`` of review.toml names so.
"""

import re
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

_REGEX_SIGNS = re.compile(r"[\\()\[\]|^$?{}]|\.[*+]|\*(?=\w)|(?<!\w)\*")


def concept_of(entry: str) -> str:
    """The concept that an entry names, without its ``@``; empty for words and regular expressions."""
    return entry[1:] if entry.startswith("@") else ""


def is_regex(entry: str) -> bool:
    """Whether an entry is a regular expression between slashes."""
    return len(entry) > 1 and entry.startswith("/") and entry.endswith("/")


@lru_cache(maxsize=4096)
def pattern_of(entry: str) -> re.Pattern[str]:
    """What an entry matches in plain text; a concept is no pattern and matches nothing.

    Raises:
        ValueError: it is neither plain words nor a regular expression; one line says what to write.
    """
    if concept_of(entry):
        return re.compile("(?!)")
    if is_regex(entry):
        try:
            pattern = re.compile(entry[1:-1], re.IGNORECASE)
        except re.error as error:
            raise ValueError(f"not a regular expression: {entry!r} ({error})") from error
        if pattern.search(""):
            raise ValueError(f"{entry!r} matches any text; ask for a word")
        return pattern
    if sign := _REGEX_SIGNS.search(entry):
        raise ValueError(f"{entry!r} is plain words but has {sign.group()!r}; write it between slashes: /.../")
    words = re.split(r"[ -]+", entry.strip(" -"))
    if not re.search(r"\w", entry):
        raise ValueError(f"{entry!r} has no word")
    parts = [re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in words]
    plural = "s?" if words[-1][-1:].isalpha() else ""
    return re.compile(rf"(?<!\w){'[ -]'.join(parts)}{plural}(?!\w)", re.IGNORECASE)


def _checked(entry: str) -> str:
    if entry.startswith("@"):
        if not re.fullmatch(r"@\w[\w-]*", entry):
            raise ValueError(f"{entry!r}: a concept is @ and one name of [[variants]] in review.toml, and nothing else")
        return entry
    pattern_of(entry)
    return entry


Words = Annotated[str, AfterValidator(_checked)]
"""One entry of words, checked when the configuration is read."""
