"""BibTeX, for LaTeX and for reference managers: ASCII commands for what LaTeX would misread, UTF-8 for the rest.

- The key of an entry is the record's own, ``pubmed:36140384``: it is unique, and does not change with what else is
  exported or with a corrected date.
- The ten special characters of LaTeX become commands, braces among them: BibTeX counts braces, escaped ones too. Greek
  letters and signs of mathematics become mathematics, which every LaTeX prints; letters of other scripts stay, for
  LuaLaTeX and XeLaTeX.
- Styles print titles in small letters: a word keeps its capitals within braces. Those are words with a capital inside
  or a command, and in a title that is not all in capitals any but the first that begins with one, since there
  it is a name.
- A trial or a preprint is ``misc``, with its registry or server in ``howpublished``.
"""

import re
import unicodedata
from collections.abc import Iterator

from livingreview.export.plain import (
    abstract_of,
    authors,
    date_parts,
    notes,
    page_of,
    title_of,
)
from livingreview.records import Kind, Person, Record
from livingreview.records.sanitize import one_line
from livingreview.text.wording import source_name

_TYPES = {Kind.ARTICLE: "article", Kind.PREPRINT: "misc", Kind.BOOK: "book", Kind.TRIAL: "misc"}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    **{char: f"\\{char}" for char in "%&#$_"},
    **{"\N{MICRO SIGN}": r"$\mu$", "\N{MINUS SIGN}": "$-$", "\N{PLUS-MINUS SIGN}": r"$\pm$"},
    **{"\N{MULTIPLICATION SIGN}": r"$\times$", "\N{LESS-THAN OR EQUAL TO}": r"$\leq$"},
    **{"\N{GREATER-THAN OR EQUAL TO}": r"$\geq$", "\N{ALMOST EQUAL TO}": r"$\approx$", "\N{INFINITY}": r"$\infty$"},
    **{"\N{RIGHTWARDS ARROW}": r"$\rightarrow$"},
}
_SMALL = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu"
    " nu xi pi rho sigma tau upsilon phi chi psi omega"
)
_CAPITAL = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"


def _greek() -> dict[str, str]:
    """Letter -> command. Unicode spells lambda without its b."""
    found = {}
    for size, names in (("SMALL", _SMALL), ("CAPITAL", _CAPITAL)):
        for name in names.split():
            letter = unicodedata.lookup(f"GREEK {size} LETTER {name.upper().replace('LAMBDA', 'LAMDA')}")
            found[letter] = f"$\\{name}$"
    return found | {"\N{GREEK SMALL LETTER FINAL SIGMA}": r"$\varsigma$"}


COMMANDS = _SIGNS | _greek()
"""Character -> what LaTeX prints it by."""
_ESCAPES = str.maketrans(COMMANDS)
_UNFIT_IN_KEY = re.compile(r"[^A-Za-z0-9.:/+-]")
_UNFIT_IN_ADDRESS = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})
_WORD_AND = re.compile(r"\band\b", re.IGNORECASE)
_PAGES = re.compile(r"\s*[-\N{EN DASH}]+\s*")


def entry(record: Record) -> str:
    """One entry, an empty line behind it."""
    fields = [f"  {name} = {value}" for name, value in _fields(record)]
    return f"@{_TYPES[record.kind]}{{{key_of(record)},\n" + ",\n".join(fields) + "\n}\n\n"


def key_of(record: Record) -> str:
    """``source:id``; characters that a key must not hold become their number between underscores."""
    return _UNFIT_IN_KEY.sub(lambda found: f"_{ord(found.group()):x}_", f"{record.source}:{record.source_id}")


def _fields(record: Record) -> Iterator[tuple[str, str]]:
    year, month, _ = date_parts(record)
    server = record.journal or ("Preprint" if record.kind == Kind.PREPRINT else source_name(record.source))
    is_article = record.kind in (Kind.ARTICLE, Kind.BOOK)
    texts = {
        "journal": record.journal if record.kind == Kind.ARTICLE else "",
        "publisher": record.journal if record.kind == Kind.BOOK else "",
        "howpublished": "" if is_article else server,
        "year": year,
    }
    rest = {
        "volume": record.volume,
        "number": record.issue,
        "pages": _PAGES.sub("--", record.pages),
        "issn": record.issn,
    }
    last = {
        "pmid": record.pmid,
        "pmcid": record.pmcid,
        "language": ", ".join(record.language),
        "keywords": ", ".join(dict.fromkeys((*record.keywords, *record.mesh))),
        "abstract": abstract_of(record),
        "note": ". ".join((*((record.source_id,) if record.kind == Kind.TRIAL else ()), *notes(record))),
    }
    if names := " and ".join(map(_name, authors(record))):
        yield "author", f"{{{names}}}"
    if title := title_of(record):
        yield "title", f"{{{_title(title)}}}"
    yield from _escaped(texts)
    if month and 1 <= int(month) <= len(_MONTHS):
        yield "month", _MONTHS[int(month) - 1]
    yield from _escaped(rest)
    for name, address in (("doi", record.doi), ("url", page_of(record))):
        if address:
            yield name, f"{{{one_line(address).translate(_UNFIT_IN_ADDRESS)}}}"
    yield from _escaped(last)


def _escaped(texts: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name, text in texts.items():
        if line := escaped(text):
            yield name, f"{{{line}}}"


def escaped(text: str) -> str:
    """The text in one line, such that LaTeX prints its letters."""
    return one_line(text).translate(_ESCAPES)


def _title(title: str) -> str:
    words = title.split(" ")
    long = [word for word in words if len(word) > 3 and word[0].isalpha()]
    is_plain = sum(word[0].isupper() for word in long) * 2 <= len(long)
    return " ".join(_word(word, is_name=is_plain and number > 0) for number, word in enumerate(words))


def _word(word: str, *, is_name: bool) -> str:
    text = escaped(word)
    bare = word.lstrip("([\"'")
    is_mixed = any(char.isupper() for char in bare[1:]) or "$\\" in text or "\\text" in text
    return f"{{{text}}}" if is_mixed or (is_name and bare[:1].isupper()) else text


def _name(person: Person) -> str:
    family, given, collective = (escaped(text) for text in (person.family, person.given, person.collective))
    if not (family and given):
        return f"{{{family or given or collective}}}"
    return f"{_part(family)}, {_part(given)}"


def _part(name: str) -> str:
    """A part of a name; what BibTeX would split again is put in braces."""
    return f"{{{name}}}" if "," in name or _WORD_AND.search(name) else name
