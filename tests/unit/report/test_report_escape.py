"""Hostile text comes out as the letters it holds, in Markdown and in HTML."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from livingreview.records.sanitize import clean
from livingreview.report import Material, build, render_html, render_markdown
from livingreview.report.escape import markdown_text
from livingreview.text.links import doi_url, nct_url, pmid_url

_PAGES = r"https://(pubmed\.ncbi\.nlm\.nih\.gov|doi\.org|clinicaltrials\.gov|anzctr\.org\.au)/"
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_PLAIN = {"inline", "text", "text_special", "paragraph_open", "paragraph_close"}
_NASTY = st.text(
    alphabet=st.one_of(st.sampled_from("\\`*_{}[]()<>#+-.!|~&;:/=@$^'\" \t\nahtpsw1"), st.characters()), max_size=60
)
_FORMS = [
    "{}",
    "# {}",
    "- {}",
    "1. {}",
    "> {}",
    "<{}>",
    "[{}](x)",
    "![{}](x)",
    "`{}`",
    "```{}",
    "&{};",
    "*{}*",
    "{}\n===",
]


def _kinds(text: str) -> set[str]:
    tokens = _MARKDOWN.parse(text)
    return {token.type for token in tokens} | {child.type for token in tokens for child in token.children or []}


def _text(text: str) -> str:
    tokens = _MARKDOWN.parse(text)
    return "".join(child.content for token in tokens for child in token.children or [])


@given(_NASTY, st.sampled_from(_FORMS))
def test_markdown_shows_any_text_letter_by_letter(text: str, form: str) -> None:
    hostile = form.replace("{}", text)
    escaped = markdown_text(hostile)
    assert _kinds(escaped) <= _PLAIN
    assert _text(escaped) == clean(hostile)
    assert _kinds(f"- {escaped}") <= _PLAIN | {
        "bullet_list_open",
        "bullet_list_close",
        "list_item_open",
        "list_item_close",
    }


@given(_NASTY)
def test_markdown_cells_stay_cells(text: str) -> None:
    lines = f"| a | b |\n| --- | --- |\n| {markdown_text(text)} | end |"
    cells = [token.content for token in _MARKDOWN.parse(lines) if token.type == "inline"]
    assert len(cells) == 4 and cells[3] == "end"


@given(_NASTY)
def test_clean_is_one_line_and_stable(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert not re.search(r"[\x00-\x1f\u202a-\u202e\u2066-\u2069]", clean(text))


@pytest.mark.parametrize(
    "text", ["https://evil.example", "see www.evil.example now", "ftp://x.example", "HTTP://X.example"]
)
def test_bare_addresses_are_broken(text: str) -> None:
    linkified = MarkdownIt("commonmark")
    assert not re.search(r"(?i)(https?|ftp):|www\.", markdown_text(text))
    assert linkified.renderInline(markdown_text(text)) == text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_hostile_titles_are_harmless_in_html(material: Material) -> None:
    page = render_html(build(material))
    reader = _Reader()
    reader.feed(page)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "img", "iframe", "link", "object", "form"}
    assert "&lt;script&gt;" in page
    for tag, attributes in reader.tags:
        assert not any(name.startswith("on") for name in attributes)
        if tag == "a":
            assert re.match(rf"#[a-z_]+$|{_PAGES}", attributes["href"] or "")


def test_hostile_titles_are_harmless_in_markdown(material: Material) -> None:
    links = [
        child.attrGet("href")
        for token in _MARKDOWN.parse(render_markdown(build(material)))
        for child in token.children or []
        if child.type in ("link_open", "html_inline", "image", "code_inline")
    ]
    assert links
    for href in links:
        assert re.match(
            r"https://(pubmed\.ncbi\.nlm\.nih\.gov|doi\.org|clinicaltrials\.gov|anzctr\.org\.au)/", str(href)
        )


def test_every_value_of_a_material_may_be_hostile(material: Material) -> None:
    bad = "<img src=x onerror=alert(1)>"
    failures = {bad: bad, "pubmed": bad}
    page = render_html(
        build(replace(material, failures=failures, run=replace(material.run, name=bad, code_version=bad)))
    )
    assert "<img" not in page


def test_tables_of_markdown_have_no_gaps(material: Material) -> None:
    text = render_markdown(build(material))
    assert not re.search(r"\|\n\n\|", text)


def test_html_is_accessible_and_self_contained(material: Material) -> None:
    page = render_html(build(material))
    reader = _Reader()
    reader.feed(page)
    tags = [tag for tag, _ in reader.tags]
    assert {"header", "main", "nav", "footer"} <= set(tags)
    assert ("html", {"lang": "en"}) in reader.tags
    assert tags.count("table") == tags.count("caption") > 0
    assert all("scope" in attributes for tag, attributes in reader.tags if tag == "th")
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert not any("src" in attributes for _, attributes in reader.tags)
    assert "url(" not in page and "@import" not in page


def test_links_need_valid_identifiers() -> None:
    assert pmid_url("123") == "https://pubmed.ncbi.nlm.nih.gov/123/"
    assert doi_url("10.1000/a(1)<2>") == "https://doi.org/10.1000/a%281%29%3C2%3E"
    assert nct_url("NCT00000001") == "https://clinicaltrials.gov/study/NCT00000001"
    assert pmid_url("0") == pmid_url("1/../x") == pmid_url("١٢") == ""
    assert doi_url("javascript:alert(1)") == doi_url("10.1000/a b") == doi_url("") == ""
    assert nct_url("NCT1") == nct_url("NCT00000001\n") == ""
