"""A count of trials that a statement makes, computed anew from the registry instead of by a person."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field, model_validator

from livingreview.config.base import Frozen
from livingreview.config.words import Words
from livingreview.records import Baseline, PrintedTrial

if TYPE_CHECKING:
    from livingreview.config.statement import Statement

NEW_WHY: Final = "a trial that was registered since the review appeared: the count has grown"
MISSED_WHY: Final = "a trial that was registered before the review appeared, and that it does not count"


class TrialChoice(Frozen):
    """Which trials: the parts of a rule that a registry's record can meet."""

    scopes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    facets: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    phases: tuple[str, ...] = ()
    has_results: bool | None = None
    is_interventional: bool | None = None
    intervention: tuple[Words, ...] = ()
    text: tuple[Words, ...] = ()
    every_text: tuple[Words, ...] = ()
    without_text: tuple[Words, ...] = ()

    @model_validator(mode="after")
    def _check_choice(self) -> "TrialChoice":
        if not (self.scopes or self.areas or self.intervention or self.text or self.every_text):
            raise ValueError("chooses every trial; name scopes, areas, intervention or text")
        return self

    def parts(self) -> dict[str, Any]:
        """The parts that it gives."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


class Count(Frozen):
    """How many trials there are, as the review printed it and how to count them today.

    Attributes:
        trials: which trials count today besides the printed ones.
        condition: which of them are the numerator; of the printed ones those of its ``areas``.
        print: what the review prints: numerator and total, or the total alone.
        printed_trials: which printed trials it counted.
    """

    trials: TrialChoice
    condition: TrialChoice | None = None
    print: tuple[int, ...] = Field(min_length=1, max_length=2)
    printed_trials: Literal["table1", "nct_ids", "printed"] = "table1"

    @model_validator(mode="after")
    def _check_numbers(self) -> "Count":
        if min(self.print) < 0 or self.print[0] > self.print[-1]:
            raise ValueError(f"print = {list(self.print)}: give the part and the total, as [13, 33]")
        if (self.condition is not None) != (len(self.print) == 2):
            raise ValueError("print has two numbers, part and total, with a condition that says which part; else one")
        return self

    def rules(self) -> list[dict[str, Any]]:
        """The rules that find the trials which the review does not count."""
        parts = self.trials.parts() | {"kinds": ("trial",)}
        return [
            parts | {"effect": "outdates", "why": NEW_WHY, "posted": "after_review"},
            parts | {"effect": "already_so", "why": MISSED_WHY, "posted": "before_review"},
        ]


def counted_trials(count: Count, statement: "Statement", baseline: Baseline) -> tuple[PrintedTrial, ...]:
    """The printed trials that a count of the review rests on."""
    if count.printed_trials == "table1":
        return baseline.table
    if count.printed_trials == "printed":
        return baseline.trials
    return tuple(trial for trial in baseline.trials if trial.nct_id in statement.nct_ids)
