"""The store as text and back: the same bytes, all or nothing."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from livingreview.errors import InputError, StoreError, UsageError
from livingreview.records import Change, Cursor, Decision, Deletion, Record, Score, Section, Severity
from livingreview.records.evidence import StatementDecision
from livingreview.store.ingest import Tally
from livingreview.store.repository import Repository
from livingreview.store.snapshot import export as snapshot
from livingreview.store.snapshot import folder as snapshot_folder

NOW = datetime(2026, 11, 22, 5, 0, 0, 123456, tzinfo=UTC)
Open = Callable[[str], Repository]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    stores = []

    def make(name: str) -> Repository:
        stores.append(Repository.open(f"sqlite:///{tmp_path}/{name}.db", tmp_path / "archive"))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def fill(store: Repository, *, is_last_derived: bool = True) -> None:
    """Two runs: new, revised and withdrawn records of two sources, scores, decisions, a digest, logs."""
    records = [
        Record(source="pubmed", source_id="20", title="Zwei", abstract=(Section(text="SECRET text"),), doi="10.1/x"),
        Record(source="pubmed", source_id="3", title="Ünï <b>", pmid="3"),
        Record(source="europepmc", source_id="PPR1", title="Pre", doi="10.1/x"),
    ]
    revised = Record(source="pubmed", source_id="20", title="Zwei!", abstract=records[0].abstract, source_version=2)
    for step, items in enumerate((records, [revised, Deletion(source="pubmed", source_id="3")])):
        now = NOW + timedelta(days=7 * step)
        run = store.start_run("services", now, "0.1", "hash")
        tally = Tally()
        with store.writing(run) as writing:
            writing.apply(items, f"key{step}", now, tally)
            writing.log_query(
                {"source": "pubmed", "name": "q", "role": "core", "query_hash": "h", "text": "t", "error": ""}
                | {"since": "", "until": "", "announced": None, "requests": 1}
                | {"is_reconciled": True, "is_skipped": False},
                tally,
            )
            writing.move_cursor(Cursor(source="pubmed", query_name="q", query_hash="h", read_to_at=now))
        store.log_document(run, "files", "papers.csv", f"key{step}", 10, now)
        if step == 0 or is_last_derived:
            versions = store.underived(100)
            scores = {
                version.version_id: Score(scope="core", probabilities={"core": 0.1 + 0.2, "other": 0.7}, model="m")
                for version in versions
            }
            changes = [
                Change(
                    type="new_record",
                    severity=Severity.NOTABLE,
                    source=version.record.source,
                    source_id=version.record.source_id,
                    work=version.work_id,
                    at=now,
                    after={"title": version.record.title, "abstract": "SECRET text"},
                    after_version=version.number,
                )
                for version in reversed(versions)
            ]
            store.commit_derived(run, [version.version_id for version in versions], scores, changes, "other")
        store.finish_run(run, "done", model="m")
    store.save_model("m", NOW, {"size": 3})
    said = {"decision": "include", "reason": 'a "b",\r\nc\rd;é', "areas": ("x", "y"), "person": "P", "decided_at": NOW}
    store.add_decisions(
        [
            Decision(work_id="pubmed:3", stage="full_text", **said),  # type: ignore[arg-type]
            Decision(work_id="pubmed:20", stage="title_abstract", **said),  # type: ignore[arg-type]
        ]
    )
    first = store.changes()[:2]
    digest = store.begin_digest("<m@x>", "subject", ["private@example.org"], [change.id for change in first], NOW)
    store.finish_digest(digest, "delivered", "folder x", NOW)


def export(store: Repository, folder: Path) -> dict[str, int]:
    with store._begin() as connection:
        return snapshot.write_snapshot(connection, folder)


def restore(store: Repository, folder: Path) -> dict[str, int]:
    with store._begin() as connection:
        return snapshot.read_snapshot(connection, folder)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("is_last_derived", [True, False])
def test_the_same_store_and_the_same_bytes(opened: Open, tmp_path: Path, is_last_derived: bool) -> None:
    one, two = opened("one"), opened("two")
    fill(one, is_last_derived=is_last_derived)
    counts = export(one, tmp_path / "s")
    assert counts["records/pubmed.jsonl"] == 2 and counts["versions/pubmed.jsonl"] == 4 and counts["runs.jsonl"] == 2
    before = files(tmp_path / "s")
    assert all(data.endswith(b"\n") or not data for data in before.values())
    assert not any(b"SECRET" in data or b"private@" in data for data in before.values())
    assert restore(two, tmp_path / "s") == counts
    export(two, tmp_path / "again")
    assert files(tmp_path / "again") == before

    def changes_of(store: Repository) -> list[Any]:
        return [(found.run, found.is_delivered, found.change.type, found.change.source_id) for found in store.changes()]

    assert changes_of(one) == changes_of(two) and one.decisions() == two.decisions() and one.cursors() == two.cursors()
    assert [(row.name, row.status, row.now_at) for row in one.runs()] == [
        (row.name, row.status, row.now_at) for row in two.runs()
    ]
    assert [version.record.key for version in one.underived(9)] == [version.record.key for version in two.underived(9)]
    for first, second in zip(one.records(), two.records(), strict=True):
        assert (first.record.key, first.work_id, first.version, first.is_withdrawn, first.score) == (
            *(second.record.key, second.work_id, second.version, second.is_withdrawn, second.score),
        )
        assert second.record.is_text_complete == (not first.record.abstract) and not second.record.abstract
    assert two.fetch_state((), (), {}).incomplete == {"pubmed": ["20"]}


def test_a_restored_store_goes_on(opened: Open, tmp_path: Path) -> None:
    one, two = opened("one"), opened("two")
    fill(one)
    export(one, tmp_path / "s")
    restore(two, tmp_path / "s")
    for store in (one, two):
        run = store.start_run("files", NOW + timedelta(days=30), "0.1", "hash")
        with store.writing(run) as writing:
            tally = Tally()
            known = Record(source="pubmed", source_id="20", title="Zwei!", source_version=2)
            same = Record(**{name: getattr(known, name) for name in ("source", "source_id", "title", "source_version")})
            writing.apply([same, Record(source="pubmed", source_id="4", title="New")], "k", NOW, tally)
    assert [version.record.source_id for version in two.underived(9)] == [
        version.record.source_id for version in one.underived(9)
    ]


def test_only_into_an_empty_store(opened: Open, tmp_path: Path) -> None:
    one = opened("one")
    fill(one)
    export(one, tmp_path / "s")
    with pytest.raises(UsageError, match=r"the store is not empty \(run: 2\)"):
        restore(one, tmp_path / "s")


def test_an_empty_store(opened: Open, tmp_path: Path) -> None:
    export(opened("one"), tmp_path / "s")
    restore(opened("two"), tmp_path / "s")
    assert set(files(tmp_path / "s")) == set(snapshot_folder.SINGLE_FILES) | {"manifest.json"}


@pytest.mark.parametrize("name", ["versions/pubmed.jsonl", "decisions.csv", "works.jsonl"])
@pytest.mark.parametrize("damage", ["missing", "cut", "altered"])
def test_a_damaged_file_is_named_and_nothing_changes(opened: Open, tmp_path: Path, name: str, damage: str) -> None:
    one, two = opened("one"), opened("two")
    fill(one)
    export(one, tmp_path / "s")
    path = tmp_path / "s" / name
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(data[:-9] if damage == "cut" else data.replace(b"2", b"3", 1))
    with pytest.raises(InputError, match=name):
        restore(two, tmp_path / "s")
    assert two.runs() == [] and list(two.records()) == []


def with_manifest(folder: Path, name: str, old: bytes, new: bytes) -> None:
    """Alters a file as somebody would who also mends the manifest."""
    path = folder / name
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    before, after = (hashlib.sha256(content).hexdigest() for content in (data, path.read_bytes()))
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(before, after))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("works.jsonl", b'"first_run"', b'"frist_run"'),
        ("works.jsonl", b"{", b"["),
        ("runs.jsonl", b'"road":"services",', b""),
        ("changes.jsonl", b'"run":"2026', b'"run":"2025'),
        ("digests.jsonl", b":[1,2]", b":[1,99]"),
        ("runs.jsonl", b"2026-11-22T", b"2026-99-22T"),
        ("scores.jsonl", b'"version":1', b'"version":9'),
        ("records/pubmed.jsonl", b'"source_id"', b'"sourceid"'),
    ],
)
def test_rows_that_do_not_fit_are_named(opened: Open, tmp_path: Path, name: str, old: bytes, new: bytes) -> None:
    one, two = opened("one"), opened("two")
    fill(one)
    export(one, tmp_path / "s")
    with_manifest(tmp_path / "s", name, old, new)
    with pytest.raises(InputError, match=rf"{name}: row ") as caught:
        restore(two, tmp_path / "s")
    assert "\n" not in str(caught.value) and two.runs() == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"format": 1', '"format": 2', "another version"),
        ('"schema": "', '"schema": "0011', "another version"),
        ('"works.jsonl"', '"../x.jsonl"', "not the list of a snapshot"),
        ("{", "", "not the list of a snapshot"),
    ],
)
def test_a_manifest_that_is_none(opened: Open, tmp_path: Path, old: str, new: str, words: str) -> None:
    export(opened("one"), tmp_path / "s")
    manifest = tmp_path / "s" / "manifest.json"
    manifest.write_text(manifest.read_text().replace(old, new))
    with pytest.raises(InputError, match=words):
        restore(opened("two"), tmp_path / "s")
    with pytest.raises(InputError, match="no such file"):
        restore(opened("three"), tmp_path / "nowhere")


def test_a_snapshot_of_before_wordings_and_what_a_run_knew_is_filled_in(opened: Open, tmp_path: Path) -> None:
    """Schema 0012: the restore gives no wording, and counts what had been decided by the moment of each run."""
    one = opened("one")
    fill(one)
    times = (NOW + timedelta(days=1), NOW + timedelta(days=30))
    said = [
        StatementDecision(statement_id="S1", effect="outdates", verdict="accepted", person="Ada", decided_at=moment)
        for moment in times
    ]
    one.add_statement_decisions(said)
    export(one, tmp_path / "s")
    manifest_path = tmp_path / "s" / "manifest.json"
    manifest = json.loads(manifest_path.read_text())
    for name, column in (("runs.jsonl", "n_statement_decisions"), ("statement_decisions.jsonl", "wording")):
        path = tmp_path / "s" / name
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        lines = [json.dumps({key: value for key, value in row.items() if key != column}) + "\n" for row in rows]
        path.write_text("".join(lines))
        manifest["files"][name]["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    manifest_path.write_text(json.dumps(manifest | {"schema": "0012"}))
    two = opened("two")
    restore(two, tmp_path / "s")
    assert two.statement_decisions() == said
    assert [run.n_statement_decisions for run in two.runs()] == [0, 1]


class Kill(BaseException):
    pass


@pytest.mark.parametrize("kind", [Kill, OSError])
@pytest.mark.parametrize("at", [0, 7, 15, 18, 20, 21, 22, 23])
def test_a_crash_while_writing_leaves_the_old_one(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, kind: type[BaseException]
) -> None:
    one = opened("one")
    fill(one, is_last_derived=False)
    folder = tmp_path / "s"
    export(one, folder)
    before = files(folder)
    one.start_run("services", NOW + timedelta(days=60), "0.1", "x")
    count = 0

    def dying(inner: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count > at:
                raise kind("fault")
            return inner(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        patched.setattr(snapshot_folder.os, "fsync", dying(os.fsync))
        patched.setattr(Path, "rename", dying(Path.rename))
        if at < 23:
            with pytest.raises((Kill, StoreError)):
                export(one, folder)
            if not folder.exists():  # the way back was cut off too
                assert (tmp_path / ".s.old").is_dir()
        else:
            export(one, folder)
    if at < 23:
        restore(opened("two"), folder)
        assert files(folder) == before
        export(one, folder)
    assert files(folder) != before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".s.")] == []


def test_folders_that_are_no_snapshot_are_left_alone(opened: Open, tmp_path: Path) -> None:
    one = opened("one")
    home = tmp_path / "home"
    home.mkdir()
    (home / "thesis.txt").write_text("years")
    with pytest.raises(StoreError, match="no snapshot"):
        export(one, home)
    with pytest.raises(StoreError, match="is a file"):
        export(one, home / "thesis.txt")
    assert (home / "thesis.txt").read_text() == "years"
    export(one, tmp_path / "s")
    (tmp_path / "s" / "README.md").write_text("mine")
    fill(one)
    export(one, tmp_path / "s")
    assert (tmp_path / "s" / "README.md").read_text() == "mine"
    restore(opened("two"), tmp_path / "s")


_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(titles=st.lists(_TEXT, max_size=5), reason=_TEXT, source=_TEXT.filter(bool))
def test_any_text_comes_back(tmp_path: Path, titles: list[str], reason: str, source: str) -> None:
    folder = tmp_path / "any"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    one, two = (Repository.open(f"sqlite:///{folder}/{name}.db", folder) for name in ("one", "two"))
    try:
        run = one.start_run("files", NOW, "0", "c")
        records = [Record(source=source, source_id=f"{n}{title}", title=title) for n, title in enumerate(titles)]
        with one.writing(run) as writing:
            writing.apply(records, "k", NOW, Tally())
        said = [
            Decision(work_id=f"{source}:{n}{title}", stage="s", decision="maybe", person=reason, decided_at=NOW)
            for n, title in enumerate(titles)
        ]
        one.add_decisions(said)
        export(one, folder / "a")
        restore(two, folder / "a")
        export(two, folder / "b")
        assert files(folder / "a") == files(folder / "b")
        assert list(one.records()) == list(two.records())
    finally:
        one.close()
        two.close()


@pytest.mark.postgres
@pytest.mark.skipif(not os.environ.get("LIVINGREVIEW_TEST_POSTGRES"), reason="LIVINGREVIEW_TEST_POSTGRES is not set")
def test_the_other_kind_of_database(opened: Open, tmp_path: Path) -> None:
    url = os.environ["LIVINGREVIEW_TEST_POSTGRES"].replace("postgresql://", "postgresql+psycopg://", 1)
    schema = f"snapshot_{os.getpid()}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    there = Repository.open(f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{schema}", tmp_path / "archive")
    try:
        one, back = opened("one"), opened("back")
        fill(one)
        export(one, tmp_path / "s")
        before = files(tmp_path / "s")
        restore(there, tmp_path / "s")
        export(there, tmp_path / "t")
        assert files(tmp_path / "t") == before
        restore(back, tmp_path / "t")
        export(back, tmp_path / "u")
        assert files(tmp_path / "u") == before
        run = there.start_run("files", NOW + timedelta(days=90), "0", "c")
        there.finish_run(run, "done")
    finally:
        there.close()
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()
