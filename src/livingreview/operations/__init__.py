"""Keeping it running: health of an installation, the schedule and its jobs."""
