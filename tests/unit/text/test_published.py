"""Places are resolved to one sentence each, or named; what is shown of a statement."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from livingreview.config import Place, Review, Statement
from livingreview.records.review_text import Sentence
from livingreview.sources.jats.article import read_sentences
from livingreview.text.published import PublishedText, published_text, shown
from livingreview.text.signature import signature

LOOM = (Path(__file__).parents[2] / "fixtures" / "jats" / "loom.xml").read_text(encoding="utf-8")
MOUSE = (
    "In the mouse, LC-EVs lowered IFN- γ and TGF- β 1, and raised the num-\nber of threads to 10^{9} per mL of"
    " CO_{2}-rich felt [5–7]."
)
"""The sentence as a PDF gives it."""
TRIALS = (
    "Only two trials of phase III, i.e. one on felt and one on lint, were completed by Weaver et al. and A. B. Spinner"
)
TWICE = "The weave of loom cells holds for a year in the hands of all."


def text_of(document: str = LOOM) -> PublishedText:
    return PublishedText(read_sentences(document.encode(), "loom.xml"))


def place(sentence: str, section: str = "2.1", cites: Sequence[int] = (5, 6, 7)) -> Place:
    return Place(section=section, cites=tuple(cites), signature=signature(sentence))


def statement(*places: Place) -> Statement:
    return Statement(id="S1", section="2 Ours", text="Our words", kind="finding", places=places)


def test_a_place_made_from_another_rendering_is_found() -> None:
    found = text_of().find(place(MOUSE))
    assert found.sentence is not None
    assert found.sentence.text.startswith("In the mouse, LC-EVs lowered IFN-γ")
    assert (found.problem, found.note) == ("", "")


def test_a_paragraph_that_was_moved_is_found_where_it_is_now() -> None:
    start, end = LOOM.index("<p>In the mouse"), LOOM.index("<p>A paragraph that")
    paragraph = LOOM[start:end]
    moved = (LOOM[:start] + LOOM[end:]).replace(
        "<title>3. Conclusions</title>", "<title>3. Conclusions</title>" + paragraph
    )
    found = text_of(moved).find(place(MOUSE))
    assert found.sentence is not None
    assert found.note == "stands in section 3 Conclusions, not in 2.1"


def test_a_sentence_with_a_word_changed_is_found_and_named() -> None:
    found = text_of(LOOM.replace("Only two trials", "Only three trials").replace("and by A. B.", "and A. B.")).find(
        place(TRIALS, "1", (3, 4))
    )
    assert found.sentence is not None
    assert found.note.startswith("reads differently there (0.")


def test_an_edited_sentence_is_named_and_not_guessed() -> None:
    edited = LOOM.replace(
        "In the mouse, LC-EVs lowered IFN-&#947; and TGF-&#946;1", "In three rats and one cat they did not lower"
    )
    found = text_of(edited).find(place(MOUSE))
    assert found.sentence is None
    assert found.problem.startswith("edited? the nearest sentence (section 2.1 Torn felt) has 0.")


def test_a_sentence_that_is_gone_is_named() -> None:
    found = text_of().find(place("Nobody ever wrote this sentence about knots", section="9"))
    assert found.sentence is None
    assert found.problem == "no sentence of the text is like it; the text has no section 9"


def test_of_two_equal_sentences_the_section_tells_or_both_are_named() -> None:
    assert text_of().find(place(TWICE, "3", ())).sentence.number == 20
    found = text_of().find(place(TWICE, "1", ()))
    assert found.sentence is None
    assert (
        found.problem == "2 sentences of the text are like it (2 Vesicles in vivo: What remains open and 3 Conclusions)"
    )


def test_citations_tell_equal_sentences_apart() -> None:
    cited = 'hands of all [<xref ref-type="bibr" rid="B4-aiw">4</xref>]. &#945;-Loomin'
    assert text_of(LOOM.replace("hands of all. &#945;-Loomin", cited)).find(place(TWICE, "1", (4,))).sentence.cites == (
        4,
    )


def test_a_sentence_less_like_it_does_not_win_by_where_it_stands() -> None:
    like = Sentence(number=1, section="1 A", text="One two three four five six seven eight nine ten eleven twelve")
    less = Sentence(number=2, section="2 B", text="One two three four five six seven eight nine ten eleven knots")
    found = PublishedText([like, less]).find(place(like.text, "2", ()))
    assert found.sentence is None
    assert found.problem == "2 sentences of the text are like it (1 A and 2 B)"


def test_other_citations_are_named() -> None:
    assert text_of().find(place(MOUSE, cites=[5])).note == "cites 5, 6, 7 there, not 5"


def test_the_authors_sentence_is_shown_with_its_section() -> None:
    says = shown(statement(place("They are called “weavers of the second day” by some.", "1", ())), text_of())
    assert says.is_own
    assert says.section == "1 Introduction"
    assert says.text == "They are called “weavers of the second day” by some."
    assert says.words == "“They are called ‘weavers of the second day’ by some.”"


def test_straight_quotation_marks_become_single_in_pairs() -> None:
    sentence = Sentence(number=1, section="1", text='They call it "a weave" and "felt" of five feet.')
    says = shown(statement(place(sentence.text, "1", ())), PublishedText([sentence]))
    assert says.words == "“They call it ‘a weave’ and ‘felt’ of five feet.”"


def test_several_places_are_shown_together_or_not_at_all() -> None:
    first, second = (
        place("loomPSCs give cells without end*.", "1", ()),
        place("They are called weavers of the second day by some", "1", ()),
    )
    both = shown(statement(first, second), text_of())
    assert both.text == "loomPSCs give cells without end. They are called “weavers of the second day” by some."
    apart = shown(statement(first, place(MOUSE)), text_of())
    assert " without end. […] In the mouse" in apart.text
    assert apart.section == "1 Introduction and 2.1 Torn felt"
    gone = shown(statement(first, place("Nobody ever wrote this sentence about knots")), text_of())
    assert (gone.is_own, gone.words, gone.section) == (False, "Our words (paraphrase)", "2 Ours")


@pytest.mark.parametrize("published", [None, PublishedText()])
def test_without_a_text_our_words_are_shown(published: PublishedText | None) -> None:
    says = shown(statement(place(MOUSE)), published)
    assert (says.text, says.is_own, says.words) == ("Our words", False, "Our words (paraphrase)")


@pytest.mark.parametrize(
    ("licence", "is_own"), [("cc-by", True), ("cc0", True), ("own", True), ("", False), ("cc-by-nc", False)]
)
def test_the_licence_decides(licence: str, is_own: bool) -> None:
    review = Review.model_construct(licence=licence)
    sentences = read_sentences(LOOM.encode(), "loom.xml")
    assert shown(statement(place(MOUSE)), published_text(review, sentences)).is_own is is_own
