"""Statements: checkable sentences of a review, each with the rules that say what would touch it."""

import hashlib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from livingreview.config.base import Frozen, Pattern
from livingreview.records import Kind
from livingreview.records.change_types import ChangeType
from livingreview.records.serialization import canonical_json

_SIGNATURE = re.compile("[0-9a-f]{8}(?: [0-9a-f]{8}){0,15}")

Effect = Literal["confirms", "extends", "challenges", "outdates"]
"""What evidence does to a statement, from the mildest to the gravest but one: ``outdates`` says that a fact of the day
has passed, ``challenges`` that the sentence may not hold."""


class Rule(Frozen):
    """One condition upon one state of a record; every part that is given must hold, within a part any value will do.

    Attributes:
        effect: what a record that meets the rule does to the statement.
        why: the reason in a few words, for a person who reads the proposal.
        kinds: kinds of records; empty takes all.
        scopes: relevance classes.
        areas: area slugs; a top-level one stands for its children, too.
        facets: facet slug -> values, one of which the record must show; every facet that is named must be met.
        changes: types of changes, one of which the record must have brought.
        cited: ``refs`` the record is one of the statement's references; ``nct_ids`` it is, or names, one of its trials;
            ``printed`` any trial that the review printed. Without it what the review itself cites is no evidence.
        status: registry statuses of today.
        phases: phases of a trial (``PHASE3``).
        has_results: whether results are posted.
        is_unlike_print: the registry's status is another than the one that the review printed.
        text: patterns on title, abstract, keywords and the fields of a trial; the words that match are quoted.
        every_text: patterns that must match besides, each of them.
        without_text: patterns that must not match.
        at_least: the rule fires from so many distinct works on.
    """

    effect: Effect
    why: str
    kinds: tuple[Kind, ...] = ()
    scopes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    changes: tuple[ChangeType, ...] = ()
    cited: Literal["", "refs", "nct_ids", "printed"] = ""
    status: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    has_results: bool | None = None
    is_unlike_print: bool = False
    text: tuple[Pattern, ...] = ()
    every_text: tuple[Pattern, ...] = ()
    without_text: tuple[Pattern, ...] = ()
    at_least: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _check_conditions(self) -> "Rule":
        has_fact = bool(self.status or self.phases or self.has_results is not None or self.is_unlike_print)
        if self.effect != "extends" and not (has_fact or self.changes or self.text or self.at_least > 1):
            raise ValueError(
                f"a rule that {self.effect} a statement needs a registry fact (status, phases, has_results,"
                " is_unlike_print), a change, a count (at_least) or words (text): tags alone only extend"
            )
        conditions = (self.kinds, self.scopes, self.areas, self.facets, self.changes, self.cited, self.text)
        if not has_fact and not any(conditions):
            raise ValueError("a rule without a condition would fire on every record")
        return self

    def asked(self) -> dict[str, Any]:
        """What the rule asks, JSON-ready."""

        def plain(value: Any) -> Any:
            if isinstance(value, re.Pattern):
                return value.pattern
            if isinstance(value, tuple):
                return [plain(part) for part in value]
            return {name: plain(part) for name, part in value.items()} if isinstance(value, Mapping) else value

        return {name: plain(getattr(self, name)) for name in type(self).model_fields}


WATCH_REFERENCES = Rule(
    effect="challenges",
    why="a reference that it leans on was retracted, doubted or withdrawn",
    cited="refs",
    changes=(
        ChangeType.BASELINE_REFERENCE_RETRACTED,
        ChangeType.BASELINE_REFERENCE_CONCERN_EXPRESSED,
        ChangeType.BASELINE_REFERENCE_WITHDRAWN,
    ),
)
"""The rule of every statement that cites references. Its words are part of its hash: a store that has been held against
it would be held against it anew, and its proposals made again, if one of them changed."""


class Place(Frozen):
    """Where a sentence stands in the published text: facts, no words of it.

    Attributes:
        section: number (``4.2``) or heading of its section.
        cites: reference numbers that the sentence cites.
        signature: hashes of its word trigrams, from ``livingreview baseline place``; see
            :mod:`livingreview.text.signature`.
    """

    section: str = Field(min_length=1)
    cites: tuple[Annotated[int, Field(ge=1)], ...] = ()
    signature: str

    @field_validator("signature")
    @classmethod
    def _check_signature(cls, value: str) -> str:
        if not _SIGNATURE.fullmatch(value):
            raise ValueError(
                "a signature is up to 16 hashes of 8 hex digits with a space between;"
                " `livingreview baseline place` makes it of the sentence"
            )
        return value


class Statement(Frozen):
    """One checkable sentence of the baseline, in our own words.

    Attributes:
        places: the sentences of the published text that it stands for, in their order there.
        watch_references: whether it is challenged when one of its references is retracted, doubted or withdrawn.
        rules: those of the file, and last, for a statement with ``refs``, :data:`WATCH_REFERENCES`, unless
            ``watch_references`` switches it off or one of the file asks the same for a reason of its own.
    """

    id: str
    section: str
    text: str
    kind: str
    areas: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    refs: tuple[int, ...] = ()
    nct_ids: tuple[str, ...] = ()
    watch: str = ""
    places: tuple[Place, ...] = Field(default=(), max_length=3)
    watch_references: bool = True
    rules: tuple[Rule, ...] = Field(default=(), validate_default=True)

    @field_validator("rules")
    @classmethod
    def _add_watch(cls, rules: tuple[Rule, ...], info: ValidationInfo) -> tuple[Rule, ...]:
        if not info.data.get("refs") or not info.data.get("watch_references"):
            return rules
        if any(rule.model_copy(update={"why": WATCH_REFERENCES.why}) == WATCH_REFERENCES for rule in rules):
            return rules
        return (*rules, WATCH_REFERENCES)

    @cached_property
    def rule_hashes(self) -> tuple[str, ...]:
        """Identity of each rule: an edited one is another, and is held against the whole store again."""
        asked = [canonical_json([self.id, rule.asked()]) for rule in self.rules]
        return tuple(hashlib.sha256(one.encode()).hexdigest()[:16] for one in asked)
