"""The review's own text through the command line: fetched, read from a file, resolved, shown, kept out of snapshots."""

import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from livingreview.text.signature import signature
from support import server as faults
from support import tiny_review
from support.lab import Lab
from support.server import Spoil

FIRST, SECOND, THIRD = "2022-06-01T05:00:00Z", "2022-06-08T05:00:00Z", "2022-06-15T05:00:00Z"
LOOM = Path(__file__).parents[1] / "fixtures" / "jats" / "loom.xml"
PMCID = "PMC90000001"
OURS = "Vesicles of loom cells have been given to mice only"
MOUSE = "In the mouse, LC-EVs lowered IFN-γ and TGF-β1, and raised the number of threads to 10⁹ per mL of CO₂-rich felt"
PRINTED = f"“{MOUSE} [5–7].”"
RULES = """
[[statements.rules]]
effect = "outdates"
why = "a report on people"
scopes = ["loom_ev"]
text = ['/\\bpeople\\b/']
"""


@pytest.fixture
def placed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The tiny review with a PMC number, a licence and a place; Europe PMC is asked, and has its text."""
    monkeypatch.setenv("LIVINGREVIEW_SOURCES__EUROPEPMC__IS_ENABLED", "true")
    edit(lab, "review.toml", lambda text: f'pmcid = "{PMCID}"\nlicence = "cc-by"\n{text}')
    place = f'places = [{{ section = "2.1", cites = [5, 6, 7], signature = "{signature(MOUSE)}" }}]\n'
    edit(lab, "statements.toml", lambda text: text + place + RULES)
    lab.server.world.full_texts[PMCID] = LOOM.read_bytes()
    return lab


def edit(lab: Lab, name: str, change: Callable[[str], str]) -> None:
    path = lab.config / "reviews" / tiny_review.SLUG / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def said(lab: Lab) -> str:
    """How the statement is shown."""
    return lab("statements", "show", "S01").lines[0]


def asked(lab: Lab) -> int:
    return len(lab.server.asked("/fullTextXML"))


def read(lab: Lab, now: str = FIRST) -> None:
    """Reads a paper that outdates the statement."""
    path = lab.root / "papers.csv"
    paper = f"Vesicles of loom cells in people with torn skin: {now},10.5555/new.{now[8:10]},2022\n"
    path.write_text(f"title,doi,year\n{paper}", encoding="utf-8")
    assert lab("run", "--from", path, now=now).code == 0


# Fetched


def test_the_text_is_fetched_and_the_sentence_is_shown_with_its_section(placed: Lab) -> None:
    assert said(placed) == f"S01 (1): {OURS} (paraphrase)"
    ended = placed("baseline", "text")
    assert ended.code == 0
    assert ended.lines == ["21 sentences kept; 1 of 1 places of statements resolved"]
    lines = placed("statements", "show", "S01").lines
    assert lines[:2] == [f"S01 (2.1 Torn felt): {PRINTED}", f"In our words: {OURS}"]
    (one,) = map(json.loads, placed("statements", "list", "--json").lines)
    assert (one["text"], one["sentence"], one["is_paraphrase"]) == (OURS, f"{MOUSE} [5–7].", False)
    assert PRINTED.split()[0] in placed("statements", "list").out


def test_a_file_is_read_in_its_place(placed: Lab) -> None:
    ended = placed("baseline", "text", "--from", LOOM, "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {
        "sentences": 21,
        "resolved": 1,
        "places": [
            {"statement_id": "S01", "place": 1, "section": "2.1", "is_resolved": True, "problem": "", "note": ""}
        ],
    }
    assert asked(placed) == 0
    assert PRINTED in said(placed)


def test_the_document_is_archived(placed: Lab) -> None:
    assert placed("baseline", "text").code == 0
    repository = placed.open()
    try:
        (run,) = repository.runs()
        (key,) = {one.key for one in repository.received(run)}
        assert repository.review_text_key() == key
        with repository.archive.open(key) as document:
            assert document.read() == LOOM.read_bytes()
    finally:
        repository.close()


FAULTS = {
    "404": (faults.status(404), "answered 404"),
    "500": (faults.status(500), "answered 500"),
    "HTML": (faults.html_in_200, "the outermost element is <html>"),
    "nothing": (faults.empty_body, "not whole XML"),
    "cut short": (faults.cut_short, "not whole XML"),
    "reset": (faults.reset, "cannot be reached"),
}


@pytest.mark.parametrize(("spoil", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_the_service_is_one_line_and_keeps_what_was_there(placed: Lab, spoil: Spoil, words: str) -> None:
    assert placed("baseline", "text", "--from", LOOM).code == 0
    placed.server.spoil(spoil, "/fullTextXML", times=None)
    ended = placed("baseline", "text")
    assert ended.code == 4
    (line,) = ended.lines
    assert line.startswith("The text was not fetched: europepmc")
    assert words in line
    assert PRINTED in said(placed)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (
            '<!DOCTYPE article [<!ENTITY x SYSTEM "file:///etc/passwd">]><article><body><p>&x;</p></body></article>',
            "declares",
        ),
        ("<html/>", "<html>"),
        ("Wool", "not whole XML"),
    ],
)
def test_a_file_that_is_no_article_is_one_line_and_nothing_is_kept(placed: Lab, document: str, words: str) -> None:
    path = placed.root / "bad.xml"
    path.write_text(document, encoding="utf-8")
    ended = placed("baseline", "text", "--from", path)
    assert ended.code == 2
    assert words in ended.err and len(ended.err.splitlines()) == 1
    assert placed("baseline", "text", "--from", placed.root / "none.xml").code == 2
    assert "(paraphrase)" in said(placed)


@pytest.mark.parametrize(("licence", "words"), [("", "no licence is given"), ("cc-by-nc", "licence is cc-by-nc")])
def test_a_licence_that_does_not_allow_it_is_one_line_and_ours_is_shown(placed: Lab, licence: str, words: str) -> None:
    assert placed("baseline", "text").code == 0
    edit(placed, "review.toml", lambda text: text.replace('"cc-by"', f'"{licence}"'))
    placed.server.forget()
    ended = placed("baseline", "text")
    assert (ended.code, asked(placed)) == (2, 0)
    assert f"review.toml: {words}; only cc-by, cc0 or own allow sentences to be shown" in ended.err
    assert said(placed) == f"S01 (1): {OURS} (paraphrase)"
    assert words in placed("baseline", "check").out


def test_without_a_pmc_number_a_file_is_asked_for(placed: Lab) -> None:
    edit(placed, "review.toml", lambda text: text.replace(f'pmcid = "{PMCID}"', ""))
    ended = placed("baseline", "text")
    assert ended.code == 2
    assert "no pmcid" in ended.err


# In runs


def test_a_run_fetches_the_text_once(placed: Lab) -> None:
    assert placed("run", now=FIRST).code == 0
    assert placed("run", now=SECOND).code == 0
    assert asked(placed) == 1
    assert PRINTED in said(placed)


@pytest.mark.parametrize("missing", ["pmcid", "licence", "places"])
def test_a_run_fetches_nothing_that_cannot_be_shown(placed: Lab, missing: str) -> None:
    def without(text: str) -> str:
        return "\n".join(line for line in text.splitlines() if not line.startswith(missing)) + "\n"

    edit(placed, "statements.toml" if missing == "places" else "review.toml", without)
    assert placed("run", now=FIRST).code == 0
    assert asked(placed) == 0


@pytest.mark.parametrize("spoil", [spoil for spoil, _ in FAULTS.values()], ids=FAULTS)
def test_a_text_that_does_not_come_is_no_failure_of_a_source(placed: Lab, spoil: Spoil) -> None:
    placed.server.spoil(spoil, "/fullTextXML", times=None)
    ended = placed("run", now=FIRST)
    assert ended.code == 0
    assert "europepmc / text of the review: not fetched" in ended.err
    status = json.loads(placed("status", "--json").out)
    assert not any("FAILED" in str(line) for line in ended.lines)
    assert status["sources"]["europepmc"]["last_run"]["status"] == "done"
    placed.server.mend()
    assert placed("run", now=SECOND).code == 0
    assert PRINTED in said(placed)
    placed.server.forget()
    for moment in ("20220601T050000Z", "20220608T050000Z"):
        assert placed("run", "--replay", moment, now=THIRD).lines[-1] == f"{moment}: identical"
    assert placed.server.seen == []


def test_runs_are_made_again_with_the_text_that_they_knew(placed: Lab) -> None:
    read(placed, FIRST)
    assert placed("baseline", "text", "--from", LOOM, now="2022-06-02T05:00:00Z").code == 0
    assert placed("run", now=SECOND).code == 0
    for moment in ("20220601T050000Z", "20220608T050000Z"):
        ended = placed("run", "--replay", moment, now=THIRD)
        assert ended.lines[-1] == f"{moment}: identical", ended.out + ended.err


# Shown


def test_report_and_mail_show_the_authors_sentence_or_mark_ours(placed: Lab) -> None:
    read(placed)
    report = placed.root / "out" / "20220601T050000Z" / "report.md"
    assert f"{OURS} (paraphrase)" in report.read_text(encoding="utf-8")
    mail = re.sub(r"=\s*\n", "", placed("digest", "preview").out)
    assert f"{OURS} (paraphrase)" in mail
    assert placed("baseline", "text", now=SECOND).code == 0
    before = report.read_bytes()
    assert placed("report", "--run", "20220601T050000Z", now=SECOND).code == 0
    assert report.read_bytes() == before
    read(placed, THIRD)
    report = placed.root / "out" / "20220615T050000Z" / "report.md"
    page = report.read_text(encoding="utf-8").replace("\\", "")
    assert PRINTED in page and "Section 2.1 Torn felt" in page and "(paraphrase)" not in page
    headline = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))["sections"]["headline"]
    (row,) = [one for group in headline["waiting"]["groups"] for one in group["proposals"]]
    assert (row["text"], row["sentence"], row["is_paraphrase"]) == (OURS, f"{MOUSE} [5–7].", False)
    sent = placed("digest", "send", now=THIRD)
    assert sent.code == 0, sent.err
    (path,) = placed.root.rglob("*.eml")
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    text = " ".join(message.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert f"Out of date? (1) * {PRINTED} (section 2.1 Torn felt) [S01]" in text


def test_the_text_is_in_no_snapshot(placed: Lab, tmp_path: Path) -> None:
    assert placed("run", now=FIRST).code == 0
    with closing(sqlite3.connect(placed.root / "var" / "tiny.db")) as connection:
        assert connection.execute("SELECT count(*) FROM review_sentence").fetchone() == (21,)
    assert placed("snapshot", "export", tmp_path / "kept").code == 0
    kept = " ".join(path.read_text(encoding="utf-8") for path in (tmp_path / "kept").rglob("*") if path.is_file())
    assert "lowered IFN" not in kept and "weavers of the second day" not in kept


# Checked


def test_a_place_beyond_the_text_is_one_line(placed: Lab) -> None:
    assert "the published text is not kept: `livingreview baseline text`" in placed("baseline", "check").out
    assert placed("baseline", "text").code == 0
    assert json.loads(placed("baseline", "check", "--json").out)["places"] == []
    wrong = signature("Nobody ever wrote this sentence about knots")
    edit(placed, "statements.toml", lambda text: text.replace(signature(MOUSE), wrong).replace('"2.1"', '"9.9"'))
    ended = placed("baseline", "check", "--json")
    assert ended.code == 0
    (line,) = json.loads(ended.out)["places"]
    assert line == (
        "statements.toml: S01, place 1 (section 9.9): no sentence of the text is like it; the text has no section 9.9;"
        " compare the sentence, and make the place anew with `livingreview baseline place`"
    )
    assert placed("baseline", "text").lines == ["21 sentences kept; 0 of 1 places of statements resolved", line]
    assert said(placed) == f"S01 (1): {OURS} (paraphrase)"


def test_an_edited_sentence_is_named(placed: Lab) -> None:
    text = LOOM.read_text(encoding="utf-8")
    placed.server.world.full_texts[PMCID] = text.replace("In the mouse,", "In the rat,").encode()
    (_, line) = placed("baseline", "text").lines
    assert line.startswith("statements.toml: S01, place 1 (section 2.1): found, but it reads differently there (0.")
    edited = text.replace("In the mouse, LC-EVs lowered IFN-&#947; and TGF-&#946;1", "In three rats they did not lower")
    placed.server.world.full_texts[PMCID] = edited.encode()
    (_, line) = placed("baseline", "text").lines
    assert "edited? the nearest sentence (section 2.1 Torn felt) has 0." in line
    assert "(paraphrase)" in said(placed)


def test_citations_beyond_the_reference_list_are_named(placed: Lab) -> None:
    found = json.loads(placed("baseline", "check", "--json").out)["inconsistencies"]
    assert "statement S01, place 1: cites reference 7, which the review does not have" in found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('places = [{ section = "", cites = [], signature = "0a1b2c3d" }]', "section"),
        ('places = [{ section = "1", cites = [0], signature = "0a1b2c3d" }]', "cites"),
        ('places = [{ section = "1", cites = ["a"], signature = "0a1b2c3d" }]', "cites"),
        ('places = [{ section = "1", signature = "the words of the sentence" }]', "livingreview baseline place"),
        ('places = [{ section = "1", signature = "0a1b2c3d", text = "words" }]', "text"),
        ("places = [" + '{ section = "1", signature = "0a1b2c3d" }, ' * 4 + "]", "at most 3"),
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_one_line(lab: Lab, line: str, words: str) -> None:
    edit(lab, "statements.toml", lambda text: text + line + "\n")
    ended = lab("baseline", "check")
    assert ended.code == 2
    assert (
        "statements.toml: statement S01, places" in ended.err
        and words in ended.err
        and len(ended.err.splitlines()) == 1
    )


# Made


def test_a_place_is_made_of_a_sentence(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    made = f'places = [{{ section = "2.1", cites = [5, 6, 7], signature = "{signature(MOUSE)}" }}]'
    assert lab("baseline", "place", MOUSE, "--section", "2.1", "--cites", "5-7").lines == [made]
    assert lab("baseline", "place", MOUSE, "--from", LOOM).lines == [made]
    monkeypatch.setattr(
        "sys.stdin", io.StringIO(MOUSE.replace("IFN-γ", "IFN- γ ").replace(" and ", "\nand ") + " [5].\n")
    )
    assert lab("baseline", "place", "--section", "2.1", "--cites", "5, 6,7").lines == [made]
    edit(lab, "statements.toml", lambda text: text + made + "\n")
    assert lab("baseline", "check").code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Wool held.", "--section", "1"), "fewer than 5 words"),
        ((MOUSE,), "--section"),
        ((MOUSE, "--section", "1", "--cites", "five"), "--cites five: not a reference number"),
        ((MOUSE, "--section", "1", "--cites", "7-5"), "--cites 7-5"),
        (("Nobody ever wrote this about knots", "--from", LOOM), "no sentence of the text is like it; compare"),
        (("The weave of loom cells holds for a year in the hands of all", "--from", LOOM), "2 sentences of the text"),
        ((MOUSE, "--from", "none.xml"), "none.xml: cannot be read"),
    ],
)  # fmt: skip
def test_a_place_that_cannot_be_made_is_one_line(lab: Lab, arguments: tuple[str | Path, ...], words: str) -> None:
    ended = lab("baseline", "place", *arguments)
    assert ended.code == 2
    assert words in ended.err and len(ended.err.splitlines()) == 1


@pytest.mark.parametrize("line", ['pmcid = "9496279"', 'pmid = "PMC12"', 'pmid = "123456789"'])
def test_an_identifier_that_is_none_is_one_line(lab: Lab, line: str) -> None:
    edit(lab, "review.toml", lambda text: f"{line}\n{text}")
    ended = lab("baseline", "check")
    assert ended.code == 2
    assert line.split()[0] in ended.err and len(ended.err.splitlines()) == 1
