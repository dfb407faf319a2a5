"""The changes as an Atom feed (RFC 4287); the same changes give the same bytes."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from livingreview.config import Review
from livingreview.deliver.rendering import render
from livingreview.deliver.summary import item_of
from livingreview.records import StoredChange
from livingreview.records.sanitize import clean
from livingreview.records.serialization import canonical_json
from livingreview.text.published import PublishedText

MAX_ENTRIES = 200


def feed(
    review: Review,
    changes: Sequence[StoredChange],
    *,
    now: datetime,
    self_url: str = "",
    limit: int = MAX_ENTRIES,
    published: PublishedText | None = None,
) -> str:
    """The newest changes as a feed, newest first.

    Args:
        review: whose changes they are.
        changes: in the order in which they were found.
        now: the feed's date when it holds nothing; otherwise its newest entry's.
        self_url: where the feed will be found.
        limit: entries at most.
        published: the review's own sentences; None when there are none.
    """
    seen: Counter[str] = Counter()
    entries = []
    for stored in changes:
        change = stored.change
        versions = [change.before_version, change.after_version]
        key = canonical_json(
            [review.slug, stored.run, change.type, change.source, change.source_id, versions]
            + [change.before, change.after]
        )
        seen[key] += 1
        item = item_of(stored, review, published)
        entries.append(
            {
                "id": _urn(f"{key}#{seen[key]}"),
                "item": item,
                "updated": _moment(change.at),
                "type": clean(change.type),
                "severity": str(change.severity),
                "text": "; ".join(part for part in (item.name, item.date, item.words, *item.details) if part),
            }
        )
    newest = max((stored.change.at for stored in changes), default=now)
    kept = entries[::-1][:limit]
    return render(
        "feed.xml",
        review=review,
        feed_id=_urn(review.slug),
        updated=_moment(newest),
        self_url=clean(self_url),
        entries=kept,
    )


def _urn(key: str) -> str:
    text = f"livingreview:{key}".encode("utf-8", "replace").decode()
    return uuid5(NAMESPACE_URL, text).urn


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
