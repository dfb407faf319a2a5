"""config/reviews/<slug>/: everything topic-specific, as one frozen model."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field, model_validator

from livingreview.config.base import SLUG, Frozen, Pattern
from livingreview.config.count import counted_trials
from livingreview.config.settings import SourcesSettings
from livingreview.config.statement import Rule, Statement
from livingreview.config.words import concept_of
from livingreview.records import Baseline, Reference

RESIDUAL_ALIAS = "general"
"""The area that has this alias takes what belongs to no disease: a record labelled with it has no area, and it is
never given for terms of its own, only as the parent of a child."""


class Scope(Frozen):
    """One relevance class of records."""

    slug: str
    label: str
    description: str = ""
    is_core: bool = False
    is_relevant: bool = True
    roles: tuple[str, ...] = ()


class Query(Frozen):
    """One search of one source, in that source's own syntax, without date limits (the run adds its windows)."""

    name: str
    source: str
    role: Literal["core", "context"] = "context"
    text: str = ""
    parameters: Mapping[str, str] = Field(default_factory=dict)


class Feed(Frozen):
    """One RSS or Atom feed."""

    name: str
    url: str


class Variant(Frozen):
    """Name variants folded into one token before text is classified.

    Attributes:
        context: the patterns count only where one of these strings stands in the same text; empty means anywhere.
        is_concept: whether the presence of the token tells scopes apart.
    """

    name: str
    replacement: str
    patterns: tuple[Pattern, ...]
    context: tuple[str, ...] = ()
    is_concept: bool = True


class Area(Frozen):
    """A disease area; a child belongs to exactly one top-level area."""

    slug: str
    label: str
    terms: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    section: str = ""
    children: tuple["Area", ...] = ()


class FacetValue(Frozen):
    """One value of a facet.

    Attributes:
        capture: the matched words themselves are the value.
        rewrite: (pattern, replacement) pairs that bring captured words to one spelling.
        is_fallback: the value counts only where the facet has no other.
    """

    slug: str
    label: str = ""
    patterns: tuple[Pattern, ...]
    capture: bool = False
    rewrite: tuple[tuple[Pattern, str], ...] = ()
    is_fallback: bool = False


class Facet(Frozen):
    """A tag read from the text by patterns."""

    slug: str
    label: str
    values: tuple[FacetValue, ...]


class ClassifierParameters(Frozen):
    """Named parameters of a classifier, with the evaluation that chose them."""

    name: str = "default"
    ngram_max: int = Field(default=2, ge=1, le=2)
    min_df: int = Field(default=1, ge=1)
    is_stop_listed: bool = True
    is_balanced: bool = True
    inverse_regularisation: float = Field(default=10.0, gt=0)
    area_inverse_regularisation: float = Field(default=10.0, gt=0)
    area_threshold: float = Field(default=0.5, gt=0, lt=1)
    title_weight: float = Field(default=1.0, ge=0)
    abstract_weight: float = Field(default=0.5, ge=0)
    headings_weight: float = Field(default=0.5, ge=0)
    concept_weight: float = Field(default=1.0, ge=0)
    term_weight: float = Field(default=2.0, ge=0)
    threshold_beta: float = Field(default=2.0, gt=0)
    retrain_after: int = Field(default=1, ge=1)
    seed: int = 0
    evaluation: str = ""


class RankerParameters(Frozen):
    """Named parameters of the ranker that learns while people screen, with the evaluation that chose them.

    Attributes:
        relevant_ratio: total weight of relevant labels over that of irrelevant ones.
        explore_share: share of the queue's places that go to records which the model is unsure of, or which resemble
            nothing that is labelled, in turn.
        prior_decisions: the classifier's order counts as much as so many decisions; without any it stands alone.
        recall_target: the recall that the stopping report tests.
        confidence: of that test, and of the bound on recall.
    """

    name: str = "default"
    ngram_max: int = Field(default=2, ge=1, le=2)
    max_df: float = Field(default=0.95, gt=0, le=1)
    relevant_ratio: float = Field(default=9.8, gt=0)
    inverse_regularisation: float = Field(default=0.11, gt=0)
    explore_share: float = Field(default=0.0, ge=0, le=0.5)
    prior_decisions: float = Field(default=20.0, gt=0)
    recall_target: float = Field(default=0.95, gt=0, lt=1)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    evaluation: str = ""


QUOTABLE = ("cc-by", "cc0", "own")
"""Licences of a published text that allow its sentences to be shown; ``own`` says that the text is the user's own."""


class Review(Frozen):
    """One published review that is kept alive: everything topic-specific.

    Attributes:
        short_title: what a mail calls it in its subject; without it the citation.
        pmid: the review itself in PubMed.
        pmcid: the review itself in PubMed Central, ``PMC`` and a number; its full text is fetched by it.
        licence: of the published text; any but those of :data:`QUOTABLE` counts as none given.
    """

    slug: str = Field(pattern=f"^{SLUG}$")
    title: str
    short_title: str = ""
    citation: str
    doi: str = ""
    pmid: str = Field(default="", pattern=r"^\d{0,8}$")
    pmcid: str = Field(default="", pattern=r"^(?:PMC\d{1,8})?$")
    licence: str = ""
    published_date: date
    read_from_date: date
    question: str
    recipients: tuple[str, ...] = ()
    scopes: tuple[Scope, ...]
    reference_scopes: Mapping[str, str] = Field(default_factory=dict)
    living_mode: Mapping[str, Any] = Field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    queries: tuple[Query, ...] = ()
    feeds: tuple[Feed, ...] = ()
    areas: tuple[Area, ...]
    facets: tuple[Facet, ...] = ()
    statements: tuple[Statement, ...] = ()
    classifier: ClassifierParameters = ClassifierParameters()
    ranker: RankerParameters = RankerParameters()

    @model_validator(mode="after")
    def _check_references(self) -> "Review":
        _unique("scope", [scope.slug for scope in self.scopes])
        _unique("query", [f"{query.source}/{query.name}" for query in self.queries])
        _unique("feed", [feed.name for feed in self.feeds])
        _unique("area", [area.slug for area in self.every_area()])
        _unique("area alias", [alias for area in self.every_area() for alias in area.aliases])
        _unique("facet", [facet.slug for facet in self.facets])
        _unique("statement", [statement.id for statement in self.statements])
        slugs = {area.slug for area in self.every_area()}
        for statement in self.statements:
            for slug in statement.areas:
                if slug not in slugs:
                    raise ValueError(f"statement {statement.id} names an unknown area: {slug}")
            self._check_rules(statement, slugs)
        if sum(scope.is_core for scope in self.scopes) != 1:
            raise ValueError("exactly one scope must have is_core = true")
        if sum(not scope.is_relevant for scope in self.scopes) != 1:
            raise ValueError("exactly one scope must have is_relevant = false")
        for query in self.queries:
            if query.source not in SourcesSettings.model_fields:
                raise ValueError(f"query {query.name} names an unknown source: {query.source}")
        return self

    def _check_rules(self, statement: Statement, areas: set[str]) -> None:
        """Whether every slug that a rule names is there: a slip of the pen would make a rule that never fires."""
        scopes = {scope.slug for scope in self.scopes}
        facets = {facet.slug: {value.slug for value in facet.values} for facet in self.facets}
        rules = [(f"rule {number}", rule) for number, rule in enumerate(statement.rules, start=1)]
        if statement.count and statement.count.condition:
            condition = Rule(effect="extends", why="its condition", **statement.count.condition.parts())
            rules.append(("the condition of its count", condition))
        for place, rule in rules:
            named = [("area", slug, areas) for slug in rule.areas] + [("scope", slug, scopes) for slug in rule.scopes]
            for facet, values in rule.facets.items():
                named.append(("facet", facet, set(facets)))
                named.extend((f"value of facet {facet}", value, facets.get(facet, set())) for value in values)
            concepts = {
                f"@{item.name}" for item in self.variants if item.is_concept and item.replacement.isidentifier()
            }
            named.extend(("concept", entry, concepts) for entry in rule.words if concept_of(entry))
            for what, slug, known in named:
                if slug not in known:
                    raise ValueError(f"statement {statement.id}, {place} names an unknown {what}: {slug}")

    def every_area(self) -> Iterator[Area]:
        """All areas, each top-level one before its children."""
        for area in self.areas:
            yield area
            yield from area.children

    @property
    def is_quotable(self) -> bool:
        """Whether the licence of the published text allows its sentences to be shown."""
        return self.licence in QUOTABLE

    @property
    def core_scope(self) -> str:
        """Slug of the scope that the review is about."""
        return next(scope.slug for scope in self.scopes if scope.is_core)

    @property
    def other_scope(self) -> str:
        """Slug of the scope of everything that is not relevant."""
        return next(scope.slug for scope in self.scopes if not scope.is_relevant)

    def area_parents(self) -> dict[str, str]:
        """Every area slug -> slug of its top-level area."""
        return {child.slug: area.slug for area in self.areas for child in (area, *area.children)}

    def printed_part(self, statement: Statement, baseline: Baseline) -> tuple[int, ...]:
        """What the count of a statement comes to over the printed trials that it rests on, as ``print`` gives it.

        The part is that of the printed rows which lie in the areas of its condition.
        """
        count = statement.count
        if count is None:
            return ()
        trials = counted_trials(count, statement, baseline)
        if count.condition is None:
            return (len(trials),)
        known, parents, asked = self.area_of_alias(), self.area_parents(), set(count.condition.areas)
        areas = [known.get(trial.area, trial.area) for trial in trials]
        return (sum(not asked.isdisjoint({area, parents.get(area, area)}) for area in areas), len(trials))

    def area_of_alias(self) -> dict[str, str]:
        """Every slug and alias -> area slug."""
        known = {area.slug: area.slug for area in self.every_area()}
        return known | {alias: area.slug for area in self.every_area() for alias in area.aliases}

    def scope_of_reference(self, reference: Reference) -> str:
        """The scope of a baseline reference: its own entry, else by its role, else the irrelevant scope."""
        by_role = {role: scope.slug for scope in self.scopes for role in scope.roles}
        return self.reference_scopes.get(str(reference.ref_no), by_role.get(reference.role, self.other_scope))


def _unique(what: str, names: list[str]) -> None:
    doubles = sorted({name for name in names if names.count(name) > 1})
    if doubles:
        raise ValueError(f"{what} given twice: {', '.join(doubles)}")
