"""The material of one report, sorted and indexed once; every section reads it from here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from livingreview.records import Record, Reference, Severity, StoredChange, StoredRecord
from livingreview.records.change_types import NEW_TYPES, STATEMENT_TYPES, ChangeType
from livingreview.records.reference_index import ReferenceIndex
from livingreview.records.sanitize import clean
from livingreview.report.data import Material
from livingreview.text import wording
from livingreview.text.change_words import change_words
from livingreview.text.links import nct_url, record_url, url_of
from livingreview.text.published import PublishedText, published_text, shown

Key = tuple[str, str]
T = TypeVar("T")

_LOUDNESS = {Severity.ALERT: 0, Severity.NOTABLE: 1, Severity.ROUTINE: 2}


@dataclass(frozen=True)
class Frame:
    """A :class:`~livingreview.report.data.Material` with the look-ups that sections share."""

    material: Material
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, make: Callable[["Frame"], T]) -> T:
        """What a function makes of this frame, made once however many sections ask for it. Nobody changes it."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    @cached_property
    def changes(self) -> tuple[StoredChange, ...]:
        """Every change: loudest first, then by type and record."""
        return tuple(sorted(self.material.changes, key=_change_order))

    @cached_property
    def by_key(self) -> Mapping[Key, StoredRecord]:
        """Records by (source, source_id)."""
        return {stored.record.key: stored for stored in self.material.records}

    @cached_property
    def new_keys(self) -> frozenset[Key]:
        """Records that a change of this report is the first to report."""
        return frozenset(
            (found.change.source, found.change.source_id) for found in self.changes if found.change.type in NEW_TYPES
        )

    @cached_property
    def changed_keys(self) -> frozenset[Key]:
        """Records that any change of this report is about."""
        return frozenset((found.change.source, found.change.source_id) for found in self.changes)

    @cached_property
    def failures(self) -> dict[str, str]:
        """Source or file -> why it could not be read: what was handed in, and the errors of the queries."""
        found = {name: clean(reason) for name, reason in self.material.failures.items()}
        for log in self.material.queries:
            if log.error and log.source not in found and log.name not in found:
                found[log.source] = clean(log.error)
        if not found and self.material.run.status == "failed":
            found["run"] = clean(self.material.run.error) or "the run ended early"
        return dict(sorted(found.items()))

    @cached_property
    def unreconciled(self) -> tuple[str, ...]:
        """Queries that were answered, but whose counts do not add up."""
        return tuple(
            sorted(
                f"{wording.source_name(log.source)} ({clean(log.name)})"
                for log in self.material.queries
                if not (log.is_reconciled or log.is_skipped or log.error)
            )
        )

    @cached_property
    def overdue(self) -> tuple[str, ...]:
        """Sources whose searches are older than they may be."""
        return tuple(sorted(name for name, status in self.material.status.items() if status.is_overdue))

    @cached_property
    def is_complete(self) -> bool:
        """Whether everything that was asked was read, and adds up."""
        return not self.failures and not self.unreconciled

    @cached_property
    def area_labels(self) -> dict[str, str]:
        """Area slug -> label, in the order of config."""
        return {area.slug: area.label for area in self.material.review.every_area()}

    @cached_property
    def scope_labels(self) -> dict[str, str]:
        """Scope slug -> label, in the order of config."""
        return {scope.slug: scope.label for scope in self.material.review.scopes}

    @cached_property
    def published(self) -> PublishedText:
        """The review's own sentences, as far as they may be shown."""
        return published_text(self.material.review, self.material.sentences)

    @cached_property
    def _references(self) -> ReferenceIndex:
        return ReferenceIndex(self.material.baseline.texts)

    def reference_of(self, record: Record) -> Reference | None:
        """The baseline reference that a record is."""
        return self._references.find(record)

    @cached_property
    def _parents(self) -> dict[str, str]:
        return self.material.review.area_parents()

    def top_area(self, areas: Iterable[str]) -> str:
        """The top-level area under which a record is listed: the first in the order of config; empty for none."""
        tops = {self._parents[slug] for slug in areas if slug in self._parents}
        return next((area.slug for area in self.material.review.areas if area.slug in tops), "")

    def scope_of(self, stored: StoredRecord) -> str:
        """The scope that the model gave; empty before it was classified."""
        return stored.score.scope if stored.score else ""

    def areas_of(self, slugs: Iterable[str]) -> list[str]:
        """Labels of areas in the order of config; a parent is left out where a child says more."""
        wanted = set(slugs)
        implied = {self._parents[slug] for slug in wanted if slug in self._parents and self._parents[slug] != slug}
        named = sorted(self._area_places[slug] for slug in wanted - implied if slug in self._area_places)
        return [self._area_names[place] for place in named]

    @cached_property
    def _area_places(self) -> dict[str, int]:
        return {slug: place for place, slug in enumerate(self.area_labels)}

    @cached_property
    def _area_names(self) -> tuple[str, ...]:
        return tuple(self.area_labels.values())

    def _statement_words(self, found: StoredChange) -> str:
        """The statement of a proposal; one that the review no longer has as it was proposed."""
        statements = {statement.id: statement for statement in self.material.review.statements}
        if statement := statements.get(found.change.source_id):
            return clean(shown(statement, self.published).words)
        return clean(f"{found.change.before.get('text') or ''} (paraphrase)")

    def change_row(self, found: StoredChange, *, is_with_statements: bool = True) -> dict[str, Any]:
        """One change as every list of changes shows it; the list of a statement names no others."""
        change = found.change
        stored = self.by_key.get((change.source, change.source_id))
        title = clean(change.after.get("title") or (stored.record.title if stored else ""))
        called = title
        if change.type in STATEMENT_TYPES.values():
            title, called = clean(change.before.get("text")), self._statement_words(found)
        after, facts = change.after, stored.record.trial if stored else None
        if change.type == ChangeType.RESULTS_POSTED and facts:
            after = {"status": facts.status} | after
        if not is_with_statements:
            after = {name: value for name, value in after.items() if name not in ("cited_by", "evidence_of")}
        words = change_words(change.type, change.before, after)
        is_named = facts is not None or bool(nct_url(change.source_id))
        name = [clean(change.source_id)] * (is_named or not title) + [title] * bool(title)
        label = wording.named("review", change.source_id, called) if change.source == "review" else ": ".join(name)
        scope = self.scope_labels.get(str(change.after.get("scope") or "")) if change.type in NEW_TYPES else None
        return {
            "type": change.type,
            "severity": change.severity.value,
            "source": change.source,
            "source_id": clean(change.source_id),
            "title": title or clean(change.source_id),
            "label": label,
            "url": record_url(stored.record) if stored else url_of(change.source, change.source_id),
            "words": f"{words}: {scope}" if scope else words,
            "effective_date": clean(change.effective_date),
            "run": found.run,
        }


def _change_order(found: StoredChange) -> tuple[int, str, str, str, str, int]:
    change = found.change
    return (_LOUDNESS[change.severity], change.type, change.source, change.source_id, found.run, found.id)
