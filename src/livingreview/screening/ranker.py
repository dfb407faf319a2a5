"""Relevance feedback: after each label, every record scored anew.

The model is the linear support vector machine with squared hinge loss that ASReview 3 takes by default (its "ELAS u4":
TF-IDF of words and pairs, ``C = 0.11``, labels weighted so that relevant : irrelevant is 9.8 : 1 in total), solved
another way. In the dual it is ``(K + diag(1 / 2 C s)) a = y`` over the labels that lie within the margin, ``K`` the
inner products of labelled texts plus 1 for the bias, ``s`` the weights, ``y`` +1 or -1 (Chapelle 2007, Training a
support vector machine in the primal, Neural Computation 19, section 2). One more label changes the solution little, so
conjugate gradients that start from the last one need a few steps; only rows of ``K`` for labelled texts are ever made.

The order is that of ASReview as far as its solver goes: liblinear stops at a tolerance, and draws at random.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from livingreview.config import RankerParameters
from livingreview.screening.features import Floats, tfidf

Indices = npt.NDArray[np.int32]

_BIAS: Final = 1.0
_TOLERANCE: Final = 3e-5
"""Of the residual, relative to the right-hand side; liblinear's is 1e-4, single precision holds no more than 1e-6."""
_MAX_STEPS: Final = 200
_MAX_ROUNDS: Final = 20


class Ranker:
    """Scores of records by the labels of some."""

    def __init__(self, table: sparse.csr_array, parameters: RankerParameters) -> None:
        """Take the records as :func:`~livingreview.screening.features.tfidf` gives them; nothing is labelled yet.

        Args:
            table: shape ``(n_records, n_terms)``.
            parameters: of the review.
        """
        self._table = table
        self._labelled = _Grown(table.shape[1])
        self._parameters = parameters
        self._places: dict[int, int] = {}
        self._rows = np.zeros(0, dtype=np.int64)
        self._signs = np.zeros(0, dtype=np.float32)
        self._gram = np.zeros((0, 0), dtype=np.float32)
        self._coefficients = np.zeros(0, dtype=np.float32)
        self._is_within = np.zeros(0, dtype=bool)
        self._scores: Floats | None = None

    @classmethod
    def of_texts(cls, texts: Sequence[str], parameters: RankerParameters) -> "Ranker":
        """A ranker of these texts, one a record."""
        return cls(tfidf(texts, ngram_max=parameters.ngram_max, max_df=parameters.max_df), parameters)

    @property
    def n_records(self) -> int:
        """How many records there are."""
        return int(self._table.shape[0])

    @property
    def labelled(self) -> npt.NDArray[np.int64]:
        """Numbers of the records that have a label, in the order in which they got it."""
        return self._rows

    def label(
        self, rows: Sequence[int] | npt.NDArray[np.int64], are_relevant: Sequence[bool] | npt.NDArray[np.bool_]
    ) -> None:
        """Take labels; a record that has one gets the new one in its place.

        Args:
            rows: numbers of records.
            are_relevant: what each of them is.
        """
        signs = [1.0 if is_relevant else -1.0 for is_relevant in are_relevant]
        fresh: dict[int, float] = {}
        for row, sign in zip(map(int, rows), signs, strict=True):
            if row in self._places:
                self._signs[self._places[row]] = sign
            else:
                fresh[row] = sign
        if fresh:
            self._add(np.fromiter(fresh, dtype=np.int64), np.fromiter(fresh.values(), dtype=np.float32))
        self._scores = None

    def _add(self, rows: npt.NDArray[np.int64], signs: Floats) -> None:
        n_old, n_new = len(self._rows), len(self._rows) + len(rows)
        self._places |= {int(row): n_old + place for place, row in enumerate(rows)}
        self._rows = np.concatenate([self._rows, rows])
        self._signs = np.concatenate([self._signs, signs])
        self._coefficients = np.concatenate([self._coefficients, np.zeros(len(rows), dtype=np.float32)])
        self._is_within = np.concatenate([self._is_within, np.ones(len(rows), dtype=bool)])
        if n_new > len(self._gram):
            room = np.empty((2 * n_new, 2 * n_new), dtype=np.float32)
            room[:n_old, :n_old] = self._gram[:n_old, :n_old]
            self._gram = room
        for row in rows:
            self._labelled.add(*self._entries(int(row)))
        labelled = self._labelled.table()
        if len(rows) == 1:
            products = (labelled @ self._dense(int(rows[0])))[:, None]
        else:
            products = (labelled @ labelled[n_old:].T).toarray()
        self._gram[:n_new, n_old:n_new] = products + _BIAS
        self._gram[n_old:n_new, :n_new] = self._gram[:n_new, n_old:n_new].T
        diagonal = np.arange(n_old, n_new)
        self._gram[diagonal, diagonal] = 1 + _BIAS

    def _entries(self, row: int) -> tuple[Indices, Floats]:
        start, end = self._table.indptr[row], self._table.indptr[row + 1]
        return self._table.indices[start:end], self._table.data[start:end]

    def _dense(self, row: int) -> Floats:
        vector = np.zeros(self._table.shape[1], dtype=np.float32)
        indices, values = self._entries(row)
        vector[indices] = values
        return vector

    def scores(self) -> Floats:
        """How relevant each record looks, shape ``(n_records,)``; the margin of the machine, zeros without labels."""
        if self._scores is None and not len(self._rows):
            self._scores = np.zeros(self.n_records, dtype=np.float32)
        elif self._scores is None:
            self._solve()
            direction = self._labelled.table().T @ self._coefficients
            scores = self._table @ direction + _BIAS * self._coefficients.sum()
            self._scores = np.asarray(scores, dtype=np.float32)
        return self._scores

    def novelty(self) -> Floats:
        """How typical of what waits and how unlike what is labelled each record is, shape ``(n_records,)``.

        The similarity to the mean of the records without a label, less that to the mean of those with one. A record
        that resembles nothing at all, such as one without words, is not novel.
        """
        is_labelled = np.zeros(self.n_records, dtype=np.float32)
        is_labelled[self._rows] = 1
        n_labelled = len(self._rows)
        spread = (1 - is_labelled) / max(self.n_records - n_labelled, 1) - is_labelled / max(n_labelled, 1)
        return np.asarray(self._table @ (self._table.T @ spread.astype(np.float32)))

    def _weights(self) -> Floats:
        """What each label weighs, 1 on average, shape ``(n_labels,)``; alike while there is but one kind."""
        is_relevant = self._signs > 0
        n_relevant, n_irrelevant = int(is_relevant.sum()), int((~is_relevant).sum())
        if not n_relevant or not n_irrelevant:
            return np.ones(len(self._signs), dtype=np.float32)
        ratio = self._parameters.relevant_ratio
        weights = np.where(is_relevant, 1.0, n_relevant / (ratio * n_irrelevant))
        return np.asarray(weights * (len(weights) / weights.sum()), dtype=np.float32)

    def _solve(self) -> None:
        """Conjugate gradients over the labels within the margin, until no label enters or leaves it."""
        n = len(self._signs)
        gram = self._gram[:n, :n]
        ridge = (1 / (2 * self._parameters.inverse_regularisation * self._weights())).astype(np.float32)
        for _ in range(_MAX_ROUNDS):
            self._coefficients = self._descend(gram, ridge)
            is_within = self._signs * self._coefficients >= 0
            if not self._is_within.all():
                margins = self._signs * (gram @ self._coefficients)
                is_within = np.where(self._is_within, is_within, margins < 1)
            if (is_within == self._is_within).all():
                break
            self._is_within = is_within

    def _descend(self, gram: Floats, ridge: Floats) -> Floats:
        mask = self._is_within.astype(np.float32)
        target = self._signs * mask
        found = self._coefficients * mask
        if found[-1] == 0:  # a new label begins with its own equation, the others held
            found[-1] = mask[-1] * (target[-1] - gram[-1] @ found) / (1 + _BIAS + ridge[-1])
        scale = mask / (1 + _BIAS + ridge)
        residual = target - mask * (gram @ found + ridge * found)
        step = direction = scale * residual
        fit = residual @ step
        enough = _TOLERANCE**2 * (target @ target)
        for _ in range(_MAX_STEPS):
            if residual @ residual <= enough:
                break
            image = mask * (gram @ direction + ridge * direction)
            length = fit / (direction @ image)
            found = found + length * direction
            residual = residual - length * image
            step = scale * residual
            fit, last = residual @ step, fit
            direction = step + (fit / last) * direction
        return found


class _Grown:
    """A sparse table that rows are added to without copying those that are there."""

    def __init__(self, n_columns: int) -> None:
        self._n_columns = n_columns
        self._indices = np.zeros(1024, dtype=np.int32)
        self._values = np.zeros(1024, dtype=np.float32)
        self._starts = np.zeros(1024, dtype=np.int32)
        self._n_rows = 0
        self._table: sparse.csr_array | None = None

    def add(self, indices: Indices, values: Floats) -> None:
        """One more row."""
        start = int(self._starts[self._n_rows])
        end = start + len(indices)
        if end > len(self._indices):
            self._indices = np.resize(self._indices, 2 * end)
            self._values = np.resize(self._values, 2 * end)
        self._indices[start:end], self._values[start:end] = indices, values
        self._n_rows += 1
        if self._n_rows == len(self._starts):
            self._starts = np.resize(self._starts, 2 * self._n_rows)
        self._starts[self._n_rows] = end
        self._table = None

    def table(self) -> sparse.csr_array:
        """All rows, shape ``(n_rows, n_columns)``; a view, good until the next one is added."""
        if self._table is None:
            starts = self._starts[: self._n_rows + 1]
            parts = (self._values[: starts[-1]], self._indices[: starts[-1]], starts)
            self._table = sparse.csr_array(parts, shape=(self._n_rows, self._n_columns))
        return self._table
