"""A damaged file among good ones, at each place: it alone fails or is named, and read whole nothing is missing."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from support.lab import Lab
from support.world import Article, article_set

NOW, AFTER = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z"
NAMES = ("a.xml", "b.xml.gz", "c.xml")


def good(name: str) -> bytes:
    number = NAMES.index(name) * 10 + 31_000_000
    articles = [Article(pmid=str(number + n), title=f"Vesicles of loom cells, née {number + n}") for n in range(3)]
    return article_set(*articles)


FAULTS: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda body: body[: len(body) // 2],
    "cut off before the last tag": lambda body: body[:-20],
    "empty": lambda _body: b"",
    "a page for people": lambda _body: b"<!DOCTYPE html><html><body>Not found</body></html>",
    "an error": lambda _body: b"<?xml version='1.0'?><eFetchResult><ERROR>Search Backend failed</ERROR></eFetchResult>",
    "Latin-1 bytes for UTF-8": lambda body: body.decode().encode("latin-1"),
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "white space without end": lambda _body: gzip.compress(b" " * 30_000_000),
}


def write(folder: Path, spoil: Callable[[bytes], bytes] | None = None, place: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(NAMES):
        body = good(name)
        is_packed = name.endswith(".gz")
        if spoil is None or number != place:
            content = gzip.compress(body, mtime=0) if is_packed else body
        elif spoil is FAULTS["cut off"] and is_packed:
            content = spoil(gzip.compress(body, mtime=0))
        else:
            content = spoil(body)
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("place", range(3), ids=["first", "middle", "last"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_damaged_file_costs_only_itself(lab: Lab, tmp_path: Path, fault: str, place: int) -> None:
    folder = tmp_path / "inbox"
    write(folder, FAULTS[fault], place)
    ended = lab("run", "--from", folder, now=NOW)
    opened = lab.open()
    try:
        issues = [issue.source_id for issue in opened.issues(opened.runs()[-1])]
        stored = opened.counts()["pubmed"]
    finally:
        opened.close()
    assert "Traceback" not in ended.err
    assert stored == 6
    # A file that fails is named with its reason; of one that is read, every record that cannot be.
    if ended.code == 0:
        assert len(issues) == 3
    else:
        assert ended.code == 3
        assert f"FAILED {NAMES[place]}" in ended.out
    write(folder)
    again = lab("run", "--from", folder, now=AFTER)
    assert (again.code, again.lines[-1]) == (0, "3 changes")
    opened = lab.open()
    try:
        assert opened.counts() == {"pubmed": 9}
        for name in NAMES:
            first = NAMES.index(name) * 10 + 31_000_000
            for pmid in range(first, first + 3):
                (record,) = opened.versions("pubmed", str(pmid))
                assert record.title == f"Vesicles of loom cells, née {pmid}"
    finally:
        opened.close()
