"""The stages of screening, what can be decided at each, and which of the decisions on a work counts.

Decisions are only ever added: a correction is a later decision of the same stage. A work passes the stages in their
order, and what was read in full decides over what its title promised (PRISMA 2020, flow diagram: a report is assessed
for eligibility after its title and abstract, and leaves the flow once). So the decision that counts is the last one of
the last stage at which anybody decided: a title that is screened after the full text was excluded brings nothing back.
"""

from collections.abc import Iterable
from typing import Literal, get_args

from livingreview.records.record import Decision

Stage = Literal["title_abstract", "full_text"]


STAGES: tuple[str, ...] = get_args(Stage)
"""In the order in which a work passes them."""


DECISIONS = ("include", "exclude", "maybe")


_PLACES = {stage: place for place, stage in enumerate(STAGES)}


def current_decisions(decisions: Iterable[Decision], *, stage: str = "") -> dict[str, Decision]:
    """Work -> the decision that counts.

    Args:
        decisions: in the order in which they were stored, or by time with those of one moment in that order: of two
            decisions of one stage and moment the one that was stored later counts.
        stage: only decisions of this stage, as the queue of the stage asks; without it those of every stage.

    Returns:
        Of a stage, the works in the order in which they were first decided on.
    """
    return {one.work_id: one for one in _in_order(decisions, stage)}


def current_decision(decisions: Iterable[Decision], *, stage: str = "") -> Decision | None:
    """The decision that counts on one work, None before anybody decided; see :func:`current_decisions`."""
    ordered = _in_order(decisions, stage)
    return ordered[-1] if ordered else None


def current_verdict(decisions: Iterable[Decision], *, stage: str = "") -> str:
    """What counts of one work: one of ``DECISIONS``, empty before anybody decided."""
    found = current_decision(decisions, stage=stage)
    return found.decision if found else ""


def current_areas(decisions: Iterable[Decision]) -> tuple[str, ...]:
    """The areas that people gave one work; empty when nobody named any.

    They stand until another decision names some: whoever excludes a full text does not say that it is about nothing.
    """
    found = current_decision(one for one in decisions if one.areas)
    return found.areas if found else ()


def _in_order(decisions: Iterable[Decision], stage: str) -> list[Decision]:
    """By stage and time; of one moment in the order that is given."""
    asked = [one for one in decisions if stage in ("", one.stage)]
    return sorted(asked, key=lambda one: (_PLACES.get(one.stage, -1), one.decided_at))
