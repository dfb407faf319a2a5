"""Keeps a published review alive: new evidence held against what the review said."""

__version__ = "0.2.0"
