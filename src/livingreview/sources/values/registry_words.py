"""The words of trial registries: what ClinicalTrials.gov is known to say, and what the others' words mean in its terms.

Known values are those of the registry's OpenAPI description, version 2.0.3 (schemas ``Status``, ``StudyType``,
``Phase``, ``DateType``, ``EnrollmentType``, ``InterventionType``). Enumerations grow: a value that
is not here is kept as it is, and named.

Statuses of other registries: ANZCTR (its data field explanation), DRKS, ISRCTN, the EU Clinical Trials Register and
the Japanese registries as their pages and WHO's exports spell them. WHO's ``Not recruiting`` may mean any state but
one, so it is left as it is.
"""

import re
from collections.abc import Iterable, Mapping

STATUSES = frozenset(
    (
        "ACTIVE_NOT_RECRUITING",
        "COMPLETED",
        "ENROLLING_BY_INVITATION",
        "NOT_YET_RECRUITING",
        "RECRUITING",
        "SUSPENDED",
        "TERMINATED",
        "WITHDRAWN",
        "AVAILABLE",
        "NO_LONGER_AVAILABLE",
        "TEMPORARILY_NOT_AVAILABLE",
        "APPROVED_FOR_MARKETING",
        "WITHHELD",
        "UNKNOWN",
    )
)
STUDY_TYPES = frozenset(("EXPANDED_ACCESS", "INTERVENTIONAL", "OBSERVATIONAL"))
PHASES = frozenset(("NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"))
DATE_TYPES = frozenset(("ACTUAL", "ESTIMATED"))
INTERVENTION_TYPES = frozenset(
    (
        "BEHAVIORAL",
        "BIOLOGICAL",
        "COMBINATION_PRODUCT",
        "DEVICE",
        "DIAGNOSTIC_TEST",
        "DIETARY_SUPPLEMENT",
        "DRUG",
        "GENETIC",
        "PROCEDURE",
        "RADIATION",
        "OTHER",
    )
)

_ELSEWHERE: Mapping[str, str] = {
    "AUTHORISED_RECRUITING": "RECRUITING",
    "COMPLETE": "COMPLETED",
    "ENDED": "COMPLETED",
    "MAIN_RESULTS_ALREADY_PUBLISHED": "COMPLETED",
    "NOT_RECRUITING_YET": "NOT_YET_RECRUITING",
    "OPEN_TO_RECRUITMENT": "RECRUITING",
    "PENDING": "NOT_YET_RECRUITING",
    "PREMATURELY_ENDED": "TERMINATED",
    "RECRUITING_COMPLETE_FOLLOW_UP_COMPLETE": "COMPLETED",
    "RECRUITING_COMPLETE_FOLLOW_UP_CONTINUING": "ACTIVE_NOT_RECRUITING",
    "RECRUITING_COMPLETE_STUDY_COMPLETE": "COMPLETED",
    "RECRUITING_COMPLETE_STUDY_CONTINUING": "ACTIVE_NOT_RECRUITING",
    "RECRUITING_ONGOING": "RECRUITING",
    "RECRUITING_PLANNED": "NOT_YET_RECRUITING",
    "RECRUITING_STOPPED_AFTER_RECRUITING_STARTED": "TERMINATED",
    "RECRUITING_SUSPENDED_ON_TEMPORARY_HOLD": "SUSPENDED",
    "RECRUITING_WITHDRAWN_BEFORE_RECRUITING_STARTED": "WITHDRAWN",
    "STOPPED": "TERMINATED",
    "STOPPED_EARLY": "TERMINATED",
    "TEMPORARILY_HALTED": "SUSPENDED",
    "TEMPORARY_HALT": "SUSPENDED",
}
"""Another registry's status, in capitals and underscores -> the word of ClinicalTrials.gov that means the same."""

_NOTHING = frozenset(("", "NIL", "NIL_KNOWN", "NONE", "NONE_KNOWN", "NA", "N_A", "NOT_APPLICABLE", "NO"))
_NOT_LETTER = re.compile(r"[^A-Z0-9]+")
_PHASE = re.compile(r"(?:PHASES?)?(0|IV|I{1,3}|[1-4])[AB]?")
_PHASE_NUMBERS = {"0": "EARLY_PHASE1", "I": "PHASE1", "II": "PHASE2", "III": "PHASE3", "IV": "PHASE4"}


def token(value: str) -> str:
    """A value in words as the API of ClinicalTrials.gov writes it: capitals and underscores."""
    return _NOT_LETTER.sub("_", value.upper()).strip("_")


def real_ids(values: Iterable[str]) -> tuple[str, ...]:
    """Identifiers in their order of letters, each once, without those that say that there is none (``Nil known``)."""
    return tuple(sorted({value for value in values if token(value) not in _NOTHING}))


def status_word(value: str) -> str:
    """A status in the words of ClinicalTrials.gov where one means the same, else as it is."""
    name = token(value).removesuffix("_STATUS")
    name = _ELSEWHERE.get(name, name)
    return name if name in STATUSES else " ".join(value.split())


def phase_word(value: str) -> str:
    """One phase as the API writes it (``PHASE2``, ``NA``); a name that is none of them only loses its spaces."""
    name = token(value).replace("PHASE_", "PHASE")
    return "NA" if name in ("NA", "N_A", "NOT_APPLICABLE") else name


def phase_words(value: str) -> tuple[str, ...]:
    """The phases that a free text names, each once: ``Phase 1 / Phase 2``, ``II-III``, ``Not Applicable``.

    A text that names none of them is unknown, not "not applicable", and gives none.
    """
    if phase_word(value) == "NA":
        return ("NA",)
    found = []
    for part in re.split(r"[/,;&|-]|\band\b|\s+", value, flags=re.IGNORECASE):
        if (match := _PHASE.fullmatch(part.strip().upper())) is not None:
            found.append(_PHASE_NUMBERS.get(match[1], f"PHASE{match[1]}"))
    return tuple(dict.fromkeys(found))
