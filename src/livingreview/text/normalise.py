"""A record -> one normal text, with the name variants of a review folded into one token each.

Three forms of a text, each made from the one before:

* *plain*: NFKC, every dash a hyphen, white space collapsed; letters and their case stay. What a person sees, and
  what facets are read from.
* *normal*: lower case (Unicode case folding), no accents, Greek letters spelt out (``IFN-γ`` -> ``ifn-gamma``), the
  micro sign as ``u``.
* *folded*: normal, with each name variant replaced by its token, in the order of the review's table.

Plain and normal are idempotent. Patterns of name variants meet normal text.
"""

import importlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any, Final

from livingreview.records import Record

FIELDS: Final = ("title", "abstract", "keywords", "mesh", "conditions", "interventions")
"""The parts of a record that are read, in their order."""

_GREEK: Final = dict(
    zip(
        "αβγδεζηθικλνξοπρσςτυφχψω",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "nu",
            "xi",
            "omicron",
            "pi",
            "rho",
            "sigma",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        strict=True,
    )
) | {"μ": "u"}
_TO_NAMES: Final = {ord(letter): name for letter, name in _GREEK.items()}
_TO_PLAIN: Final = (
    dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"), "-")
    | dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u2032"), "'")
    | dict.fromkeys(map(ord, "\u201c\u201d\u201f\u2033"), '"')
    | dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), None)
)
_MARK: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_MAX_RANGE: Final = 16
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def plain_text(text: str) -> str:
    """NFKC, hyphens and straight quotes, single spaces; case and Greek letters stay. Idempotent."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_TO_PLAIN)).translate(_TO_PLAIN)
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


@lru_cache(maxsize=4096)
def _normal_letter(letter: str) -> str:
    for _ in range(4):
        bare = _MARK.sub("", unicodedata.normalize("NFKD", letter.translate(_TO_PLAIN)).casefold())
        letter = unicodedata.normalize("NFKD", bare).translate(_TO_PLAIN).translate(_TO_NAMES).lower()
    return letter


def normal_letters(text: str) -> str:
    """Normal text but for its white space, which stays as it is: enough for who only wants the words.

    Each letter beyond ASCII is taken by itself, so that only the few that a text holds cost time.
    """
    if not text.isascii():
        text = _NOT_ASCII.sub(lambda found: _normal_letter(found.group()), text)
    return text.lower()


def normal_text(text: str) -> str:
    """Plain text in lower case, without accents, Greek letters spelt out. Idempotent."""
    return " ".join(normal_letters(text).split())


def fields(record: Record) -> dict[str, str]:
    """The texts of a record by field (see :data:`FIELDS`), unchanged; lists are joined by ``"; "``.

    A record without a title is read by its vernacular one. Substances count as subject headings.
    """
    trial = record.trial
    return {
        "title": record.title or record.vernacular_title,
        "abstract": record.abstract_text,
        "keywords": "; ".join(record.keywords),
        "mesh": "; ".join((*record.mesh, *record.chemicals)),
        "conditions": "; ".join(trial.conditions) if trial else "",
        "interventions": "; ".join(trial.interventions) if trial else "",
    }


def title_and_abstract(record: Record) -> str:
    """What the ranker reads of a record, unchanged."""
    parts = fields(record)
    return f"{parts['title']} {parts['abstract']}"


Literals = tuple[tuple[str, ...], ...]
"""Sets of strings of which a text must hold one each."""

_MAX_MEMO: Final = 200_000


_RUN: Final = re.compile("[a-z0-9]+")


class _Signs(dict[str, int]):
    """Word -> which sets of literals it answers, one bit a set; most words answer none.

    Of a string with a blank or a hyphen its longest run of letters counts, which is within one word. A word is
    looked at once, when it is new, since texts repeat their words.
    """

    def __init__(self, steps: Sequence[Literals]) -> None:
        super().__init__()
        single = [[part for part in map(_longest_runs, step) if all(part)] for step in steps]
        bits = {part: 1 << place for place, part in enumerate(dict.fromkeys(part for step in single for part in step))}
        self._needed = {sum(bits[part] for part in step) for step in single}
        self._literals: dict[str, int] = {}
        for part, bit in bits.items():
            for text in part:
                self._literals[text] = self._literals.get(text, 0) | bit
        self._any = re.compile("|".join(map(re.escape, sorted(self._literals))) or "(?!)")
        self._known: dict[int, bool] = {}

    def may_match(self, words: Iterable[str]) -> bool:
        """Whether the words answer every set of some step."""
        found = 0
        for sign in set(map(self.__getitem__, words)):
            found |= sign
        if found in self._known:
            return self._known[found]
        answer = self._known[found] = any(needed & found == needed for needed in self._needed)
        return answer

    def __missing__(self, word: str) -> int:
        sign = 0
        if self._any.search(word):
            for text, bits in self._literals.items():
                if text in word:
                    sign |= bits
        if len(self) > _MAX_MEMO:
            self.clear()
        self[word] = sign
        return sign


def _longest_runs(part: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(max(_RUN.findall(text), key=len, default="") for text in part)


Variant = tuple[str | re.Pattern[str], str] | tuple[str | re.Pattern[str], str, Sequence[str]]


class Folder:
    """The compiled name variants of a review.

    A pattern is tried on a text only when literals that every match of it must contain are there: most texts hold
    none, and a substring search costs a hundredth of the pattern.
    """

    def __init__(self, variants: Iterable[Variant]) -> None:
        """Compile the table.

        Args:
            variants: (pattern, replacement) in the order in which they are applied. A pattern meets normal text; its
                case is ignored. A replacement is taken literally. A third member names strings of which one must
                occur in the text, as folded so far, for the pattern to count; none are needed when it is empty.

        Raises:
            re.error: a pattern is not a regular expression.
        """
        self._steps: list[tuple[Literals, re.Pattern[str], str]] = []
        for pattern, replacement, *context in variants:
            source = pattern if isinstance(pattern, str) else pattern.pattern
            required = (*(tuple(strings) for strings in context if strings), *required_literals(source))
            self._steps.append((required, _compile(source), replacement.replace("\\", r"\\")))
        self._signs = _Signs([required for required, _, _ in self._steps])

    def may_fold(self, words: Iterable[str]) -> bool:
        """Whether :meth:`fold` can change a normal text that is made of these words; True where it is not certain.

        Args:
            words: the text's runs of letters and digits, in any order.
        """
        return self._signs.may_match(words)

    def fold(self, text: str) -> str:
        """Every variant in a *normal* text replaced by its token, in the order of the table."""
        for required, pattern, replacement in self._steps:
            for literals in required:
                for literal in literals:
                    if literal in text:
                        break
                else:
                    break  # none of this set: the pattern cannot match
            else:
                text = pattern.sub(replacement, text)
        return text

    def __call__(self, text: str) -> str:
        """:func:`normal_text`, then :meth:`fold`."""
        return self.fold(normal_text(text))


def record_text(record: Record, folder: Folder, names: Sequence[str] = FIELDS) -> str:
    """The named fields of a record as one folded text, joined by ``" . "`` so that no name runs across two fields."""
    parts = fields(record)
    return folder(" . ".join(text for name in names if (text := parts[name])))


def _compile(source: str) -> re.Pattern[str]:
    # Matching without regard to case is slower, and needless where the pattern holds no capital: normal text is
    # lower case. Escapes such as \S and \B are no capitals.
    has_capitals = bool(re.search(r"[A-Z]", re.sub(r"\\.", "", source)))
    return re.compile(source, re.IGNORECASE if has_capitals else 0)


def required_literals(source: str) -> Literals:
    """Sets of lower-case strings: every match of a pattern holds at least one of each set. Rarest (longest) first.

    Read from the parse tree of :mod:`re`, which is no public interface: where it is missing there are no sets,
    patterns are tried on every text, and the result is the same.
    """
    try:
        sets = _literal_sets(importlib.import_module("re._parser").parse(source))
    except (ImportError, AttributeError, TypeError, ValueError):
        return ()
    usable = {tuple(sorted(part)) for part in sets if all(text.isascii() for text in part)}
    kept: list[tuple[str, ...]] = []
    for part in sorted(usable, key=lambda part: (-min(map(len, part)), len(part), part)):
        is_implied = any(all(any(text in longer for text in part) for longer in other) for other in kept)
        if not is_implied:
            kept.append(part)
    return tuple(kept)


def _literal_sets(tree: Any) -> list[set[str]]:
    sets: list[set[str]] = []
    run = ""
    for operator, value in tree:
        name = str(operator)
        letter = chr(value).lower() if name == "LITERAL" else _only_letter(value) if name == "IN" else ""
        if letter:
            run += letter
            continue
        if name == "BRANCH":
            sets += _branch_sets(run, value[1])
        elif name == "SUBPATTERN":
            sets += _literal_sets(value[3])
        elif name == "ASSERT":
            sets += _literal_sets(value[1])
        elif name in {"MAX_REPEAT", "MIN_REPEAT"} and value[0] > 0:
            sets += _literal_sets(value[2])
        if run:
            sets.append({run})
        run = ""
    return [*sets, {run}] if run else sets


def _only_letter(members: Any) -> str:
    """The one ASCII letter of a set such as ``[-\u2010-\u2015]`` whose other members plain text never holds."""
    letters: set[str] = set()
    for kind, value in members:
        low, high = (value, value) if str(kind) == "LITERAL" else value if str(kind) == "RANGE" else (0, 127)
        if high - low > _MAX_RANGE:
            return ""
        letters |= {letter.lower() for letter in map(chr, range(low, high + 1)) if _may_be_in_plain_text(letter)}
    return letters.pop() if len(letters) == 1 and all(map(str.isascii, letters)) else ""


def _may_be_in_plain_text(letter: str) -> bool:
    return letter.isspace() or plain_text(f"a{letter}a") == f"a{letter}a"


def _branch_sets(before: str, branches: Any) -> list[set[str]]:
    """One literal of each branch: what it starts with, after what precedes all of them, or its longest."""
    chosen: set[str] = set()
    for branch in branches:
        start = "".join(chr(value) for _, value in takewhile(lambda item: str(item[0]) == "LITERAL", branch)).lower()
        inner = [*_literal_sets(branch), *([{before + start}] if before + start else [])]
        if not inner:
            return []
        chosen |= max(inner, key=lambda part: (min(map(len, part)), -len(part)))
    return [chosen]
