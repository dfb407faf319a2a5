"""Scores and changes of every version that has none yet."""

from collections.abc import Mapping
from typing import Any

from livingreview import changes
from livingreview.acquisition.context import RunContext
from livingreview.records import Score

_DERIVE_BATCH = 1_000


def derive(context: RunContext) -> tuple[str, dict[str, Any]]:
    """Scores and changes of every version that has none.

    Returns:
        The model's id, and how the records compare with its training set; both empty when nothing was to do.
    """
    project, repository, watch, now = context.project, context.repository, context.watch, context.run.now_at
    watch.progress("classifying", 0)
    versions = repository.underived(_DERIVE_BATCH)
    if not versions:
        return "", {}
    # Only here are the libraries of the classifier needed, which take their time to load.
    from livingreview import classify
    from livingreview.pipeline.train import current_model

    baseline = context.baseline
    known = changes.Context.of(project.review, baseline, project.settings.trials, now)
    model = current_model(project, repository, baseline, now, watch.tell)
    drift = classify.Drift()
    done = 0
    while versions:
        records = [version.record for version in versions]
        scores = model.score(records)
        drift.add(model, records, scores)
        pairs = list(zip(versions, scores, strict=True))
        found = changes.derive_all(pairs, known)
        by_id: Mapping[int, Score] = {version.version_id: score for version, score in pairs}
        repository.commit_derived(context.run, list(by_id), by_id, found, project.review.other_scope)
        done += len(versions)
        watch.progress("classifying", done)
        versions = repository.underived(_DERIVE_BATCH)
    return model.id, drift.found(model.card)
