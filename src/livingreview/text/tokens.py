"""Records -> words: name variants folded, texts cut into words by block, stop words."""

import re
from dataclasses import dataclass
from itertools import chain
from typing import Final

from livingreview.config import Review
from livingreview.records import Record
from livingreview.text.normalise import Folder, fields, normal_letters

_TO_SPACE: Final = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]")
_BORDER: Final = "\x00"
_ENGLISH: Final = """
a about above across after afterwards again against all almost alone along already also although always am among
amongst amoungst amount an and another any anyhow anyone anything anyway anywhere are around as at back be became
because become becomes becoming been before beforehand behind being below beside besides between beyond bill both
bottom but by call can cannot cant co con could couldnt cry de describe detail do done down due during each eg eight
either eleven else elsewhere empty enough etc even ever every everyone everything everywhere except few fifteen fifty
fill find fire first five for former formerly forty found four from front full further get give go had has hasnt have
he hence her here hereafter hereby herein hereupon hers herself him himself his how however hundred i ie if in inc
indeed interest into is it its itself keep last latter latterly least less ltd made many may me meanwhile might mill
mine more moreover most mostly move much must my myself name namely neither never nevertheless next nine no nobody
none noone nor not nothing now nowhere of off often on once one only onto or other others otherwise our ours ourselves
out over own part per perhaps please put rather re same see seem seemed seeming seems serious several she should show
side since sincere six sixty so some somehow someone something sometime sometimes somewhere still such system take ten
than that the their them themselves then thence there thereafter thereby therefore therein thereupon these they thick
thin third this those though three through throughout thru thus to together too top toward towards twelve twenty two
un under until up upon us very via was we well were what whatever when whence whenever where whereafter whereas
whereby wherein whereupon wherever whether which while whither who whoever whole whom whose why will with within
without would yet you your yours yourself yourselves
"""
STOP_WORDS: Final = frozenset(_ENGLISH.split())
"""English words that say nothing: the list of the Glasgow Information Retrieval Group, as scikit-learn gives it (which
takes a second to load)."""


@dataclass(frozen=True, slots=True)
class Words:
    """The folded words of one record, by block."""

    title: list[str]
    abstract: list[str]
    headings: list[str]


def folder_of(review: Review) -> Folder:
    """The compiled name variants of a review."""
    return Folder((pattern, item.replacement, item.context) for item in review.variants for pattern in item.patterns)


def concepts_of(review: Review) -> tuple[str, ...]:
    """The tokens of the name variants, each once, in the order of config; replacements that are no word are none."""
    names = [item.replacement.strip() for item in review.variants if item.is_concept]
    return tuple(dict.fromkeys(name for name in names if name.isidentifier()))


def stop_words_of(review: Review) -> frozenset[str]:
    """The words that are left out before pairs are made."""
    return STOP_WORDS if review.classifier.is_stop_listed else frozenset()


def words_of_text(text: str) -> list[str]:
    """The words of a folded text: runs of letters, digits and underscores."""
    if not text.isascii():
        text = _NOT_ASCII.sub(lambda found: found.group() if found.group().isalnum() else " ", text)
    return text.translate(_TO_SPACE).split()


def prepare(record: Record, folder: Folder) -> Words:
    """Fold a record once and cut it into words, by block."""
    parts = fields(record)
    heads = " . ".join(parts[name] for name in ("keywords", "mesh", "conditions", "interventions") if parts[name])
    texts = [normal_letters(text) for text in (parts["title"], parts["abstract"], heads)]
    words = [words_of_text(text) for text in texts]
    if not folder.may_fold(chain.from_iterable(words)):
        return Words(*words)
    texts = [" ".join(text.split()) for text in texts]
    folded = folder.fold(_BORDER.join(texts)).split(_BORDER)
    if len(folded) != len(texts):  # a pattern of config reached across a border, or the text holds one
        folded = [folder.fold(text) for text in texts]
    return Words(*map(words_of_text, folded))
