"""Below a folder that a person named no link is followed, and nothing but a file is read."""

import os
import socket
from pathlib import Path

import pytest

from livingreview.errors import InputError
from livingreview.sources.formats import files
from livingreview.sources.formats.listing import Document, find_documents

CSV = b"pmid,title\n1,A title\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder, beside one whose file is nobody's business."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "secret.csv").write_bytes(CSV)
    made = tmp_path / "inbox"
    made.mkdir()
    return made


def outcomes(folder: Path) -> dict[str, str]:
    """Name of everything that is found -> what becomes of it."""
    found = {}
    for one in find_documents(folder):
        try:
            one.open().close()
            found[one.name] = "read"
        except InputError as error:
            found[one.name] = str(error)
    return found


def test_links_are_named_and_not_followed(folder: Path) -> None:
    (folder / "good.csv").write_bytes(CSV)
    (folder / "file.csv").symlink_to("../private/secret.csv")
    (folder / "folder").symlink_to("../private")
    (folder / "loop").symlink_to("loop")
    (folder / "nowhere.csv").symlink_to("gone")
    (folder / "up").symlink_to("..")
    found = outcomes(folder)
    assert found.pop("good.csv") == "read"
    assert sorted(found) == ["file.csv", "folder", "loop", "nowhere.csv", "up"]
    for name, words in found.items():
        assert words == f"{name}: is a symbolic link, which is not followed; put the file itself there"


def test_only_files_are_read_and_nothing_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(folder / "pipe.csv")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket.csv")
        found = outcomes(folder)
    assert found["pipe.csv"] == "pipe.csv: neither a file nor a folder, so it is not read; take it away"
    assert found["socket.csv"].startswith("socket.csv: cannot be read")
    for device in ("/dev/null", "/dev/zero"):
        with pytest.raises(InputError, match="neither a file nor a folder"):
            Document(Path(device), "device").open()


def test_what_a_person_names_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "one.csv").symlink_to("private/secret.csv")
    (tmp_path / "all").symlink_to("private")
    (one,) = find_documents(tmp_path / "one.csv")
    (other,) = find_documents(tmp_path / "all")
    assert (one.name, other.name) == ("one.csv", "secret.csv")
    for document in (one, other):
        assert len(list(files.parse_file(document))) == 1


@pytest.mark.parametrize("place", ["deep/a.csv", "deep/er/a.csv"])
def test_a_folder_that_becomes_a_link_after_it_was_listed(folder: Path, tmp_path: Path, place: str) -> None:
    (folder / place).parent.mkdir(parents=True)
    (folder / place).write_bytes(CSV)
    (found,) = find_documents(folder)
    (tmp_path / "private" / "er").mkdir()
    (tmp_path / "private" / "a.csv").write_bytes(b"theirs")
    (tmp_path / "private" / "er" / "a.csv").write_bytes(b"theirs")
    (folder / "deep").rename(tmp_path / "away")
    (folder / "deep").symlink_to("../private")
    with pytest.raises(InputError, match="a symbolic link, which is not followed"):
        found.open()


def test_a_file_that_becomes_a_link_after_it_was_listed(folder: Path) -> None:
    (folder / "a.csv").write_bytes(CSV)
    (found,) = find_documents(folder)
    (folder / "a.csv").unlink()
    (folder / "a.csv").symlink_to("../private/secret.csv")
    with pytest.raises(InputError, match="a symbolic link, which is not followed"):
        found.open()
    (folder / "a.csv").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        found.open()


@pytest.mark.parametrize("name", ["a\n::error::x.csv", "\x1b[31m.csv", "\u202e.csv", "\x01", os.fsdecode(b"\xff.csv")])
def test_names_are_cleaned_where_they_come_in(folder: Path, name: str) -> None:
    (folder / name).write_bytes(CSV)
    (found,) = find_documents(folder)
    assert found.name and found.name.isprintable() and found.name == str(found)
    found.open().close()
