"""A sentence cut into clauses, each as words with the mentions of the objects that a rule names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from livingreview.text.finding_words import (
    AUXILIARIES,
    LOST,
    NOUNS,
    RECOVERED,
    SPLITS,
    VERBS,
    Form,
)

_WORD: Final = re.compile(r"\w(?:[\w'/-]|(?<=\d)[.,](?=\d))*|[,;:]")
_BRACKETS: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_BEGINS: Final = AUXILIARIES | {"failed", "fails", "showed", "shows", "without", "no", "with"}
_OPENS: Final = frozenset({"and", "or", ","})


@dataclass(frozen=True, slots=True)
class Mention:
    """An object in a clause.

    Attributes:
        first: place of its first word in the clause; ``last`` of its last.
        is_more_better: whether more of it is better, with the words beside it ("bone loss"); ``is_good`` without them.
    """

    first: int
    last: int
    is_more_better: bool
    is_good: bool


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a sentence.

    Attributes:
        words: in lower case, commas included; ``spans`` their places in the sentence.
        start: place of the clause in the sentence.
    """

    sentence: str
    start: int
    end: int
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    mentions: tuple[Mention, ...]

    @property
    def text(self) -> str:
        """The clause."""
        return self.sentence[self.start : self.end]

    def word(self, place: int) -> str:
        """The word at a place; empty outside the clause."""
        return self.words[place] if 0 <= place < len(self.words) else ""


def clauses(sentence: str, less: Sequence[re.Pattern[str]], more: Sequence[re.Pattern[str]]) -> list[Clause]:
    """The clauses of a sentence that mention one of the objects.

    Args:
        sentence: plain text.
        less: objects of which less is better.
        more: objects of which more is better.
    """
    # What stands in brackets is an aside; blanks keep every place.
    bare = sentence
    for _ in range(2):
        bare = _BRACKETS.sub(lambda found: " " * len(found.group()), bare)
    tokens = [(found.group().lower(), found.span()) for found in _WORD.finditer(bare)]
    places = sorted(
        (*found.span(), is_more)
        for patterns, is_more in ((less, False), (more, True))
        for one in patterns
        for found in one.finditer(bare)
    )
    made = []
    for first, last in _cut([word for word, _ in tokens]):
        words = tuple(word for word, _ in tokens[first:last])
        spans = tuple(span for _, span in tokens[first:last])
        mentions = []
        for start, end, is_more in places:
            held = [place for place, (left, right) in enumerate(spans) if left < end and start < right]
            if held:
                mentions.append(Mention(held[0], held[-1], _is_more_better(words, held[0], held[-1], is_more), is_more))
        if mentions:
            made.append(Clause(sentence, spans[0][0], spans[-1][1], words, spans, tuple(mentions)))
    return made


def _cut(words: Sequence[str]) -> list[tuple[int, int]]:
    """(first, last) of every clause, in places of words."""
    borders = [0]
    for place, word in enumerate(words):
        if word in SPLITS or word in (";", ":") or word in _OPENS and _begins_clause(words, place + 1):
            borders.append(place + 1)
    borders.append(len(words))
    return [(first, last) for first, last in zip(borders, borders[1:], strict=False) if last > first]


def _begins_clause(words: Sequence[str], place: int) -> bool:
    """Whether a finite verb stands here, behind adverbs: "and markedly reduced ..."."""
    while place < len(words) and (words[place].endswith("ly") or words[place] in ("also", "and", "thus", "then")):
        place += 1
    if place >= len(words):
        return False
    verb = VERBS.get(words[place])
    return words[place] in _BEGINS or (verb is not None and verb.form in (Form.PAST, Form.PRESENT))


def _is_more_better(words: Sequence[str], first: int, last: int, is_more: bool) -> bool:
    """What the words beside an object make of it: bone is good, bone loss and loss of bone are not."""
    for place in (last + 1, last + 2):
        word = words[place] if place < len(words) else ""
        if word in RECOVERED:
            return True
        if word in LOST and is_more:
            return False
        if not word or word in ("and", "or", ",") or word in AUXILIARIES:
            break
    before = words[first - 1] if first else ""
    if is_more and before in ("of", "in") and first > 1 and words[first - 2] in LOST - NOUNS.keys():
        return False
    return is_more
