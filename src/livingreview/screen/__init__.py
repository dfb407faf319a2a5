"""Screening: a ranker that learns while people screen, a report on when to stop, and their simulator."""

from livingreview.screen.explore import order_after_prior
from livingreview.screen.ranker import Ranker
from livingreview.screen.stopping import Stopping, stopping

__all__ = ["Ranker", "Stopping", "order_after_prior", "stopping"]
