"""The published review itself: is its transcript whole and consistent, and can every record it cites be watched?"""

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from livingreview.acquisition.context import RunContext
from livingreview.acquisition.progress import Watch
from livingreview.acquisition.references import known_baseline, look_up
from livingreview.acquisition.transport import LiveTransport
from livingreview.atomic import written_aside
from livingreview.config import Project, load_baseline
from livingreview.errors import StoreError
from livingreview.records import Baseline, Reference, Run
from livingreview.records.identifiers import nct_ids, normal_title
from livingreview.records.reference_match import ReferenceMatch, open_references
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
        unwatched=open_references(baseline),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What ``baseline resolve`` found.

    Attributes:
        matches: what services gave for references that nothing names, confirmed or not; the store keeps it.
        proposals: for every reference that lacks a pmid, what PubMed has, with its likeness.
    """

    matches: tuple[ReferenceMatch, ...]
    proposals: tuple[Match, ...]


def resolve(project: Project, repository: Repository, run: Run, sleep: Callable[[float], None]) -> Resolved:
    """Looks up every reference that nothing names, then asks PubMed for every one that lacks a pmid.

    Raises:
        SourceError: PubMed cannot be reached.
    """

    def connect(name: str) -> LiveTransport:
        return LiveTransport(name, project.settings, repository, run, sleep)

    baseline = known_baseline(project, repository)
    context = RunContext(project=project, repository=repository, baseline=baseline, run=run, watch=Watch(sleep=sleep))
    matches = look_up(context, connect, most=len(baseline.references))
    wanted = [ref for ref in load_baseline(project).references if not ref.pmid]
    transport = connect("pubmed")
    try:
        proposals = match_references(wanted, project.settings.sources.pubmed, transport.get)
    finally:
        transport.close()
    return Resolved(matches=tuple(matches), proposals=tuple(proposals))


def write_matches(project: Project, resolved: Resolved) -> int:
    """Fills the identifiers of references.csv where a match is confirmed or sure; returns how many rows were filled.

    Raises:
        StoreError: the file cannot be read or written.
    """
    path = project.data_dir / "baseline" / "references.csv"
    sure = {match.reference.ref_no: match for match in resolved.proposals if match.confidence >= SURE}
    confirmed = {match.ref_no: match for match in resolved.matches if match.is_confirmed}
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))
        columns = list(reader.fieldnames or ())
        rows = list(reader)
        for row in rows:
            ref_no = int(row["ref_no"])
            for match in (confirmed.get(ref_no), sure.get(ref_no)):
                row["pmid"] = row["pmid"] or (match.pmid if match else "")
                row["doi"] = row["doi"] or (match.doi if match else "")
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        with written_aside(path) as file:
            file.write(text.getvalue().encode())
    except OSError as error:
        raise StoreError(f"{path}: cannot be written ({error.strerror or error})") from error
    return len(sure.keys() | confirmed.keys())
