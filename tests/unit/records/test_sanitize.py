"""Words of strangers on a terminal, in a log of CI, in JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingreview.records import sanitize
from support.lines import is_fit, is_obeyed

MARKS = (
    "\x00",
    "\x07",
    "\x1b[31m",
    "\x9b2J",
    "\r",
    "\n",
    "\x85",
    "\u2028",
    "\u202e",
    "\u2066",
    "\u206a",
    "\u200b",
    "\u061c",
)
MARKS += (
    "\udcff",
    "\ufeff",
    "\ufff9",
    "\U000e0041",
    "::error title=x::",
    "##[error]",
    "##vso[task.complete]",
    " ",
    "é",
    "ש",
)
hostile = st.lists(st.sampled_from(MARKS) | st.text(max_size=3), max_size=8).map("".join)


@given(hostile)
def test_no_words_of_strangers_command_a_terminal_or_a_workflow(text: str) -> None:
    shown = sanitize.shown(text)
    assert is_fit(shown) and not is_obeyed(shown)
    assert len(shown.splitlines()) <= 1
    assert sanitize.shown(shown) == shown


@given(hostile)
def test_every_function_leaves_text_that_is_fit(text: str) -> None:
    assert is_fit(sanitize.one_line(text)) and is_fit(sanitize.clean(text)) and is_fit(sanitize.clip(text, 10))


@given(
    st.recursive(
        hostile | st.integers() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(hostile, inner)
    )
)
def test_json_says_the_same_and_shows_nothing_raw(value: object) -> None:
    for indent in (None, 1):
        text = sanitize.shown_json(json.dumps(value, ensure_ascii=False, indent=indent))
        assert json.loads(text) == value
        assert all(is_fit(line) and not is_obeyed(line) for line in text.split("\n"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a plain line", "a plain line"),
        ("  indented,  with  gaps", "  indented,  with  gaps"),
        ("a\n::error title=x::injected\x1b[31m", "a ::error title=x::injected [31m"),
        ("::error::x", ": :error::x"),
        (" \t::error::x", "  : :error::x"),
        (":::x", ": ::x"),
        ("x ##[group]y", "x ## [group]y"),
        ("doi 10.1002/x<1::aid>", "doi 10.1002/x<1::aid>"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert sanitize.shown(text) == shown
