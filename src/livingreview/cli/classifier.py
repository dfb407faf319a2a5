"""``train``, ``evaluate``, ``predict``, ``explain``: the tagger, what it says and how far to trust it."""

import json as json_format
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from livingreview.cli.common import invocation, out, out_json, out_table, store, tell
from livingreview.errors import EXIT_DONE, EXIT_NOTHING_READ, EXIT_PARTIAL, InputError, StoreError, UsageError
from livingreview.records import StoredRecord
from livingreview.records.identifiers import nct_ids, normal_doi, normal_pmid
from livingreview.store.repository import Repository

_SHOWN_PROBLEMS = 20


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    app.command()(train)
    app.command()(evaluate)
    app.command()(predict)
    app.command()(bulk)
    app.command()(explain)


def train(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="The model's card as JSON.")] = False,
) -> None:
    """Train the classifier on the shipped labels and every decision, and score the store anew."""
    from livingreview.config import load_baseline
    from livingreview.pipeline import train as training

    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        baseline = load_baseline(project)
        known = training.examples(project, repository, baseline)
        tell(f"classifier: training on {len(known)} labelled records")
        model = training.train(project, repository, known, call.now)
    if json:
        out_json(model.card)
        return
    out(f"Model {model.id}, trained on {len(known)} labelled records")
    labels = model.card["labels"]
    rows = [(name, str(count)) for name, count in labels["scopes"].items()]
    out_table("Labels by scope", ("scope", "labels"), rows)
    out_table("Labels by origin", ("origin", "labels"), [(name, str(n)) for name, n in labels["origins"].items()])
    out(f"Card: {project.path('models_dir') / project.review.slug / 'card.json'}")


def evaluate(
    context: typer.Context,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the card; without it evaluation/ in the models' folder."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The figures as JSON.")] = False,
) -> None:
    """Measure the classifier on labels that it has not seen, and write its card with figures."""
    from livingreview import __version__, classify
    from livingreview.classify import card, draw
    from livingreview.config import load_baseline
    from livingreview.pipeline import train as training

    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        known = training.examples(project, repository, load_baseline(project))
    tell(f"classifier: measuring on {len(known)} labelled records")
    model = classify.train(project.review, known, now=call.now, code_version=__version__)
    found = classify.evaluate(project.review, known)
    folder = output or project.path("models_dir") / project.review.slug / "evaluation"
    pictures = {title: path.name for title, path in draw.draw(folder, found).items()}
    try:
        (folder / "card.md").write_text(card.markdown(model.card, found, pictures), encoding="utf-8")
        (folder / "evaluation.json").write_text(
            json_format.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    except OSError as error:
        raise StoreError(f"{folder}: cannot be written to ({error.strerror}); give another folder") from error
    if json:
        out_json(found)
        return
    for title, part in (("Scopes", found["nested"]["scopes"]), ("Top-level areas", found["nested"]["areas"])):
        rows = [
            (name, str(values["n"]), *(card.figure(values.get(key)) for key in ("precision", "recall", "f1")))
            if "f1" in values
            else (name, str(values["n"]), values["note"], f"{values['missing']} missing", "")
            for name, values in part["classes"].items()
        ]
        rows.append(("macro", "", "", "", card.figure(part["macro_f1"])))
        out_table(f"{title}, nested cross-validation", (title.lower(), "labels", "precision", "recall", "F1"), rows)
    out(f"Card: {folder / 'card.md'}")


def predict(
    context: typer.Context,
    csv: Annotated[Path, typer.Option("--csv", help="A table with a column title and, if there, abstract.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The result; without it standard output.")
    ] = None,
) -> None:
    """Tag a table of titles; needs no store."""
    from livingreview.classify import predict as tables
    from livingreview.config import load_baseline
    from livingreview.pipeline import train as training

    call = invocation(context)
    project = call.project()
    columns, rows = tables.read_titles(csv)
    model = training.model_without_store(project, load_baseline(project), call.now, tell)
    added = tables.predicted_columns(model)
    found = tables.predict(model, rows)
    if output is None:
        tables.write_table(sys.stdout, [*columns, *added], found)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            tables.write_table(file, [*columns, *added], found)
    except OSError as error:
        raise InputError(f"{output}: cannot be written to ({error.strerror}); give another file") from error
    tell(f"{len(found)} rows tagged: {output}")


def bulk(
    context: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="Files or folders, of any format of `run --from`.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The table.")],
    jobs: Annotated[int, typer.Option(min=0, max=1024, help="Processes; 0 takes one a core.")] = 0,
) -> int:
    """Tag every record of many files on many cores; needs no store."""
    from livingreview import bulk as room
    from livingreview.atomic import written_aside
    from livingreview.config import load_baseline
    from livingreview.pipeline import train as training
    from livingreview.sources.formats.listing import find_documents

    call = invocation(context)
    project = call.project()
    files = [replace(file, name=str(file.path)) for path in paths for file in find_documents(path)]
    model = training.model_without_store(project, load_baseline(project), call.now, tell)
    counts = room.Counts()
    try:
        with written_aside(output) as target:
            target.writelines(
                part.encode("utf-8", "replace")
                for part in room.score_files(files, model, jobs or os.cpu_count() or 1, counts)
            )
    except OSError as error:
        raise StoreError(f"{output}: cannot be written to ({error.strerror or error}); give another file") from error
    for line in counts.problems[:_SHOWN_PROBLEMS]:
        tell(f"left out: {line}")
    if (n_more := len(counts.problems) - _SHOWN_PROBLEMS) > 0:
        tell(f"left out: {n_more} more")
    for line in counts.faults:
        tell(f"not read to its end: {line}")
    tell(f"{counts.n_records:,} records of {len(files):,} files in {output}")
    if not counts.faults:
        return EXIT_DONE
    return EXIT_PARTIAL if counts.n_records else EXIT_NOTHING_READ


def explain(
    context: typer.Context,
    record_id: Annotated[str, typer.Argument(help="A pmid, doi, NCT number or SOURCE:ID.")],
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say why a record was tagged as it was."""
    from dataclasses import asdict

    from livingreview import classify
    from livingreview.classify import card
    from livingreview.config import load_baseline
    from livingreview.pipeline import train as training

    call = invocation(context)
    project = call.project()
    with store(project) as repository:
        stored = find_record(repository, record_id)
        baseline = load_baseline(project)
        model = training.current_model(project, repository, baseline, call.now, tell)
        known = training.examples(project, repository, baseline)
    reasons = classify.explain(model, stored.record, known)
    if json:
        values = asdict(reasons)
        del values["record"]
        values["nearest"] = [
            {
                "similarity": near.similarity,
                "title": near.example.record.title,
                "scope": near.example.scope,
                "areas": near.example.areas,
                "origin": near.example.origin,
            }
            for near in reasons.nearest
        ]
        values["model"] = dict(card.facts(model.card))
        out_json({"source": stored.record.source, "source_id": stored.record.source_id} | values)
        return
    score = reasons.score
    out(f"{stored.record.source} {stored.record.source_id}: {stored.record.title}")
    out(
        f"Scope {score.scope}; relevance {reasons.relevance:.3f}"
        f" (threshold {reasons.relevance_threshold:.3f}); model {score.model}"
    )
    rows = [
        (
            slug,
            f"{probability:.3f}",
            ", ".join(f"{term} {weight:+.2f}" for term, weight in reasons.scope_terms.get(slug, ())),
        )
        for slug, probability in sorted(score.probabilities.items(), key=lambda pair: -pair[1])
    ]
    out_table("Scopes", ("scope", "probability", "terms that spoke for it"), rows)
    area_rows = [
        (
            reason.area,
            f"{reason.probability:.3f}",
            f"{reason.threshold:.3f}",
            ", ".join([*reason.words, *(f"{term} {weight:+.2f}" for term, weight in reason.terms)]),
        )
        for reason in reasons.areas
    ]
    out_table("Areas", ("area", "probability", "threshold", "words of config, learnt terms"), area_rows)
    near_rows = [
        (f"{near.similarity:.2f}", near.example.scope or "", near.example.record.title) for near in reasons.nearest
    ]
    out_table("Nearest labelled records", ("likeness", "scope", "title"), near_rows)
    out_table("The model", ("", ""), card.facts(model.card))


def find_record(repository: Repository, value: str) -> StoredRecord:
    """The stored record that a person means by an identifier.

    Raises:
        UsageError: it is no identifier, or nothing is stored under it.
    """
    source, _, source_id = value.partition(":")
    found: list[StoredRecord] = []
    if source_id and source.isalpha():
        found = list(repository.records(source=source.lower(), ids=[source_id]))
    if not found and (numbers := nct_ids(value)):
        found = list(repository.records(source="clinicaltrials", ids=numbers))
    if not found and (doi := normal_doi(value)):
        found = repository.reference_records([], [doi])
    if not found and (pmid := normal_pmid(value)):
        found = list(repository.records(source="pubmed", ids=[pmid])) or repository.reference_records([pmid], [])
    if not found:
        raise UsageError(f"{value}: no such record in the store; give a pmid, doi, NCT number or SOURCE:ID")
    return found[0]
