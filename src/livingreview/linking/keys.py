"""By which keys records find each other: two that may ever matter to one another share one.

A closed set is one that nobody outside shares a name with, nor a link by title. What
:func:`~livingreview.linking.partition` makes of a closed set is what it makes of its records among all others: every
rule looks at two records that share a key, or at works that such rules put together.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from livingreview.linking.candidates import named, own_names, title_blocks
from livingreview.linking.facts import Facts
from livingreview.linking.rules import names_of, same_publication

RULES_VERSION: Final = 1
"""Records that were linked under another number are linked anew, all of them.

Raise it when a change of this room, or of :mod:`livingreview.records.identifiers`, may link a record otherwise or give
it other keys. ``tests/test_versions.py`` fails when the code changes and nobody looked at this number.
"""


def name_keys(one: Facts) -> set[int]:
    """Numbers of every name that a record bears, and of every name that it calls another by."""
    names = {*names_of(one), *own_names(one), *named(one)}
    for links in (one.preprint_links, one.later_of, one.earlier_than):
        names.update(name for _, called in links for name in called)
    names.update(f"trial:{number}" for number in (*one.trial_names, *one.reported))
    names.update(f"pmid:{pmid}" for pmid in one.results)
    return {_number(f"name {name}") for name in names}


def title_keys(one: Facts) -> set[int]:
    """Numbers of the blocks in which a record is held against others by its title."""
    return {_number(f"title {family} {word}") for family, word in title_blocks(one)}


def source_group(one: Facts) -> str:
    """The group of a record by its source: records of one group are never held against each other by their titles."""
    return f"{one.source} {int(one.is_preprint)}"


def are_one_by_title(one: Facts, others: Iterable[Facts]) -> list[Facts]:
    """Those of the others that a rule ties to a record."""
    return [
        other
        for other in others
        if source_group(one) != source_group(other) and same_publication(*sorted_pair(one, other))
    ]


def sorted_pair(one: Facts, other: Facts) -> tuple[Facts, Facts]:
    """The two by their names, the order in which rules are asked."""
    return (one, other) if one.name < other.name else (other, one)


def _number(key: str) -> int:
    # Two keys with one number only mean that a few more records are looked at.
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)
