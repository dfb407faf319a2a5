"""One state of a record as the parts of rules look at it: each reading is made once, when a rule first asks for it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from livingreview.changes.derive import Context
from livingreview.config.words import concept_of, pattern_of
from livingreview.records import Baseline, Kind, PrintedTrial, Record, Reference
from livingreview.records.evidence import RecordState
from livingreview.records.identifiers import is_before
from livingreview.records.notices import is_retracted
from livingreview.records.sentences import spans
from livingreview.records.text_kinds import TextKind, is_marked_retracted, text_kind
from livingreview.records.trial_standing import Posting, Standing, posting, results_posting, standing
from livingreview.statements.spans import BORDER, Span
from livingreview.text.findings import Finding, find
from livingreview.text.normalise import FIELDS, Folder, fields, normal_text, plain_text
from livingreview.text.tokens import folder_of


class Background:
    """What every record is looked at beside: the review, its names for things, and what it printed.

    Args:
        context: the review and what it cites.
        baseline: what it printed.
    """

    def __init__(self, context: Context, baseline: Baseline) -> None:
        self.context = context
        self.baseline = baseline
        self.parents = context.review.area_parents()
        self.printed: dict[str, PrintedTrial] = {}
        for trial in baseline.trials:
            numbers = [trial.nct_id] if trial.nct_id else [number for _, number in trial.other_ids]
            self.printed |= dict.fromkeys(numbers, trial)
        self.table = frozenset(number for number, trial in self.printed.items() if trial in set(baseline.table))
        variants = context.review.variants
        self._tokens = {item.name: re.compile(rf"(?<!\w){re.escape(item.replacement)}(?!\w)") for item in variants}
        self._hints = " ".join(dict.fromkeys(string for item in variants for string in item.context))

    @cached_property
    def folder(self) -> Folder:
        """The compiled name variants; a review whose rules name no concept never compiles them."""
        return folder_of(self.context.review)

    def token(self, entry: str) -> re.Pattern[str]:
        """What an entry matches in folded text."""
        name = concept_of(entry)
        return self._tokens[name] if name else pattern_of(entry)

    def folded(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Texts of one record, each folded beside the others: an abbreviation may be spelt out in another one."""
        normal = [normal_text(text) for text in texts]
        folded = self.folder.fold(BORDER.join(normal)).split(BORDER)
        return tuple(folded if len(folded) == len(texts) else map(self.folder.fold, normal))

    def locate(self, entry: str, text: str) -> tuple[int, int]:
        """Where in a text that names a concept its words stand: the shortest run of them that still names it."""
        words = [found.span() for found in re.finditer(r"\S+", text)]

        def names_it(first: int, last: int) -> bool:
            part = text[words[first][0] : words[last][1]]
            folded = self.folder.fold(f"{normal_text(part)}{BORDER}{self._hints}").split(BORDER)[0]
            return self.token(entry).search(folded) is not None

        last = next((place for place in range(len(words)) if names_it(0, place)), None)
        if last is None:
            return 0, len(text)
        first = next(place for place in range(last, -1, -1) if place == 0 or names_it(place, last))
        return words[first][0], words[last][1]


@dataclass(frozen=True, slots=True)
class Intervention:
    """What a trial gives, as one text a line; its title where the record names nothing."""

    text: str
    is_title: bool


class RecordView:
    """One state of a record.

    Args:
        state: the state, with what the model says of it and what changed with it.
        background: what it is looked at beside.
    """

    def __init__(self, state: RecordState, background: Background) -> None:
        self.state = state
        self.record: Record = state.record
        self.trial = state.record.trial
        self.background = background
        self._found: dict[str, Span | None] = {}
        self._given: dict[str, Span | None] = {}
        self._findings: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Span | None] = {}

    @cached_property
    def reference(self) -> Reference | None:
        """The reference of the review that the record is."""
        return self.background.context.reference_of(self.record)

    @cached_property
    def names(self) -> frozenset[str]:
        """Its own number, and those of the trials that it names."""
        return frozenset((self.record.source_id, *self.record.nct_ids))

    @cached_property
    def printed(self) -> PrintedTrial | None:
        """The printed trial that the record is."""
        return self.background.printed.get(self.record.source_id)

    @cached_property
    def is_from_before(self) -> bool:
        """Whether it is a text that was published before the review."""
        published = self.background.baseline.published_date
        return self.record.kind != Kind.TRIAL and is_before(self.record.publication_date, published)

    @cached_property
    def areas(self) -> frozenset[str]:
        """Its areas with those above them."""
        parents = self.background.parents
        return frozenset(slug for area in self.state.score.areas for slug in (area, parents.get(area, area)))

    @cached_property
    def facets(self) -> Mapping[str, frozenset[str]]:
        """Facet -> values that it shows."""
        return {name: frozenset(value for value, _ in found) for name, found in self.state.score.facets.items()}

    @cached_property
    def text_kind(self) -> TextKind:
        """What kind of text it is."""
        return text_kind(self.record)

    @cached_property
    def is_discredited(self) -> bool:
        """Whether it was retracted or withdrawn, and so supports nothing."""
        return self.state.is_withdrawn or is_retracted(self.record) or is_marked_retracted(self.record.title)

    @cached_property
    def posting(self) -> Posting:
        """When the trial was first posted, beside the review."""
        return posting(self.record, self.background.baseline.published_date)

    @cached_property
    def results_posting(self) -> Posting:
        """When the results of the trial were posted, beside the review; unknown where there are none."""
        return results_posting(self.record, self.background.baseline.published_date)

    @cached_property
    def standing(self) -> Standing | None:
        """How a printed trial stands; None for anything else."""
        if self.printed is None or self.trial is None:
            return None
        return standing(self.printed, self.record, self.background.baseline.published_date)

    @cached_property
    def text(self) -> str:
        """Its plain text, one field a line."""
        parts = fields(self.record)
        return "\n".join(plain_text(parts[name]) for name in FIELDS if parts[name])

    @cached_property
    def _spans(self) -> tuple[tuple[int, int], ...]:
        return tuple(spans(self.text, "\n"))

    @cached_property
    def _sentences(self) -> tuple[str, ...]:
        return tuple(self.text[start:end] for start, end in self._spans)

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return self.background.folded(self._sentences)

    @cached_property
    def intervention(self) -> Intervention:
        """What the trial gives."""
        given = self.trial.interventions if self.trial else ()
        title = plain_text(self.record.title or self.record.vernacular_title)
        return Intervention("\n".join(map(plain_text, given)) or title, not given)

    @cached_property
    def _folded_intervention(self) -> str:
        return self.background.folded((self.intervention.text, self.text))[0]

    def find(self, entry: str) -> Span | None:
        """Where the record's text has an entry of words first."""
        if entry not in self._found:
            self._found[entry] = self._find(entry)
        return self._found[entry]

    def _find(self, entry: str) -> Span | None:
        if not concept_of(entry):
            match = pattern_of(entry).search(self.text)
            return Span(self.text, *match.span()) if match else None
        token = self.background.token(entry)
        for (start, _), sentence, folded in zip(self._spans, self._sentences, self._folded, strict=True):
            if token.search(folded):
                first, last = self.background.locate(entry, sentence)
                return Span(self.text, start + first, start + last)
        return None

    def find_given(self, entry: str) -> Span | None:
        """Where an entry of words stands in what the trial gives."""
        if entry not in self._given:
            text, found = self.intervention.text, None
            if not concept_of(entry):
                if match := pattern_of(entry).search(text):
                    found = Span(text, *match.span())
            elif self.background.token(entry).search(self._folded_intervention):
                found = Span(text, *self.background.locate(entry, text))
            self._given[entry] = found
        return self._given[entry]

    def find_finding(self, finding: Finding, about: tuple[str, ...], about_more: tuple[str, ...]) -> Span | None:
        """The first sentence of title or abstract that reports a finding on one of these objects."""
        key = (finding, about, about_more)
        if key not in self._findings:
            self._findings[key] = self._find_finding(*key)
        return self._findings[key]

    def _find_finding(self, finding: Finding, about: tuple[str, ...], about_more: tuple[str, ...]) -> Span | None:
        entries = (*about, *about_more)
        if not any(self.find(entry) for entry in entries):
            return None
        is_folded = any(map(concept_of, entries))
        less, more = ([self.background.token(entry) for entry in part] for part in (about, about_more))
        read = self._read
        found = find(finding, less, more, [(self._folded if is_folded else self._sentences)[place] for place in read])
        if found is None:
            return None
        start, end = self._spans[read[found.sentence]]
        return Span(self.text, start, end) if is_folded else Span(self.text, start + found.start, start + found.end)

    @cached_property
    def _read(self) -> tuple[int, ...]:
        """Places of the sentences of title and abstract; headings and lists report nothing."""
        parts = fields(self.record)
        length = sum(len(text) + 1 for name in ("title", "abstract") if (text := plain_text(parts[name])))
        return tuple(place for place, (start, _) in enumerate(self._spans) if start < length)
