"""Weeks in which services show records late, hide them for a reading or two, and show them again."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from support.world import Article, World, preprint, study

FIRST_DAY = date(2022, 1, 5)
"""No record bears an earlier day; the tiny review reads from 1 January 2022."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shy:
    """A record that comes late.

    Attributes:
        source: ``pubmed``, ``clinicaltrials`` or ``europepmc``.
        bears: the day that every date of the record says.
        shown_on: the day from which on its service has it.
        unlisted: numbers of the runs, from 0, in which no search lists it and nobody is given it.
        unreturned: numbers of the runs in which it is listed and not returned; only PubMed does both.
    """

    source: str
    source_id: str
    bears: date
    shown_on: date
    unlisted: frozenset[int] = frozenset()
    unreturned: frozenset[int] = frozenset()

    def is_shown(self, number: int, today: date) -> bool:
        """Whether a run of this number and day can have it."""
        return self.shown_on <= today and number not in self.unlisted | self.unreturned

    def put(self, world: World, number: int, today: date) -> None:
        """Puts it into the world of one run, as far as it is there."""
        if self.shown_on > today or number in self.unlisted:
            return
        day = self.bears.isoformat()
        if self.source == "pubmed":
            made = Article(pmid=self.source_id, title="Vesicles of loom cells, late", edat=self.bears)
            world.add(replace(made, is_returned=number not in self.unreturned))
        elif self.source == "clinicaltrials":
            world.register(study(self.source_id, "Vesicles of loom cells, late", updated=day, status="COMPLETED"))
        else:
            world.publish(preprint(self.source_id, "Vesicles of loom cells, late", created=day))


def drawn(seed: int, each: int, n_runs: int, most_days: int) -> list[Shy]:
    """So many records of each source, each up to ``most_days`` late and hidden for up to two readings after that."""
    draw = random.Random(seed)
    made = []
    for source, pattern in (("pubmed", "410{:05d}"), ("clinicaltrials", "NCT910{:05d}"), ("europepmc", "PPR91{:05d}")):
        for place in range(each):
            bears = FIRST_DAY + timedelta(draw.randrange(7 * n_runs))
            shown_on = bears + timedelta(draw.randint(0, most_days))
            first = max(0, -((FIRST_DAY - shown_on).days // 7))
            # The first showing, or one or two readings around it.
            hidden = frozenset(draw.sample(range(first, first + 4), draw.randint(0, 2)))
            is_listed = source == "pubmed" and draw.random() < 0.5
            made.append(
                Shy(
                    source=source,
                    source_id=pattern.format(place),
                    bears=bears,
                    shown_on=shown_on,
                    unlisted=frozenset() if is_listed else hidden,
                    unreturned=hidden if is_listed else frozenset(),
                )
            )
    return made


def show(world: World, records: Iterable[Shy], number: int, now: datetime) -> None:
    """Makes the world what it is in one run; the registry's data are always new."""
    world.articles = {}
    world.studies = {}
    world.preprints = {}
    world.data_timestamp = f"{now:%Y-%m-%d}T04:00:00"
    # Something old that is always there: a service that has nothing else to return may be broken.
    world.add(Article(pmid="40000001", title="Vesicles of loom cells", edat=FIRST_DAY))
    world.register(study("NCT90900001", "Vesicles of loom cells", updated="2022-01-05", status="COMPLETED"))
    world.publish(preprint("PPR900001", "Vesicles of loom cells", created="2022-01-05"))
    for one in records:
        one.put(world, number, now.date())
