"""Whether a word of change is denied in its clause, or only supposed."""

from livingreview.text.clauses import Clause, Mention
from livingreview.text.finding_words import (
    ADVERBS,
    BE,
    BLAME,
    BREAKS,
    DO,
    JOINS,
    MODALS,
    NO,
    NOT,
    NOT_ONLY,
    PRAISE,
    PREPOSITIONS,
    SHOWN,
    VERBS,
    Form,
    Word,
)


def is_verb_denied(clause: Clause, place: int, word: Word) -> bool | None:
    """Whether a verb is denied; None when it is only supposed."""
    start = place - 1
    if word.form == Form.GERUND:
        return _is_gerund_denied(clause, place)
    while start >= 0:
        said = clause.word(start)
        if said in NOT:
            return clause.word(start + 1) not in NOT_ONLY
        if said in MODALS:
            return None
        if said == "to" and word.form == Form.BASE:
            return _is_infinitive_denied(clause, start)
        if not (
            said.endswith("ly")
            or said in ADVERBS
            or (word.form == Form.ADJECTIVE and said in ("as", "more", "equally", "proven", "proved"))
        ):
            break
        start -= 1
    earlier = clause.words[: max(start + 1, 0)]
    if "neither" in earlier:
        return True
    # "did not reduce swelling or improve function"
    is_joined = word.form == Form.BASE and clause.word(place - 1) in ("or", "and", "nor", ",")
    if is_joined and any(said in MODALS for said in earlier):
        return None
    return is_joined and any(said in NOT for said in earlier)


def _is_infinitive_denied(clause: Clause, place: int) -> bool | None:
    """``failed to reduce`` is denied, ``was found to reduce`` is not, ``injected to reduce`` is only meant."""
    before = [clause.word(one) for one in range(max(0, place - 3), place)]
    if not any(word in SHOWN for word in before[-2:]):
        return None
    return any(word in NOT for word in [*before, *(clause.word(place - 4),)])


def _is_gerund_denied(clause: Clause, place: int) -> bool | None:
    before = clause.word(place - 1)
    earlier = clause.words[:place]
    if before == ",":
        return False
    is_denied = any(word in NOT | BLAME | {"no"} for word in earlier) and not any(
        clause.word(one + 1) in NOT_ONLY for one, word in enumerate(earlier) if word in NOT
    )
    if before == "for" and not any(word in PRAISE | BLAME for word in earlier):
        return None
    return None if not is_denied and any(word in MODALS for word in earlier) else is_denied


def _leads_on(clause: Clause, place: int) -> bool:
    """Whether a preposition ties a noun to what is said of it: "no evidence of", "not associated with"."""
    word = clause.word(place)
    return word in ("of", "in", "to") or (
        word == "with" and clause.word(place - 1) in ("associated", "linked", "related")
    )


def is_noun_denied(clause: Clause, place: int, mention: Mention) -> bool:
    """``no improvement``, ``did not show any improvement``, ``improvement ... was not significant``."""
    for start in range(place - 1, max(-1, place - 8), -1):
        word = clause.word(start)
        if word in NO | NOT | {"limited"}:
            return clause.word(start + 1) not in NOT_ONLY
        if word in JOINS or word in BREAKS or (word in PREPOSITIONS and not _leads_on(clause, start)):
            break
    last = max(place, mention.last)
    after = [clause.word(one) for one in range(last + 1, last + 12)]
    for one, word in enumerate(after):
        if word in BE and one + 1 < len(after):
            return after[one + 1] in ("not", "never", "absent", "nonsignificant", "neither", "hardly")
        if word.endswith("n't") or (word in DO and after[one + 1 : one + 2] == ["not"]):
            return True
        if not word or word in BREAKS and word not in ("compared", "versus") or word in VERBS:
            return False
    return False
