"""Which records are the same piece of research: facts -> pairs with a reason -> works. Pure, and no order matters."""

from livingreview.linking.facts import Facts, facts_of
from livingreview.linking.partition import Partition, partition
from livingreview.linking.rules import Link, LinkKind

__all__ = ["Facts", "Link", "LinkKind", "Partition", "facts_of", "partition"]
