"""The current model: kept, trained at first use, trained again when labels, config or people's decisions changed."""

from datetime import datetime

from livingreview import __version__, classify
from livingreview.acquisition.progress import Tell
from livingreview.config import Project
from livingreview.errors import StoreError
from livingreview.records import Baseline
from livingreview.records.decisions import current_areas, current_decisions
from livingreview.records.representative import representatives
from livingreview.store.repository import Repository

_BATCH = 2_000


def examples(project: Project, repository: Repository, baseline: Baseline) -> list[classify.Example]:
    """Shipped labels, baseline references, and the works that people decided on.

    The decision that counts is that of :func:`livingreview.records.decisions.current_decisions`. An inclusion keeps a
    relevant scope that the model gave, or else takes the review's own; an exclusion takes the irrelevant one; a maybe
    teaches nothing. What is learnt from is the record that speaks for the work: the queue showed it to who decided. One
    that came since teaches once it was scored.
    """
    review = project.review
    current = current_decisions(repository.decisions())
    found = classify.shipped_examples(project, baseline)
    works = sorted(work_id for work_id, decision in current.items() if decision.decision != "maybe")
    relevant = {scope.slug for scope in review.scopes if scope.is_relevant}
    for stored in representatives(repository.records(work_ids=works)).values():
        scope = review.other_scope
        if current[stored.work_id].decision == "include":
            given = stored.score.scope if stored.score else ""
            scope = given if given in relevant else review.core_scope
        areas = current_areas(stored.decisions) or None
        found.append(classify.Example(record=stored.record, scope=scope, areas=areas, origin="decision"))
    return found


def current_model(
    project: Project, repository: Repository, baseline: Baseline, now: datetime, tell: Tell
) -> classify.Model:
    """The model that fits the present labels, config and decisions; trained anew when there is none."""
    known = examples(project, repository, baseline)
    folder = project.path("models_dir") / project.review.slug
    reason = classify.reason_to_train(folder, project.review, known)
    if not reason:
        model = classify.Model.load(folder, project.review)
        repository.save_model(model.id, now, model.card)
        return model
    if not (folder / "model.json").exists():
        reason = "first use"
    tell(f"classifier: training on {len(known)} labelled records ({reason})")
    return train(project, repository, known, now)


def model_without_store(project: Project, baseline: Baseline, now: datetime, tell: Tell) -> classify.Model:
    """The kept model, whatever decisions it has learnt from; one of the shipped labels alone where there is none.

    The latter is not kept: it would be taken instead of one that knows the decisions.
    """
    try:
        return classify.Model.load(project.path("models_dir") / project.review.slug, project.review)
    except StoreError:
        known = classify.shipped_examples(project, baseline)
        tell(f"classifier: training on {len(known)} shipped labels (no model for this configuration is kept)")
        return classify.train(project.review, known, now=now, code_version=__version__)


def train(project: Project, repository: Repository, known: list[classify.Example], now: datetime) -> classify.Model:
    """Trains, keeps the model with its card, and scores anew every record that has a score.

    A version that has none waits to be derived, and gets its first score with its changes.

    Raises:
        InputError: too few labels.
        StoreError: the models' folder cannot be written to.
    """
    model = classify.train(project.review, known, now=now, code_version=__version__)
    model.save(project.path("models_dir") / project.review.slug)
    repository.save_model(model.id, now, model.card)
    last = 0
    while states := repository.derived(last, _BATCH):
        last = states[-1][0]
        scores = model.score([record for _, record in states])
        ids = [version_id for version_id, _ in states]
        repository.replace_scores(dict(zip(ids, scores, strict=True)), project.review.other_scope)
    return model
