"""How a clause speaks of one object: which word of change governs it, and whether that is denied."""

from dataclasses import dataclass
from typing import Final

from livingreview.text.clauses import Clause, Mention
from livingreview.text.denials import is_noun_denied, is_verb_denied
from livingreview.text.finding_words import (
    ADJECTIVES,
    ADVERBS,
    AGENTS,
    ALIKE,
    AUXILIARIES,
    BE,
    BLAME,
    BLAMING,
    BREAKS,
    DO,
    HAVE,
    JOINS,
    LOST,
    MEASURES,
    MODALS,
    NO,
    NOT_ONLY,
    NOUNS,
    PRAISE,
    PRAISING,
    PREPOSITIONS,
    SAME,
    SHOW,
    VERBS,
    Form,
    Sense,
    Word,
    word_set,
)

_REACH: Final = 10
"""So many words may lie between an object and what governs it."""
_CARRIED: Final = frozenset(
    {"of", "between", "was", "were", "is", "are", "by", "after", "with", "compared", "from", "could", "has", "had"}
)
_CARE: Final = word_set("treatment management prevention therapy care terms")
_UNTREATED: Final = word_set("placebo control controls vehicle untreated saline sham groups group")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clause says became of an object.

    Attributes:
        sense: good, bad, or neutral for a word that gives no direction ("affect").
        is_present: the verb stands in the present tense.
        start: place of its words in the sentence.
    """

    sense: Sense
    is_negated: bool
    is_present: bool
    start: int
    end: int


def read(clause: Clause, mention: Mention) -> Reading | None:
    """How a clause speaks of an object; None when it says nothing that became of it."""
    return _as_object(clause, mention) or _as_compound(clause, mention) or _as_subject(clause, mention)


def _made(clause: Clause, mention: Mention, place: int, word: Word, is_negated: bool) -> Reading:
    first, last = min(place, mention.first), max(place, mention.last)
    return Reading(
        _valued(word.sense, mention),
        is_negated,
        word.form in (Form.PRESENT, Form.BASE),
        clause.spans[first][0],
        clause.spans[last][1],
    )


def _valued(sense: Sense, mention: Mention) -> Sense:
    if sense in (Sense.LESS, Sense.MORE):
        return Sense.GOOD if (sense == Sense.MORE) == mention.is_more_better else Sense.BAD
    return sense


def _flipped(sense: Sense) -> Sense:
    return {Sense.GOOD: Sense.BAD, Sense.BAD: Sense.GOOD, Sense.LESS: Sense.MORE, Sense.MORE: Sense.LESS}.get(
        sense, sense
    )


# ------------------------------------------------------------------------------------------------------------ object


def _as_compound(clause: Clause, mention: Mention) -> Reading | None:
    """``pain relief``, ``no function decline``: a noun right behind an object that nothing else governs."""
    after = NOUNS.get(clause.word(mention.last + 1))
    if after is None or after.sense not in (Sense.LESS, Sense.MORE, Sense.GOOD):
        return None
    bare = Mention(mention.first, mention.last, mention.is_good, mention.is_good)
    return _made(clause, bare, mention.last + 1, after, is_noun_denied(clause, mention.first, mention))


def _as_object(clause: Clause, mention: Mention) -> Reading | None:
    """The object of a verb, of a noun with its preposition, or what an adjective stands before."""
    is_joined = False
    for place in range(mention.first - 1, max(-1, mention.first - 1 - _REACH), -1):
        word = clause.word(place)
        if word in JOINS:
            is_joined = True
            continue
        if word in PREPOSITIONS and word != "of":
            return _by_preposition(clause, mention, place, is_joined)
        if word == "of" and (clause.word(place - 1) in NOUNS or clause.word(place - 1) in VERBS):
            return _by_preposition(clause, mention, place, is_joined)
        if word == "of" and clause.word(place - 1) not in MEASURES | LOST | _CARE:
            return None  # of something else: "the cost of pain"
        if word in AUXILIARIES and word not in HAVE or word in BREAKS:
            return None
        if word in PRAISE | BLAME:
            return None
        known = VERBS.get(word) or ADJECTIVES.get(word)
        if known is None:
            continue
        if not _is_phrase_word(clause.word(place + 1)) or (is_joined and _is_subject(clause, mention)):
            return None
        return _by_verb(clause, mention, place, known)
    return None


def _is_phrase_word(word: str) -> bool:
    """Whether a word can begin an object: an intransitive verb is followed by none."""
    is_end = not word or word in JOINS or word in BREAKS or word in AUXILIARIES
    return not is_end and word not in PREPOSITIONS


def _is_subject(clause: Clause, mention: Mention) -> bool:
    return any(clause.word(place) in BE | DO for place in range(mention.last + 1, mention.last + 4))


def _by_verb(clause: Clause, mention: Mention, place: int, word: Word) -> Reading | None:
    if word.form == Form.ADJECTIVE or (word.form == Form.PAST and clause.word(place - 1) in ("the", "a", "an", "this")):
        return _by_adjective(clause, mention, place, word)
    if word.form == Form.PAST and clause.word(mention.last + 1) in ("is", "are"):
        return None  # "increased pain is a sign of ...": what is known, not what was found
    if word.form == Form.PAST and place == 0 and (undone := _undone(clause, mention, place, word)):
        return undone
    before = clause.word(place - 1)
    if word.form == Form.PAST and (before in BE or (before.endswith("ly") and clause.word(place - 2) in BE)):
        return None  # passive: it has no object
    # "prevented increased pain": the first verb governs, the second only describes.
    if word.form == Form.PAST and before in PREPOSITIONS:
        return _by_adjective(clause, mention, place, word)
    if word.form == Form.PAST and (outer := VERBS.get(before)) and outer.form != Form.GERUND:
        return _by_adjective(clause, mention, place, word)
    denied = is_verb_denied(clause, place, word)
    return None if denied is None else _made(clause, mention, place, word, denied)


def _by_adjective(clause: Clause, mention: Mention, place: int, word: Word) -> Reading | None:
    """``less pain``, ``the increased pain``: a verb before it says what became of that."""
    if clause.word(place + 1) in PRAISE or clause.word(place + 1) == "severe":
        return None
    start = place - 1
    while clause.word(start) in ("the", "a", "an", "this") or clause.word(start).endswith("ly"):
        start -= 1
    outer = VERBS.get(clause.word(start))
    if outer is None or word.form == Form.ADJECTIVE:
        return _undone(clause, mention, place, word) or _made(
            clause, mention, place, word, is_noun_denied(clause, place, mention)
        )
    return _under(clause, mention, place, word, start, outer)


def _undone(clause: Clause, mention: Mention, place: int, word: Word) -> Reading | None:
    """``the increase in pain was prevented``: what the predicate makes of a change; None when it lessens nothing."""
    is_denied = False
    is_predicate = False
    for later in range(mention.last + 1, mention.last + 10):
        said = clause.word(later)
        if said in BE:
            is_predicate = True
        elif said == "not" or said.endswith("n't"):
            is_denied = True
        elif is_predicate and (verb := VERBS.get(said)) and verb.form == Form.PAST:
            if verb.sense not in (Sense.LESS, Sense.BAD):
                return None
            return _made(clause, mention, place, Word(_flipped(word.sense), Form.PAST), is_denied)
        elif is_predicate and not (_is_adverb(said) or said in ADVERBS) or not said or said in BREAKS:
            return None
    return None


def _under(clause: Clause, mention: Mention, place: int, word: Word, start: int, outer: Word) -> Reading | None:
    """What a verb makes of a change that is its object: to prevent an increase is to lessen."""
    if outer.sense == Sense.NEUTRAL:
        return None
    denied = is_verb_denied(clause, start, outer)
    if denied is None:
        return None
    sense = _flipped(word.sense) if outer.sense in (Sense.LESS, Sense.BAD) else word.sense
    if outer.sense == Sense.GOOD and _valued(word.sense, mention) == Sense.BAD:
        sense = _flipped(word.sense)
    return _made(clause, mention, min(place, start), Word(sense, outer.form), denied)


def _by_preposition(clause: Clause, mention: Mention, place: int, is_joined: bool) -> Reading | None:
    """``no difference (between groups) in pain``, ``effective against pain``, ``protected (rats) from pain``."""
    if is_joined and _is_subject(clause, mention):
        return None
    preposition = clause.word(place)
    for start in range(place - 1, max(-1, place - 1 - _REACH), -1):
        word = clause.word(start)
        if word in PRAISE | BLAME:
            if preposition not in ("against", "in", "for", "at", "on", "to", "with"):
                return None
            if clause.word(start - 1) == "less" or (start + 1 < place and clause.word(start + 1) not in ("than", "as")):
                return None
            is_denied = word in BLAME or is_verb_denied(clause, start, Word(Sense.GOOD, Form.ADJECTIVE))
            return None if is_denied is None else _made(clause, mention, start, Word(Sense.GOOD, Form.NOUN), is_denied)
        verb = VERBS.get(word)
        is_noun = word in NOUNS and (verb is None or clause.word(start + 1) in PREPOSITIONS | AUXILIARIES)
        if is_noun:
            return _by_noun(clause, mention, start, place)
        if verb and verb.sense == Sense.GOOD and preposition in ("against", "from") and start + 6 >= place:
            denied = is_verb_denied(clause, start, verb)
            return None if denied is None else _made(clause, mention, start, verb, denied)
        if verb and word.startswith("differ") and preposition in ("in", "on"):
            denied = is_verb_denied(clause, start, verb)
            return _made(clause, mention, start, verb, True) if denied else None
        if verb or word in BREAKS and word not in ("than", "as", "compared", "versus") or word in ("but", ":"):
            return None
    return None


def _by_noun(clause: Clause, mention: Mention, start: int, place: int) -> Reading | None:
    word = NOUNS[clause.word(start)]
    if start + 1 != place and clause.word(start + 1) not in _CARRIED:
        return None
    sense = word.sense
    if sense == Sense.NEUTRAL:
        if place == start + 1 and clause.word(place) == "of" and clause.word(start) in AGENTS:
            return None  # "the effect of pain": pain is what works, not what is worked upon
        said = clause.word(start - 1)
        sense = Sense.GOOD if said in PRAISING else Sense.BAD if said in BLAMING else sense
    is_denied = is_noun_denied(clause, start, mention)
    # "prevented the increase in fibrosis"
    before = start - 1
    while clause.word(before) in ("the", "a", "an", "this") or (
        before >= 0 and clause.word(before) not in VERBS and start - before < 3
    ):
        before -= 1
    outer = VERBS.get(clause.word(before))
    if outer is not None and not is_denied and not clause.word(before).startswith("differ"):
        return _under(clause, mention, start, Word(sense, Form.NOUN), before, outer)
    word = Word(sense, Form.NOUN)
    return _undone(clause, mention, start, word) or _made(clause, mention, start, word, is_denied)


# ----------------------------------------------------------------------------------------------------------- subject


def _as_subject(clause: Clause, mention: Mention) -> Reading | None:
    """The subject of "was reduced", "was lower", "did not differ", "improved"."""
    if not _is_head(clause, mention):
        return None
    is_denied = any(clause.word(place) in ("neither", "nor") for place in range(mention.first - 5, mention.first))
    for place in range(mention.last + 1, mention.last + 3 + _REACH):
        word = clause.word(place)
        if not word or word in BREAKS:
            return None
        if word in ("not", "never", "failed", "fails") or word.endswith("n't"):
            is_denied = True
        if word in BE | DO | {"failed", "fails", "to"} and word not in ("to",):
            return _by_predicate(clause, mention, place, is_denied)
        verb = VERBS.get(word)
        if word in HAVE and clause.word(place + 1) in VERBS:
            continue
        if word in SHOW:
            found = _carried(clause, place)
            return None if found is None else _made(clause, mention, found[0], found[1], found[2] or is_denied)
        if verb and verb.form in (Form.PAST, Form.PRESENT):
            if (
                clause.word(place + 1)
                and _is_phrase_word(clause.word(place + 1))
                and not _is_adverb(clause.word(place + 1))
            ):
                return None
            return _made(clause, mention, place, verb, is_denied)
    return None


def _is_head(clause: Clause, mention: Mention) -> bool:
    """Whether a phrase is about the object itself: not "rats with pain", but "the severity of pain"."""
    for place in range(mention.first - 1, max(-1, mention.first - 6), -1):
        word = clause.word(place)
        if word == "of" and clause.word(place - 1) in MEASURES:
            continue
        if word in PREPOSITIONS:
            return False
        if word in JOINS or word in BREAKS or word in AUXILIARIES:
            return True
    return True


def _is_adverb(word: str) -> bool:
    return word.endswith("ly") or word in ("more", "further", "faster", "better", "less", "too", "even", "only")


def _by_predicate(clause: Clause, mention: Mention, place: int, is_denied: bool) -> Reading | None:
    for start in range(place, place + 7):
        word = clause.word(start)
        if word in ("not", "never", "failed", "fails", "no", "nor", "neither") or word.endswith("n't"):
            is_denied = is_denied or clause.word(start + 1) not in NOT_ONLY
            continue
        if word in MODALS:
            return None
        if word in SAME:
            return _made(clause, mention, start, Word(Sense.NEUTRAL, Form.ADJECTIVE), True)
        if word in ALIKE:
            is_bare = any(clause.word(later) in _UNTREATED for later in range(start + 1, start + 9))
            return _made(clause, mention, start, Word(Sense.NEUTRAL, Form.ADJECTIVE), True) if is_bare else None
        if word == "different":
            return _made(clause, mention, start, Word(Sense.NEUTRAL, Form.ADJECTIVE), True) if is_denied else None
        known = VERBS.get(word) or ADJECTIVES.get(word)
        if known and word in ("more", "less") and clause.word(start + 1) not in ("", "than", "in", "with", "after"):
            if clause.word(start + 1) == "severe":
                sense = Sense.BAD if word == "more" else Sense.GOOD
                return _made(clause, mention, start, Word(sense, Form.ADJECTIVE), is_denied)
            continue
        if known:
            return _made(clause, mention, start, Word(known.sense, Form.PAST), is_denied)
        if not (word in AUXILIARIES or _is_adverb(word) or word in ADVERBS or word in ("found", "shown", "seen")):
            return None
    return None


def _carried(clause: Clause, place: int) -> tuple[int, Word, bool] | None:
    """The noun of change that "showed" and the like carry: (place, word, whether it is denied)."""
    is_denied = False
    for start in range(place + 1, place + 7):
        word = clause.word(start)
        is_denied = is_denied or word in NO
        if word in NOUNS:
            return start, NOUNS[word], is_denied
        if not word or word in PREPOSITIONS - {"without"} or word in JOINS or word in BREAKS:
            return None
    return None
