"""Things that are put together step by step."""


class Groups:
    """Places 0 to ``size - 1``, each in a group of its own at first."""

    def __init__(self, size: int) -> None:
        self._members: list[list[int]] = [[place] for place in range(size)]

    def members(self, place: int) -> list[int]:
        """The group of a place, sorted."""
        return self._members[place]

    def first(self, place: int) -> int:
        """The lowest place of the group, which names it."""
        return self._members[place][0]

    def is_one(self, one: int, other: int) -> bool:
        """Whether two places are in one group."""
        return self._members[one] is self._members[other]

    def unite(self, one: int, other: int) -> None:
        """Makes one group of two."""
        if not self.is_one(one, other):
            members = sorted((*self._members[one], *self._members[other]))
            for place in members:
                self._members[place] = members
