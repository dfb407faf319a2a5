"""Statements: checkable sentences of a review, each with the rules that say what would touch it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from livingreview.config.base import Frozen
from livingreview.config.count import Count
from livingreview.config.words import Words
from livingreview.records import Kind
from livingreview.records.change_types import DISCREDITING_TYPES, ChangeType
from livingreview.records.serialization import canonical_json
from livingreview.records.text_kinds import TextKind

_SIGNATURE = re.compile("[0-9a-f]{8}(?: [0-9a-f]{8}){0,15}")

Effect = Literal["confirms", "extends", "challenges", "outdates", "already_so"]
"""What evidence does to a statement: ``outdates`` says that a fact of the day has passed, ``challenges`` that the
sentence may not hold, ``already_so`` that it did not hold when the review appeared: an error of the review, never news.
"""


class Rule(Frozen):
    """One condition upon one state of a record; every part that is given must hold, within a part any value will do.

    Words are entries of :mod:`.words`: plain words, ``/a regular expression/`` or ``@concept``.

    Attributes:
        effect: what a record that meets the rule does to the statement.
        why: the reason in a few words, for a person who reads the proposal.
        kinds: kinds of records; empty takes all.
        publication_types: kinds of texts (``study``, ``review``, ``guideline``, ...); empty takes studies only, but for
            a rule that asks for a change which discredits a record: that takes every text.
        scopes: relevance classes.
        areas: area slugs; a top-level one stands for its children, too.
        facets: facet slug -> values, one of which the record must show; every facet that is named must be met.
        changes: types of changes, one of which the record must have brought.
        cited: ``refs`` the record is one of the statement's references; ``nct_ids`` it is, or names, one of its trials;
            ``table1`` any trial of the review's own table; ``printed`` any trial that the review printed. Without it
            what the review itself cites is no evidence.
        posted: when the registry first posted the trial, beside the review.
        standing: how the status of a printed trial stands beside the printed one; without ``cited`` of any of them.
        status: registry statuses of today.
        phases: phases of a trial (``PHASE3``).
        has_results: whether results are posted; ``results``: when the registry posted them, beside the review.
        is_interventional: whether the trial gives something to its patients; one whose type is not known may.
        intervention: words each of which must stand in what a trial gives; in the title where the record names nothing.
        finding: the text reports this of an object, in one sentence.
        about: objects of which less is better (pain); ``about_more``: of which more is better (survival).
        text: words in title, abstract, keywords and the fields of a trial; those that match are quoted.
        every_text: words that must be there besides, each of them.
        without_text: words that must not be there.
        at_least: the rule fires from so many distinct works on.
    """

    effect: Effect
    why: str
    kinds: tuple[Kind, ...] = ()
    publication_types: tuple[TextKind, ...] = ()
    scopes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    changes: tuple[ChangeType, ...] = ()
    cited: Literal["", "refs", "nct_ids", "table1", "printed"] = ""
    posted: Literal["", "before_review", "after_review"] = ""
    standing: tuple[Literal["changed", "undated", "already_so"], ...] = ()
    status: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    has_results: bool | None = None
    results: Literal["", "before_review", "after_review"] = ""
    is_interventional: bool | None = None
    intervention: tuple[Words, ...] = ()
    finding: Literal["", "no_benefit", "benefit", "harm"] = ""
    about: tuple[Words, ...] = ()
    about_more: tuple[Words, ...] = ()
    text: tuple[Words, ...] = ()
    every_text: tuple[Words, ...] = ()
    without_text: tuple[Words, ...] = ()
    at_least: int = Field(default=1, ge=1)

    @model_validator(mode="after")
    def _check_conditions(self) -> "Rule":
        if self.finding and not (self.about or self.about_more):
            raise ValueError(
                f"finding = {self.finding!r} has no object; name in about (less of it is better) or about_more what the"
                " text must report on"
            )
        if (self.about or self.about_more) and not self.finding:
            raise ValueError("about and about_more are the object of a finding; give finding, or ask for them in text")
        has_words = bool(self.text or self.finding or self.intervention)
        if self.effect == "already_so" and not (
            "before_review" in (self.posted, self.results) or self.standing == ("already_so",) or has_words
        ):
            raise ValueError(
                'already_so says that it was so before the review; ask posted or results = "before_review", standing ='
                ' ["already_so"] or words (text)'
            )
        facts = (self.status, self.phases, self.results, self.posted, self.standing)
        has_fact = self.has_results is not None or any(facts)
        if self.effect != "extends" and not (has_fact or self.changes or has_words or self.at_least > 1):
            raise ValueError(
                f"a rule that {self.effect} a statement needs a registry fact (status, phases, has_results, results,"
                " posted, standing), a change, a count (at_least) or words (text, finding, intervention): tags alone"
                " only extend"
            )
        tags = (self.kinds, self.publication_types, self.scopes, self.areas, self.facets, self.changes, self.cited)
        if not (has_fact or has_words or self.is_interventional is not None or any(tags)):
            raise ValueError("a rule without a condition would fire on every record")
        return self

    @property
    def words(self) -> tuple[str, ...]:
        """Every entry of words of the rule."""
        return (
            *self.intervention,
            *self.about,
            *self.about_more,
            *self.text,
            *self.every_text,
            *self.without_text,
        )

    @property
    def is_about_discredit(self) -> bool:
        """Whether it asks for a change after which a record supports nothing, and so takes any text, fallen or not."""
        return not DISCREDITING_TYPES.isdisjoint(self.changes)

    def asked(self) -> dict[str, Any]:
        """The parts that the rule gives, JSON-ready."""
        return self.model_dump(mode="json", exclude_defaults=True)


WATCH_REFERENCES = Rule(
    effect="challenges",
    why="a cited reference was retracted, doubted or withdrawn",
    cited="refs",
    changes=(
        ChangeType.BASELINE_REFERENCE_RETRACTED,
        ChangeType.BASELINE_REFERENCE_CONCERN_EXPRESSED,
        ChangeType.BASELINE_REFERENCE_WITHDRAWN,
    ),
)
"""The rule of every statement that cites references."""


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
        note: a curator's remark, which is no part of the sentence.
        count: the count of trials that it makes, if it makes one.
        about, about_more: the objects of the findings that its rules ask for and do not name themselves.
        places: the sentences of the published text that it stands for, in their order there.
        watch_references: whether it is challenged when one of its references is retracted, doubted or withdrawn.
        rules: those of its count, then those of the file, and last, for a statement with ``refs``,
            :data:`WATCH_REFERENCES`, unless ``watch_references`` switches it off or one of the file asks the same for a
            reason of its own.
    """

    id: str
    section: str
    text: str
    note: str = ""
    kind: str
    areas: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    refs: tuple[int, ...] = ()
    nct_ids: tuple[str, ...] = ()
    about: tuple[Words, ...] = ()
    about_more: tuple[Words, ...] = ()
    places: tuple[Place, ...] = Field(default=(), max_length=3)
    count: Count | None = None
    watch_references: bool = True
    rules: tuple[Rule, ...] = Field(default=(), validate_default=True)

    @field_validator("rules", mode="before")
    @classmethod
    def _give_objects(cls, rules: Any, info: ValidationInfo) -> Any:
        objects: dict[str, Any] = {name: info.data[name] for name in ("about", "about_more") if info.data.get(name)}
        if not objects or not isinstance(rules, Sequence):
            return rules
        return [
            {**objects, **rule}
            if isinstance(rule, Mapping) and rule.get("finding") and not {"about", "about_more"} & set(rule)
            else rule
            for rule in rules
        ]

    @field_validator("rules")
    @classmethod
    def _add_rules(cls, rules: tuple[Rule, ...], info: ValidationInfo) -> tuple[Rule, ...]:
        if (count := info.data.get("count")) is not None:
            rules = (*(made for one in count.rules() if (made := Rule(**one)) not in rules), *rules)
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
