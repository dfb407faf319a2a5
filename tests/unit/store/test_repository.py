"""The repository is made of a class a noun: what none of them may do to another."""

import inspect
from collections import Counter

from livingreview.store.base import Base
from livingreview.store.repository import Repository

NOUNS = [one for one in Repository.__mro__ if issubclass(one, Base) and one is not Base]


def test_no_class_hides_a_method_of_another() -> None:
    names = Counter(name for noun in NOUNS for name, part in vars(noun).items() if inspect.isroutine(part))
    assert [name for name, count in names.items() if count > 1] == []


def test_a_class_stands_in_the_module_of_its_noun() -> None:
    assert len({noun.__module__ for noun in NOUNS}) == len(NOUNS)
    assert Repository not in [base for noun in NOUNS for base in noun.__bases__]
