"""What a record means for a statement of the review: evidence that rules found, and what people made of it."""

from dataclasses import dataclass
from datetime import datetime

from livingreview.records.record import Record, Score
from livingreview.records.stored import StoredChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One state of a record that meets a rule of a statement, and what that rests on.

    Attributes:
        rule: number of the rule within its statement, from 1; ``rule_hash`` is what it says.
        work_id: the work of the record at present.
        why: the rule's own words.
        facts: facts that met it, as ``name: value``.
        quotes: words of the record that met it, each with some of their line.
    """

    statement_id: str
    rule: int
    rule_hash: str
    effect: str
    source: str
    source_id: str
    work_id: str
    version: int
    why: str = ""
    facts: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far a rule has been held against the store: every state up to this version, with the scores of this model."""

    rule_hash: str
    model: str
    through_version_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordState:
    """The current state of a record, with all that the rules of statements may ask of it.

    Attributes:
        changes: types of the changes that this state or an earlier one brought.
        is_withdrawn: its source took the record back.
    """

    version_id: int
    version: int
    record: Record
    work_id: str
    score: Score
    changes: frozenset[str]
    is_withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingProposal:
    """A proposal for a statement that nobody has decided on.

    Attributes:
        found: the change that made it last, with the evidence of all that made it since the last decision on the same
            statement and effect, newest first.
        since: when it was first made after that decision; more evidence makes it no younger.
    """

    found: StoredChange
    since: datetime

    @property
    def statement_id(self) -> str:
        """The statement that it is for."""
        return self.found.change.source_id

    @property
    def effect(self) -> str:
        """What the evidence does to the statement."""
        return str(self.found.change.after["effect"])

    def days(self, now: datetime) -> int:
        """For how many days it has been waiting."""
        return max(0, (now - self.since).days)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDecision:
    """What a person made of the proposals for one statement and effect; append-only.

    Attributes:
        verdict: ``accepted`` or ``rejected``.
        wording: how the statement should read from now on; empty where nobody suggested it.
    """

    statement_id: str
    effect: str
    verdict: str
    person: str
    decided_at: datetime
    reason: str = ""
    wording: str = ""
