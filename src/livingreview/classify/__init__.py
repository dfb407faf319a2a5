"""Records -> scores: scope, disease areas, facets, and the words that made them."""

from livingreview.classify.drift import Drift
from livingreview.classify.evaluate import evaluate
from livingreview.classify.examples import Example, shipped_examples
from livingreview.classify.explain import AreaReason, Explanation, Neighbour, explain
from livingreview.classify.facets import FacetReader
from livingreview.classify.model import Model
from livingreview.classify.train import reason_to_train, train

__all__ = [
    "MIN_RECORDS",
    "AreaReason",
    "Drift",
    "Example",
    "Explanation",
    "FacetReader",
    "Model",
    "Neighbour",
    "evaluate",
    "explain",
    "reason_to_train",
    "shipped_examples",
    "train",
]
