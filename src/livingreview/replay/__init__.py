"""A run again from the archive, and the store as of an earlier moment."""
