"""What a record means for a statement of the review, before anybody judged it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One state of a record that meets a rule of the statement ledger, and what that rests on.

    Attributes:
        rule: number of the rule within its statement, from 1.
        why: the rule's own words.
        facts: facts that met it, as ``name: value``.
        quotes: words of the record that met it, each with some of their line.
    """

    statement_id: str
    rule: int
    effect: str
    source: str
    source_id: str
    work_id: str
    version: int
    why: str = ""
    facts: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
