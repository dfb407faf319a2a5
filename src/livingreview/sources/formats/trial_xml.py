"""XML exports of trial registries: one element a trial, a few levels deep, read one by one.

No entity is ever resolved and nothing is fetched: a document that declares any is refused. Encodings are those that
the document declares, UTF-16 among them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from lxml import etree

from livingreview.errors import InputError

MAX_TRIAL_CHARS = 4_000_000
"""The largest real one has some 100,000."""

_NOT_LETTER = re.compile(r"[^a-z0-9]")
_Element = Any
"""An lxml element; the library has no types of its own."""


def trials(document: BinaryIO, what: str, roots: Sequence[str], name: str) -> Iterator[dict[str, list[str]]]:
    """Each trial as the texts of its leaves: tag (see :func:`bare_name`) -> texts in order.

    Args:
        document: any binary stream.
        what: the format's name, for messages.
        roots: what the outermost element may be called.
        name: what the element of one trial is called; it may be the outermost itself.

    Raises:
        InputError: not well-formed (or cut off), another root, an entity of its own, or a trial beyond all measure.
    """
    try:
        # A doctype is known before the first start tag is.
        context = etree.iterparse(
            document,
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        is_first = True
        for event, element in context:
            if is_first:
                is_first = False
                _check_root(element, what, roots)
            if event == "end" and element.tag == name:
                yield _leaves(element, what)
                element.clear()
                while (before := element.getprevious()) is not None:
                    element.getparent().remove(before)
    except (etree.XMLSyntaxError, LookupError, UnicodeError) as error:
        raise InputError(f"{what}: not whole XML ({error}); export it again") from error


def _check_root(root: _Element, what: str, roots: Sequence[str]) -> None:
    tree = root.getroottree()
    if tree.docinfo.internalDTD is not None and any(True for _ in tree.docinfo.internalDTD.iterentities()):
        raise InputError(f"{what}: declares entities of its own; such a document is not read")
    if root.tag not in roots:
        raise InputError(f"{what}: the outermost element is <{root.tag}>, not <{roots[0]}>")


def _leaves(trial: _Element, what: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    size = 0
    waiting = [trial]
    while waiting:
        element = waiting.pop()
        children = [child for child in element if isinstance(child.tag, str)]
        between = (element.text, *(child.tail for child in children))
        if children and not any(text and text.strip() for text in between):
            waiting.extend(reversed(children))
            continue
        # Markup within a text is part of the text.
        text = " ".join("".join(element.itertext()).split())
        size += len(text)
        if size > MAX_TRIAL_CHARS:
            raise InputError(f"{what}: a trial of more than {MAX_TRIAL_CHARS:,} characters; is the file damaged?")
        if text:
            found.setdefault(bare_name(etree.QName(element).localname), []).append(text)
    return found


def bare_name(name: str) -> str:
    """A tag or column as its small letters and digits: ``Public_title`` and ``Public title`` are ``publictitle``."""
    return _NOT_LETTER.sub("", name.lower())
