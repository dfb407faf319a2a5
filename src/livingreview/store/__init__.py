"""The store: tables, their migrations, the raw archive, and the repository, which alone opens a session."""
