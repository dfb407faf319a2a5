"""Crossref's and Retraction Watch's words for what a later publication does to an earlier one, as PubMed's RefType.

Crossref's types (Crossmark, "Version control, corrections, and retractions"): addendum, clarification, correction,
corrigendum, erratum, expression_of_concern, new_edition, new_version, partial_retraction, removal, retraction,
withdrawal. Retraction Watch writes Retraction, Expression of concern, Correction, Reinstatement.
"""

import re

_STEMS = {
    "retraction": "Retraction",
    "withdrawal": "Retraction",
    "removal": "Retraction",
    "partial_retraction": "PartialRetraction",
    "expression_of_concern": "ExpressionOfConcern",
    "correction": "Erratum",
    "corrigendum": "Erratum",
    "erratum": "Erratum",
    "addendum": "Update",
    "clarification": "Update",
    # These two have no word in PubMed. A new version says nothing about the truth of the old one.
    "reinstatement": "Reinstatement",
    "new_version": "NewVersion",
    "new_edition": "NewEdition",
}
_SAID_FOR = frozenset({"Erratum", "ExpressionOfConcern"})
"""PubMed says ``ErratumFor`` but ``RetractionOf``."""
_NOT_WORD = re.compile(r"[^a-z]+")


def _stem(update_type: str) -> str:
    # A type that nobody foresaw is an update: shown as a correction rather than passed over.
    return _STEMS.get(_NOT_WORD.sub("_", update_type.lower()).strip("_"), "Update")


def kind_in(update_type: str) -> str:
    """The kind of a notice about the record itself: ``retraction`` -> ``RetractionIn``."""
    return f"{_stem(update_type)}In"


def kind_of(update_type: str) -> str:
    """The kind of what a record says about another one: ``retraction`` -> ``RetractionOf``."""
    stem = _stem(update_type)
    return f"{stem}{'For' if stem in _SAID_FOR else 'Of'}"
