"""The review's own sentences: each statement's places found in the published text, and what is shown of a statement.

A place is resolved by its signature alone: exactly one sentence must hold nearly all of its hashes, and clearly more
than any other. Section and citations only tell sentences apart that are equally like it, so a paragraph
that was moved is found all the same. What resolves to nothing, or to two, is left unresolved and named, never guessed.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from livingreview.config import Place, Review, Statement
from livingreview.records.review_text import Sentence
from livingreview.text.signature import trigram_hashes
from livingreview.text.wording import counted, joined

THRESHOLD: Final = 0.6
"""The least share of its hashes. One word that a rendering spells in another way takes 3 trigrams; of the 8 of a
sentence of ten words 0.62 are left. In a review of 170 sentences on one subject, no two shared more than 0.27."""
MAX_LOST: Final = 4
"""And the most hashes that may be missing: whoever changes more than a word has edited the sentence."""
MARGIN: Final = 0.2
"""By so much the next sentence must be less like it; a sentence that stands twice, a word apart, is within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What became of one place.

    Attributes:
        sentence: None when there is none, or more than one.
        problem: why there is none.
        note: what to look at though the sentence was found: it reads differently, or stands elsewhere.
    """

    sentence: Sentence | None = None
    problem: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A statement as it is shown.

    Attributes:
        text: the authors' sentence, or ours.
        is_own: whether it is the authors'.
        section: of the published text, or as the statement names it.
    """

    text: str
    is_own: bool
    section: str

    @property
    def words(self) -> str:
        """The authors' sentence in quotation marks, those within it single; ours with what it is."""
        if not self.is_own:
            return f"{self.text} (paraphrase)"
        return f"“{_single_quotes(self.text)}”"


class PublishedText:
    """The sentences of the published text, and where the places of statements are among them.

    Args:
        sentences: in their order; empty when no text is kept, or its licence does not allow it to be shown.
    """

    def __init__(self, sentences: Sequence[Sentence] = ()) -> None:
        self.sentences = tuple(sentences)

    @cached_property
    def _holders(self) -> Mapping[str, list[int]]:
        """Hash -> the sentences that have it."""
        holders: dict[str, list[int]] = defaultdict(list)
        for position, sentence in enumerate(self.sentences):
            for one in trigram_hashes(sentence.text):
                holders[one].append(position)
        return holders

    def find(self, place: Place) -> Found:
        """The one sentence of a place, or why there is none."""
        if not self.sentences:
            return Found(problem="the published text is not kept")
        wanted = place.signature.split()
        shared = Counter(position for one in wanted for position in self._holders.get(one, ()))
        if not shared:
            return Found(problem="no sentence of the text is like it" + self._beyond(place))
        best = max(shared.values())
        if best < THRESHOLD * len(wanted) or len(wanted) - best > MAX_LOST:
            nearest = self.sentences[min(position for position, count in shared.items() if count == best)]
            problem = f"edited? the nearest sentence (section {nearest.section}) has {best / len(wanted):.2f} of it"
            return Found(problem=problem + self._beyond(place))
        near = [one for one, count in sorted(shared.items()) if count > best - MARGIN * len(wanted)]
        fits = [
            (is_in_section(place, self.sentences[one]), _is_cited_alike(place, self.sentences[one])) for one in near
        ]
        chosen = [one for one, fit in zip(near, fits, strict=True) if fit == max(fits)]
        # One that is less like it must not win by where it stands.
        if len(chosen) > 1 or shared[chosen[0]] < best:
            sections = joined(dict.fromkeys(self.sentences[one].section for one in near))
            return Found(problem=f"{counted(len(near), 'sentence')} of the text are like it ({sections})")
        sentence = self.sentences[chosen[0]]
        share = shared[chosen[0]] / len(wanted)
        return Found(sentence=sentence, note=_note(place, sentence, share))

    def _beyond(self, place: Place) -> str:
        is_known = any(is_in_section(place, sentence) for sentence in self.sentences)
        return "" if is_known else f"; the text has no section {place.section}"


def published_text(review: Review, sentences: Sequence[Sentence]) -> PublishedText:
    """What may be shown of a stored text: all of it, or nothing where its licence does not allow that."""
    return PublishedText(sentences if review.is_quotable else ())


def shown(statement: Statement, published: PublishedText | None) -> Shown:
    """A statement as every list, report and mail shows it.

    Args:
        statement: in our words, with its places.
        published: from :func:`published_text`; None when there is none.

    Returns:
        The authors' sentences when all places of the statement are found; else ours.
    """
    found = [published.find(place).sentence for place in statement.places] if published else []
    sentences = [sentence for sentence in found if sentence is not None]
    if not sentences or len(sentences) < len(statement.places):
        return Shown(text=statement.text, is_own=False, section=statement.section)
    text, before = sentences[0].text, sentences[0].number
    for sentence in sentences[1:]:
        text += (" " if sentence.number == before + 1 else " […] ") + sentence.text
        before = sentence.number
    section = joined(dict.fromkeys(sentence.section for sentence in sentences))
    return Shown(text=text, is_own=True, section=section)


def is_in_section(place: Place, sentence: Sentence) -> bool:
    """Whether a sentence stands in the section of a place, given by its number or its heading."""
    wanted, heading = place.section.casefold().rstrip("."), sentence.section.casefold()
    number = wanted.split(" ", 1)[0].rstrip(".")
    return heading == wanted or (number[:1].isdigit() and heading.split(" ", 1)[0] == number)


def _is_cited_alike(place: Place, sentence: Sentence) -> bool:
    return set(place.cites) == set(sentence.cites)


def _note(place: Place, sentence: Sentence, share: float) -> str:
    notes = []
    if share < 1:
        notes.append(f"reads differently there ({share:.2f} of it is the same)")
    if not is_in_section(place, sentence):
        notes.append(f"stands in section {sentence.section}, not in {place.section}")
    if not _is_cited_alike(place, sentence):
        there = ", ".join(map(str, sentence.cites)) or "nothing"
        notes.append(f"cites {there} there, not {', '.join(map(str, place.cites)) or 'nothing'}")
    return "; ".join(notes)


def _single_quotes(text: str) -> str:
    text = text.replace("“", "‘").replace("”", "’")
    parts = text.split('"')
    if len(parts) % 2 == 0:
        return text
    marks = [mark for _ in range(len(parts) // 2) for mark in "‘’"]
    return "".join(part + mark for part, mark in zip(parts, [*marks, ""], strict=True))
