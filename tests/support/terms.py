"""Search terms as the services take them, in as much of their grammar as our own queries use.

``(a[tiab] OR "b c"[ti]) AND NOT FIELD:[x TO y] AND AREA[Date]RANGE[a,MAX]``, and PubMed's ranges of days,
``"2022/01/01"[edat] : "2022/02/01"[edat]``: terms beside each other are joined by AND; what a single term means is up
to the service, which hands in a function.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"""
    (?P<paren>[()])
  | (?P<area>AREA\[(?P<area_name>[^\]]+)\]RANGE\[(?P<area_range>[^\]]+)\])
  | (?P<range>(?P<range_name>\w+):\[(?P<range_text>[^\]]+)\])
  | (?P<days>"(?P<day_first>[\d/]+)"\[(?P<day_name>\w+)\]\s*:\s*"(?P<day_last>[\d/]+)"\[(?P=day_name)\])
  | (?P<word>(?:(?P<field>[A-Za-z]\w*):)?(?:"(?P<phrase>[^"]*)"|(?P<bare>[^\s()\[\]"]+))(?:\[(?P<tag>[^\]]*)\])?)
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """One term: ``text`` is a word, a phrase, or the inside of a range."""

    text: str
    field: str = ""
    tag: str = ""
    is_range: bool = False


Holds = Callable[[Term], bool]
Tokens = tuple[Term | str, ...]


@lru_cache
def terms_of(query: str) -> tuple[Term | str, ...]:
    """The tokens of a query: terms, parentheses and operators."""
    found: list[Term | str] = []
    for match in _TOKEN.finditer(query):
        if match["paren"]:
            found.append(match["paren"])
        elif match["area"]:
            found.append(Term(match["area_range"], field=match["area_name"], is_range=True))
        elif match["range"]:
            found.append(Term(match["range_text"], field=match["range_name"], is_range=True))
        elif match["days"]:
            days = f"{match['day_first']},{match['day_last']}"
            found.append(Term(days, field=match["day_name"], is_range=True))
        elif match["word"] in ("AND", "OR", "NOT"):
            found.append(match["word"])
        else:
            text = match["phrase"] if match["phrase"] is not None else match["bare"]
            found.append(Term(text, field=match["field"] or "", tag=match["tag"] or ""))
    return tuple(found)


def matches(query: str, holds: Holds) -> bool:
    """Whether a query holds, given what its terms mean; an empty one always does."""
    tokens = terms_of(query)
    if not tokens:
        return True
    value, rest = _either(tokens, holds)
    if rest:
        raise ValueError(f"cannot read the end of the query: {rest[0]}")
    return value


def _either(tokens: Tokens, holds: Holds) -> tuple[bool, Tokens]:
    value, tokens = _both(tokens, holds)
    while tokens and tokens[0] == "OR":
        other, tokens = _both(tokens[1:], holds)
        value = value or other
    return value, tokens


def _both(tokens: Tokens, holds: Holds) -> tuple[bool, Tokens]:
    value, tokens = _one(tokens, holds)
    while tokens and tokens[0] not in ("OR", ")"):
        if tokens[0] == "AND":
            tokens = tokens[1:]
        other, tokens = _one(tokens, holds)
        value = value and other
    return value, tokens


def _one(tokens: Tokens, holds: Holds) -> tuple[bool, Tokens]:
    if not tokens:
        raise ValueError("the query breaks off")
    first, rest = tokens[0], tokens[1:]
    if first == "NOT":
        value, rest = _one(rest, holds)
        return not value, rest
    if first == "(":
        value, rest = _either(rest, holds)
        if not rest or rest[0] != ")":
            raise ValueError("a parenthesis is not closed")
        return value, rest[1:]
    if isinstance(first, str):
        raise ValueError(f"unexpected {first}")
    return holds(first), rest


def is_in_text(term: Term, text: str) -> bool:
    """Whether the words of a term stand in a text in lower case; ``*`` ends a word anyhow."""
    return _pattern(term.text.lower()).search(text) is not None


@lru_cache
def _pattern(words: str) -> re.Pattern[str]:
    wanted = re.escape(words).replace(r"\*", r"\w*").replace(r"\ ", r"\s+")
    return re.compile(rf"(?<!\w){wanted}(?!\w)")
