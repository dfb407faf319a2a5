"""A whole answer that belongs to another request: what was not asked for is not stored, and is named."""

from collections.abc import Iterator
from datetime import date

import pytest

from support import spoils
from support.lab import Lab
from support.server import Handler, Spoil
from support.services import Answer
from support.tiny_review import CITED_PMID, CITED_TITLE, OTHER_NCT, PRINTED_NCT
from support.world import Article, article_set, study

FIRST, SECOND = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z"


@pytest.fixture
def filled(lab: Lab) -> Iterator[Lab]:
    lab.server.world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, edat=date(2020, 5, 1)),
        *(Article(pmid=str(31_000_000 + n), title=f"Vesicles of loom cells {n}") for n in range(7)),
    )
    lab.server.world.register(
        study(PRINTED_NCT, "Something else", updated="2021-01-20"),
        study(OTHER_NCT, "Something else", updated="2021-01-20", status="COMPLETED"),
        *(study(f"NCT9000010{n}", f"Vesicles of loom cells {n}") for n in range(4)),
    )
    yield lab


def stored(lab: Lab) -> set[str]:
    opened = lab.open()
    try:
        return {one.record.source_id for one in opened.records()}
    finally:
        opened.close()


def issues(lab: Lab, run: str = "20220601T050000Z") -> dict[str, str]:
    opened = lab.open()
    try:
        return {issue.source_id: issue.reason for issue in opened.issues(opened.run(run))}
    finally:
        opened.close()


ALL = {CITED_PMID, PRINTED_NCT, OTHER_NCT}
ALL |= {str(31_000_000 + n) for n in range(7)} | {f"NCT9000010{n}" for n in range(4)}


def test_articles_that_were_not_asked_for_are_named_and_not_stored(filled: Lab) -> None:
    filled.server.spoil(spoils.of_another_request, "/efetch", first=2)
    assert filled("run", now=FIRST).code == 0
    assert stored(filled) == ALL
    assert "came without being asked for" in issues(filled)["39999990"]
    assert "39999991" in (filled.root / "out" / "20220601T050000Z" / "report.md").read_text(encoding="utf-8")
    filled.server.forget()
    assert filled("run", "--replay", "20220601T050000Z").code == 0
    assert not filled.server.seen


def test_a_page_of_studies_outside_the_window_is_asked_for_again(filled: Lab) -> None:
    filled.server.spoil(spoils.of_another_request, "/api/v2/studies", first=2)
    assert filled("run", now=FIRST).code == 0
    assert stored(filled) == ALL


def test_studies_that_were_not_asked_for_by_number_are_named_and_not_stored(filled: Lab) -> None:
    # Two pages of the search come first.
    filled.server.spoil(spoils.of_another_request, "/api/v2/studies", first=3, times=None)
    assert filled("run", now=FIRST).code == 0
    assert stored(filled) == ALL - {PRINTED_NCT, OTHER_NCT}
    named = issues(filled)
    assert "came without being asked for" in named["NCT99999999"]
    assert "answered with NCT99999999, which does not bear it" in named[PRINTED_NCT]
    filled.server.mend()
    filled("run", now=SECOND)
    assert stored(filled) == ALL


def only(*articles: Article) -> Spoil:
    def spoil(handler: Handler, answer: Answer) -> None:
        handler.send_answer(Answer(article_set(*articles), answer.media_type))

    return spoil


def test_one_article_in_the_place_of_several_is_the_successor_of_none(filled: Lab) -> None:
    filled.server.spoil(only(Article(pmid="39999990", title="Of something else")), "/efetch", times=None)
    assert filled("run", now=FIRST).code == 0
    assert not stored(filled) & ({"39999990"} | {str(31_000_000 + n) for n in range(7)})
    assert "came without being asked for" in issues(filled)["39999990"]
    filled.server.mend()
    filled("run", now=SECOND)
    assert stored(filled) - {"39999990"} == ALL


def test_one_strange_answer_makes_no_successor(filled: Lab) -> None:
    """The cited article, asked for alone, is answered with another one; asked for once more, with itself."""
    other = only(Article(pmid="39999990", title="Of something else"))
    filled.server.spoil(other, "/efetch", times=2, where=lambda seen: seen.parameters["id"] == CITED_PMID)
    assert filled("run", now=FIRST).code == 0
    assert stored(filled) == ALL
