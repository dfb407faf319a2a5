"""The versions of a living review, counted from stored runs.

Version 1 is the published review. A run that was reported makes the next version when it changed the evidence (one
change at least of severity alert or notable) or the method (another program, configuration or model than the reported
run before it); the first one does, for it begins the living mode. What other runs brought belongs to the next version.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from livingreview.records import Run, RunFlow, Severity
from livingreview.records.sanitize import clean
from livingreview.report.context import Frame
from livingreview.text import wording

_LOUD = frozenset({Severity.ALERT.value, Severity.NOTABLE.value})
BEGUN = "the living mode began"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of the review.

    Attributes:
        number: 1 for the published review.
        run: the run that made it; None for the published review.
        flows: that run, and those before it that made no version of their own.
        methods: what changed in the method, in words.
    """

    number: int
    on_date: date
    run: Run | None
    flows: tuple[RunFlow, ...] = ()
    methods: tuple[str, ...] = ()

    @property
    def changes(self) -> Counter[str]:
        """Type -> number of the changes that a person must know of."""
        return loud(self.flows)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Every version, oldest first, and the runs since the last one, whose changes are all routine."""

    versions: tuple[Version, ...]
    since: tuple[RunFlow, ...]

    @property
    def current(self) -> Version:
        """The version that holds now."""
        return self.versions[-1]


def history(frame: Frame) -> History:
    """The versions up to the run that is reported."""
    versions = [Version(number=1, on_date=frame.material.review.published_date, run=None)]
    gathered: list[RunFlow] = []
    before: Run | None = None
    for flow in frame.material.flows:
        gathered.append(flow)
        run = flow.run
        # The run that is reported here is marked as reported only once this report is written.
        if run.reported_at is None and run.id != frame.material.run.id:
            continue
        methods = method_words(before, run)
        if methods or loud(gathered):
            versions.append(
                Version(
                    number=len(versions) + 1,
                    on_date=run.now_at.date(),
                    run=run,
                    flows=tuple(gathered),
                    methods=tuple(methods),
                )
            )
            gathered = []
        # A run with nothing to classify names no model; the one before it still holds.
        before = run if run.model or before is None else replace(run, model=before.model)
    return History(versions=tuple(versions), since=tuple(gathered))


def loud(flows: Iterable[RunFlow]) -> Counter[str]:
    """Type -> number of the changes of severity alert or notable."""
    found: Counter[str] = Counter()
    for flow in flows:
        for kind, severity, n in flow.changes:
            if severity in _LOUD:
                found[kind] += n
    return found


def method_words(before: Run | None, run: Run) -> list[str]:
    """What differs between the methods of two runs; that the living mode began for the first one."""
    if before is None:
        return [BEGUN]
    parts = []
    if before.code_version != run.code_version:
        parts.append(f"program {clean(before.code_version)} {wording.ARROW} {clean(run.code_version)}")
    if before.config_hash != run.config_hash:
        parts.append("configuration: queries, scopes, areas, facets, statements or settings were edited")
    if run.model and before.model and before.model != run.model:
        parts.append(f"model {clean(before.model)} {wording.ARROW} {clean(run.model)}")
    return parts
