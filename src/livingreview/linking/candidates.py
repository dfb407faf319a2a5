"""Which pairs of records are worth a look: those that share a name, name one another, or may share a title."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from livingreview.linking.facts import Facts
from livingreview.linking.rules import names_of

MAX_BEARERS = 50
"""An identifier that more records bear tells nothing apart, like the doi of a whole supplement."""
_TITLE_WORDS = 3
"""Two titles that are nearly equal share one of their so many longest words, unless each of them was changed."""


def same_publication_pairs(facts: Sequence[Facts]) -> set[tuple[int, int]]:
    """Pairs of places in ``facts`` that may be one text or one trial, each with the lower place first."""
    bearers: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(facts):
        for name in own_names(one):
            bearers[name].append(place)
    pairs: set[tuple[int, int]] = set()
    for places in bearers.values():
        if 1 < len(places) <= MAX_BEARERS:
            pairs.update(_all_pairs(places))
    for place, one in enumerate(facts):
        for name in named(one):
            pairs.update(_pair(place, other) for other in bearers.get(name, ())[:MAX_BEARERS] if other != place)
    pairs.update(_title_pairs(facts))
    return pairs


def bearers_of(facts: Sequence[Facts]) -> dict[str, list[int]]:
    """``pmid:1``, ``doi:10.1/a`` or ``source:source_id`` -> places of the records that notices call so."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(facts):
        if not one.is_trial:
            for name in names_of(one):
                found[name].append(place)
    return found


def own_names(one: Facts) -> list[str]:
    """The names by which records are found to be one text or one trial."""
    if one.is_trial:
        return [f"trial:{one.source_id.upper()}"]
    names = names_of(one)
    if one.pmcid:
        names.append(f"pmcid:{one.pmcid}")
    if one.doi_stem:
        names.append(f"preprint:{one.doi_stem}")
    return names


def named(one: Facts) -> Iterator[str]:
    """The names by which a record says which others may be the same text or trial."""
    for _, names in one.preprint_links:
        yield from names
    for sibling in one.siblings:
        yield f"{one.source}:{sibling}"
    for number in one.trial_names:
        yield f"trial:{number}"


def _title_pairs(facts: Sequence[Facts]) -> Iterator[tuple[int, int]]:
    """Pairs by first author, a long word of the title, and years that lie at most one apart.

    Two articles of one source are never one work by their titles, so they make no pair here: that is what keeps
    fifty thousand PubMed records from being held against each other.
    """
    blocks: dict[tuple[str, str], dict[int, dict[tuple[str, bool], list[int]]]] = {}
    for place, one in enumerate(facts):
        group = (one.source, one.is_preprint)
        for block in title_blocks(one):
            years = blocks.setdefault(block, {})
            years.setdefault(one.year, {}).setdefault(group, []).append(place)
    for years in blocks.values():
        for year in sorted(years):
            yield from _between(years[year], years[year], is_same_year=True)
            if year + 1 in years:
                yield from _between(years[year], years[year + 1], is_same_year=False)


def title_blocks(one: Facts) -> list[tuple[str, str]]:
    """First author and each of the longest words of the title; none where these or the year are not known."""
    if not (one.title and one.families and one.year):
        return []
    words = sorted(set(one.title.split()), key=lambda word: (-len(word), word))[:_TITLE_WORDS]
    return [(one.families[0], word) for word in words]


_ByGroup = dict[tuple[str, bool], list[int]]


def _between(one: _ByGroup, other: _ByGroup, *, is_same_year: bool) -> Iterator[tuple[int, int]]:
    for group, places in one.items():
        for other_group, other_places in other.items():
            if group != other_group and not (is_same_year and other_group < group):
                for place in places:
                    for second in other_places:
                        yield _pair(place, second)


def _all_pairs(places: Sequence[int]) -> Iterable[tuple[int, int]]:
    return [_pair(one, other) for number, one in enumerate(places) for other in places[number + 1 :]]


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
