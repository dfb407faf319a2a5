"""One contract for every format that is read; a format without an example in its shape fails."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Fidelity, Record
from livingreview.sources import Item
from livingreview.sources.formats import files, recognise
from support.fuzzing import assert_sound, examples

FIDELITY = {
    "pubmed_xml": {Fidelity.FULL},
    "clinicaltrials_json": {Fidelity.FULL},
    "clinicaltrials_csv": {Fidelity.CITATION},
    # Of a study of ClinicalTrials.gov WHO gives no more than facts.
    "ictrp_xml": {Fidelity.CITATION, Fidelity.FACTS},
    "ictrp_csv": {Fidelity.CITATION},
    "anzctr_xml": {Fidelity.FULL},
    "anzctr_csv": {Fidelity.CITATION},
    "nbib": {Fidelity.CITATION},
    "ris": {Fidelity.CITATION, Fidelity.POINTER},
    "facts_csv": {Fidelity.FACTS},
    "retraction_watch_csv": {Fidelity.FACTS},
}

EVERY = [(name, path) for name in recognise.PARSERS for path in examples(name)]
every_example = pytest.mark.parametrize(("name", "path"), EVERY, ids=[f"{name}-{path.name}" for name, path in EVERY])


def parsed(name: str, body: bytes) -> list[Item]:
    return list(recognise.PARSERS[name](io.BytesIO(body)))


def test_every_format_has_examples_and_a_fidelity() -> None:
    assert set(FIDELITY) == set(recognise.PARSERS)
    assert all(examples(name) for name in recognise.PARSERS)


@every_example
def test_an_example_is_recognised_and_read(name: str, path: Path) -> None:
    assert files.parser_for(path)[0] == name
    items = list(files.parse_file(path))
    assert_sound(items)
    records = [item for item in items if isinstance(item, Record)]
    assert records
    assert {record.fidelity for record in records} <= FIDELITY[name]
    assert items == parsed(name, path.read_bytes())


@every_example
def test_packed_it_is_the_same(name: str, path: Path, tmp_path: Path) -> None:
    expected = parsed(name, path.read_bytes())
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert (files.parser_for(packed)[0], list(files.parse_file(packed))) == (name, expected)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "folder/member")
    assert (files.parser_for(packed)[0], list(files.parse_file(packed))) == ("zip", expected)


@every_example
def test_line_ends_and_marks_of_other_systems_change_nothing(name: str, path: Path, tmp_path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = parsed(name, path.read_bytes())
    for encoding, ends in (("utf-8-sig", "\n"), ("utf-8", "\r\n"), ("utf-16", "\r\n")):
        if encoding == "utf-16" and text.startswith("<?xml"):
            continue
        other = tmp_path / "other"
        other.write_bytes(text.replace("\r\n", "\n").replace("\n", ends).encode(encoding))
        assert list(files.parse_file(other)) == expected, encoding


@every_example
@pytest.mark.parametrize(
    "damage",
    [
        lambda body: body.replace(b"e", b"\xe9"),
        lambda body: b"\x00" + body,
        lambda _: b"",
        lambda _: b"<html><body>Please log in</body></html>",
    ],
    ids=["latin-1", "nul", "empty", "page"],
)
def test_what_is_not_the_format_is_refused_in_words(
    name: str, path: Path, damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    other = tmp_path / "damaged"
    other.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match="damaged: "):
        list(files.parse_file(other))


@given(name=st.sampled_from(sorted(recognise.PARSERS)), body=st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(name: str, body: bytes) -> None:
    try:
        items = parsed(name, body)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert_sound(items)


@given(data=st.data())
def test_any_damage_to_a_document_costs_an_input_error_or_problems(data: st.DataObject) -> None:
    name, path = data.draw(st.sampled_from(EVERY))
    body = path.read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 400)))
        body = body[:start] + data.draw(st.sampled_from(_PIECES) | st.binary(max_size=6)) + body[end:]
    try:
        items = parsed(name, body)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        assert_sound(items)


_PIECES = [
    b"",
    b'"',
    b",,",
    b"\n",
    b"\r",
    b"<",
    b"</Trial>",
    b"&x;",
    b"&#0;",
    b"<![CDATA[",
    b"[",
    b"{",
    b"null",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"ER  - \n",
    b"TY  - JOUR\n",
    b"PMID- 1\n",
    b"9" * 40,
    b"2022-99-99",
    b"<!DOCTYPE x [<!ENTITY y 'z'>]>",
]
