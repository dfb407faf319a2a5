"""Stored states -> typed changes (design, section 6)."""

from livingreview.changes.derive import Context, derive

__all__ = ["Context", "derive"]
