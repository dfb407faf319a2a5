"""``baseline check`` and ``baseline resolve``."""

import time
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from livingreview import __version__
from livingreview.baseline import SURE, check, resolve, write_matches
from livingreview.cli.common import invocation, out, out_json, out_table, store
from livingreview.errors import EXIT_NOTHING_READ, SourceError

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("check")
def check_command(
    context: typer.Context,
    json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Count, name what does not fit together, and what cannot be watched."""
    found = check(invocation(context).project())
    if json:
        out_json(
            {
                "counts": found.counts,
                "inconsistencies": list(found.inconsistencies),
                "unwatched": [reference.ref_no for reference in found.unwatched],
                "without_pmid": [reference.ref_no for reference in found.without_pmid],
            }
        )
        return
    out_table("Counts", ("what", "how many"), [(name, str(count)) for name, count in found.counts.items()])
    out_table("Inconsistencies", ("what",), [(line,) for line in found.inconsistencies])
    rows = [(str(ref.ref_no), f"{ref.first_author} {ref.year}", ref.title) for ref in found.unwatched]
    out_table(f"{len(rows)} references with neither pmid nor doi: unwatched", ("no.", "reference", "title"), rows)
    rows = [(str(ref.ref_no), f"{ref.first_author} {ref.year}", ref.doi) for ref in found.without_pmid]
    out_table(f"{len(rows)} references with a doi only: not watched in PubMed", ("no.", "reference", "doi"), rows)


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
    stale_after = timedelta(minutes=project.settings.lock_stale_after_minutes)
    with store(project) as repository, repository.locked(stale_after):
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
