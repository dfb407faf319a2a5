"""Many files on many cores, without a store: read, scored, written as one table."""

from livingreview.bulk.score import Counts, columns, score_files

__all__ = ["Counts", "columns", "score_files"]
