"""The XML of one article -> its sentences, each with its section and the reference numbers that it cites.

Read are the abstract and the body of the first ``<article>``. Figures, tables, formulas on a line of their own,
footnotes and what follows the body are left out. No entity is resolved and no DTD is loaded: a document that declares
anything of its own is refused.

Facts (JATS 1.3, https://jats.nlm.nih.gov/archiving/tag-library/1.3/): a citation is
``<xref ref-type="bibr" rid="...">``, and ``rid`` may name several references; a range is printed as two of them with a
dash between; ``<sec>`` nest, with ``<label>`` and ``<title>``; ``<p>`` may hold lists, figures and tables.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lxml import etree

from livingreview.errors import InputError
from livingreview.records.review_text import Sentence
from livingreview.records.sentences import BREAK, split

MAX_BYTES = 20_000_000
"""The full text of a long review has some 500,000."""

_LEFT_OUT = """
    alt-text annotation award-group code disp-formula disp-formula-group ext-data fig fig-group fn fn-group graphic
    inline-graphic label long-desc media object-id permissions preformat ref-list related-article related-object
    supplementary-material table table-wrap table-wrap-foot table-wrap-group tex-math
"""
_LEFT_OUT_TAGS = frozenset(_LEFT_OUT.split())
_APART = """
    boxed-text def def-item def-list disp-quote list list-item p speech term title verse-group
"""
"""Within a paragraph these stand apart from it."""
_APART_TAGS = frozenset(_APART.split())
_FOOTNOTES = ("fn", "table-fn", "author-notes", "corresp")
_HIGH = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_LOW = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_FIRST_MARK, _LAST_MARK = 0xF0000, 0xFFFFD
"""A letter for private use stands before each citation while its paragraph is put together, and says which one."""
_MARK = re.compile("[\U000f0000-\U000ffffd]")
_PRIVATE = re.compile("[\U000f0000-\U000ffffd\x00-\x08\x0b\x0c\x0e-\x1f]")
_RANGE = re.compile(r"[\[(\s]*\d{1,3}[\])\s]*[-‐‑–—−][\[(\s]*")
_PRINTED_RANGE = re.compile(r"\s*(\d{1,3})\s*[-‐‑–—−]\s*(\d{1,3})\s*")
_ADJACENT = re.compile(rf"\](\s*[,;‐‑–—-]?)\s*\[(?={_MARK.pattern})")
_NUMBER = re.compile(r"\D*(\d{1,4})\D*")
_HEADING = re.compile(r"(\d+(?:\.\d+)*)\.?\s+(?=\S)")
_CLOSED_END = re.compile(r"[.!?:;…][\"”’'»)\]\d,–-]*$")
_SMALL_START = re.compile(r"[(\[“‘]*[a-zà-öø-ÿα-ω0-9]")
_Element = Any
"""An lxml element; the library has no types of its own."""


def read_sentences(document: bytes, what: str) -> tuple[Sentence, ...]:
    """The sentences of an article, in their order.

    Args:
        document: JATS XML.
        what: its name, for messages.

    Raises:
        InputError: not whole XML, too large, with declarations of its own, no article, or one without a body.
    """
    article = _article(document, what)
    reader = _Reader(_numbers(article))
    front = next(_all(article, "front"), None)
    abstracts = _all(front, "abstract") if front is not None else ()
    abstract = next((one for one in abstracts if not one.get("abstract-type")), None)
    body = next(_children(article, "body"), None)
    if body is None:
        raise InputError(f"{what}: an article without a body, so its sentences are not in it; give its full text")
    paragraphs = [*reader.paragraphs(abstract, "Abstract"), *reader.paragraphs(body, "")]
    found = [(section, one) for section, text in _mended(paragraphs) for one in split(text)]
    if not found:
        raise InputError(f"{what}: an article without a sentence; give its full text")
    return tuple(reader.sentence(number, section, text) for number, (section, text) in enumerate(found, start=1))


def _article(document: bytes, what: str) -> _Element:
    if len(document) > MAX_BYTES:
        raise InputError(f"{what}: larger than {MAX_BYTES / 1e6:g} MB, which no article is")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, LookupError, ValueError) as error:
        raise InputError(f"{what}: not whole XML ({error}); fetch it again") from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and (
        any(True for _ in declared.iterentities()) or any(True for _ in declared.iterelements())
    ):
        raise InputError(f"{what}: declares entities or elements of its own; such a document is not read")
    if _name(root) == "article":
        return root
    found = next(_all(root, "article"), None)
    if found is None:
        raise InputError(
            f"{what}: the outermost element is <{_name(root)}>, not <article>; give an article in JATS XML"
        )
    return found


def _numbers(article: _Element) -> dict[str, int]:
    """Id of a reference -> its number: the printed one, or its place where these are missing or given twice."""
    back = next(_children(article, "back"), article)
    references = list(_all(back, "ref"))
    printed = [_NUMBER.fullmatch("".join(label.itertext())) for ref in references for label in _first(ref, "label")]
    numbers = [int(found.group(1)) for found in printed if found]
    if len(set(numbers)) != len(references):
        numbers = list(range(1, len(references) + 1))
    return {ref.get("id"): number for ref, number in zip(references, numbers, strict=True) if ref.get("id")}


class _Reader:
    """Puts paragraphs together.

    Args:
        numbers: id of a reference -> its number.
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = numbers
        self._cited: dict[str, tuple[int, ...]] = {}

    def paragraphs(self, element: _Element | None, section: str) -> Iterator[tuple[str, str]]:
        """Section and text of every paragraph below an element."""
        for child in element if element is not None else ():
            name = _name(child)
            if name == "sec":
                yield from self.paragraphs(child, self._heading(child, section))
            elif name == "p":
                yield section, self._line(self._pieces(child))
            elif name and name != "title" and name not in _LEFT_OUT_TAGS:
                yield from self.paragraphs(child, section)

    def sentence(self, number: int, section: str, marked: str) -> Sentence:
        """A sentence whose citations are marked."""
        pieces = _MARK.split(marked)
        groups = [self._cited[mark] for mark in _MARK.findall(marked)]
        cites = {one for group in groups for one in group}
        for between, before, after in zip(pieces[1:], groups, groups[1:], strict=False):
            if before and after and _RANGE.fullmatch(between):
                cites.update(range(before[-1], after[0] + 1))
        return Sentence(number=number, section=section, text="".join(pieces), cites=tuple(sorted(cites)))

    def _heading(self, section: _Element, above: str) -> str:
        parts = [self._line(self._pieces(one)) for name in ("label", "title") for one in _first(section, name)]
        heading = _HEADING.sub(r"\1 ", _bare(" ".join(part for part in parts if part)), count=1)
        if not heading or heading[:1].isdigit() or not above:
            return heading or above
        return f"{above}: {heading}"

    def _line(self, pieces: Iterable[str]) -> str:
        text = re.sub("[\u00ad\u200b\u2060\ufeff]\\s*", "", "".join(pieces))
        text = re.sub(rf"[^\S{BREAK}]+", " ", text).strip()
        return _ADJACENT.sub(lambda found: found[1] or ",", text)

    def _pieces(self, element: _Element) -> Iterator[str]:
        yield _fit(element.text)
        for child in element:
            name = _name(child)
            if not name:
                # An entity of the JATS DTD, which is not loaded.
                letter = html.unescape(child.text or "")
                yield "" if letter == child.text else _fit(letter)
            elif name in _APART_TAGS:
                yield BREAK
                yield from self._pieces(child)
                yield BREAK
            elif name == "break":
                yield " "
            elif name == "xref":
                yield from self._reference(child)
            elif name in ("sup", "sub"):
                yield self._script(child, name)
            elif name not in _LEFT_OUT_TAGS:
                yield from self._pieces(child)
            yield _fit(child.tail)

    def _reference(self, xref: _Element) -> Iterator[str]:
        kind = xref.get("ref-type", "")
        if kind != "bibr":
            if kind not in _FOOTNOTES:
                yield from self._pieces(xref)
            return
        printed = _fit("".join(xref.itertext())).strip()
        numbers = [self._numbers[rid] for rid in (xref.get("rid") or "").split() if rid in self._numbers]
        bare = printed.strip("[]() ")
        if (both := _PRINTED_RANGE.fullmatch(bare)) and int(both[1]) < int(both[2]):
            numbers += range(int(both[1]), int(both[2]) + 1)
        elif not numbers and bare.isdecimal():
            numbers = [int(bare)]
        bare = bare or ",".join(map(str, numbers))
        mark = chr(min(_FIRST_MARK + len(self._cited), _LAST_MARK))
        self._cited[mark] = tuple(sorted(numbers))
        is_raised = any(_name(one) == "sup" for one in xref.iter())
        yield f"[{mark}{bare}]" if is_raised else f"{mark}{printed or bare}"

    def _script(self, element: _Element, name: str) -> str:
        """Raised or lowered text: citations in brackets, else letters that Unicode has, else as it is."""
        text = "".join(self._pieces(element))
        if _MARK.search(text):
            return f"[{text.strip('[] ')}]"
        table = _HIGH if name == "sup" else _LOW
        return text.translate(table) if text and all(ord(letter) in table for letter in text) else text


def _mended(paragraphs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """A paragraph that a page or a figure parts in the middle of a sentence is one again."""
    found: list[tuple[str, str]] = []
    for section, text in paragraphs:
        before = found[-1][1] if found and found[-1][0] == section else ""
        if before and _is_open(before) and _SMALL_START.match(_bare(text)):
            found[-1] = (section, before + ("" if before.endswith(("-", "‐")) else " ") + text)
        elif text:
            found.append((section, text))
    return found


def _is_open(text: str) -> bool:
    return not text.endswith(BREAK) and not _CLOSED_END.search(_bare(text))


def _bare(text: str) -> str:
    """A text without the marks of its citations."""
    return _MARK.sub("", text)


def _fit(text: str | None) -> str:
    return _PRIVATE.sub(" ", text or "")


def _name(element: _Element) -> str:
    """Tag without its namespace; empty for an entity."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: _Element, name: str) -> Iterator[_Element]:
    return (child for child in element if _name(child) == name)


def _first(element: _Element, name: str) -> list[_Element]:
    return list(_children(element, name))[:1]


def _all(element: _Element, name: str) -> Iterator[_Element]:
    return (one for one in element.iter() if _name(one) == name)
