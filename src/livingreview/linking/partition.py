"""Records -> works: a function of the records' present states and of people's words, whatever came first.

Everything is sorted by the records' own names before it is looked at, so the order of arrival cannot matter, and
what is handed in is done anew each time, so a merge that rests on what a record no longer says is gone with it.

1. What people joined belongs together, what they parted never does.
2. Links that say "the same publication" are taken, the surest first, unless a publication would then hold two articles
   of one source, or a guess (by title, or by a service's own guess) would bring two articles' dois together.
3. A notice, correction or update joins the publication that it is about, if it is about one only: the correction of a
   dozen articles ties none of them together.
4. A report joins its trial, if it names one only in its data banks, or names none and one trial alone claims it.

No work grows beyond ``MAX_RECORDS`` or holds two trials that do not name each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livingreview.linking.candidates import bearers_of, same_publication_pairs
from livingreview.linking.facts import Facts
from livingreview.linking.groups import Groups
from livingreview.linking.rules import RANK, Link, LinkKind, notice, same_publication

MAX_RECORDS = 50
"""A person judges a work at one look; see docs/decisions/0012-works.md for what registries list."""
_MANY_OF_ONE_TEXT = frozenset({"retraction_watch"})
"""Sources of which several records may be about one article: a notice each."""
Pair = tuple[str, str]
"""Two names ``source:source_id``, the lesser first."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Which records are one work, and why.

    Attributes:
        works: name of every record -> names of the records of its work, sorted.
        links: pair of names -> the surest link between them, for every two records of one work that a rule ties.
    """

    works: dict[str, tuple[str, ...]]
    links: dict[Pair, Link]


def partition(facts: Iterable[Facts], joined: Iterable[Pair] = (), parted: Iterable[Pair] = ()) -> Partition:
    """Puts records together.

    Args:
        facts: of every record, in any order.
        joined: pairs that people joined.
        parted: pairs that people parted; none of them is in ``joined``.
    """
    return _Linking(facts).run(joined, parted)


class _Linking:
    def __init__(self, facts: Iterable[Facts]) -> None:
        self._facts: Sequence[Facts] = sorted(facts, key=lambda one: one.name)
        self._places = {one.name: place for place, one in enumerate(self._facts)}
        self._texts = Groups(len(self._facts))
        self._works = Groups(len(self._facts))
        self._links: dict[tuple[int, int], Link] = {}
        self._parted: dict[int, set[int]] = defaultdict(set)

    def run(self, joined: Iterable[Pair], parted: Iterable[Pair]) -> Partition:
        for one, other in parted:
            if one in self._places and other in self._places:
                first, second = self._places[one], self._places[other]
                self._parted[first].add(second)
                self._parted[second].add(first)
        for one, other in sorted(joined):
            if one in self._places and other in self._places:
                self._works.unite(self._places[one], self._places[other])
        self._link_texts()
        self._link_notices()
        self._link_trials()
        names = [one.name for one in self._facts]
        return Partition(
            works={name: tuple(names[one] for one in self._works.members(place)) for place, name in enumerate(names)},
            links={(names[one], names[other]): link for (one, other), link in sorted(self._links.items())},
        )

    def _link_texts(self) -> None:
        found = []
        for one, other in same_publication_pairs(self._facts):
            if link := same_publication(self._facts[one], self._facts[other]):
                found.append((RANK[link.kind], -link.evidence.get("score", 0.0), one, other, link))
        for _, _, one, other, link in sorted(found, key=lambda part: part[:4]):
            if self._texts.is_one(one, other):
                self._links[(one, other)] = link
            elif self._can_be_one_text(one, other, link.kind) and self._can_be_one_work(one, other, link):
                self._texts.unite(one, other)
                self._works.unite(one, other)
                self._links[(one, other)] = link

    def _can_be_one_text(self, one: int, other: int, kind: LinkKind) -> bool:
        articles = [
            self._facts[place]
            for place in (*self._texts.members(one), *self._texts.members(other))
            if not self._facts[place].is_preprint
            and not self._facts[place].is_trial
            and self._facts[place].source not in _MANY_OF_ONE_TEXT
        ]
        if len({article.source for article in articles}) < len(articles):
            return False
        is_guess = kind in (LinkKind.TITLE, LinkKind.PREPRINT_OF)
        return not is_guess or len({article.doi for article in articles if article.doi}) <= 1

    def _can_be_one_work(self, one: int, other: int, link: Link) -> bool:
        if self._works.is_one(one, other):
            return True
        first, second = self._works.members(one), self._works.members(other)
        if len(first) + len(second) > MAX_RECORDS:
            return False
        if any(self._parted[place].intersection(second) for place in first if place in self._parted):
            return False
        if link.kind is LinkKind.TRIAL_ALIAS:
            return True
        return not all(any(self._facts[place].is_trial for place in places) for places in (first, second))

    def _belong(self, one: int, other: int, link: Link) -> None:
        """Puts two records into one work, unless something speaks against it."""
        if self._can_be_one_work(one, other, link):
            self._works.unite(one, other)
            self._links.setdefault((min(one, other), max(one, other)), link)

    def _link_notices(self) -> None:
        called = bearers_of(self._facts)
        targets: dict[int, set[int]] = defaultdict(set)
        for place, one in enumerate(self._facts):
            for _, names in one.later_of:
                targets[place].update(other for name in names for other in called.get(name, ()) if other != place)
            for _, names in one.earlier_than:
                for later in {other for name in names for other in called.get(name, ()) if other != place}:
                    targets[later].add(place)
        for later, places in sorted(targets.items()):
            # Its own word on how many it speaks of counts, even where the others are not in the store.
            if len({names[0] for _, names in self._facts[later].later_of}) > 1:
                continue
            if len({self._texts.first(place) for place in places}) > 1:
                continue
            for place in sorted(places):
                if link := notice(self._facts[later], self._facts[place]):
                    self._belong(place, later, link)

    def _link_trials(self) -> None:
        called = bearers_of(self._facts)
        trials = {one.source_id.upper(): place for place, one in enumerate(self._facts) if one.is_trial}
        for place, one in enumerate(self._facts):
            for number in one.trial_names:
                trials.setdefault(number, place)
        claims: dict[int, dict[int, tuple[int, str]]] = defaultdict(dict)
        for place, one in enumerate(self._facts):
            for pmid in one.results:
                for other in called.get(f"pmid:{pmid}", ()):
                    claims[self._texts.first(other)].setdefault(self._texts.first(place), (place, pmid))
        reports: dict[int, list[int]] = defaultdict(list)
        for place, one in enumerate(self._facts):
            if not one.is_trial:
                reports[self._texts.first(place)].append(place)
        for text, places in sorted(reports.items()):
            if not all(self._facts[place].can_report for place in places):
                continue
            named = {number: place for place in places for number in self._facts[place].reported}
            if len(named) == 1:
                ((number, place),) = named.items()
                if number in trials:
                    reason = f"{self._facts[place].name} names {number} and no other trial in its data banks"
                    link = Link(kind=LinkKind.TRIAL, reason=reason, evidence={"nct_id": number})
                    self._belong(trials[number], place, link)
            elif not named and len(claims.get(text, {})) == 1:
                ((trial, pmid),) = claims[text].values()
                reason = f"{self._facts[trial].name} and no other trial lists pmid {pmid} among its results"
                link = Link(kind=LinkKind.TRIAL, reason=reason, evidence={"pmid": pmid})
                place = next(place for place in places if self._facts[place].pmid == pmid)
                self._belong(trial, place, link)
