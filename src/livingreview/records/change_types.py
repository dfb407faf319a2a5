"""Every type of change (design, "Changes"), and the groups that rooms ask about.

A type is listed here and nowhere else; what a room says of each type (its words, its heading in the mail) is a table
that a test holds against :class:`ChangeType`, so that none is forgotten. Stores, snapshots and reports hold the bare
strings.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class ChangeType(StrEnum):
    """What happened to a record, to what the review cites, or to a statement of the review.

    The members of each group stand in the order in which a list of changes shows them.
    """

    NEW_RECORD = "new_record"
    NEW_CORE_RECORD = "new_core_record"
    NEW_TRIAL = "new_trial"
    MISSED_TRIAL = "missed_trial"
    UNDATED_TRIAL = "undated_trial"
    TRIAL_READ = "trial_read"
    PREPRINT_PUBLISHED = "preprint_published"
    REVISED_TEXT = "revised_text"

    RETRACTED = "retracted"
    CONCERN_EXPRESSED = "concern_expressed"
    CORRECTED = "corrected"
    REINSTATED = "reinstated"
    WITHDRAWN = "withdrawn"

    BASELINE_REFERENCE_RETRACTED = "baseline_reference_retracted"
    BASELINE_REFERENCE_CONCERN_EXPRESSED = "baseline_reference_concern_expressed"
    BASELINE_REFERENCE_CORRECTED = "baseline_reference_corrected"
    BASELINE_REFERENCE_REINSTATED = "baseline_reference_reinstated"
    BASELINE_REFERENCE_WITHDRAWN = "baseline_reference_withdrawn"

    STATUS_CHANGED = "status_changed"
    RESULTS_POSTED = "results_posted"
    RESULTS_PUBLISHED = "results_published"
    ENROLLMENT_CHANGED = "enrollment_changed"
    WHY_STOPPED = "why_stopped"
    OVERDUE = "overdue"
    DATE_SLIPPED = "date_slipped"
    DESIGN_CHANGED = "design_changed"
    ALIAS_CHANGED = "alias_changed"

    NEW_AREA = "new_area"
    STATEMENT_CHALLENGED = "statement_challenged"
    STATEMENT_OUTDATED = "statement_outdated"
    STATEMENT_ALREADY_SO = "statement_already_so"
    STATEMENT_CONFIRMED = "statement_confirmed"
    STATEMENT_EXTENDED = "statement_extended"

    @property
    def on_reference(self) -> "ChangeType":
        """The type of the same notice where the review cites the record; only notices have one."""
        return ChangeType(_ON_REFERENCE + self)

    @property
    def bare(self) -> "ChangeType":
        """The type of the same notice on any record; a type that is about no reference is its own."""
        return ChangeType(self.removeprefix(_ON_REFERENCE))


_ON_REFERENCE: Final = "baseline_reference_"

FIRST_TRIAL_TYPES: Final = (
    ChangeType.NEW_TRIAL,
    ChangeType.MISSED_TRIAL,
    ChangeType.UNDATED_TRIAL,
    ChangeType.TRIAL_READ,
)
"""A trial was stored for the first time. Of a relevant scope, and not printed in the review, it is new, was missed by
the review, or nobody knows when it was posted; any other was merely read."""
FIRST_STORED_TYPES: Final = frozenset({ChangeType.NEW_RECORD, ChangeType.NEW_CORE_RECORD, *FIRST_TRIAL_TYPES})
"""A record was stored for the first time, or is of the core scope after all."""
NEW_TYPES: Final = FIRST_STORED_TYPES | {ChangeType.PREPRINT_PUBLISHED}
"""A reader meets a record for the first time."""
REVISION_TYPES: Final = frozenset({ChangeType.REVISED_TEXT, ChangeType.PREPRINT_PUBLISHED})
REFERENCE_TYPES: Final = frozenset(type_ for type_ in ChangeType if type_.startswith(_ON_REFERENCE))
"""Notices on what the review cites."""
NOTICE_TYPES: Final = frozenset(type_.bare for type_ in REFERENCE_TYPES)
"""Notices on any other record."""
GRAVE_NOTICE_TYPES: Final = frozenset({ChangeType.RETRACTED, ChangeType.CONCERN_EXPRESSED})
"""Notices after which a text may not be relied on; a text gets each of them once."""
DISCREDITING_TYPES: Final = frozenset(
    type_ for type_ in ChangeType if type_.bare in (ChangeType.RETRACTED, ChangeType.WITHDRAWN)
)
"""Changes after which a record supports nothing; a rule that asks for one of them is about just that."""
REGISTRY_TYPES: Final = (
    ChangeType.STATUS_CHANGED,
    ChangeType.RESULTS_POSTED,
    ChangeType.RESULTS_PUBLISHED,
    ChangeType.ENROLLMENT_CHANGED,
    ChangeType.WHY_STOPPED,
    ChangeType.OVERDUE,
    ChangeType.DATE_SLIPPED,
    ChangeType.DESIGN_CHANGED,
    ChangeType.ALIAS_CHANGED,
)
"""What a registry changes in a trial, in the order in which the changes of one trial are listed."""
TRIAL_TYPES: Final = frozenset({*FIRST_TRIAL_TYPES, *REGISTRY_TYPES})
"""What the record of a trial alone can bring; it may be reinstated and withdrawn as well."""
STATEMENT_TYPES: Final[Mapping[str, ChangeType]] = {
    "challenges": ChangeType.STATEMENT_CHALLENGED,
    "outdates": ChangeType.STATEMENT_OUTDATED,
    "already_so": ChangeType.STATEMENT_ALREADY_SO,
    "confirms": ChangeType.STATEMENT_CONFIRMED,
    "extends": ChangeType.STATEMENT_EXTENDED,
}
"""Effect of a rule -> type of its proposal; the gravest first."""
