"""Scientific English -> its sentences: of the review's own text, and of titles and abstracts."""

import re
from collections.abc import Iterator

BREAK = "\x1e"
"""Where a sentence ends whatever stands there: items of a list, a quoted paragraph."""

_CLOSERS = "\"”’'»)\\]"
_END = re.compile(
    rf"[.!?…]+[{_CLOSERS}]*"
    # A citation behind the full stop belongs to the sentence before it.
    r"(?:\s?\[[^\[\]A-Za-z]{1,60}\](?=\s|[A-Z]|$))*"
    r"(?:\s+|(?<=\])(?=[A-Z])|(?<=\]\.)(?=[A-Z]))"
)
_LAST_WORD = re.compile(r"[^\s(\[“‘\"'«]*$")
_FIRST_WORD = re.compile(r"[(\[“‘\"'«]*(\S*)")
_ORDINARY = re.compile(r"[a-zà-öø-ÿ]+(?:[-’'/][a-zà-öø-ÿ]+)*[,;:.)\]”’\"']*")
"""A word in small letters does not begin a sentence; ``iPSCs`` and ``miR-21`` do."""
_NEVER_END = """
    e.g i.e vs v cf viz al approx ca resp incl dr prof mr mrs st mt jr inc ltd co corp univ dept vol pp ed eds suppl spp
    sp subsp var ph.d m.d u.s u.k
"""
_ABBREVIATIONS = frozenset(_NEVER_END.split())
_BEFORE_NUMBERS = (
    *("art", "ch", "chap", "eq", "eqs", "fig", "figs", "max", "min", "no", "nos", "p", "ref", "refs", "sec", "sect"),
    *("tab", "tabs"),
)
_MAY_END = ("etc", "a.m", "p.m", "i.v", "i.p", "i.m", "s.c")
_INITIAL = re.compile(r"[A-Z](?:[.-][A-Z])*")
_BEFORE_INITIALS = re.compile(r"(?:^|[(,;&]\s*|\b(?:by|and|of|from|with|to)\s+|\b[A-Z]\.\s?|\b[A-Z][a-zà-ÿ]+\s+)$")
_MAX_PARENTHESIS = 300


def split(paragraph: str) -> Iterator[str]:
    """The sentences of a paragraph, white space around them left out; see :func:`spans`."""
    return (paragraph[start:end] for start, end in spans(paragraph, BREAK))


def spans(text: str, border: str) -> Iterator[tuple[int, int]]:
    """(start, end) of every sentence of a text, in order, white space around them left out.

    A full stop ends no sentence after an abbreviation or initials, within a number or parentheses, or where a word in
    small letters follows. Quotation marks, brackets and citations behind it belong to the sentence.

    Args:
        text: a paragraph, or several.
        border: a letter at which a sentence ends whatever stands there.
    """
    offset = 0
    for piece in text.split(border):
        start = 0
        for found in (*_END.finditer(piece), None):
            end = found.end() if found else len(piece)
            if found is not None and not _is_end(piece, start, found):
                continue
            sentence = piece[start:end]
            if any(map(str.isalnum, sentence)):
                first = offset + start + len(sentence) - len(sentence.lstrip())
                yield first, offset + start + len(sentence.rstrip())
            start = end
        offset += len(piece) + 1


def _is_end(text: str, start: int, end: re.Match[str]) -> bool:
    after = _FIRST_WORD.match(text, end.end())
    first = after.group(1) if after else ""
    if not first:
        return True
    if _ORDINARY.fullmatch(first) or _is_within_parentheses(text, start, end.end()):
        return False
    before = text[start : end.start()]
    found = _LAST_WORD.search(before)
    if found is None or end.group()[:1] != ".":
        return True
    word = found.group()
    name = word.casefold()
    if name in _ABBREVIATIONS:
        return False
    if name in _BEFORE_NUMBERS:
        return not re.match(r"[A-Z]?\d|[A-Z]\b", first)
    if name in _MAY_END:
        return bool(re.match(r"[A-Z][a-z]*\b", first))
    return not (_INITIAL.fullmatch(word) and _BEFORE_INITIALS.search(before[: found.start()]))


def _is_within_parentheses(text: str, start: int, end: int) -> bool:
    """Whether a parenthesis is open and will be closed; one that is forgotten must not swallow the rest."""
    if text.count("(", start, end) <= text.count(")", start, end):
        return False
    rest = text[end : end + _MAX_PARENTHESIS]
    closed, opened = rest.find(")"), rest.find("(")
    return closed >= 0 and (opened < 0 or closed < opened)
