"""A run from sources to report: where the stages meet."""
