"""The published review itself: is its transcript whole and consistent, and can every record it cites be watched?"""

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livingreview.acquisition.transport import LiveTransport
from livingreview.atomic import written_aside
from livingreview.config import Project, load_baseline
from livingreview.errors import StoreError
from livingreview.records import Baseline, Reference, Run
from livingreview.records.identifiers import nct_ids, normal_title
from livingreview.sources.pubmed.citation_matching import Match, match_references
from livingreview.store.repository import Repository
from livingreview.text import wording

SURE = 0.95
"""From this confidence on a match may be written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What ``baseline check`` found.

    Attributes:
        counts: what there is, by name.
        inconsistencies: what does not fit together, one line each.
        unwatched: references with neither pmid nor doi: nothing can be asked about them.
        without_pmid: references with a doi only: PubMed is not asked about them.
    """

    counts: dict[str, int]
    inconsistencies: tuple[str, ...]
    unwatched: tuple[Reference, ...]
    without_pmid: tuple[Reference, ...]


def check(project: Project) -> Check:
    """Counts, inconsistencies and gaps of the transcript."""
    baseline = load_baseline(project)
    review = project.review
    roles = Counter(review.scope_of_reference(reference) for reference in baseline.references)
    counts = {
        "references": len(baseline.references),
        "references with a pmid": len(baseline.pmids),
        "references with a doi": len(baseline.dois),
        **{f"references of scope {scope.slug}": roles[scope.slug] for scope in review.scopes},
        "trials": len(baseline.trials),
        "trials with an NCT number": len(baseline.nct_ids),
        "statements": len(review.statements),
        "top-level areas": len(review.areas),
        "areas": sum(1 for _ in review.every_area()),
    }
    return Check(
        counts=counts,
        inconsistencies=tuple(_inconsistencies(project, baseline)),
        unwatched=tuple(ref for ref in baseline.references if not ref.pmid and not ref.doi),
        without_pmid=tuple(ref for ref in baseline.references if ref.doi and not ref.pmid),
    )


def _inconsistencies(project: Project, baseline: Baseline) -> list[str]:
    found = []
    numbers = [ref.ref_no for ref in baseline.references]
    if numbers != list(range(1, len(numbers) + 1)):
        found.append("references are not numbered 1, 2, 3, ... without a gap")
    for what, values in (
        ("pmid", [ref.pmid for ref in baseline.references]),
        ("doi", [ref.doi for ref in baseline.references]),
        ("title", [normal_title(ref.title) for ref in baseline.references]),
        ("NCT number", [trial.nct_id for trial in baseline.trials]),
    ):
        doubles = sorted(value for value, count in Counter(values).items() if value and count > 1)
        found.extend(f"{what} given twice: {value}" for value in doubles)
    aliases = project.review.area_of_alias()
    for reference in baseline.references:
        if reference.area and reference.area not in aliases:
            found.append(f"reference {reference.ref_no}: area {reference.area!r} is not in areas.toml")
    for trial in baseline.trials:
        name = trial.nct_id or trial.title
        if trial.nct_id and nct_ids(trial.nct_id) != (trial.nct_id,):
            found.append(f"trial {trial.nct_id}: not an NCT number")
        if trial.area and trial.area not in aliases:
            found.append(f"trial {name}: area {trial.area!r} is not in areas.toml")
        if trial.note:
            found.append(f"trial {name}: {trial.note}")
    for statement in project.review.statements:
        if statement.count and (printed := project.review.printed_part(statement, baseline)) != statement.count.print:
            found.append(
                f"statement {statement.id}: count: print is {wording.of_total(statement.count.print)}, but the printed"
                f" trials come to {wording.of_total(printed)}"
            )
        found.extend(
            f"statement {statement.id}: cites reference {ref_no}, which the review does not have"
            for ref_no in statement.refs
            if ref_no not in numbers
        )
        found.extend(
            f"statement {statement.id}: names {nct}, which is not among the printed trials"
            for nct in statement.nct_ids
            if nct not in baseline.nct_ids
        )
        found.extend(
            f"statement {statement.id}, place {number}: cites reference {ref_no}, which the review does not have"
            for number, place in enumerate(statement.places, start=1)
            for ref_no in place.cites
            if ref_no not in numbers
        )
    return found


def resolve(project: Project, repository: Repository, run: Run, sleep: Callable[[float], None]) -> list[Match]:
    """A proposal for every reference that lacks a pmid, asked of PubMed.

    Raises:
        SourceError: PubMed cannot be reached.
    """
    wanted = [ref for ref in load_baseline(project).references if not ref.pmid]
    settings = project.settings.sources.pubmed
    transport = LiveTransport("pubmed", project.settings, repository, run, sleep)
    try:
        return match_references(wanted, settings, transport.get)
    finally:
        transport.close()


def write_matches(project: Project, matches: Sequence[Match]) -> int:
    """Fills pmid and doi of references.csv where a match is sure; returns how many rows were filled.

    Raises:
        StoreError: the file cannot be read or written.
    """
    path = project.data_dir / "baseline" / "references.csv"
    sure = {match.reference.ref_no: match for match in matches if match.confidence >= SURE}
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
        columns = list(reader.fieldnames or ())
        rows = list(reader)
        for row in rows:
            if match := sure.get(int(row["ref_no"])):
                row["pmid"] = match.pmid
                row["doi"] = row["doi"] or match.doi
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        with written_aside(path) as file:
            file.write(text.getvalue().encode())
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error
    return len(sure)
