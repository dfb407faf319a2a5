"""The English words by which a sentence reports what a therapy did: verbs of change in all forms, nouns, adjectives.

Each word has a :class:`Sense`. Whether *less* is good depends on what there is less of, which the object says.
"""

from enum import StrEnum
from typing import Final, NamedTuple


def word_set(text: str) -> frozenset[str]:
    """The words of a text with blanks between them."""
    return frozenset(text.split())


class Sense(StrEnum):
    """What a word says became of its object."""

    LESS = "less"
    MORE = "more"
    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


class Form(StrEnum):
    """How a word stands in its sentence."""

    BASE = "base"
    PRESENT = "present"
    PAST = "past"
    GERUND = "gerund"
    NOUN = "noun"
    ADJECTIVE = "adjective"


class Word(NamedTuple):
    """One form of one word."""

    sense: Sense
    form: Form


_VERBS: Final = {
    Sense.LESS: (
        "reduce decrease lower lessen attenuate alleviate mitigate relieve diminish suppress inhibit prevent block ease"
        " abrogate dampen limit curb halt slow delay reverse counteract resolve eliminate abolish minimize minimise"
        " decline"
        " blunt arrest retard impede hinder hamper restrain impair downregulate down-regulate drop shrink weaken"
        " fall"
    ),
    Sense.MORE: (
        "increase enhance promote accelerate raise elevate boost stimulate facilitate augment prolong extend upregulate"
        " up-regulate hasten strengthen potentiate rise"
    ),
    Sense.GOOD: (
        "improve ameliorate protect preserve repair heal mend regenerate rescue restore normalize normalise cure"
        " recover"
    ),
    Sense.BAD: "worsen aggravate exacerbate deteriorate",
    Sense.NEUTRAL: "affect alter change influence modify differ modulate impact",
}
_IRREGULAR: Final = {
    "fall": ("fell", "fallen"),
    "rise": ("rose", "risen"),
    "shrink": ("shrank", "shrunk"),
}
_DOUBLED: Final = {"drop": "dropp"}
_NOUNS: Final = {
    Sense.LESS: (
        "reduction decrease decline drop relief attenuation alleviation mitigation inhibition suppression prevention"
        " resolution reversal diminution"
    ),
    Sense.MORE: "increase enhancement acceleration promotion elevation rise stimulation",
    Sense.GOOD: "improvement amelioration benefit protection restoration preservation efficacy",
    Sense.BAD: "worsening aggravation exacerbation deterioration",
    Sense.NEUTRAL: "effect difference change impact influence",
}
_ADJECTIVES: Final = {
    Sense.LESS: "lower less smaller milder fewer weaker slower shorter",
    Sense.MORE: "higher greater more larger faster longer stronger",
    Sense.GOOD: "better",
    Sense.BAD: "worse poorer",
}


def _forms(verb: str) -> dict[str, Form]:
    stem = _DOUBLED.get(verb, verb[:-1] if verb.endswith("e") else verb)
    past = [*_IRREGULAR.get(verb, ()), f"{stem}ed"]
    present = verb + ("es" if verb.endswith(("s", "sh", "ch")) else "s")
    return {verb: Form.BASE, present: Form.PRESENT, f"{stem}ing": Form.GERUND} | dict.fromkeys(past, Form.PAST)


VERBS: Final = {
    word: Word(sense, form)
    for sense, verbs in _VERBS.items()
    for verb in verbs.split()
    for word, form in _forms(verb).items()
}
"""Every form of every verb of change."""
NOUNS: Final = {
    word: Word(sense, Form.NOUN)
    for sense, nouns in _NOUNS.items()
    for noun in nouns.split()
    for word in (noun, f"{noun}s")
}
ADJECTIVES: Final = {
    word: Word(sense, Form.ADJECTIVE) for sense, words in _ADJECTIVES.items() for word in words.split()
}

PRAISE: Final = word_set("effective efficacious beneficial protective curative")
"""What is good for its object: ``effective against pain``."""
BLAME: Final = word_set("ineffective inefficacious futile useless unsuccessful")
"""The same, denied."""
PRAISING: Final = word_set(
    "therapeutic beneficial protective positive favourable favorable curative analgesic healing antifibrotic"
    " reparative anti-inflammatory regenerative cardioprotective neuroprotective chondroprotective healing-promoting"
)
"""Before ``effect``: a good one."""
BLAMING: Final = word_set("negative adverse harmful deleterious detrimental unfavourable unfavorable toxic")
"""Before ``effect``: a bad one."""
AGENTS: Final = word_set("effect effects influence influences impact impacts")
"""Before ``of``: what follows is what works, not what is worked upon."""
SAME: Final = word_set("unchanged unaffected unaltered")
"""As a predicate: nothing became of it."""
ALIKE: Final = word_set("similar comparable equal equivalent")
"""As a predicate: nothing became of it, if what it is held against had no therapy."""

NO: Final = word_set("no without lack lacks lacked lacking absence little minimal negligible nor neither")
"""Before a noun: there was none of it."""
NOT: Final = word_set(
    "not never cannot neither nor without hardly barely fail fails failed failing failure unable inability didn't"
    " doesn't don't wasn't weren't couldn't isn't aren't can't hadn't hasn't won't"
)
"""Before a verb: it did not happen."""
NOT_ONLY: Final = word_set("only just merely solely simply")
MODALS: Final = word_set("may might would should will shall must")
"""Before a verb: somebody supposes so. ``can`` and ``could`` are left out: in this literature they mostly report."""
SHOWN: Final = word_set(
    "found shown seen observed demonstrated able sufficient reported proved proven confirmed known appeared appear"
    " appears seemed seem seems tended failed fail fails failing failure unable inability continued helped helps help"
)
"""Before ``to reduce``: it did, or did not; after any other word it was only meant to."""
BE: Final = word_set("was were is are been being be became remained remain remains stayed became appeared")
DO: Final = word_set("did does do didn't doesn't don't")
HAVE: Final = word_set("has have had")
AUXILIARIES: Final = BE | DO | HAVE | word_set("can could cannot couldn't can't wasn't weren't isn't aren't") | MODALS
SHOW: Final = word_set(
    "show showed shows shown exhibit exhibited exhibits displayed displays display demonstrated demonstrate"
    " demonstrates revealed reveal reveals experienced produced produce provided provide conferred confer yielded"
    " yield achieved achieve resulted result led lead caused cause exerted exert found find observed observe detected"
    " detect noted seen reported report offered offer gave give had have has saw see"
)
"""Verbs that only carry a noun of change: ``showed no improvement``."""
PREPOSITIONS: Final = word_set(
    "in on for with by from at to via through after before during under between among against into within without"
    " upon over despite unlike following across throughout until towards toward of about"
)
BREAKS: Final = word_set(
    "that which who whose whom when where whether because since if than as so thus therefore hence then"
) | word_set("compared versus vs relative")
"""Where a phrase ends."""
MEASURES: Final = word_set(
    "severity level levels degree score scores intensity incidence extent area areas size rate rates number numbers"
    " amount volume sign signs symptom symptoms marker markers progression development onset duration frequency risk"
    " expression quality process course features hallmarks phenotype burden episodes perception sensation percentage"
    " proportion production formation occurrence measure measures index grade grades rating ratings prevalence"
)
"""``the severity of pain``: pain is what is measured."""
SPLITS: Final = word_set("but whereas while whilst although though however yet except albeit")
"""Where another clause begins."""

RECOVERED: Final = word_set(
    "relief reduction resolution regression attenuation alleviation regeneration repair healing recovery restoration"
    " function integrity viability survival improvement suppression inhibition shrinkage protection thickness"
)
"""After an object: more of the two together is better (``pain relief``, ``cartilage repair``)."""
LOST: Final = word_set(
    "loss losses dysfunction impairment impairments failure decline degeneration degradation death apoptosis injury"
    " injuries damage defect defects deficit deficits lesion lesions inflammation destruction erosion atrophy"
    " breakdown senescence necrosis fibrosis disorder disorders disturbance disturbances"
)
"""After an object: less of the two together is better (``bone loss``)."""

JOINS: Final = frozenset({",", "and", "or", "nor", "plus"})
"""What ties two objects together."""
ADVERBS: Final = word_set(
    "also further still even much far more most then significantly statistically clinically consistently only any a"
    " an the to able been be have has had was were is are did does do could can yet again not both either directly"
)
"""What may stand between a verb and its negation, besides words in -ly."""
