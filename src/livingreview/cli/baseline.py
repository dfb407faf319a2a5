"""``baseline check``, ``baseline resolve``, ``baseline text`` and ``baseline place``."""

import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from livingreview import __version__
from livingreview.acquisition import review_text
from livingreview.acquisition.transport import LiveTransport
from livingreview.baseline import places
from livingreview.baseline.search_recall import Recall, check_searches
from livingreview.baseline.transcript import SURE, check, resolve, write_matches
from livingreview.cli.common import Invocation, invocation, locked_store, out, out_json, out_table, store
from livingreview.config import Project
from livingreview.errors import EXIT_DONE, EXIT_NOTHING_READ, EXIT_PARTIAL, LivingReviewError, SourceError, UsageError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("check")
def check_command(
    context: typer.Context,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the services which core references and trials each search finds.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """Count, name what does not fit together, and what cannot be watched."""
    call = invocation(context)
    project = call.project()
    found = check(project)
    unresolved = _unresolved(project)
    recall = _recall(project, call) if live else None
    if json:
        values = {
            "counts": found.counts,
            "inconsistencies": list(found.inconsistencies),
            "places": unresolved,
            "unwatched": [reference.ref_no for reference in found.unwatched],
            "without_pmid": [reference.ref_no for reference in found.without_pmid],
        }
        out_json(values | (_recall_json(recall) if recall else {}))
        return _recall_code(recall)
    out_table("Counts", ("what", "how many"), [(name, str(count)) for name, count in found.counts.items()])
    out_table("Inconsistencies", ("what",), [(line,) for line in found.inconsistencies])
    out_table("Places of statements in the published text", ("what",), [(line,) for line in unresolved])
    rows = [(str(ref.ref_no), f"{ref.first_author} {ref.year}", ref.title) for ref in found.unwatched]
    out_table(f"{len(rows)} references with neither pmid nor doi: unwatched", ("no.", "reference", "title"), rows)
    rows = [(str(ref.ref_no), f"{ref.first_author} {ref.year}", ref.doi) for ref in found.without_pmid]
    out_table(f"{len(rows)} references with a doi only: looked up by it in each run", ("no.", "reference", "doi"), rows)
    if recall:
        _say_recall(recall)
    return _recall_code(recall)


def _unresolved(project: Project) -> list[str]:
    """What is to be done about places; the store is not asked for where there are none."""
    if not any(statement.places for statement in project.review.statements):
        return []
    with store(project) as repository:
        return places.unresolved(project.review, repository.review_sentences())


def _recall(project: Project, call: Invocation) -> Recall:
    with locked_store(project) as repository:
        run = repository.start_run("check", call.now, __version__, project.config_hash())
        recall = check_searches(project, repository, run, time.sleep)
        errors = "; ".join(recall.failures.values())
        status = "failed" if not recall.has_answers else "partial" if errors else "done"
        repository.finish_run(run, status, error=errors)
    return recall


def _recall_code(recall: Recall | None) -> int:
    if recall is None or not recall.failures:
        return EXIT_DONE
    return EXIT_PARTIAL if recall.has_answers else EXIT_NOTHING_READ


def _recall_json(recall: Recall) -> dict[str, object]:
    return {
        "searches": [asdict(one) for one in recall.searches],
        "found_by_none": {source: recall.found_by_none(source) for source in sorted(recall.wanted)},
        "uncheckable": recall.uncheckable,
        "failures": recall.failures,
    }


def _say_recall(recall: Recall) -> None:
    rows = [
        (
            f"{one.source} / {one.name}",
            f"FAILED {one.error}" if one.error else str(len(one.found)),
            str(len(one.missed)),
        )
        for one in recall.searches
    ]
    out_table("What each search finds of what the review cites", ("search", "found", "missed"), rows)
    misses = [
        (f"{one.source} / {one.name}", missed, recall.wanted[one.source][missed])
        for one in recall.searches
        for missed in one.missed
    ]
    out_table(f"{len(misses)} misses", ("search", "record", "what"), misses)
    none = [
        (source, one_id, recall.wanted[source][one_id])
        for source in sorted(recall.wanted)
        for one_id in recall.found_by_none(source)
    ]
    out_table(f"{len(none)} found by no search", ("source", "record", "what"), none)
    out_table(f"{len(recall.uncheckable)} that cannot be checked", ("what",), [(line,) for line in recall.uncheckable])


@app.command("resolve")
def resolve_command(
    context: typer.Context,
    write: Annotated[
        bool, typer.Option("--write", help=f"Fill references.csv where the confidence is at least {SURE}.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """Look up missing PMIDs in PubMed; every proposal comes with its confidence."""
    call = invocation(context)
    project = call.project()
    with locked_store(project) as repository:
        run = repository.start_run("resolve", call.now, __version__, project.config_hash())
        try:
            matches = resolve(project, repository, run, time.sleep)
        except SourceError as error:
            repository.finish_run(run, "failed", error=str(error))
            out(f"No reference was resolved: {error}")
            return EXIT_NOTHING_READ
        repository.finish_run(run, "done")
    if json:
        out_json(
            [
                {
                    "ref_no": match.reference.ref_no,
                    **{name: value for name, value in asdict(match).items() if name != "reference"},
                }
                for match in matches
            ]
        )
    else:
        rows = [
            (
                str(match.reference.ref_no),
                match.pmid or "not found",
                match.doi,
                f"{match.confidence:.3f}",
                match.way,
                match.reference.title,
            )
            for match in matches
        ]
        out_table("Proposals", ("no.", "pmid", "doi", "confidence", "found by", "title"), rows)
    if write:
        out(f"{write_matches(project, matches)} references filled in references.csv; the others stay as they are")
    return 0


@app.command("text")
def text_command(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Option("--from", help="An article in JATS XML; without it Europe PMC is asked by pmcid.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> int:
    """Keep the review's published text, and find the sentence of each statement in it."""
    call = invocation(context)
    project = call.project()
    review_text.check_licence(project.review)
    with locked_store(project) as repository:
        run = repository.start_run("text", call.now, __version__, project.config_hash())
        transport = LiveTransport(review_text.SERVICE, project.settings, repository, run, time.sleep)
        try:
            if file is not None:
                sentences = review_text.read_file(project, repository, run, file)
            else:
                sentences = review_text.fetch(project, repository, run, transport)
        except SourceError as error:
            repository.finish_run(run, "failed", error=str(error))
            out(f"The text was not fetched: {error}; give a file with --from, or try again later")
            return EXIT_NOTHING_READ
        except LivingReviewError as error:
            repository.finish_run(run, "failed", error=str(error))
            raise
        finally:
            transport.close()
        repository.finish_run(run, "done")
    found = places.resolve(project.review, sentences)
    n_found = sum(one.found.sentence is not None for one in found)
    if json:
        rows = [
            {"statement_id": one.statement_id, "place": one.number, "section": one.place.section}
            | {"is_resolved": one.found.sentence is not None, "problem": one.found.problem, "note": one.found.note}
            for one in found
        ]
        out_json({"sentences": len(sentences), "resolved": n_found, "places": rows})
        return EXIT_DONE
    out(f"{len(sentences)} sentences kept; {n_found} of {len(found)} places of statements resolved")
    for line in places.unresolved(project.review, sentences):
        out(line)
    return EXIT_DONE


@app.command("place")
def place_command(
    context: typer.Context,
    sentence: Annotated[str, typer.Argument(help="The sentence as printed; - reads it from standard input.")] = "-",
    section: Annotated[str, typer.Option(help="Number or heading of its section.")] = "",
    cites: Annotated[str, typer.Option(help="Reference numbers that it cites, as 5,6,25-28.")] = "",
    file: Annotated[
        Path | None, typer.Option("--from", help="An article in JATS XML, to look section and citations up in.")
    ] = None,
) -> None:
    """Make the place of a sentence: a line for statements.toml, without a word of it."""
    del context
    try:
        words = sys.stdin.read() if sentence == "-" else sentence
    except (OSError, ValueError) as error:
        raise UsageError("standard input: cannot be read as UTF-8; give the sentence as an argument") from error
    known = review_text.sentences_of(review_text.file_bytes(file), file.name) if file is not None else ()
    out(places.line(places.make(words, section, cites, known)))
