"""Words of rules: plain ones, regular expressions, concepts, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.config.words import concept_of, pattern_of


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("pain", "Less PAIN in rats"),
        ("pain", "pains"),
        ("batch to batch variation", "a batch-to-batch variation"),
        ("batch-to-batch variation", "batch to batch variations"),
        ("variab*", "much variability"),
        ("immun* reaction", "an immunological reaction"),
        ("CD4+ cells", "of CD4+ cells"),
        (r"/\bclon(?:e|al)\b/", "a CLONAL line"),
        ("/a b/", "a b"),
    ],
)
def test_what_words_match(entry: str, text: str) -> None:
    assert pattern_of(entry).search(text)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("pain", "painting"),
        ("pain", "spain"),
        ("variab*", "invariable"),
        ("batch variation", "batch and variation"),
        ("immun reaction", "an immunological reaction"),
        ("/a b/", "a-b"),
    ],
)
def test_what_words_do_not_match(entry: str, text: str) -> None:
    assert not pattern_of(entry).search(text)


@pytest.mark.parametrize("entry", [r"\bpain\b", "pain|ache", "^pain", "pain$", "(pain)", "[pP]ain", "pain.*", "pain?"])
def test_a_regular_expression_goes_between_slashes(entry: str) -> None:
    with pytest.raises(ValueError, match="write it between slashes"):
        pattern_of(entry)
    assert "\n" not in str(_error(entry))


def _error(entry: str) -> ValueError:
    try:
        pattern_of(entry)
    except ValueError as error:
        return error
    raise AssertionError(entry)


@pytest.mark.parametrize(
    ("entry", "words"),
    [("", "no word"), ("  ", "no word"), ("*", "between slashes"), ("//", "matches any text"), ("/x*/", "matches any")],
)
def test_what_would_match_anything_is_refused(entry: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        pattern_of(entry)


def test_a_pattern_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        pattern_of("/(/")


def test_a_concept_has_a_name_and_no_pattern() -> None:
    assert concept_of("@ev") == "ev"
    assert concept_of("ev") == ""
    assert not pattern_of("@ev").search("ev @ev")


@given(st.from_regex(r"[A-Za-z]{1,12}(?:[ -][A-Za-z]{1,12}){0,3}", fullmatch=True))
def test_plain_words_match_themselves_in_any_case_and_with_blanks_or_hyphens(entry: str) -> None:
    for text in (entry, entry.upper(), entry.replace(" ", "-"), entry.replace("-", " "), f"the {entry}s."):
        assert pattern_of(entry).search(text)
    assert not pattern_of(entry).search(f"x{entry}")
