"""Values of an answer as text, whatever type the service, or what reads it, gave them."""

from typing import Any


def words(value: Any) -> str:
    """A value as text in one line; lone surrogates and control characters, which JSON lets through, are dropped."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value) if isinstance(value, int) else ""
    clean = text.encode("utf-8", "ignore").decode("utf-8")
    return "".join(char for char in " ".join(clean.split()) if char >= " " and char != "\x7f")


def strings(value: Any) -> tuple[str, ...]:
    """One text or a list of them, each once."""
    return tuple(dict.fromkeys(text for one in (value if isinstance(value, list) else [value]) if (text := words(one))))
