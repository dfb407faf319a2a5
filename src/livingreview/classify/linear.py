"""Logistic regression as plain arrays: fitted with scikit-learn, applied without it.

scikit-learn and scipy.optimize take a second to import, so only what fits does it: who scores starts without them.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from livingreview.classify.features import Floats

ABSENT_LOGIT = -12.0
"""Logit of a class that has no example."""

_MAX_ITERATIONS = 2000
_N_RESAMPLES = 200


def fit_classes(
    table: sparse.csr_array,
    labels: npt.NDArray[np.int64],
    n_classes: int,
    *,
    inverse_regularisation: float,
    is_balanced: bool,
) -> tuple[Floats, Floats]:
    """A multinomial logistic regression.

    Args:
        table: shape ``(n_records, n_columns)``.
        labels: class numbers, shape ``(n_records,)``; at least two different ones.
        n_classes: how many classes there are; those without an example get zero weights and :data:`ABSENT_LOGIT`.
        inverse_regularisation: scikit-learn's ``C``.
        is_balanced: weigh each class alike, however many examples it has.

    Returns:
        weights of shape ``(n_classes, n_columns)`` and biases of shape ``(n_classes,)``.
    """
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(
        C=inverse_regularisation, class_weight="balanced" if is_balanced else None, max_iter=_MAX_ITERATIONS
    ).fit(table, labels)
    weights = np.zeros((n_classes, table.shape[1]))
    bias = np.full(n_classes, ABSENT_LOGIT)
    if len(fitted.classes_) == 2:
        weights[fitted.classes_] = np.vstack([-fitted.coef_[0] / 2, fitted.coef_[0] / 2])
        bias[fitted.classes_] = (-fitted.intercept_[0] / 2, fitted.intercept_[0] / 2)
    else:
        weights[fitted.classes_] = fitted.coef_
        bias[fitted.classes_] = fitted.intercept_
    return weights, bias


def fit_yes_no(
    table: sparse.csr_array, labels: npt.NDArray[np.bool_], *, inverse_regularisation: float, seed: int
) -> tuple[Floats, float]:
    """A binary logistic regression: weights of shape ``(n_columns,)`` and a bias."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(
        C=inverse_regularisation, solver="liblinear", max_iter=_MAX_ITERATIONS, random_state=seed
    ).fit(table, labels)
    return fitted.coef_[0], float(fitted.intercept_[0])


def softmax(logits: Floats, temperature: float = 1.0) -> Floats:
    """Probabilities of shape ``(n_records, n_classes)``, rows summing to 1."""
    return np.asarray(special.softmax(logits / temperature, axis=1))


def sigmoid(logits: Floats) -> Floats:
    """Probabilities of the same shape."""
    return np.asarray(special.expit(logits))


def log_loss(probabilities: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Mean negative log likelihood, in nats."""
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)).mean())


def best_temperature(logits: Floats, labels: npt.NDArray[np.int64]) -> float:
    """The temperature at which probabilities of held-out records fit best (Guo et al. 2017), between 0.2 and 5."""
    from scipy import optimize

    found = optimize.minimize_scalar(
        lambda log_t: log_loss(softmax(logits, float(np.exp(log_t))), labels),
        bounds=(np.log(0.2), np.log(5)),
        method="bounded",
    )
    return round(float(np.exp(found.x)), 6)


def best_threshold(scores: Floats, is_positive: Sequence[bool] | npt.NDArray[np.bool_], beta: float) -> float:
    """The threshold on ``scores`` with the best F-beta, halfway to the next lower score; beta > 1 favours recall."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(np.asarray(is_positive)[order])
    taken = np.arange(1, len(scores) + 1)
    f_beta = (1 + beta**2) * hits / (beta**2 * max(int(hits[-1]), 1) + taken)
    ranked = scores[order]
    ends_tie = np.append(ranked[:-1] != ranked[1:], True)
    best = int(np.argmax(np.where(ends_tie, f_beta, -1)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return round(float((ranked[best] + below) / 2), 6)


def steady_threshold(scores: Floats, is_positive: npt.NDArray[np.bool_], beta: float, seed: int) -> float:
    """The median of :func:`best_threshold` over resamples of the records.

    Where scores are sparse the one best threshold jumps with a single record; the median does not.
    """
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(scores), size=(_N_RESAMPLES, len(scores)))
    return round(float(np.median([best_threshold(scores[rows], is_positive[rows], beta) for rows in draws])), 6)
