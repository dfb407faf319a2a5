"""The rule that every statement with references has, and how it is switched off."""

from pathlib import Path
from typing import Any

import pytest

from livingreview.config import Statement, load_project
from livingreview.errors import ConfigError
from support import tiny_review

WRITTEN_OUT = {
    "effect": "challenges",
    "why": "a cited reference was retracted, doubted or withdrawn",
    "cited": "refs",
    "changes": ["baseline_reference_retracted", "baseline_reference_concern_expressed", "baseline_reference_withdrawn"],
}
OTHER = {"effect": "extends", "why": "more of the same", "scopes": ["loom_ev"]}


def statement(*rules: dict[str, Any], **given: Any) -> Statement:
    return Statement(**{"id": "S1", "section": "1", "text": "A sentence", "kind": "count"} | given, rules=rules)


def test_a_statement_that_cites_references_watches_them() -> None:
    assert [rule.why for rule in statement(OTHER, refs=(3,)).rules] == [OTHER["why"], WRITTEN_OUT["why"]]
    bare = Statement(id="S1", section="1", text="A sentence", kind="count", refs=(3,))
    assert [rule.asked()["changes"] for rule in bare.rules] == [WRITTEN_OUT["changes"]]


def test_a_statement_switches_it_off_and_one_without_references_has_none() -> None:
    assert [rule.why for rule in statement(OTHER, refs=(3,), watch_references=False).rules] == [OTHER["why"]]
    assert statement(watch_references=False, refs=(3,)).rules == ()
    assert [rule.why for rule in statement(OTHER).rules] == [OTHER["why"]]


def test_written_out_it_is_the_same_rule() -> None:
    """Another hash would be another rule: its evidence would be found, and its proposals made, a second time."""
    assert statement(OTHER, refs=(3,)).rule_hashes == statement(OTHER, WRITTEN_OUT, refs=(3,)).rule_hashes


def test_a_statement_that_asks_it_in_words_of_its_own_is_not_asked_twice() -> None:
    own = WRITTEN_OUT | {"why": "it rests on a paper that fell"}
    assert [rule.why for rule in statement(own, OTHER, refs=(3,)).rules] == [own["why"], OTHER["why"]]
    narrower = own | {"changes": ["baseline_reference_retracted"]}
    assert len(statement(narrower, refs=(3,)).rules) == 2


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            'effect = "challenges"\nwhy = "w"\nfinding = "no_benefit"',
            "statements.toml: statement S01, rule 1: finding = 'no_benefit' has no object; name in about",
        ),
        (
            'effect = "extends"\nwhy = "w"\nis_unlike_print = true',
            "statements.toml: statement S01, rule 1, is_unlike_print: unknown key; remove it",
        ),
        (
            'effect = "extends"\nwhy = "w"\ntext = [\'a|b\']',
            "statement S01, rule 1, text.0: 'a|b' is plain words but has '|'; write it between slashes",
        ),
        (
            'effect = "extends"\nwhy = "w"\ntext = ["@nothing"]',
            "statement S01, rule 1 names an unknown concept: @nothing",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_in_one_line(tmp_path: Path, lines: str, words: str) -> None:
    path = tiny_review.write(tmp_path) / "config" / "reviews" / tiny_review.SLUG / "statements.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[[statements.rules]]\n{lines}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_project(tmp_path / "config")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rules_ask_for_findings_on_what_their_statement_is_about() -> None:
    finding = {"effect": "confirms", "why": "a benefit", "finding": "benefit"}
    made = statement(finding, {**finding, "about": ["fever"]}, about=["pain"], about_more=["survival"])
    assert [(rule.about, rule.about_more) for rule in made.rules] == [(("pain",), ("survival",)), (("fever",), ())]
    assert made.rule_hashes[0] == statement({**finding, "about": ["pain"], "about_more": ["survival"]}).rule_hashes[0]
