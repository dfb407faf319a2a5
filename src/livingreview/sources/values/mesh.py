"""MeSH headings as text: one for each qualifier, ``Exosomes/metabolism``."""

from collections.abc import Sequence

_MAX_QUALIFIERS = 100
"""MeSH has 76 qualifiers in all (2024)."""
_MAX_DESCRIPTOR_CHARS = 1_000
"""The longest descriptor has little more than 100."""


def mesh_headings(descriptor: str, qualifiers: Sequence[str]) -> tuple[str, ...]:
    """The heading once for each qualifier, or bare when there is none.

    What is beyond all measure stays in one text: written out, a damaged heading of 16 MB would fill any memory.
    """
    if len(qualifiers) > _MAX_QUALIFIERS or len(descriptor) > _MAX_DESCRIPTOR_CHARS:
        return ("/".join((descriptor, *qualifiers)),)
    return tuple(f"{descriptor}/{qualifier}" for qualifier in qualifiers) or (descriptor,)
