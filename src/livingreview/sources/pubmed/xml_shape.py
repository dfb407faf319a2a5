"""Elements of XML whose content model is known, matched as text by one regular expression made from the model.

Nearly every article of PubMed has exactly the shape that its DTD describes, so a regular expression made from the DTD
finds all its parts in one pass, at a third of the cost of building and walking a tree. A match proves that the piece is
well-formed: every tag, attribute and entity in it is spelt out by the pattern, and characters are checked beforehand.

What does not match (comments, CDATA, namespaces, numeric character references, unknown elements or attributes, another
order, anything broken) goes to lxml, which has the last word on what is well-formed, and is *written anew* in the known
shape: unknown things left out, children in the model's order, of those that may stand once the last. Then the same
pattern reads it. So there is one reader, and no rule stands twice. No entity beyond the five of XML is ever resolved.

In text, markup is taken away; sub- and superscripts become their Unicode letters.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from lxml import etree

_MAX_BYTES = 1 << 20
"""Longer pieces go to lxml, which has limits of its own on names, depth and text."""
_LONG = 24
_CONTROL = bytes([*range(9), 11, 12, *range(14, 32)])
_WHITE = r"[ \n\r\t]*+"
_VALUE = r"[^\"<\n\r\t]*+"
_TEXT = "[^<]*+"
_NO_VALUE = re.compile(r"[\n\r\t]")
_TAG = re.compile(r"<(/?)(i|b|u|sup|sub)>")
_MARKUP = re.compile(r"<(?:[ibu]|su[bp])>")
_MARKED = re.compile(
    r'<[A-Z]\w*+(?: \w++="[^"<]*+")*+>'  # a tag that is no markup, lest any be taken out of where none may stand
    r"[^<]*+(?:</?(?:[ibu]|su[bp])>[^<]*+)++(?=</[A-Z])"
)
_INSTRUCTION = re.compile(r"(?<=>)(\s*)<\?(?!xml)[a-z]+ \?>(?=\s*</[A-Z])")
_ENTITY = re.compile("&(amp|lt|gt|quot|apos);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPES = str.maketrans({letter: f"&{name};" for name, letter in _ENTITIES.items()})
_SUPERSCRIPT = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_Element = Any
"""An lxml element; the library has no types of its own."""


class Model:
    """Which elements hold which, in which order, and with which attributes.

    Args:
        content: element -> its children in their order, each once at most, or any number with ``*``. What is no key
            holds text.
        attributes: element -> its attributes in their order. None of them is required, nor is any child.
    """

    def __init__(self, content: Mapping[str, str], attributes: Mapping[str, str]) -> None:
        self._content = {name: children.split() for name, children in content.items()}
        self._attributes = {name: names.split() for name, names in attributes.items()}

    def pattern(self, name: str, *kept: str) -> re.Pattern[str]:
        """What matches an element of the model, with a named group for each of ``kept``, in the order of the model.

        A group holds an attribute's value, or the text of an element that stands once; of an element that repeats, or
        holds others, all that is written from the first of them to the last. An element that is kept as it is written
        is searched with a pattern of its own.

        Args:
            name: the element.
            kept: names of elements in it, and of attributes with an ``@`` before; ``text`` is its own text, and
                ``in_X`` is there where X is.
        """
        return re.compile(self._shape(name, frozenset(kept)))

    def _shape(self, name: str, kept: frozenset[str]) -> str:
        attributes = ""
        for one in self._attributes.get(name, ()):
            written = f"(?P<{one}>{_VALUE})" if f"@{one}" in kept else _VALUE
            attributes += f'(?: {one}="{written}")?+'
        if name in self._content:
            inner = f"(?P<in_{name}>)" if f"in_{name}" in kept else ""
            inner += _WHITE + "".join(self._child(child, kept) for child in self._content[name])
        else:
            inner = f"(?P<text>{_TEXT})" if "text" in kept else _TEXT
            return f"<{name}{attributes}(?:>{inner}</{name}>|/>)"
        return f"<{name}{attributes}>{inner}</{name}>"

    def _child(self, child: str, kept: frozenset[str]) -> str:
        name = child.rstrip("*")
        many = "*+" if child.endswith("*") else "?+"
        if name not in kept:
            return f"(?:{self._shape(name, kept)}{_WHITE}){many}"
        if child.endswith("*") or name in self._content:
            return f"(?P<{name}>(?:{self._shape(name, frozenset())}{_WHITE}){many})"
        shape = self._shape(name, kept | {"text"}).replace("(?P<text>", f"(?P<{name}>")
        return f"(?:{shape}{_WHITE}){many}"

    def written_anew(self, piece: bytes) -> str:
        """An element of the model in the shape that its pattern matches.

        Args:
            piece: the element in UTF-8.

        Raises:
            ValueError: it is not well-formed.
        """
        try:
            root = etree.fromstring(piece, _parser())
        except etree.XMLSyntaxError as error:
            raise ValueError(str(error)) from error
        parts: list[str] = []
        self._write(root, parts)
        return without_markup("".join(parts))

    def _write(self, element: _Element, parts: list[str]) -> None:
        name = element.tag
        attributes = "".join(
            [
                f' {one}="{_NO_VALUE.sub(" ", found).translate(_ESCAPES)}"'
                for one in self._attributes.get(name, ())
                if (found := element.get(one)) is not None
            ]
        )
        parts.append(f"<{name}{attributes}>")
        if name in self._content:
            for child in self._content[name]:
                children = element.findall(child.rstrip("*"))
                for one in children if child.endswith("*") else children[-1:]:
                    self._write(one, parts)
        else:
            _write_text(element, parts)
        parts.append(f"</{name}>")


def plain(piece: bytes) -> str:
    """A piece as text if only a model's pattern need match for it to be well-formed; empty if there is a doubt."""
    if len(piece) > _MAX_BYTES or len(piece.translate(None, _CONTROL)) != len(piece):
        return ""
    try:
        text = piece.decode()
    except UnicodeDecodeError:
        return ""
    if "&" in text and text.count("&") != len(_ENTITY.findall(text)):
        return ""
    # The first look for "]" is there because it costs a tenth of the second.
    if ("]" in text and "]]>" in text) or "\ufffe" in text or "\uffff" in text:
        return ""
    return text


def without_markup(text: str) -> str:
    """Takes markup and empty instructions out; where they may not stand they are left, and no pattern will match."""
    if "<?" in text:
        text = _INSTRUCTION.sub(r"\1\n", text)
    parts: list[str] = []
    start = 0
    while (markup := _MARKUP.search(text, start)) is not None:
        found = _MARKED.match(text, max(start, text.rfind("<", start, markup.start())))
        if found is None:
            break
        parts += (text[start : found.start()], _bare(found.group()))
        start = found.end()
    return "".join((*parts, text[start:]))


def words(text: str | None) -> str:
    """The text of an element as it is meant: entities resolved, single blanks; empty when there is none."""
    if not text or text.isalnum():
        return text or ""
    if "&" in text:
        text = _resolved(text)
    # A long text in ASCII rarely needs more than a look, which costs a tenth of taking it apart.
    if len(text) > _LONG and text.isascii() and not ("  " in text or "\n" in text or "\t" in text or "\r" in text):
        return text.strip(" ")
    return " ".join(text.split())


def value(text: str | None) -> str:
    """The value of an attribute; empty when there is none."""
    return _resolved(text) if text else ""


def _resolved(text: str) -> str:
    return _ENTITY.sub(lambda found: _ENTITIES[found.group(1)], text)


def _bare(written: str) -> str:
    """A text without its markup; as it is when tags do not balance."""
    parts: list[str] = []
    opened: list[str] = []
    outermost = scripted_from = 0
    pieces = _TAG.split(written)
    parts.append(pieces[0])
    for slash, tag, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        if not slash:
            opened.append(tag)
            if not outermost and tag in ("sup", "sub"):
                outermost, scripted_from = len(opened), len(parts)
        elif not opened or opened.pop() != tag:
            return written
        elif len(opened) < outermost:
            inner = "".join(parts[scripted_from:])
            table = _SUPERSCRIPT if tag == "sup" else _SUBSCRIPT
            parts[scripted_from:] = [inner.translate(table) if all(ord(char) in table for char in inner) else inner]
            outermost = 0
        parts.append(text)
    return written if opened else "".join(parts)


@cache
def _parser() -> Any:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, encoding="utf-8"
    )


def _write_text(element: _Element, parts: list[str]) -> None:
    """All text within an element; of its tags only those whose meaning is known."""
    parts.append((element.text or "").translate(_ESCAPES))
    for child in element:
        is_known = child.tag in ("i", "b", "u", "sup", "sub")
        parts.append(f"<{child.tag}>" if is_known else "")
        _write_text(child, parts)
        parts.append(f"</{child.tag}>" if is_known else "")
        parts.append((child.tail or "").translate(_ESCAPES))
