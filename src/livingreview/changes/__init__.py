"""Stored states -> typed changes (design, section 6)."""

from livingreview.changes.derive import Context, derive
from livingreview.changes.statements import Ledger, propose

__all__ = ["Context", "Ledger", "derive", "propose"]
