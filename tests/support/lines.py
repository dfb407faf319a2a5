"""What a terminal, and the runner of a CI service, would obey in a line that is printed."""

import unicodedata

_TURNING = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


def is_fit(line: str) -> bool:
    """By the categories of Unicode: no control, no surrogate, no mark that turns the direction."""
    return not any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(char) in _TURNING
        for char in line
    )


def is_obeyed(line: str) -> bool:
    """Whether a runner takes it for a command, as GitHub's and Azure's do."""
    return line.strip().startswith("::") or "##[" in line or "##vso[" in line
