"""Places of statements in the published text: made from a sentence, resolved, and named where they are not."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from livingreview.acquisition.review_text import check_licence
from livingreview.config import Place, Review
from livingreview.errors import UsageError
from livingreview.records.review_text import Sentence
from livingreview.records.sanitize import clean, clip
from livingreview.text.published import Found, PublishedText
from livingreview.text.signature import signature

_NUMBERED = re.compile(r"(\d+(?:\.\d+)*) ")
_CITED = re.compile(r"(\d{1,4})(?:\s*[-–]\s*(\d{1,4}))?")
_ADVICE = "compare the sentence, and make the place anew with `livingreview baseline place`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What became of one place; ``number`` is its number within the statement, from 1."""

    statement_id: str
    number: int
    place: Place
    found: Found


def resolve(review: Review, sentences: Sequence[Sentence]) -> list[Resolved]:
    """Every place of every statement, in the order of the review."""
    published = PublishedText(sentences)
    return [
        Resolved(statement_id=statement.id, number=number, place=place, found=published.find(place))
        for statement in review.statements
        for number, place in enumerate(statement.places, start=1)
    ]


def unresolved(review: Review, sentences: Sequence[Sentence]) -> list[str]:
    """What is to be done about places, one line each: file, key, what is wrong, what to do.

    Args:
        review: its statements.
        sentences: of the published text; empty when it is not kept.
    """
    try:
        check_licence(review)
    except UsageError as error:
        return [str(error)]
    if not sentences:
        return ["the published text is not kept: `livingreview baseline text` fetches it or reads it from a file"]
    lines = []
    for one in resolve(review, sentences):
        where = f"statements.toml: {one.statement_id}, place {one.number} (section {one.place.section})"
        if one.found.problem:
            lines.append(f"{where}: {one.found.problem}; {_ADVICE}")
        elif one.found.note:
            lines.append(f"{where}: found, but it {one.found.note}; {_ADVICE}")
    return lines


def make(sentence: str, section: str, cites: str, sentences: Sequence[Sentence] = ()) -> Place:
    """The place of a sentence.

    Args:
        sentence: as printed, in any rendering.
        section: empty looks it up in ``sentences``.
        cites: reference numbers, ``5,6,25-28``; empty looks them up in ``sentences``, if there are any.
        sentences: of the published text.

    Raises:
        UsageError: it is too short, it is not found or found twice, or there is no section.
    """
    try:
        signed = signature(sentence)
    except ValueError as error:
        raise UsageError(f"{error}; give the whole sentence") from error
    section, numbers = clean(section), _numbers(cites)
    if not sentences:
        if not section:
            raise UsageError("--section: say in which section the sentence stands, or give the text with --from")
        return Place(section=section, cites=numbers, signature=signed)
    asked = Place(section=section or "?", cites=numbers, signature=signed)
    found = PublishedText(sentences).find(asked)
    if found.sentence is None:
        problem = found.problem.removesuffix("; the text has no section ?")
        raise UsageError(f"--from: {problem}; compare the sentence, or say its --section and --cites")
    numbered = _NUMBERED.match(found.sentence.section)
    return Place(
        section=section or (numbered[1] if numbered else found.sentence.section) or "?",
        cites=numbers or found.sentence.cites,
        signature=signed,
    )


def line(place: Place) -> str:
    """A place as a line of statements.toml."""
    section = json.dumps(place.section, ensure_ascii=False)
    return f'places = [{{ section = {section}, cites = {list(place.cites)}, signature = "{place.signature}" }}]'


def _numbers(cites: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in filter(None, (part.strip() for part in cites.split(","))):
        both = _CITED.fullmatch(part)
        if both is None or int(both[1]) < 1 or int(both[2] or both[1]) < int(both[1]):
            raise UsageError(f"--cites {clip(part, 40)}: not a reference number; write them as 5,6,25-28")
        found.update(range(int(both[1]), int(both[2] or both[1]) + 1))
    return tuple(sorted(found))
