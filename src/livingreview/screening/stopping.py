"""How much is still to be found, and whether screening may end: a test, a bound, and never a decision.

The test is that of Callaghan and Müller-Hansen (2020, Statistical stopping criteria for automated screening in
systematic reviews, Systematic Reviews 9:273), in the form of their package buscar. The null hypothesis says that the
recall target is missed: at least ``m`` relevant records are left among those that nobody has screened. Take the last
records screened as a sample, without replacement, from themselves and all that are left. If ``m`` were left, so few
relevant ones in that sample would be unlikely; how unlikely, the hypergeometric distribution says. A ranking brings
relevant records early, so that what is left holds fewer of them than such a sample: the test is cautious. The p-value
is the least one over all samples that end with the last record screened, as in buscar.

The bound turns the test round: the largest ``m`` that it does not reject gives the lowest recall that the labels allow
for. The estimate is the same at even odds. Both lean on order: where records were screened in an order that
brings relevant ones *late*, they promise too much. Looking often, and taking the least p-value, makes the error larger
than its nominal rate; the simulator says by how much on labelled sets.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_EVEN_ODDS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """What the labels so far say of recall.

    Attributes:
        n_records: all that were to be screened.
        n_screened: those with a label.
        n_relevant: those found relevant.
        recall_target: the recall that was tested.
        confidence: of the test and of the bound.
        p_value: of "the target is missed"; None before the first relevant record.
        recall_estimate: as likely too high as too low; None as above.
        recall_lower: recall is at least this, at that confidence; None as above.
        missed_upper: at most so many relevant records are left, at that confidence; None as above.
        is_reached: the test rejects "the target is missed".
    """

    n_records: int
    n_screened: int
    n_relevant: int
    recall_target: float
    confidence: float
    p_value: float | None
    recall_estimate: float | None
    recall_lower: float | None
    missed_upper: int | None
    is_reached: bool


def stopping(labels: Sequence[bool], n_records: int, *, recall_target: float, confidence: float) -> Stopping:
    """The report on labels in the order in which they were given.

    Args:
        labels: whether each record that was screened is relevant.
        n_records: all that were to be screened, those included.
        recall_target: between 0 and 1.
        confidence: between 0.5 and 1.
    """
    are_relevant = np.array(labels, dtype=bool)
    found = int(are_relevant.sum())
    p_value = estimate = lower = missed = None
    if found:
        p_value = p_missed(are_relevant, n_records, least_missed(found, recall_target))
        missed = _most_missed(are_relevant, n_records, 1 - confidence)
        estimate = found / (found + _most_missed(are_relevant, n_records, _EVEN_ODDS))
        lower = found / (found + missed)
    return Stopping(
        n_records=n_records,
        n_screened=len(are_relevant),
        n_relevant=found,
        recall_target=recall_target,
        confidence=confidence,
        p_value=p_value,
        recall_estimate=estimate,
        recall_lower=lower,
        missed_upper=missed,
        is_reached=p_value is not None and p_value < 1 - confidence,
    )


def stops_after(are_relevant: Flags, *, recall_target: float, confidence: float) -> int:
    """How many labels the rule would have wanted, of a ranking in which all are known; all if it never holds.

    Between two relevant records the p-value only falls, so each such stretch is looked at once, and only the one in
    which the rule comes to hold is searched for the first label that does.
    """
    n_records = len(are_relevant)
    places = np.flatnonzero(are_relevant)
    ends = np.append(places, n_records)[1:]
    for found, (place, end) in enumerate(zip(places, ends, strict=True), start=1):
        missed = least_missed(found, recall_target)
        low, high = int(place) + 1, int(end)
        if p_missed(are_relevant[:high], n_records, missed) >= 1 - confidence:
            continue
        while low < high:
            middle = (low + high) // 2
            if p_missed(are_relevant[:middle], n_records, missed) < 1 - confidence:
                high = middle
            else:
                low = middle + 1
        return low
    return n_records


def least_missed(found: int, recall_target: float) -> int:
    """The smallest number of missed records that makes the recall lower than the target."""
    return int(np.floor(found / recall_target - found + 1e-9)) + 1


def p_missed(are_relevant: Flags, n_records: int, missed: int) -> float:
    """How likely such labels are at the most if so many relevant records are left, shape of a p-value.

    Of all samples with the same number of relevant records the longest is the most telling, so that one sample for
    each number of them is enough: from just after a relevant record to the last label.
    """
    left = n_records - len(are_relevant)
    if missed > left:
        return 0.0
    places = np.flatnonzero(are_relevant)
    in_sample = np.arange(len(places) + 1)
    starts = np.append(places[::-1] + 1, 0)
    population = n_records - starts
    return float(_at_most(in_sample, in_sample + missed, population, population - left).min())


def _at_most(seen: Ints, relevant: Ints, population: Ints, sample: Ints) -> npt.NDArray[np.float64]:
    """Hypergeometric distribution function, elementwise: at most ``seen`` of the ``relevant`` ones in the sample.

    Summed over the fewer terms: those up to ``seen``, or by its complement those of the records left that are too few.
    """
    left = population - sample
    missed = relevant - seen
    if int(missed.max()) < int(seen.max()):
        return 1 - _sum(missed - 1, relevant, population, left)
    return _sum(seen, relevant, population, sample)


def _sum(most: Ints, relevant: Ints, population: Ints, sample: Ints) -> npt.NDArray[np.float64]:
    """Sum of the hypergeometric probabilities of 0 to ``most`` relevant ones in a sample."""
    values = np.arange(int(most.max()) + 1)[None, :]
    relevant, population, sample = relevant[:, None], population[:, None], sample[:, None]
    is_possible = (values <= most[:, None]) & (values <= sample) & (relevant - values <= population - sample)
    is_possible &= values <= relevant
    logs = np.full(is_possible.shape, -np.inf)
    parts = (
        _log_choose(relevant, values, is_possible)
        + _log_choose(population - relevant, sample - values, is_possible)
        - _log_choose(population, sample, is_possible)
    )
    logs[is_possible] = parts
    return np.asarray(np.minimum(np.exp(logs).sum(axis=1), 1.0))


def _log_choose(whole: Ints, part: Ints, where: Flags) -> npt.NDArray[np.float64]:
    wholes, parts = np.broadcast_to(whole, where.shape)[where], np.broadcast_to(part, where.shape)[where]
    return np.asarray(
        special.gammaln(wholes + 1.0) - special.gammaln(parts + 1.0) - special.gammaln(wholes - parts + 1.0)
    )


def _most_missed(are_relevant: Flags, n_records: int, level: float) -> int:
    """The largest number of missed records that is not rejected at this level."""
    low, high = 0, n_records - len(are_relevant)
    while low < high:
        middle = (low + high + 1) // 2
        if p_missed(are_relevant, n_records, middle) >= level:
            low = middle
        else:
            high = middle - 1
    return low
