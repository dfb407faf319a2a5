"""The command line: ``livingreview COMMAND``; exit codes as :mod:`livingreview.errors` gives them."""

from livingreview.cli.app import main

__all__ = ["main"]
