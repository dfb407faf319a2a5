"""Which records are the same piece of research: facts -> pairs with a reason -> works. Pure, and no order matters."""

from livingreview.linking.facts import Facts, can_report, facts_of
from livingreview.linking.partition import Partition, partition
from livingreview.linking.rules import SAME_PUBLICATION, Link, LinkKind

__all__ = ["SAME_PUBLICATION", "Facts", "Link", "LinkKind", "Partition", "can_report", "facts_of", "partition"]
