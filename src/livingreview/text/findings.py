"""Whether a sentence reports that something helped, harmed, or did not help, of an object that a rule names.

A pack of English patterns, no grammar: a sentence is cut into clauses, and every mention of an object is read as the
object of a word of change ("reduced pain", "no difference in pain", "effective against pain") or as its subject ("pain
was lower", "pain did not differ"). The words between the two must be able to belong to one phrase, so "no difference in
body weight of rats with pain" says nothing of pain. A negation turns a benefit into none. What is only supposed ("may
reduce", "to test whether it reduces") is no finding.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from livingreview.text.clauses import Clause, Mention, clauses
from livingreview.text.finding_words import Sense
from livingreview.text.readings import Reading, read

Finding = Literal["no_benefit", "benefit", "harm"]
_ENDPOINT: Final = re.compile(
    r"\bprimary (?:efficacy )?(?:end ?-?points?|outcomes?)\b[^.;]{0,40}\b(?:not|n't|never) (?:been )?(?:met|reached"
    r"|achieved)"
    r"|\b(?:not|n't|failed to|fails to) (?:meet|reach|achieve) (?:its|the|their|any|either)(?: \w+)? primary"
    r" (?:efficacy )?(?:end ?-?points?|outcomes?)\b",
    re.IGNORECASE,
)
_SUPPOSED: Final = re.compile(
    r"\b(?:whether|hypothesi[sz]\w*|aim(?:s|ed)?|sought|objective|purpose|(?:in order )?to (?:investigate|evaluate"
    r"|assess"
    r"|examine|explore|determine|test|study|compare|elucidate|clarify)|(?:evaluation|assessment|investigation"
    r"|exploration"
    r"|study|comparison) of|(?:investigat|evaluat|assess|examin|explor|test|compar)\w* (?:the|whether|how|if|for))\b",
    re.IGNORECASE,
)
_MAYBE: Final = re.compile(r"\b(?:may|might|would|should|will)(?: \w+){0,6} ?$", re.IGNORECASE)
_OPEN: Final = re.compile(
    r"\b(?:remain(?:s|ed)?|is|are|was|were) (?:\w+ ){0,2}(?:unclear|unknown|not (?:\w+ )?(?:known|clear|understood"
    r"|studied))\b",
    re.IGNORECASE,
)
_UNPROVED: Final = re.compile(r"\bno (?:\w+ )?(?:evidence|indication|proof|signs?) that\b", re.IGNORECASE)
_FOUND: Final = re.compile(
    r"\b(?:found|show\w*|demonstrat\w*|reveal\w*|results?|confirm\w*|observ\w*|indicat\w*)\b", re.I
)
_UNTREATED: Final = re.compile(
    r"(?P<before>.*?)\bin (?:the )?(?:[\w-]+ )?(?:untreated|controls?|model (?:groups?|rats|mice|animals)|vehicle"
    r"|sham|placebo"
    r"|saline|pbs)\b",
    re.IGNORECASE,
)
_COMPARED: Final = re.compile(r"\b(?:than|compared|comparison|versus|vs|relative|between)\b", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"\bbetween (?P<one>[^,;]{1,60}?) and (?P<other>[^,;]{1,60})", re.IGNORECASE)
_PRODUCT: Final = re.compile(r"\w*(?:evs?|exosomes?|exos?|vesicles?|mscs?|cells?)\b", re.IGNORECASE)
_NO_PRODUCT: Final = re.compile(r"\b(?:controls?|placebo|vehicle|saline|sham|untreated|pbs)\b", re.IGNORECASE)
_TREATED: Final = re.compile(
    r"evs?\b|token|exo|vesic|msc|cells?\b|drug|treat|therap|inject|admin|transplant|secretome|\b(?:dos(?:e|es|ing)"
    r"|product|it|they|this)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where a finding stands: the number of its sentence, and the place of its words there."""

    sentence: int
    start: int
    end: int


def find(
    finding: Finding, less: Sequence[re.Pattern[str]], more: Sequence[re.Pattern[str]], sentences: Sequence[str]
) -> Found | None:
    """The first sentence that reports a finding.

    Args:
        finding: what it must report.
        less: objects of which less is better.
        more: objects of which more is better.
        sentences: of one text, its title first.
    """
    for number, sentence in enumerate(sentences):
        if finding == "no_benefit" and (match := _ENDPOINT.search(sentence)):
            stands = [one.search(text) for text in (sentence, sentences[0]) for one in (*less, *more)]
            if any(stands):
                return Found(number, *match.span())
        for reading in _reported(sentence, less, more):
            if _says(reading) == finding:
                return Found(number, reading.start, reading.end)
    return None


def _reported(sentence: str, less: Sequence[re.Pattern[str]], more: Sequence[re.Pattern[str]]) -> Iterator[Reading]:
    if not any(one.search(sentence) for one in (*less, *more)):
        return
    for clause in clauses(sentence, less, more):
        for mention in clause.mentions:
            reading = read(clause, mention)
            if reading is not None and not _is_set_aside(clause, mention, reading):
                yield replace(reading, is_negated=True) if _UNPROVED.search(sentence, 0, reading.start) else reading


def _says(reading: Reading) -> Finding | Literal[""]:
    """What a reading reports; empty for what is neither of the three."""
    if reading.sense == Sense.GOOD:
        return "no_benefit" if reading.is_negated else "benefit"
    if reading.sense == Sense.BAD:
        return "" if reading.is_negated else "harm"
    return "no_benefit" if reading.is_negated else ""


def _is_set_aside(clause: Clause, mention: Mention, reading: Reading) -> bool:
    """Whether it is only supposed, was seen in those without the therapy, or compares two therapies."""
    before = clause.sentence[: reading.start]
    supposed = list(_SUPPOSED.finditer(before))
    if supposed and not _FOUND.search(before, supposed[-1].end()):
        return True
    if _MAYBE.search(before):
        return True
    rest = clause.sentence[reading.start : clause.end]
    if _OPEN.search(rest):
        return True
    if (where := _UNTREATED.search(rest)) and not _COMPARED.search(where["before"]):
        return True
    if reading.is_negated and (pair := _BETWEEN.search(clause.text)):
        sides = (pair["one"], pair["other"])
        if all(_PRODUCT.search(side) and not _NO_PRODUCT.search(side) for side in sides):
            return True
    # "Ageing increased bone loss" is what is known of a disease: a harm needs a therapy that did it.
    return reading.sense == Sense.BAD and not _TREATED.search(clause.sentence)
