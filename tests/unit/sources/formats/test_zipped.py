"""Zips of documents."""

import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Problem, Record
from livingreview.sources import Item
from livingreview.sources.formats import files, zipped
from livingreview.sources.formats.listing import find_documents

CSV = b"pmid,title\n%d,A title\n"


def packed(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in members:
            # Of no time of day: the bytes are the same at every call.
            archive.writestr(zipfile.ZipInfo(name), data, compression)
    return stream.getvalue()


def nameless() -> bytes:
    """A zip whose only member has no name."""
    body = packed(("1", CSV % 1))
    directory = body.index(b"PK\x01\x02")
    made = bytearray(body[: directory + 46] + body[directory + 47 :])
    made[directory + 28] = 0
    made[made.index(b"PK\x05\x06") + 12] -= 1
    return bytes(made)


def items(body: bytes) -> list[Item]:
    return list(zipped.parse(io.BytesIO(body)))


def test_members_of_any_format_in_the_order_of_their_names() -> None:
    body = packed(
        ("b/second.txt", CSV % 2),
        ("a.ris", b"TY  - JOUR\nDO  - 10.5555/a\nER  - \n"),
        ("README.txt", b"Dear reader"),
        ("__MACOSX/._a.ris", b"\0\0"),
        (".hidden", b"x"),
        ("folder/", b""),
        ("c.csv", "pmid,title\r\n3,ä\r\n".encode("utf-16")),
    )
    assert [item.source_id for item in items(body)] == ["10.5555/a", "2", "3"]


def test_a_member_that_cannot_be_read_costs_only_itself() -> None:
    first, second, third, last = items(
        packed(
            ("1.pdf", b"%PDF-1.7"),
            ("2.zip", packed(("x.csv", CSV % 9))),
            ("3.csv", "pmid,title\n1,ä\n".encode("latin-1")),
            ("4.csv", CSV % 4),
        )
    )
    assert isinstance(last, Record)
    for problem, name, words in (
        (first, "1.pdf", "no format"),
        (second, "2.zip", "a zip in a zip"),
        (third, "3.csv", "not UTF-8"),
    ):
        assert isinstance(problem, Problem)
        assert problem.source_id == name
        assert words in problem.reason


def test_a_member_that_is_damaged_costs_only_itself() -> None:
    body = packed(("1.csv", CSV % 1), ("2.csv", CSV % 2), compression=zipfile.ZIP_STORED)
    *_, problem, last = items(body.replace(CSV % 1, b"pmid,title\n1,B title\n"))
    assert isinstance(problem, Problem)
    assert (problem.source_id, last.source_id) == ("1.csv", "2")
    assert "damaged" in problem.reason


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (packed(), "holds no document"),
        (packed(("1.pdf", b"%PDF-1.7")), "1.pdf: of no format"),
        (packed(("1.csv", CSV % 1))[:-30], "damaged or breaks off"),
        (b"PK\x03\x04", "damaged or breaks off"),
        (packed(("1.csv", CSV % 1), compression=zipfile.ZIP_STORED).replace(b"A title", b"B title"), "damaged"),
        (packed(("1.csv", CSV % 1))[8:], "damaged"),
        (packed(("1.csv", CSV % 1), compression=zipfile.ZIP_LZMA), "not packed by deflate"),
        (packed(("1", CSV % 1)).replace(b"\0\0\x001", b"\0\0\x00\xff"), "damaged"),
        (nameless(), "has content but no name"),
    ],
    ids=["empty", "no format", "cut off", "head alone", "damaged", "headless", "lzma", "name", "nameless"],
)
def test_what_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        items(body)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../x.csv", "leaves the folder"),
        ("..", "leaves the folder"),
        ("a/../../x.csv", "leaves the folder"),
        ("/etc/x.csv", "leaves the folder"),
        ("C:\\x.csv", "leaves the folder"),
        ("c:x.csv", "leaves the folder"),
        ("..\\x.csv", "leaves the folder"),
        ("\\\\host\\x.csv", "leaves the folder"),
        ("x.csv\0../../y", "leaves the folder"),
        ("../", "leaves the folder"),
        ("../README", "leaves the folder"),
        (".x/../../y.csv", "leaves the folder"),
        ("link.csv", "is a symbolic link"),
        ("x.csv/", "has content but no name, or that of a folder"),
        ("./.", "has content but no name"),
    ],
)
def test_what_no_honest_zip_holds_is_named(name: str, words: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("1.csv", CSV % 1)
        member = zipfile.ZipInfo("x")
        # Set afterwards: the maker of a member cuts names at NUL itself.
        member.filename = member.orig_filename = name
        if name == "link.csv":
            member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, CSV % 2)
    found = items(stream.getvalue())
    (record,) = (one for one in found if isinstance(one, Record))
    (problem,) = (one for one in found if isinstance(one, Problem))
    assert record.source_id == "1"
    assert problem.reason.startswith("not read: ") and words in problem.reason
    assert problem.source_id.isprintable()


odd = st.sampled_from(
    ["..", ".", "", "/", "\\", "C:", ".x", "README", "a", "b.csv", "::error::", "\x1b", "\n", "\u202e"]
)


@given(st.lists(st.lists(odd, min_size=1, max_size=4).map("/".join).filter(bool), max_size=5, unique=True))
def test_every_member_is_a_record_or_named_or_passed_over_by_its_name(names: list[str]) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, name in enumerate(["z.csv", *names], start=1):
            archive.writestr(zipfile.ZipInfo(name), CSV % number)
    found = items(stream.getvalue())
    passed = 0
    for name in names:
        parts = [part for part in name.lower().split("/") if part not in ("", ".")]
        is_odd = ".." in parts or name.startswith(("/", "\\", "C:")) or "\\/.." in name
        passed += not is_odd and not name.endswith("/") and any(part.startswith((".", "readme")) for part in parts)
    assert len(found) == len(names) + 1 - passed


def test_a_password_is_named() -> None:
    body = bytearray(packed(("1.csv", CSV % 1)))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(mark) + place] |= 1
    with pytest.raises(InputError, match="password"):
        items(bytes(body))


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    body = packed(*((f"{number}.csv", CSV % number) for number in range(1, 6)))
    assert len(items(body)) == 5
    monkeypatch.setattr(zipped, "MAX_MEMBERS", 4)
    with pytest.raises(InputError, match="holds 5 files, more than 4"):
        items(body)
    monkeypatch.undo()
    monkeypatch.setattr(zipped, "MAX_UNPACKED_BYTES", 50)
    with pytest.raises(InputError, match="bytes unpacked, more than 50"):
        items(body)
    monkeypatch.undo()
    monkeypatch.setattr(zipped, "_RATIO_COUNTS_FROM_BYTES", 1_000_000)
    with pytest.raises(InputError, match="a bomb"):
        items(packed(("1.csv", CSV % 1 + b" " * 3_000_000)))


def test_a_file_in_a_folder_of_downloads(tmp_path: Path) -> None:
    path = tmp_path / "ctg-studies.json.zip"
    fixture = Path(__file__).parents[3] / "fixtures" / "clinicaltrials_json" / "page.json"
    path.write_bytes(packed(("ctg-studies.json", fixture.read_bytes())))
    assert [one.path for one in find_documents(tmp_path)] == [path]
    assert files.parser_for(path)[0] == "zip"
    assert [item.source for item in files.parse_file(path)] == ["clinicaltrials", "clinicaltrials"]


@given(st.binary(max_size=60), st.integers(0, 300))
def test_any_damage(piece: bytes, place: int) -> None:
    whole = packed(("1.csv", CSV % 1), ("2.csv", CSV % 2))
    try:
        items(whole[:place] + piece + whole[place + len(piece) :])
    except InputError as error:
        assert "\n" not in str(error)
