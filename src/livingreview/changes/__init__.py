"""Stored states -> typed changes (design, section 6)."""

from livingreview.changes.derive import Context, derive
from livingreview.changes.statements import Ledger, propose
from livingreview.changes.trials import TYPES as TRIAL_TYPES

__all__ = ["TRIAL_TYPES", "Context", "Ledger", "derive", "propose"]
