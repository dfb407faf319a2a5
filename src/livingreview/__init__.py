"""Keeps a published review alive: new evidence held against what the review said."""

__version__ = "0.1.0"
