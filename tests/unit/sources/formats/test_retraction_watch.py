"""The Retraction Watch database as a file."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records import Fidelity, Notice, Problem, Record
from livingreview.sources.base import Item
from livingreview.sources.formats import files, retraction_watch
from livingreview.sources.formats.retraction_watch import About
from support.retraction_watch import HEADER, row, table

QUICK = settings(max_examples=60, deadline=None, database=None)


def items(text: str | bytes) -> list[Item]:
    return list(retraction_watch.parse(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def test_a_row_is_a_notice_about_its_paper() -> None:
    (found,) = items(table(row("56416", doi="10.5555/Paper", pmid="36035816.0", notice="10.5555/N", notice_pmid="7.0")))
    assert found == Record(
        source="retraction_watch",
        source_id="56416",
        title="An invented paper, of course",
        journal="Journal of Invented Results",
        publication_date="2022-08-18",
        pmid="36035816",
        doi="10.5555/paper",
        notices=(
            Notice(
                kind="RetractionIn",
                pmid="7",
                doi="10.5555/n",
                citation="Retraction Watch 56416, 2023-07-12, Concerns/Issues About Data; Paper Mill",
            ),
        ),
        source_date="2023-07-12",
        fidelity=Fidelity.FACTS,
    )


@pytest.mark.parametrize(
    ("nature", "kind"),
    [
        ("Retraction", "RetractionIn"),
        ("Expression of concern", "ExpressionOfConcernIn"),
        ("Correction", "ErratumIn"),
        ("Reinstatement", "ReinstatementIn"),
    ],
)
def test_natures(nature: str, kind: str) -> None:
    (found,) = items(table(row("1", nature=nature)))
    assert isinstance(found, Record)
    assert found.notices[0].kind == kind


@pytest.mark.parametrize("nothing", ["", "unavailable", "Unavailable", "0", "0.0"])
def test_what_says_that_there_is_none(nothing: str) -> None:
    (found,) = items(table(row("1", doi=nothing, pmid=nothing, notice=nothing, notice_pmid=nothing)))
    assert isinstance(found, Record)
    assert (found.doi, found.pmid, found.notices[0].doi, found.notices[0].pmid) == ("", "", "", "")


def test_only_what_is_known_is_wanted_and_the_rest_is_counted() -> None:
    rows = [
        row("1", doi="10.5555/a"),
        row("2", doi="10.5555/b"),
        row("3", doi="", pmid="5"),
        row("4", doi="unavailable", pmid="0"),
        "5,too,few",
    ]
    about = About(dois=frozenset({"10.5555/a"}), pmids=frozenset({"5"}))
    found = list(about.wanted(items(table(*rows))))
    assert [item.source_id for item in found] == ["1", "3", "line 6"]
    assert isinstance(found[2], Problem)
    assert (about.others, about.words) == (2, "; 2 more about papers that are neither stored nor cited")
    everything = About(is_all_wanted=True)
    assert len(list(everything.wanted(items(table(*rows))))) == 5
    assert everything.words == ""


def test_it_is_known_by_its_header(tmp_path: Path) -> None:
    path = tmp_path / "anything.txt"
    path.write_text(table(row("1")), encoding="utf-8")
    name, _ = files.parser_for(path)
    assert name == "retraction_watch_csv"
    assert [item.source_id for item in files.parse_file(path)] == ["1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "lacks its columns"),
        (table('1,"never closed'), "line 2"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_what_is_no_such_file(text: str | bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        items(text)


@QUICK
@given(st.lists(st.text(max_size=12), min_size=18, max_size=23))
def test_any_cells(cells: list[str]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerow([cell.replace("\0", "") for cell in cells])
    try:
        found = items(HEADER + "\n" + out.getvalue())
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert all(isinstance(item, Record | Problem) for item in found)


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    for body in (data, HEADER.encode() + b"\n" + data):
        try:
            items(body)
        except InputError as error:
            assert "\n" not in str(error)
