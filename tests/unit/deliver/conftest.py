from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from livingreview.config import Area, Review, Scope
from livingreview.records import Change, Severity, StoredChange

AT = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return AT


@pytest.fixture
def review() -> Review:
    return Review(
        slug="demo",
        title="A review <of> things",
        citation="A 2022",
        published_date=date(2022, 9, 14),
        read_from_date=date(2022, 3, 1),
        question="?",
        recipients=("a@example.org", "B <b@example.org>"),
        scopes=(Scope(slug="core", label="Core", is_core=True), Scope(slug="other", label="Other", is_relevant=False)),
        areas=(Area(slug="skin", label="Skin & wounds"),),
    )


@pytest.fixture
def change() -> Callable[..., StoredChange]:
    count = 0

    def make(type_: str = "new_record", severity: str = "notable", source_id: str = "", **values: Any) -> StoredChange:
        nonlocal count
        count += 1
        source_id = source_id or str(count)
        settings = {"source": "pubmed", "after": {"title": f"Title {count}"}, "at": AT, "after_version": 1} | values
        return StoredChange(
            id=count,
            run="20261122T050000Z",
            change=Change(
                type=type_,
                severity=Severity(severity),
                source_id=source_id,
                work=f"{settings['source']}:{source_id}",
                **settings,
            ),
        )

    return make
