"""Labelled records: what models learn from and are measured on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from livingreview.config import RESIDUAL_ALIAS, Project, Review, read_csv
from livingreview.errors import ConfigError
from livingreview.records import Baseline, Fidelity, Record
from livingreview.records.identifiers import normal_doi, normal_pmid, normal_title
from livingreview.records.serialization import canonical_json
from livingreview.text.normalise import fields

_COLUMNS = ("title", "year", "journal", "doi", "pmid", "label", "area")
BACKGROUND = "background"
"""Name of the labels file whose titles stand for the rest of the literature: learnt from, never measured on, since a
title from far away is easy to refuse and would flatter every figure."""

NOBODY_LOOKED = "?"
"""What ``area`` of a labels file holds where nobody looked for areas; empty says that there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One record with what is known of it.

    Attributes:
        scope: slug of its scope; None when nobody said.
        areas: slugs of its areas without their parents; empty says that it belongs to none; None when nobody said.
        origin: who labelled it: ``labels``, ``background``, ``baseline``, ``decision``, ...
    """

    record: Record
    scope: str | None
    areas: tuple[str, ...] | None
    origin: str


def shipped_examples(project: Project, baseline: Baseline) -> list[Example]:
    """The labelled titles below ``data/<review>/labels/`` and the references of the baseline, each title once.

    In a labels file ``area`` holds area slugs or aliases joined by ``;``; empty means that the title names no area,
    ``?`` that nobody looked. A row without ``label`` teaches nothing about scopes.

    Raises:
        ConfigError: a file lacks a column, or names a scope or an area that config does not have.
    """
    found = [*_from_labels(project), *_from_baseline(project.review, baseline)]
    return list({normal_title(example.record.title): example for example in found}.values())


def example_text(example: Example) -> str:
    """Everything of an example that teaches, as one line; examples are ordered and told apart by it."""
    areas = None if example.areas is None else sorted(example.areas)
    return canonical_json(["/".join(example.record.key), fields(example.record), example.scope, areas])


def with_parents(areas: Iterable[str], review: Review) -> frozenset[str]:
    """Area slugs and the top-level areas that they lie below."""
    parents = review.area_parents()
    return frozenset(slug for area in areas for slug in (area, parents[area]))


def areas_of(text: str, aliases: Mapping[str, str]) -> tuple[str, ...]:
    """Area slugs of a text such as ``diabetes;heart``; the residual area is none.

    Args:
        text: slugs or aliases joined by ``;``.
        aliases: what :meth:`~livingreview.config.review.Review.area_of_alias` gives.

    Raises:
        KeyError: a name is neither a slug nor an alias.
    """
    slugs = dict.fromkeys(aliases[part.strip()] for part in text.split(";") if part.strip())
    return tuple(slug for slug in slugs if slug != aliases.get(RESIDUAL_ALIAS))


def _from_labels(project: Project) -> list[Example]:
    review = project.review
    scopes = {scope.slug for scope in review.scopes}
    aliases = review.area_of_alias()
    examples = []
    for path in sorted((project.data_dir / "labels").glob("*.csv")):
        for line, row in enumerate(read_csv(path, _COLUMNS), start=2):
            if row["label"] and row["label"] not in scopes:
                raise ConfigError(f"{path}, line {line}: unknown scope {row['label']!r}; use one of review.toml")
            try:
                areas = None if row["area"] == NOBODY_LOOKED else areas_of(row["area"], aliases)
            except KeyError as error:
                raise ConfigError(f"{path}, line {line}: unknown area {error}; use one of areas.toml") from error
            doi, pmid = normal_doi(row["doi"]), normal_pmid(row["pmid"])
            record = Record(
                source="pubmed" if pmid else "crossref" if doi else "labels",
                source_id=pmid or doi or f"{path.name}:{line}",
                title=row["title"],
                journal=row["journal"],
                publication_date=row["year"],
                pmid=pmid,
                doi=doi,
                fidelity=Fidelity.FACTS,
            )
            origin = BACKGROUND if path.stem == BACKGROUND else "labels"
            examples.append(Example(record=record, scope=row["label"] or None, areas=areas, origin=origin))
    return examples


def _from_baseline(review: Review, baseline: Baseline) -> list[Example]:
    aliases = review.area_of_alias()
    examples = []
    for reference in baseline.references:
        try:
            areas = areas_of(reference.area, aliases) if reference.area else None
        except KeyError as error:
            raise ConfigError(
                f"references.csv: reference {reference.ref_no} names an unknown area {error}; "
                "add it to the aliases of an area in areas.toml"
            ) from error
        record = Record(
            source="pubmed" if reference.pmid else "crossref" if reference.doi else "baseline",
            source_id=reference.pmid or reference.doi or f"reference-{reference.ref_no}",
            title=reference.title,
            journal=reference.journal,
            publication_date=str(reference.year),
            pmid=reference.pmid,
            doi=reference.doi,
            pmcid=reference.pmcid,
            fidelity=Fidelity.FACTS,
        )
        examples.append(
            Example(
                record=record,
                scope=review.scope_of_reference(reference),
                areas=areas,
                origin="baseline",
            )
        )
    return examples
