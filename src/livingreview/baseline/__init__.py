"""The published review's own transcript: checked, completed, and looked for by its searches."""
