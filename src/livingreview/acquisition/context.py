"""What a run is: everything that its stages share, put together once when it begins."""

from dataclasses import dataclass

from livingreview.acquisition.progress import Watch
from livingreview.config import Project
from livingreview.records import Baseline, Run
from livingreview.store.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run, as its stages know it.

    Attributes:
        project: settings and review.
        repository: the store as the run knows it; locked by whoever started the run.
        baseline: what the published review cites and prints.
        run: as it stands in the log. Its ``now_at`` is the present moment of every stage: windows end at it, changes
            bear it.
        watch: who is told what happens, and who waits.
    """

    project: Project
    repository: Repository
    baseline: Baseline
    run: Run
    watch: Watch
