"""Normal forms of identifiers and titles: two spellings of one thing become equal."""

import re
import unicodedata
from urllib.parse import unquote

_DOI = re.compile(r"10\.\d{4,9}/\S{1,500}")
# Begins with its letters, so that the search leaps to them; they stand in every "function".
_NCT = re.compile(r"nct(?<=\bnct)\s*(\d{8})\b")
_PMCID = re.compile(r"\bPMC\s*(\d+)", re.IGNORECASE)
_NOT_WORD = re.compile(r"[^\w]+")


def normal_doi(value: str) -> str:
    """A DOI in lower case without resolver, prefix or trailing punctuation; empty when there is none in ``value``.

    DOIs are case-insensitive (DOI Handbook, 2.4).
    """
    found = _DOI.search(unquote(value))
    if found is None:
        return ""
    doi = found.group().lower().rstrip(".,;:'\"")
    while doi.endswith((")", "]", "}")) and doi.count(doi[-1]) > doi.count({")": "(", "]": "[", "}": "{"}[doi[-1]]):
        doi = doi[:-1].rstrip(".,;:")
    return "" if doi.endswith("/") and doi.count("/") == 1 else doi


def normal_pmid(value: str) -> str:
    """A PMID as its bare number without leading zeros; empty when ``value`` is not one."""
    digits = value.strip().lower().removeprefix("pmid").lstrip(": ").strip()
    return str(int(digits)) if digits.isascii() and digits.isdigit() and 0 < len(digits) <= 10 and int(digits) else ""


def normal_pmcid(value: str) -> str:
    """A PMC id as ``PMC`` and its number; empty when ``value`` holds none."""
    found = _PMCID.search(value)
    return f"PMC{int(found.group(1))}" if found else ""


def nct_ids(text: str) -> tuple[str, ...]:
    """The NCT numbers in a text, each once, in their order."""
    return tuple(dict.fromkeys(f"NCT{digits}" for digits in _NCT.findall(text.lower())))


def normal_title(value: str) -> str:
    """A title as its bare words: folded case and width, no accents, no punctuation."""
    folded = unicodedata.normalize("NFKD", value).casefold()
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    return _NOT_WORD.sub(" ", bare).strip()
