"""Paragraphs -> sentences."""

import pytest

from livingreview.records.sentences import BREAK, split

CASES = [
    ("One weave held. Two did not.", ["One weave held.", "Two did not."]),
    ("It held, e.g. in felt, i.e. in wool. Then it broke.", ["It held, e.g. in felt, i.e. in wool.", "Then it broke."]),
    ("Weaver et al. [12] saw it. Others did not [3,4].", ["Weaver et al. [12] saw it.", "Others did not [3,4]."]),
    ("Felt vs. Lint was compared (Fig. 2). It won.", ["Felt vs. Lint was compared (Fig. 2).", "It won."]),
    ("A trial (no. NCT90000001) began. It ended.", ["A trial (no. NCT90000001) began.", "It ended."]),
    ("The answer was no. Then it was yes.", ["The answer was no.", "Then it was yes."]),
    ("By A. B. Spinner and C. Weaver. They wove.", ["By A. B. Spinner and C. Weaver.", "They wove."]),
    ("They lacked vitamin C. Patients did not.", ["They lacked vitamin C.", "Patients did not."]),
    (
        "P was 0.05. iPSCs grew. miR-21 fell. β-Loomin rose.",
        ["P was 0.05.", "iPSCs grew.", "miR-21 fell.", "β-Loomin rose."],
    ),
    ("It was in E. coli. p53 fell.", ["It was in E. coli.", "p53 fell."]),
    ("It held.[5,6] It broke. [7] It ended.", ["It held.[5,6]", "It broke. [7]", "It ended."]),
    ("It is “a weave.” It is not.", ["It is “a weave.”", "It is not."]),
    ("Is it? Yes! It is.", ["Is it?", "Yes!", "It is."]),
    ("Dyes, wool, etc. were used. Dyes etc. They were.", ["Dyes, wool, etc. were used.", "Dyes etc.", "They were."]),
    (
        "Felt (Loom Inc. Utopia; p < 0.05. See there) held. Wool.",
        ["Felt (Loom Inc. Utopia; p < 0.05. See there) held.", "Wool."],
    ),
    ("A bracket (that is open. It stays open.", ["A bracket (that is open.", "It stays open."]),
    (f"Three things:{BREAK}wool{BREAK}felt. Lint", ["Three things:", "wool", "felt.", "Lint"]),
    ("About approx. 5 of ca. 10 cells. 3D felt.", ["About approx. 5 of ca. 10 cells.", "3D felt."]),
    ("  ...  ", []),
]


@pytest.mark.parametrize(("paragraph", "sentences"), CASES, ids=[case[0][:30] for case in CASES])
def test_sentences(paragraph: str, sentences: list[str]) -> None:
    assert list(split(paragraph)) == sentences
