"""Room for the uncertain and the unlike: places of the queue that do not go to the best score."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from livingreview.screening.ranker import Ranker

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def order(
    ranker: Ranker, is_waiting: Flags, share: float, *, n_done: int = 0, worth: npt.NDArray[np.floating] | None = None
) -> Iterator[int]:
    """Every record that waits, once, in the order in which to screen them.

    Of the places, counted on from ``n_done``, that share goes in turn to the record nearest to the model's boundary and
    to the one least like anything labelled (:meth:`Ranker.novelty`); every other place to the best that is left. Equal
    ones stand in the order of their numbers, so the same labels always give the same order.

    Args:
        ranker: with the labels so far.
        is_waiting: shape ``(n_records,)``.
        share: of the places that explore, from 0 to 0.5.
        n_done: how many places have been given before.
        worth: what "best" means, shape ``(n_records,)``; the ranker's scores unless given.
    """
    rows = np.flatnonzero(is_waiting)
    best = _falling(rows, ranker.scores() if worth is None else worth)
    if not share:
        yield from best
        return
    orders = [best, _falling(rows, -np.abs(ranker.scores())), _falling(rows, ranker.novelty())]
    given: set[int] = set()
    for place in range(n_done + 1, n_done + len(rows) + 1):
        turn = int(place * share)
        choice = 0 if turn == int((place - 1) * share) else 1 + turn % 2
        row = next(row for row in orders[choice] if row not in given)
        given.add(row)
        yield row


def order_after_prior(
    ranker: Ranker, waiting: Sequence[int], prior_weight: float, share: float, *, n_done: int
) -> Iterator[int]:
    """As :func:`order`, where "best" is an average of the place by score and of the place in an order given before.

    Args:
        ranker: with the labels so far.
        waiting: the records, best first by what was known before the first label.
        prior_weight: of that order, from 0 to 1.
        share: of the places that explore.
        n_done: how many places have been given before.
    """
    rows = np.array(waiting, dtype=np.int64)
    by_score = np.argsort(np.argsort(-ranker.scores()[rows], kind="stable"), kind="stable")
    worth = np.full(ranker.n_records, -np.inf)
    worth[rows] = -(prior_weight * np.arange(len(rows)) + (1 - prior_weight) * by_score)
    return order(ranker, worth > -np.inf, share, n_done=n_done, worth=worth)


def _falling(rows: Ints, worth: npt.NDArray[np.floating]) -> Iterator[int]:
    """The rows by falling worth; whoever takes the first only does not pay for sorting."""
    if len(rows):
        yield int(rows[worth[rows].argmax()])
        yield from rows[np.argsort(-worth[rows], kind="stable")].tolist()[1:]
