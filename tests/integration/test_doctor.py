"""What ``doctor`` finds wrong, and what it says to do."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from livingreview import __version__
from support import server as faults
from support.lab import Lab
from support.services import Answer
from support.world import Article

NOW = "2026-06-01T05:00:00Z"


@pytest.fixture
def filled(lab: Lab) -> Lab:
    lab.server.world.add(Article(pmid="31000001", title="Vesicles of loom cells"))
    assert lab("run", now=NOW).code == 0
    return lab


def checks(lab: Lab, *arguments: str, code: int, now: str = NOW) -> dict[str, tuple[bool, str]]:
    ended = lab("doctor", "--json", *arguments, now=now)
    assert ended.code == code, ended.out
    return {one["name"]: (one["is_ok"], one["words"]) for one in json.loads(ended.out)["checks"]}


def wrong(found: dict[str, tuple[bool, str]]) -> dict[str, str]:
    return {name: words for name, (is_ok, words) in found.items() if not is_ok}


def test_all_is_well(filled: Lab) -> None:
    found = checks(filled, "--live", code=0)
    assert {"database", "lock", "archive", "cursors", "mail", "credentials", "pubmed", "clock against services"} <= set(
        found
    )
    assert "schema" in found["database"][1]
    assert "as they came" in found["archive"][1]


def test_another_distribution_that_installs_the_same_package_is_named(
    filled: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of the two was installed last has overwritten files of the other."""
    assert checks(filled, code=0)["installation"] == (True, f"livingreview {__version__}")
    info = tmp_path / "living_review_updater-1.2.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: living-review-updater\nVersion: 1.2.3\n", encoding="utf-8"
    )
    (info / "RECORD").write_text("livingreview/__init__.py,,\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    words = wrong(checks(filled, code=2))["installation"]
    assert "living-review-updater also installs the package livingreview" in words
    assert "pip uninstall living-review-updater" in words


def test_a_document_that_is_damaged_or_gone(filled: Lab) -> None:
    paths = sorted(path for path in (filled.root / "var" / "archive").rglob("*") if path.is_file())
    whole = paths[0].read_bytes()
    for damaged in (whole[:-9], b"\x1f\x8b nonsense", whole[:20] + b"?" + whole[21:]):
        paths[0].write_bytes(damaged)
        assert "damaged" in wrong(checks(filled, code=2))["archive"]
    paths[0].unlink()
    assert "is missing" in wrong(checks(filled, code=2))["archive"]
    # All of it gone is a store that came from a snapshot.
    for path in paths[1:]:
        path.unlink()
    assert "cannot be replayed" in checks(filled, code=0)["archive"][1]


def test_rows_that_point_at_nothing(filled: Lab) -> None:
    with closing(sqlite3.connect(filled.root / "var" / "tiny.db")) as connection:
        connection.execute("UPDATE record_version SET run_id = 999")
        connection.commit()
    assert "points at nothing in run" in wrong(checks(filled, code=2))["database"]


def test_a_database_that_somebody_else_writes_to(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livingreview.store.engine._BUSY_TIMEOUT_MS", 1)
    with closing(sqlite3.connect(filled.root / "var" / "tiny.db")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert "cannot be written to" in wrong(checks(filled, code=2))["database"]
    assert checks(filled, code=0)["database"][0]


def test_who_holds_the_lock(filled: Lab) -> None:
    assert checks(filled, code=0)["lock"][1] == "free"
    opened = filled.open()
    with opened.locked(timedelta(hours=1)):
        assert checks(filled, code=0)["lock"][1].startswith("held by process ")
    opened.close()
    with closing(sqlite3.connect(filled.root / "var" / "tiny.db")) as connection:
        connection.execute(
            "INSERT INTO lock (name, host, pid, token, taken_at) VALUES ('run', 'elsewhere', 1, 'x', '2020-01-01')"
        )
        connection.commit()
    assert "left behind by process 1 on elsewhere" in checks(filled, code=0)["lock"][1]


def test_a_cursor_after_the_present(filled: Lab) -> None:
    assert "check the clock" in wrong(checks(filled, code=2, now="2026-05-01"))["cursors"]


def test_a_clock_that_differs_from_the_services(filled: Lab) -> None:
    def late(handler: object, answer: Answer) -> None:
        handler.date_time_string = lambda: "Wed, 21 Oct 2015 07:28:00 GMT"  # type: ignore[attr-defined]
        handler.send_answer(answer)  # type: ignore[attr-defined]

    filled.server.spoil(late, "/version")
    words = wrong(checks(filled, "--live", code=2))["clock against services"]
    assert "ahead of clinicaltrials: set the clock" in words


def test_an_api_key(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__API_KEY", "hush-hush")
    filled.server.forget()
    assert "takes the API key" in checks(filled, "--live", code=0)["pubmed"][1]
    (asked,) = filled.server.asked("einfo")
    assert (asked.method, asked.parameters["api_key"]) == ("POST", "hush-hush")
    for status in (400, 200):
        filled.server.spoil(faults.status(status, '{"error":"API key invalid","count":"11"}'), "einfo")
        words = wrong(checks(filled, "--live", code=2))["pubmed"]
        assert "API key invalid" in words
        assert "check the API key" in words
        assert "hush-hush" not in words


def test_a_key_that_was_kept_before_answers_were_cleaned(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores and archives of before hold it; it is found in any form, and the key is to be replaced."""
    assert checks(filled, code=0)["secrets"][0]
    key = "0f1e2d3c4b5a69788796a5b4c3d2e1f0abcd"
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__API_KEY", key)
    assert checks(filled, code=0)["secrets"][0]
    opened = filled.open()
    document = opened.archive.put(b"x" * ((1 << 20) - 20) + key.encode() + b"y" * 9)
    escaped = opened.archive.put("".join(f"%{ord(letter):02x}" for letter in key).encode())
    words = wrong(checks(filled, code=2))["secrets"]
    assert "2 documents of the archive" in words and document[:12] in words and escaped[:12] in words
    with closing(sqlite3.connect(filled.root / "var" / "tiny.db")) as connection:
        connection.execute("UPDATE payload SET error = ?", (f"pubmed: answered 429: {key}",))
        connection.commit()
    words = wrong(checks(filled, code=2))["secrets"]
    assert "the log of 1 runs (20260601T050000Z)" in words and "get a new one" in words
    assert key not in words and "\n" not in words
    # With a new key the old one is worth nothing.
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__PUBMED__API_KEY", key[::-1])
    assert checks(filled, code=0)["secrets"][0]
    opened.close()


def test_mail_settings(filled: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVINGREVIEW_MAIL__HOST", "mail.example.org")
    monkeypatch.setenv("LIVINGREVIEW_MAIL__USERNAME", "someone")
    words = wrong(checks(filled, code=2))["mail"]
    assert "give username and password both" in words
    assert "name recipients" in words
    monkeypatch.setenv("LIVINGREVIEW_MAIL__PASSWORD", "hush-hush")
    monkeypatch.setenv("LIVINGREVIEW_MAIL__SECURITY", "none")
    path = filled.config / "reviews" / "tiny" / "review.toml"
    path.write_text('recipients = ["a@example.org"]\n' + path.read_text())
    words = wrong(checks(filled, code=2))["mail"]
    assert "in the clear" in words
    assert "hush-hush" not in words
    monkeypatch.setenv("LIVINGREVIEW_MAIL__SECURITY", "starttls")
    assert checks(filled, code=0)["mail"] == (True, "mail.example.org:587, starttls, 1 recipients")


def test_a_folder_that_is_in_the_way(filled: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "blocker").write_text("")
    monkeypatch.setenv("LIVINGREVIEW_OUT_DIR", str(tmp_path / "blocker" / "out"))
    assert "change out_dir" in wrong(checks(filled, code=2))["out_dir"]
