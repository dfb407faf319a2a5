"""JATS -> sentences with sections and citations."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.errors import InputError
from livingreview.records.review_text import Sentence
from livingreview.sources.jats import article
from livingreview.sources.jats.article import read_sentences

LOOM = Path(__file__).parents[3] / "fixtures" / "jats" / "loom.xml"


def sentences(body: str, references: str = "") -> tuple[Sentence, ...]:
    back = f"<back><ref-list>{references}</ref-list></back>"
    return read_sentences(f"<article><body>{body}</body>{back}</article>".encode(), "test.xml")


@pytest.fixture(scope="module")
def loom() -> tuple[Sentence, ...]:
    return read_sentences(LOOM.read_bytes(), LOOM.name)


def one(found: tuple[Sentence, ...], words: str) -> Sentence:
    (sentence,) = (sentence for sentence in found if words in sentence.text)
    return sentence


def test_every_sentence_stands_in_its_order_and_nothing_else_is_one(loom: tuple[Sentence, ...]) -> None:
    assert [sentence.number for sentence in loom] == list(range(1, 22))
    text = " ".join(sentence.text for sentence in loom)
    for left_out in ("picture", "footnote", "caption", "Recruiting", "alpha", "thank", "letter", "*"):
        assert left_out not in text


def test_sections_are_named_by_number_and_heading(loom: tuple[Sentence, ...]) -> None:
    assert list(dict.fromkeys(sentence.section for sentence in loom)) == [
        "Abstract",
        "1 Introduction",
        "2 Vesicles in vivo",
        "2.1 Torn felt",
        "2 Vesicles in vivo: What remains open",
        "3 Conclusions",
    ]


@pytest.mark.parametrize(
    ("words", "cites"),
    [
        ("many invented diseases", (1, 2)),
        ("Only two trials", (3, 4)),
        ("In the mouse", (5, 6, 7)),
        ("batch-to-batch", (6, 7)),
        ("next page", (1, 3)),
        ("It held", (2, 3, 4)),
        ("No thread", ()),
    ],
)
def test_citations_are_the_numbers_of_the_reference_list(
    loom: tuple[Sentence, ...], words: str, cites: tuple[int, ...]
) -> None:
    assert one(loom, words).cites == cites


def test_letters_come_out_as_they_are_printed(loom: tuple[Sentence, ...]) -> None:
    assert one(loom, "weavers").text == "They are called “weavers of the second day” by some."
    assert one(loom, "without end").text == "loomPSCs give cells without end."
    assert (
        "IFN-γ and TGF-β1, and raised the number of threads to 10⁹ per mL of CO₂-rich felt [5–7]."
        in one(loom, "In the mouse").text
    )
    assert one(loom, "batch").text == "Their batch-to-batch variability was 0.05 in the hands of one group.[6,7]"
    assert one(loom, "The weave holds").text == "The weave holds."


def test_a_sentence_that_a_page_parts_is_one(loom: tuple[Sentence, ...]) -> None:
    assert one(loom, "goes on").text.endswith("goes on with the rest of its sentence on the next page [1,3].")
    found = sentences(
        "<p>The weave of the loom-</p><fig><caption><p>No.</p></caption></fig><p>cells held. So did wool.</p>"
    )
    assert [sentence.text for sentence in found] == ["The weave of the loom-cells held.", "So did wool."]
    assert len(sentences("<sec><p>It goes</p></sec><sec><title>2</title><p>on elsewhere.</p></sec>")) == 2


def cited(rid: str, printed: str) -> str:
    return f'<xref ref-type="bibr" rid="{rid}">{printed}</xref>'


@pytest.mark.parametrize(
    ("printed", "text", "cites"),
    [
        (cited("a", "1"), "1", (1,)),
        (f"<sup>{cited('a', '1')},{cited('b', '2')}</sup>", "[1,2]", (1, 2)),
        (cited("a", "<sup>1</sup>") + cited("c", "<sup>3</sup>"), "[1,3]", (1, 3)),
        (f"[{cited('a', '1')}]–[{cited('c', '3')}]", "[1–3]", (1, 2, 3)),
        (f"[{cited('a', '1')}, {cited('c', '3')}]", "[1, 3]", (1, 3)),
        (cited("a b", "(Weaver, 2019; Spinner, 2020)"), "(Weaver, 2019; Spinner, 2020)", (1, 2)),
        (f"[{cited('unknown', '9')}]", "[9]", (9,)),
        (f"[{cited('b', '')}]", "[2]", (2,)),
    ],
)
def test_every_way_to_print_a_citation(printed: str, text: str, cites: tuple[int, ...]) -> None:
    references = "".join(f'<ref id="{name}"/>' for name in "abc")
    (found,) = sentences(f"<p>Wool held {printed}.</p>", references)
    assert (found.text, found.cites) == (f"Wool held {text}.", cites)


def test_numbers_that_are_given_twice_are_those_of_the_order() -> None:
    references = '<ref id="a"><label>1</label></ref><ref id="b"><label>1</label></ref>'
    (found,) = sentences('<p>Wool [<xref ref-type="bibr" rid="b">2</xref>].</p>', references)
    assert found.cites == (2,)


def test_lists_within_a_paragraph_are_parts_of_their_own() -> None:
    found = sentences(
        "<p>Two things <list><list-item><p>wool</p></list-item><list-item><p>felt</p></list-item></list> and more.</p>"
    )
    assert [sentence.text for sentence in found] == ["Two things", "wool", "felt", "and more."]


def test_an_article_within_a_set_and_in_a_namespace_is_read() -> None:
    body = b'<pmc-articleset><article xmlns="urn:x"><body><p>Wool held.</p></body></article></pmc-articleset>'
    assert [sentence.text for sentence in read_sentences(body, "set.xml")] == ["Wool held."]


ENTITY = '<!DOCTYPE article [<!ENTITY x "boo">]><article><body><p>&x;</p></body></article>'
LAUGHS = (
    '<!DOCTYPE article [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    "<article><body><p>&c;</p></body></article>"
)
OUTSIDE = '<!DOCTYPE article [<!ENTITY x SYSTEM "file:///etc/passwd">]><article><body><p>&x;</p></body></article>'
DECLARED = "<!DOCTYPE article [<!ELEMENT article ANY>]><article><body><p>Wool.</p></body></article>"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (ENTITY, "declares entities"),
        (LAUGHS, "declares entities"),
        (OUTSIDE, "declares entities"),
        (DECLARED, "declares entities"),
        ("<!DOCTYPE html><html><body><p>Under maintenance</p></body></html>", "the outermost element is <html>"),
        ("", "not whole XML"),
        ("<article><body><p>Wool", "not whole XML"),
        ("<article>" + "<sec>" * 400 + "</sec>" * 400 + "</article>", "not whole XML"),
        ("<article><front/></article>", "without a body"),
        ("<article><body><sec><title>1. Wool</title></sec></body></article>", "without a sentence"),
    ],
)
def test_what_is_no_article_is_refused_in_one_line(document: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_sentences(document.encode(), "bad.xml")
    assert str(caught.value).startswith("bad.xml: ")
    assert "\n" not in str(caught.value)


def test_a_dtd_is_not_loaded(tmp_path: Path) -> None:
    dtd = tmp_path / "own.dtd"
    dtd.write_text('<!ENTITY own "from the file">', encoding="utf-8")
    document = f'<!DOCTYPE article SYSTEM "{dtd}"><article><body><p>Wool &own;held.</p></body></article>'
    assert [sentence.text for sentence in read_sentences(document.encode(), "x.xml")] == ["Wool held."]


def test_a_huge_document_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(article, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="larger than"):
        read_sentences(b"<article>" + b" " * 100, "huge.xml")


@given(st.integers(0, 10_000), st.binary(max_size=6), st.integers(0, 400))
def test_a_damaged_document_is_read_or_refused(place: int, damage: bytes, n_cut: int) -> None:
    document = LOOM.read_bytes()
    start = place % len(document)
    try:
        found = read_sentences(document[:start] + damage + document[start + n_cut :], "damaged.xml")
    except InputError as error:
        assert str(error).startswith("damaged.xml: ")
    else:
        assert all(sentence.text for sentence in found)
