"""Normal forms of identifiers, titles, statuses and partial dates: two spellings of one thing become equal."""

import re
import unicodedata
from datetime import date
from urllib.parse import unquote

_DOI = re.compile(r"10\.\d{4,9}/[^\s\x00-\x1f\x7f]{1,500}")
# Begins with its letters, so that the search leaps to them; they stand in every "function".
_NCT = re.compile(r"nct(?<=\bnct)\s*(\d{8})\b")
_PMCID = re.compile(r"\bPMC\s*(\d{1,12})(?!\d)", re.IGNORECASE)
_WORD = re.compile(r"[\w/-]{6,60}")
_MIN_TITLE_CHARS = 30
_NOT_WORD = re.compile(r"[^\w]+")
_PRINTED = {"finalized": "COMPLETED", "finished": "COMPLETED", "announced, not yet registered": "ANNOUNCED"}
_ASIDE = re.compile(r"\s*\([^()]*\)")
_NOT_LETTER = re.compile(r"[^A-Z]+")
_PARTIAL = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


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
    bare = value.casefold()
    if not value.isascii():
        folded = unicodedata.normalize("NFKD", value).casefold()
        bare = "".join(char for char in folded if not unicodedata.combining(char))
    return _NOT_WORD.sub(" ", bare).strip()


def telling_title(value: str) -> str:
    """A title in normal form; empty where it is too short to be one text's only: strangers share "Introduction"."""
    bare = normal_title(value)
    return bare if len(bare) >= _MIN_TITLE_CHARS else ""


_REGISTRIES = (
    ("clinicaltrials", "NCT", r"\d{8}"),
    ("anzctr", "ACTRN", r"\d{14}"),
    ("isrctn", "ISRCTN", r"\d{8}"),
    ("chictr", "ChiCTR", r"(?:-[A-Z]{2,5}-?)?\d{8,12}"),
    ("jrct", "jRCT", r"s?\d{9,10}"),
    ("umin", "UMIN", r"\d{9}"),
    ("japic", "JapicCTI", r"-\d{6}"),
    ("jma", "JMA-IIA", r"\d{5}"),
    ("irct", "IRCT", r"\d{8,18}N\d{1,3}"),
    ("ctri", "CTRI", r"/\d{4}/\d{2,3}/\d{6}"),
    ("drks", "DRKS", r"\d{8}"),
    ("euctr", "EUCTR", r"\d{4}-\d{6}-\d{2}(?:-[A-Z]{2}|-OUTSIDE-EU/EEA|-3RD)?"),
    ("ctis", "CTIS", r"\d{4}-\d{6}-\d{2}-\d{2}"),
    ("cris", "KCT", r"\d{7}"),
    ("pactr", "PACTR", r"\d{15}"),
    ("rebec", "RBR-", r"[0-9a-z]{6,8}"),
    ("slctr", "SLCTR", r"/\d{4}/\d{3}"),
    ("tctr", "TCTR", r"\d{11}"),
    ("rpcec", "RPCEC", r"\d{8}"),
    ("repec", "PER-", r"\d{3}-\d{2}"),
    ("lbctr", "LBCTR", r"\d{10}"),
    ("itmctr", "ITMCTR", r"\d{10,12}"),
    ("ntr", "NTR", r"\d{1,5}"),
    ("ntr", "NL-OMON", r"\d{1,6}"),
    ("ntr", "NL", r"\d{1,5}"),
)
"""(source, prefix in the registry's own spelling, the rest): the registries that feed WHO's search portal (ICTRP)."""
_SMALL_LETTERS = frozenset({"jrct", "rebec"})


def registry_id(value: str) -> tuple[str, str] | None:
    """(source, number) of the trial that a whole value names; None when it is no number of a known registry.

    WHO writes Japanese numbers with a prefix (``JPRN-jRCT...``), and ANZCTR marks those registered in advance with a
    ``p`` behind the number; neither belongs to it.
    """
    bare = re.sub(r"\s+", "", value)
    bare = re.sub(r"(?i)^JPRN-(?=.)|(?<=^ACTRN\d{14})p$", "", bare)
    for source, prefix, rest in _REGISTRIES:
        if re.fullmatch(re.escape(prefix) + rest, bare, re.IGNORECASE | re.ASCII):
            tail = bare[len(prefix) :]
            return source, prefix + (tail.lower() if source in _SMALL_LETTERS else tail.upper())
    return None


def registry_ids(text: str) -> tuple[tuple[str, str], ...]:
    """(source, number) of every trial that a text names, each once, in their order."""
    found = (registry_id(word.strip("-/")) for word in _WORD.findall(text))
    return tuple(dict.fromkeys(key for key in found if key is not None))


def normal_status(words: str) -> str:
    """A status in whatever wording as the registry's API writes it; empty when nothing was said."""
    bare = _ASIDE.sub("", words).strip()
    if bare.lower() in _PRINTED:
        return _PRINTED[bare.lower()]
    return _NOT_LETTER.sub("_", bare.upper()).strip("_").removesuffix("_STATUS")


def last_day(partial: str) -> date | None:
    """The last day that a partial date may mean; None when it is no date."""
    if not _PARTIAL.fullmatch(partial):
        return None
    year, month, day = [*map(int, partial.split("-")), 0, 0][:3]
    try:
        if day:
            return date(year, month, day)
        following = date(year + (month or 12) // 12, (month or 12) % 12 + 1, 1)
    except ValueError:
        return None
    return date.fromordinal(following.toordinal() - 1)


def is_before(partial: str, moment_: date) -> bool:
    """Whether every day that a partial date may mean lies before ``moment_``."""
    day = last_day(partial)
    return day is not None and day < moment_


_PREPRINT = re.compile(r"10\.(?:1101|64898)/(?:\d{4}\.\d{2}\.\d{2}\.\d+|\d{6}$)|10\.21203/rs\.|10\.20944/preprints")


def is_preprint_doi(doi: str) -> bool:
    """Whether a doi in normal form is one of bioRxiv, medRxiv, Research Square or Preprints.org.

    The prefix 10.1101 alone does not say so: it also belongs to the journals of Cold Spring Harbor.
    """
    return _PREPRINT.match(doi) is not None
