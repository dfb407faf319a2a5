"""What kind of text a record is: a study, or one of those that speak about studies.

Facts: the publication types of MEDLINE/PubMed (MeSH, category V03; NLM renamed ``Retraction of Publication`` to
``Retraction Notice`` in 2025), ``pubType`` of Europe PMC and the JATS ``article-type`` values that it repeats, and
``CommentsCorrections/@RefType``: one in ``...Of`` or ``...For`` stands on the notice. Records from files often bear a
title only, and PubMed types an article late, so titles count as well.

Three meanings are a choice:

- A review or a letter that is also typed as a trial or a case report is a study: PubMed gives a research letter and a
  case with a review of the literature both types.
- A registered trial is a study, whatever its title.
- ``RETRACTED: ...`` in a title marks the article itself (:func:`is_marked_retracted`), no notice.
"""

import re
from enum import StrEnum
from typing import Final

from livingreview.records.record import Kind, Record


class TextKind(StrEnum):
    """The kind of text that a record is, as ``publication_types`` of a rule names it."""

    STUDY = "study"
    NOTICE = "notice"
    ERRATUM = "erratum"
    COMMENT = "comment"
    LETTER = "letter"
    EDITORIAL = "editorial"
    REVIEW = "review"
    PROTOCOL = "protocol"
    GUIDELINE = "guideline"


_TYPES: Final = {
    TextKind.NOTICE: "retraction of publication|retraction notice|retraction|expression of concern"
    "|expression-of-concern|withdrawal|removal",
    TextKind.ERRATUM: "published erratum|erratum|correction|corrigendum|addendum",
    TextKind.COMMENT: "comment|article-commentary|commentary|discussion|reply",
    TextKind.LETTER: "letter",
    TextKind.EDITORIAL: "editorial|news|newspaper article|introductory journal article|interview|personal narrative"
    "|lecture|address|biography|portrait|book-review",
    TextKind.PROTOCOL: "clinical trial protocol|study protocol|protocol",
    TextKind.GUIDELINE: "guideline|practice guideline|consensus development conference"
    "|consensus development conference, nih|consensus statement",
    TextKind.REVIEW: "review|systematic review|scoping review|meta-analysis|network meta-analysis|review-article"
    "|systematic-review",
}
_KIND_OF_TYPE: Final = {name: kind for kind, names in _TYPES.items() for name in names.split("|")}
_KIND_OF_NOTICE: Final = {
    "RetractionOf": TextKind.NOTICE,
    "PartialRetractionOf": TextKind.NOTICE,
    "ExpressionOfConcernFor": TextKind.NOTICE,
    "ErratumFor": TextKind.ERRATUM,
    "CommentOn": TextKind.COMMENT,
}
_ORDER: Final = {kind: place for place, kind in enumerate(_TYPES)}
"""Of several kinds the first counts: a comment that is typed as a letter, too, is a comment."""
_IS_STUDY_AFTER_ALL: Final = re.compile(
    r"(?:(?:randomi[sz]ed )?controlled clinical trial|randomi[sz]ed controlled trial|(?:adaptive |pragmatic"
    r" )?clinical trial"
    r"(?:, phase .*)?|case reports|case-report)"
)
_MAY_BE_STUDY: Final = frozenset({TextKind.LETTER, TextKind.REVIEW})

_STUDY_WORDS: Final = re.compile(
    r"\b(?:case (?:report|series|stud(?:y|ies))|report of \w+ cases?|an? (?:[\w-]+ )?case)\b"
)
_TITLES: Final = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            TextKind.NOTICE,
            r"^(?:(?:notice of |statement of |partial )?retraction(?: note| notice| statement)?\s*(?::|of\s*:|to\b"
            r"|for\b|$)"
            r"|(?:notice|statement) of (?:retraction|concern|withdrawal|removal)\b|retraction (?:note|notice)\b"
            r"|(?:editorial |editor's |editors' |notice of |publisher's )?(?:note of |expressions? of )concern\b"
            r"|(?:withdrawal|removal|temporary removal)(?: notice| note)?\s*:|(?:withdrawal|removal) notice\b"
            r"|withdrawn\s*:)|[:.(\[]\s*(?:retraction(?: note| notice)?|expression of concern)[)\].]*$",
        ),
        (
            TextKind.ERRATUM,
            r"^(?:\W*(?:corrigend(?:um|a)|errat(?:um|a))\b"
            r"|(?:(?:author|publisher|editorial)(?:'s)? )corrections?\b|corrections?(?: notice)?\s*(?::|to\b)"
            r"|corrections?\.?$|corrections? for [^,:]{1,60}et al|addendum\b|amendments?\s*(?::|to\b))"
            r"|[:.(\[]\s*(?:erratum|corrigendum|correction|addendum)[)\].]*$",
        ),
        (
            TextKind.COMMENT,
            r"^(?:(?:a |invited |editorial |brief )?comment(?:ary|aries)?\b(?!\s+(?:sections?|analys))|re\s*:"
            r"|(?:the |some )?comments? (?:on|to|regarding|about)\b|in (?:response|reply) to\b"
            r"|(?:(?:the )?authors?'?s?'? )?(?:repl(?:y|ies)|rejoinder)\b(?=\s*(?:$|[:.]|to\b|by\b|from\b))"
            r"|(?:the )?authors?'?s?'? response\b|discussion of\b"
            r"|responses? to\s*(?::|[\"']|(?:the )?(?:letters?|comments?|commentar|editors?|article by|paper by"
            r"|reviewers?"
            r"|correspondence|re\b)|(?:drs?|prof)\b|[\w' .-]{1,40}et al)|response\s*:)"
            r"|[:.(\[]\s*(?:an? )?(?:invited )?(?:comment|commentary|reply|authors?'? response)[)\].]*$",
        ),
        (
            TextKind.LETTER,
            r"\bletters? to (?:the )?editors?\b|^(?:to the editors?\b|letters?\s*(?::|$|by\b|from\b|regarding\b|in\b)"
            r"|correspondence\s*(?:[:.]|$|(?:on|re|regarding|to|about)\b))|[:.(\[]\s*(?:a )?(?:letter"
            r"|correspondence)[)\].]*$",
        ),
        (
            TextKind.EDITORIAL,
            r"^(?:(?:guest )?editorial\b|in this issue\b|(?:preface|foreword)\b|introduction to the special (?:issue"
            r"|section)"
            r"|research highlights?\b|news (?:and|&) views\b|editor's (?:note|choice|pick))"
            r"|[:.(\[]\s*(?:an? )?(?:guest )?editorial[)\].]*$|\bspecial issue\b",
        ),
        (
            TextKind.PROTOCOL,
            r"\b(?:study|trial|review|research) protocols?\b(?! for (?:the )?(?:isolat|differentiat|deriv|generat"
            r"|cultur))"
            r"|\bprotocol (?:for|of)(?! (?:the )?(?:production|isolation|differentiation|generation|culture|derivation"
            r"|expansion|purification|induction|obtaining|preparation)\b)(?: [\w/,'-]+){0,14}(?<! to) (?:trial|study"
            r"|review|meta-analysis|cohort|registry)\b|\bstatistical analysis plan\b"
            r"|\b(?:rationale and (?:study |trial )?design|(?:study |trial )?design and rationale)\b",
        ),
        (
            TextKind.GUIDELINE,
            r"\bposition (?:paper|statement)s?\b|\bconsensus (?:statement|paper|document|guid|recommend|report)"
            r"|\b(?:expert|international|delphi|european|national) consensus\b|\bwhite paper\b|[:.] (?:an )?expert"
            r" opinion"
            r"|\bminimal information for studies\b|^(?:recommendations?|guidance) (?:of|from|for|by|on)\b"
            r"|\bstatement (?:of|from|by) the\b|\b(?:draft|regulatory|industry|fda|ema|pmda|mfds) guidance\b"
            r"|\bguidance (?:document|for industry)|\bguidelines?\b(?![- ](?:compliant|conform|adher|concord|target"
            r"|recommend"
            r"|implement|based|directed))",
        ),
        (
            TextKind.REVIEW,
            r"(?<!peer )(?<!peer-)(?<!chart )(?<!record )(?<!records )(?<!retrospective )(?<!case )(?<!cases )"
            r"(?<!institutional )(?<!image )(?<!under )\b(?:mini-?)?reviews?\b(?! board)|\bmeta-analys[ie]s\b"
            r"|\boverviews?\b|\brecent (?:advances|progress|developments|insights)\b|^(?:current )?advances in\b"
            r"|\bstate of the art\b|\bcurrent (?:status|knowledge|state|trends|understanding|landscape|advances"
            r"|concepts)\b"
            r"|\b(?:new|current|future|emerging|clinical|therapeutic|translational|and) perspectives?\b"
            r"|[:.]\s*(?:an? )?(?:[\w-]+ )?perspectives?\.?$|^perspectives?\s*[:.]|\bperspectives (?:on|in|for)\b"
            r"|\bfuture"
            r" (?:directions|prospects)\b"
            r"|\b(?:challenges|promises?|hopes?|pitfalls|hype) and (?:future|challenges|opportunit\w+|prospects"
            r"|promises?|solutions|hype|hopes?"
            r"|pitfalls|perspectives)\b|\bopportunities and\b|\bopportunities, |\bemerging roles?\b|\bfrom"
            r" bench(?:side)? to bed"
            r"|\bwhat (?:do we|we) know\b|\bwhere (?:are|do) we\b|\ban update\b|\ba (?:primer|roadmap)\b",
        ),
    )
)
_REVIEW_WORDS: Final = re.compile(r"\b(?:systematic|scoping|narrative|literature|critical) review\b")
_AS_GUIDED: Final = re.compile(
    r"\b(?:according to|following|based on|per|under|adherence to|compliance with|defined by|with|in line with)"
    r" (?:[\w-]+ ){0,8}guidelines?\b"
)
_MARKED_RETRACTED: Final = re.compile(
    r"\s*[\[(]?\s*retracted(?:\s+(?:article|paper|publication))?\s*[:\])]", re.IGNORECASE
)


def text_kind(record: Record) -> TextKind:
    """What kind of text a record is: by its publication types and notices, else by its title, else a study."""
    if record.kind == Kind.TRIAL:
        return TextKind.STUDY
    types = [name.strip().lower() for name in record.publication_types]
    found = [_KIND_OF_TYPE[name] for name in types if name in _KIND_OF_TYPE]
    found += [_KIND_OF_NOTICE[notice.kind] for notice in record.notices if notice.kind in _KIND_OF_NOTICE]
    if found:
        kind = min(found, key=_ORDER.__getitem__)
        if kind in _MAY_BE_STUDY and any(_IS_STUDY_AFTER_ALL.fullmatch(name) for name in types):
            return TextKind.STUDY
        return kind
    return titled_kind(record.title or record.vernacular_title)


def titled_kind(title: str) -> TextKind:
    """What kind of text a title is of; a study when it does not say."""
    words = " ".join(title.translate(_TO_PLAIN).lower().split())
    if not words or is_marked_retracted(title):
        return TextKind.STUDY
    words = _AS_GUIDED.sub("", words)
    for kind, pattern in _TITLES:
        if pattern.search(words):
            if kind == TextKind.GUIDELINE and _REVIEW_WORDS.search(words):
                return TextKind.REVIEW
            return TextKind.STUDY if kind == TextKind.REVIEW and _STUDY_WORDS.search(words) else kind
    return TextKind.STUDY


def is_marked_retracted(title: str) -> bool:
    """Whether a title says that its article was retracted, as journals print it: ``RETRACTED: ...``."""
    return _MARKED_RETRACTED.match(title) is not None


_TO_PLAIN: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212"), "-") | {
    **dict.fromkeys(map(ord, "\u2018\u2019"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d"), '"'),
}
