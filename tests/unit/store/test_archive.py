"""The raw archive: complete under its name or not there, the same bytes once."""

import gzip
import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livingreview.errors import InputError, StoreError
from livingreview.store.archive import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


def adopt(archive: Archive, path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return archive.adopt(file)


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.binary(max_size=30).map(gzip.compress))
def test_what_goes_in_comes_out(archive: Archive, body: bytes) -> None:
    key = archive.put(body)
    with archive.open(key) as document:
        assert document.read() == body
    assert archive.put(body) == key


def test_the_same_bytes_are_kept_once(archive: Archive, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_bytes(b"words" * 100)
    key, size_bytes = adopt(archive, path)
    assert size_bytes == 500
    assert archive.put(path.read_bytes()) == key
    (file,) = kept(tmp_path / "archive")
    assert file == archive.path(key)
    assert file.suffix == ".gz"
    assert file.stat().st_size < 500


def test_gzip_is_kept_as_it_is(archive: Archive, tmp_path: Path) -> None:
    body = gzip.compress(b"words")
    path = tmp_path / "a.xml.gz"
    path.write_bytes(body)
    key, _ = adopt(archive, path)
    assert archive.path(key).read_bytes() == body
    assert archive.put(body) == key
    assert len(kept(tmp_path / "archive")) == 1


def test_equal_bytes_are_packed_to_equal_bytes(tmp_path: Path) -> None:
    first, second = Archive(tmp_path / "1"), Archive(tmp_path / "2")
    path = tmp_path / "a"
    path.write_bytes(b"words")
    assert first.path(first.put(b"words")).read_bytes() == second.path(second.put(b"words")).read_bytes()
    assert first.path(adopt(first, path)[0]).read_bytes() == first.path(first.put(b"words")).read_bytes()


def test_a_document_that_is_not_there(archive: Archive) -> None:
    with pytest.raises(StoreError, match="not in the archive"):
        archive.open("0" * 64)


def test_a_write_that_fails_leaves_nothing(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        archive.put(b"words")
    assert kept(tmp_path) == []
    monkeypatch.undo()
    assert archive.put(b"words")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    blocked = Archive(tmp_path / "file")
    with pytest.raises(StoreError, match="cannot be written to"):
        blocked.put(b"x")
    with pytest.raises(StoreError, match="cannot be archived"):
        adopt(blocked, tmp_path / "file")


def test_a_file_that_changes_while_it_is_read_is_not_kept(archive: Archive, tmp_path: Path) -> None:
    class Growing(io.BytesIO):
        def seek(self, place: int, whence: int = 0) -> int:
            self.write(b"more")
            return super().seek(place, whence)

    with pytest.raises(InputError, match="changed while it was read"):
        archive.adopt(Growing(b"words" * 100))
    assert kept(tmp_path) == []
