"""Every type of change (design, section 6)."""

from typing import Final

PUBLICATION_TYPES: Final = frozenset(
    ("new_record", "new_core_record", "revised_text", "preprint_published", "retracted", "concern_expressed")
    + ("corrected", "reinstated", "withdrawn")
)
TRIAL_TYPES: Final = frozenset(
    ("new_trial", "status_changed", "results_posted", "results_published", "enrollment_changed", "date_slipped")
    + ("design_changed", "why_stopped", "overdue", "alias_changed")
)
"""What the record of a trial alone can bring; it may be reinstated and withdrawn as well."""
REVIEW_TYPES: Final = frozenset(
    ("new_area", "statement_confirmed", "statement_extended", "statement_challenged", "statement_outdated")
)
REFERENCE_TYPES: Final = frozenset(
    f"baseline_reference_{type_}"
    for type_ in ("retracted", "concern_expressed", "corrected", "reinstated", "withdrawn")
)
TYPES: Final = PUBLICATION_TYPES | TRIAL_TYPES | REVIEW_TYPES | REFERENCE_TYPES
