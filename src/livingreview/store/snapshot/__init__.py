"""The store as canonical text that git can keep, and back."""
