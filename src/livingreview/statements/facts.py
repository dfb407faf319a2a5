"""What a piece of evidence rests on besides words, and the words, quoted."""

from collections.abc import Iterator

from livingreview.config import Rule
from livingreview.records.trial_standing import Standing
from livingreview.statements.parts import posted_words, results_words
from livingreview.statements.view import RecordView

_STANDING = {Standing.UNDATED: ", date of change not known", Standing.ALREADY_SO: ", already so at publication"}


def facts(rule: Rule, view: RecordView) -> Iterator[str]:
    """The facts besides words that made a rule fire, in the form ``name: value``."""
    trial, score, changes = view.trial, view.state.score, view.state.changes
    if rule.scopes:
        yield f"scope: {score.scope}"
    if rule.areas:
        yield f"areas: {', '.join(score.areas)}"
    for facet, values in rule.facets.items():
        found = [f"{value} ({words})" for value, words in score.facets.get(facet, ()) if value in values]
        yield f"{facet}: {', '.join(found)}"
    if rule.changes:
        yield f"change: {', '.join(sorted(changes.intersection(rule.changes)))}"
    if rule.publication_types:
        yield f"kind of text: {view.text_kind}"
    if trial is None:
        return
    if rule.standing and view.printed is not None and view.standing is not None:
        yield f"status: printed {view.printed.status}, now {trial.status}{_STANDING.get(view.standing, '')}"
    elif trial.status and (rule.status or rule.changes):
        yield f"status: {trial.status}"
    if rule.phases:
        yield f"phases: {', '.join(trial.phases)}"
    if rule.has_results is not None:
        yield f"results posted: {'yes' if trial.has_results else 'no'}"
    if rule.results:
        yield f"results posted: {results_words(view)}"
    if rule.is_interventional is not None:
        yield f"study type: {trial.study_type.lower() or 'not known'}"
    if rule.posted:
        yield f"first posted: {posted_words(view)}"


def quotes(rule: Rule, view: RecordView) -> tuple[str, ...]:
    """The words that met a rule, each with some of their line; of several alternatives those that stand first."""
    found = []
    if spans := [span for entry in rule.text if (span := view.find(entry))]:
        found.append(min(spans, key=lambda span: (span.start, -span.end)))
    found += [span for entry in rule.every_text if (span := view.find(entry))]
    if rule.finding and (span := view.find_finding(rule.finding, rule.about, rule.about_more)):
        found.append(span)
    found += [span for entry in rule.intervention if (span := view.find_given(entry))]
    return tuple(dict.fromkeys(span.quote() for span in found))
