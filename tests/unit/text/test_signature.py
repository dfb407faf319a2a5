"""A sentence has one signature in every rendering."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.text.signature import MAX_HASHES, signature, similarity, trigram_hashes, words_of

SENTENCE = (
    "Vesicles of loom-cells lowered IFN-γ and TGF-β1 in “torn” felt, and tech-nology raised the batch-to-batch weave"
    " to 10⁹ per mL of CO₂ [5,6]."
)
RENDERINGS = {
    "spaces round Greek letters": SENTENCE.replace("IFN-γ", "IFN- γ ").replace("TGF-β1", "TGF - β 1"),
    "no hyphen before Greek letters": SENTENCE.replace("IFN-γ", "IFNγ"),
    "Greek letters spelt": SENTENCE.replace("IFN-γ", "IFN-gamma").replace("TGF-β1", "TGF-β1"),
    "mathematical Greek": SENTENCE.replace("γ", "𝛾").replace("β", "𝜷"),
    "ends of lines": SENTENCE.replace("loom-cells", "loom-\ncells").replace("tech-nology", "tech-\n  nology"),
    "soft hyphens": SENTENCE.replace("lowered", "low\u00adered").replace("tech-nology", "tech\u00ad\nnology"),
    "other dashes": SENTENCE.replace("-", "‑"),
    "no citation": SENTENCE.replace(" [5,6]", ""),
    "raised citation": SENTENCE.replace(" [5,6].", ".⁵,⁶"),
    "range of citations": SENTENCE.replace("[5,6]", "[5–8, 12]"),
    "Markdown": SENTENCE.replace("torn", "**torn**").replace("10⁹", "10^{9}").replace("CO₂", "CO_{2}"),
    "marked Greek letters": SENTENCE.replace("γ", "*γ* ").replace("β", "<i>β</i> "),
    "HTML": SENTENCE.replace("torn", "<i>torn</i>").replace("10⁹", "10<sup>9</sup>").replace("and", "&#97;nd"),
    "straight quotes": SENTENCE.replace("“", '"').replace("”", '"'),
    "capitals and white space": "  ".join(SENTENCE.upper().replace("Γ", "γ").replace("Β", "β").split()),
    "punctuation lost": SENTENCE.replace(",", "").replace(".", ""),
}


@pytest.mark.parametrize("rendering", RENDERINGS.values(), ids=RENDERINGS)
def test_a_rendering_changes_nothing(rendering: str) -> None:
    assert words_of(rendering) == words_of(SENTENCE)
    assert signature(rendering) == signature(SENTENCE)


def test_a_signature_is_short_and_holds_no_word() -> None:
    made = signature(SENTENCE * 3).split()
    assert len(made) == MAX_HASHES
    assert made == sorted(made)
    assert all(len(one) == 8 and int(one, 16) >= 0 for one in made)


def test_the_signature_is_what_it_was() -> None:
    """Those of a review's statements.toml were made long ago."""
    assert signature("Loom cells weave in the dark of the night") == (
        "023747c0 0e5bcb6f 0f89c3af 14ab54e3 3010fa87 5b39e1bf 5bb4f6a3"
    )


@pytest.mark.parametrize("sentence", ["", "[1,2]", "Loom cells weave felt."])
def test_a_sentence_of_a_few_words_has_none(sentence: str) -> None:
    with pytest.raises(ValueError, match="cannot be told"):
        signature(sentence)


WORDS = st.lists(st.from_regex(r"\A[a-z]{2,9}(-[a-z]{2,5})?\Z"), min_size=8, max_size=60)


@st.composite
def rendered(draw: st.DrawFn) -> tuple[str, str]:
    """A sentence, and the same in another rendering."""
    words = draw(WORDS)
    greek = draw(st.lists(st.sampled_from("αβγδκ"), max_size=len(words) // 4))
    for letter in greek:
        place = draw(st.integers(0, len(words) - 1))
        words[place] += f"-{letter}"
    sentence = " ".join(words) + "."
    other = []
    for word in words:
        if draw(st.booleans()):
            word = word.replace("-", draw(st.sampled_from(["-\n", "‑", "–", " - ", "- "])))
        if draw(st.booleans()):
            # A mark beside a Greek letter parts what white space there does not.
            marks = ["{},", "({})"] if word.isascii() and not greek else []
            word = draw(st.sampled_from(["<i>{}</i>", "*{}*", "“{}”", "{} [3,4–6]", "{}⁷", *marks])).format(word)
        other.append(word)
    separator = draw(st.sampled_from([" ", "\n", "  ", "\u00a0"]))
    return sentence, separator.join(other) + draw(st.sampled_from([".", "", " [9]."]))


@given(rendered())
def test_a_sentence_is_found_under_any_rendering(pair: tuple[str, str]) -> None:
    sentence, other = pair
    assert similarity(signature(sentence), trigram_hashes(other)) == 1


@given(st.text(max_size=200))
def test_any_text_has_words(text: str) -> None:
    assert words_of(" ".join(words_of(text))) == words_of(text) or not text.isascii()
    assert all(len(one) == 8 for one in trigram_hashes(text))
