"""Which records are the same piece of research: facts -> pairs with a reason -> works. Pure, and no order matters."""

from livingreview.linking.facts import Facts, can_report, facts_of
from livingreview.linking.keys import RULES_VERSION, are_one_by_title, name_keys, source_group, title_keys
from livingreview.linking.partition import Partition, partition
from livingreview.linking.rules import SAME_PUBLICATION, Link, LinkKind

__all__ = [
    "RULES_VERSION",
    "SAME_PUBLICATION",
    "Facts",
    "Link",
    "LinkKind",
    "Partition",
    "are_one_by_title",
    "can_report",
    "facts_of",
    "name_keys",
    "partition",
    "source_group",
    "title_keys",
]
