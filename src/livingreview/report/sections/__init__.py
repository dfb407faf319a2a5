"""The sections of a report, in their order."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from livingreview.report.context import Frame
from livingreview.report.sections import (
    areas,
    events,
    evidence,
    figures,
    headline,
    living,
    searching,
    statements,
    trials,
    workings,
)


@dataclass(frozen=True, slots=True)
class SectionKind:
    """One section: its name, its heading, and the function that builds it.

    Attributes:
        slug: also the name of the partial, ``templates/sections/<slug>.j2``.
        build: gives JSON-ready values; ``summary`` is one of them, a line for the table of contents.
    """

    slug: str
    title: str
    build: Callable[[Frame], dict[str, Any]]


SECTIONS: Final[tuple[SectionKind, ...]] = (
    SectionKind("headline", "In short", headline.headline),
    SectionKind("alerts", "Alerts", events.alerts),
    SectionKind("statements", "Statements to look at", statements.touched),
    SectionKind("figures", "The evidence in figures", figures.figures),
    SectionKind("core_evidence", "New core evidence by disease area", evidence.core),
    SectionKind("context_evidence", "Context evidence", evidence.context),
    SectionKind("new_areas", "Disease areas the review lacks", areas.proposed),
    SectionKind("trials", "Trials, then and now", trials.then_and_now),
    SectionKind("trial_changes", "What changed in trials", trials.changes),
    SectionKind("notices", "Notices", events.notices),
    SectionKind("revisions", "Revised texts and other changes", events.revisions),
    SectionKind("living", "Living mode, versions and flow (PRISMA-LSR)", living.living),
    SectionKind("searches", "What the searches did", searching.searches),
    SectionKind("exceptions", "Named exceptions", searching.exceptions),
    SectionKind("model", "Model and method", workings.model),
    SectionKind("gaps", "Data gaps", workings.gaps),
)
