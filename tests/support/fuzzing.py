"""Damaged documents for every parser, and what must hold whatever comes out of them.

A subject reads one body as the program would: a parser over a stream, a file on disk, or a source that is answered by
a service. The answers of a service stand in one body, parted by ``PART``: first those to the programs that are answered
the same each time, then those to all other requests in their order, the last one again and again.
"""

import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from livingreview.config import CrossrefSettings, PubmedSettings, Query
from livingreview.config.settings import ClinicalTrialsSettings, EuropepmcSettings
from livingreview.errors import InputError, SourceError
from livingreview.records import Deletion, Problem, Record, Reference
from livingreview.records.exchange import Payload, Request
from livingreview.records.serialization import canonical_json, content_of, envelope_of, record_from
from livingreview.sources.base import Item, Kept, Parser, Retrieved, Window
from livingreview.sources.clinicaltrials.source import ClinicalTrialsSource
from livingreview.sources.crossref import CrossrefSource
from livingreview.sources.europepmc import EuropepmcSource
from livingreview.sources.feeds import FeedsSource
from livingreview.sources.formats import files
from livingreview.sources.http import Check
from livingreview.sources.pubmed.citation_matching import match_references
from livingreview.sources.pubmed.source import PubmedSource
from support.retraction_watch import row, table
from support.world import Article, article_set, preprint, study, update, work

FIXTURES = Path(__file__).parents[1] / "fixtures"
FOLDERS = {"nbib": "nbib", "ris": "ris", "facts_csv": "facts"}
"""Formats whose examples lie in a folder of another name."""
PART = b"\n\x1e\n"
_MAX_REQUESTS = 60
_CITATION_PROGRAMS = ("efetch.fcgi", "ecitmatch.cgi")
_WINDOW = Window(since=date(2022, 3, 1), until=date(2022, 4, 1))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tried.

    Attributes:
        read: takes one body and lets through what it raises.
        allowed: what it may raise.
        seeds: bodies that it reads well.
    """

    read: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]


class EndlessError(Exception):
    """A source asks on and on."""


def assert_sound(items: Iterable[Item]) -> None:
    """Every record can be stored and comes back; every problem says what and where."""
    for item in items:
        if isinstance(item, Record):
            content, envelope = canonical_json(content_of(item)), canonical_json(envelope_of(item))
            (content + envelope).encode()
            assert "\\u0000" not in (content + envelope).replace("\\\\", "")
            assert record_from(json.loads(content), json.loads(envelope)) == item
            assert item.source and item.source_id.strip() == item.source_id != ""
            # What columns of the store and the order of states can hold.
            assert 0 < item.source_version < 10_000
            assert item.trial is None or abs(item.trial.enrollment_count or 0) < 1 << 31
        elif isinstance(item, Problem):
            assert item.reason
            (item.reason + item.source_id).encode()
        else:
            assert isinstance(item, Deletion)
            assert item.source_id
            (item.source_id + item.merged_into).encode()


def attempt(subject: Subject, body: bytes) -> None:
    """Reads a body; what is not allowed goes through, and an error that cannot be shown in one line is none."""
    try:
        subject.read(body)
    except subject.allowed as error:
        assert "\n" not in str(error)
        str(error).encode()


class _Answers:
    """A getter that answers from the parts of a body, checked as the client does it.

    Args:
        body: the answers.
        programs: ends of the addresses that the first parts answer.
    """

    def __init__(self, body: bytes, programs: Sequence[str] = ()) -> None:
        self._parts = body.split(PART)
        self._programs = programs
        self._next = len(programs)
        self.kept: dict[str, bytes] = {}

    def __call__(self, request: Request, check: Check | None = None) -> Kept:
        number = len(self.kept)
        # As it would be sent: what cannot be encoded fails here.
        urlencode({**request.parameters, **request.headers, "": request.url})
        if number >= _MAX_REQUESTS:
            raise EndlessError(request.url)
        at = next((place for place, name in enumerate(self._programs) if request.url.endswith(name)), self._next)
        self._next += at == self._next
        body = self._parts[min(at, len(self._parts) - 1)]
        self.kept[key := f"key {number}"] = body
        payload = Payload(request=request, status=200, body=body, retrieved_at=datetime(2022, 6, 1, tzinfo=UTC))
        if check is not None:
            check(payload)
        return Kept(key=key, payload=payload)


def _parse(parser: Parser) -> Callable[[bytes], object]:
    return lambda body: assert_sound(parser(io.BytesIO(body.partition(PART)[0])))


def _parse_file(folder: Path) -> Callable[[bytes], object]:
    path = folder / "document"

    def read(body: bytes) -> None:
        path.write_bytes(body)
        assert_sound(files.parse_file(path, max_bytes=64_000_000))

    return read


def _retrieve(source: Any, query: Query, *ids: str, programs: Sequence[str] = ()) -> Callable[[bytes], object]:
    """Searches, or asks for these records, and parses what the source says it may."""

    def read(body: bytes) -> None:
        answers = _Answers(body, programs)
        found: Retrieved = source.retrieve_ids(ids, answers) if ids else source.retrieve(query, _WINDOW, answers)
        assert all(isinstance(one, str) for one in (*found.ids, *found.missing, *found.missing.values(), found.stamp))
        "".join((*found.ids, *found.missing, *found.missing.values(), found.stamp)).encode()
        for key in found.keys:
            assert_sound(source.parse(io.BytesIO(answers.kept[key])))

    return read


def _cite(body: bytes) -> None:
    reference = Reference(ref_no=1, first_author="Author", year=2021, journal="J", title="Vesicles of yarn cells")
    answers = _Answers(body, _CITATION_PROGRAMS)
    for match in match_references([reference], PubmedSettings(), answers):
        assert 0 <= match.confidence <= 1
        (match.pmid + match.doi).encode()


def _zipped(*bodies: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, body in enumerate(bodies):
            archive.writestr(zipfile.ZipInfo(f"folder/{number}"), body)
    return made.getvalue()


def _search(count: int, *ids: str, rest: str = "") -> bytes:
    listed = "".join(f"<Id>{one}</Id>" for one in ids)
    return (
        '<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN"'
        f' "https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n<eSearchResult><Count>{count}</Count>'
        f"<RetMax>{len(ids)}</RetMax><RetStart>0</RetStart><IdList>\n{listed}</IdList><TranslationSet/>"
        f"<QueryTranslation>x</QueryTranslation>{rest}</eSearchResult>"
    ).encode()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def examples(name: str) -> list[Path]:
    """The example files of a format."""
    return sorted((FIXTURES / FOLDERS.get(name, name)).iterdir())


def _service_seeds() -> dict[str, tuple[bytes, ...]]:
    warning = "<ErrorList><PhraseNotFound>yarn</PhraseNotFound></ErrorList><WarningList><OutputMessage>No items found."
    searches = (_search(2, "31000001", "31000002"), _search(0, rest=f"{warning}</OutputMessage></WarningList>"))
    articles = article_set(
        Article(pmid="31000001", doi="10.5555/one", accessions=("NCT91000001",), mesh=("Exosomes",)),
        Article(pmid="31000002", notices=(("RetractionIn", "31000003", "J Invent Res. 2022"),)),
    )
    version = _json({"apiVersion": "2.0.5", "dataTimestamp": "2022-05-01T09:00:05"})
    page = {"totalCount": 2, "studies": [study("NCT91000001")], "nextPageToken": "abc"}
    studies = PART.join((version, _json(page), _json({"studies": [study("NCT91000002")]})))
    works = [
        work("10.5555/one", "One <i>work</i>", updated_by=[update("10.5555/notice", "retraction", record_id="7")]),
        work("10.5555/two", "Two", subtitle=["of three"], update_to=[update("10.5555/one", "correction")]),
    ]
    message = {"total-results": 2, "items": works, "items-per-page": 50, "next-cursor": "abc"}
    listed = {"status": "ok", "message-type": "work-list", "message-version": "1.0.0", "message": message}
    last = listed | {"message": message | {"items": []}}
    single = listed | {"message-type": "work", "message": work("10.5555/one", "One", type="posted-content")}
    results = [preprint("PPR1", "One"), preprint("PPR2", "Two", versionList={"version": [{"id": "PPR1"}]})]
    hits = {"version": "6.9", "hitCount": 2, "nextCursorMark": "abc", "resultList": {"result": results}}
    pages = [path.read_bytes() for path in examples("europepmc")]
    cited = b"J|2021|8|21|Author|1|31000001\nJ|2021|8|21|Author|2|NOT_FOUND\nJ|2021|||Author|3|AMBIGUOUS\n"
    return {
        "esearch": (PART.join((articles, searches[0])), PART.join((articles, searches[0], searches[1]))),
        "citations": (PART.join((articles, cited, searches[0])), PART.join((articles, cited, searches[1]))),
        "clinicaltrials": (studies, PART.join((version, _json({"studies": []})))),
        "crossref": (PART.join((_json(listed), _json(last))), _json(single)),
        "europepmc": (_json(hits), PART.join(pages), *pages),
        "feeds": tuple(path.read_bytes() for path in examples("feeds")),
    }


def subjects(folder: Path) -> Mapping[str, Subject]:
    """Every subject by its name.

    Args:
        folder: where a file may be written.
    """
    ours = (InputError,)
    every = {name: tuple(path.read_bytes() for path in examples(name)) for name in files.recognise.PARSERS}
    every["retraction_watch_csv"] += (table(row("7", pmid="31000001"), row("8", nature="Correction")).encode(),)
    deletions = b"<DeleteCitation><PMID Version='1'>7</PMID></DeleteCitation></PubmedArticleSet>"
    every["pubmed_xml"] += (every["pubmed_xml"][0].replace(b"</PubmedArticleSet>", deletions),)
    bodies = [one[0] for one in every.values()]
    made = {name: Subject(_parse(parser), ours, every[name]) for name, parser in files.recognise.PARSERS.items()}
    zips = (_zipped(*bodies), _zipped(every["nbib"][0]), _zipped(_zipped(b"x"), every["facts_csv"][0]))
    made["zip"] = Subject(_parse(files.PARSERS["zip"]), ours, zips)
    packed = [gzip.compress(body, mtime=0) for body in bodies]
    wide = [body.decode().encode("utf-16") for body in bodies]
    made["sniff"] = Subject(_parse_file(folder), ours, (*bodies, *packed, *wide, zips[1]))
    seeds = _service_seeds()
    query = Query(source="pubmed", name="q", text="exosomes")
    pubmed = PubmedSource(PubmedSettings())
    crossref = CrossrefSource(CrossrefSettings())
    trials = ClinicalTrialsSource(ClinicalTrialsSettings())
    feed = FeedsSource()
    service: dict[str, tuple[Callable[[bytes], object], ...]] = {
        "esearch": (
            _retrieve(pubmed, query, programs=["efetch.fcgi"]),
            _retrieve(pubmed, query, "31000001", "10.5555/one", programs=["efetch.fcgi"]),
        ),
        "citations": (_cite,),
        "clinicaltrials": (
            _retrieve(trials, query, programs=["version"]),
            _retrieve(trials, query, "NCT91000001", "NCT91000009", programs=["version"]),
        ),
        "crossref": (_parse(crossref.parse), _retrieve(crossref, query), _retrieve(crossref, query, "10.5555/one")),
        "europepmc": (
            _parse(EuropepmcSource(EuropepmcSettings()).parse),
            _retrieve(EuropepmcSource(EuropepmcSettings()), query),
        ),
        "feeds": (_parse(feed.parse), _retrieve(feed, Query(source="feeds", name="q", parameters={"url": "http://x"}))),
    }
    for name, readers in service.items():
        made[name] = Subject(_every(readers), (InputError, SourceError), seeds[name])
    return made


def _every(readers: Sequence[Callable[[bytes], object]]) -> Callable[[bytes], object]:
    """Each reader in turn; the last error that is allowed counts for all."""

    def read(body: bytes) -> None:
        fault: Exception | None = None
        for reader in readers:
            try:
                reader(body)
            except (InputError, SourceError) as error:
                str(error).encode()
                fault = error
        if fault is not None:
            raise fault

    return read


# Mutations: each takes a body and a source of chance and gives another body.

PIECES: tuple[bytes, ...] = (
    *(
        b"",
        b'"',
        b"'",
        b",,",
        b";",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\t",
        b"<",
        b">",
        b"</",
        b"/>",
        b"&x;",
        b"&#0;",
        b"&amp;",
    ),
    *(
        b"&#xD800;",
        b"&#1114112;",
        b"&lt;b&gt;",
        b"<![CDATA[",
        b"]]>",
        b"<!--",
        b"-->",
        b"<?x",
        b"<!DOCTYPE x>",
        b"[",
        b"]",
    ),
    *(
        b"{",
        b"}",
        b"null",
        b"true",
        b"NaN",
        b"Infinity",
        b"-1",
        b"1e999",
        b"0",
        b"9" * 40,
        b"9" * 5000,
        b"1.5",
        b"{}",
        b"[]",
    ),
    *(b"\\ud800", b"\\u0000", b"\\", b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3", b"\x00", b"\x1b", b"\x85"),
    *(
        "²".encode(),
        "٣".encode(),
        "\u2028".encode(),
        "\u202e".encode(),
        "İ".encode(),
        "ß".encode(),
        "\U0001f9ec".encode(),
    ),
    *(b"2022-99-99", b"0000", b"9999-12-31", b"31/02/2021", b"2021 Feb 30", b"NCT00000000", b"PMC1", b"10.5555/x"),
    *(b"10.1101/2020.01.01.1v2", b"ER  - \n", b"TY  - JOUR\n", b"PMID- 1\n", b"AB  - ", b"      ", b"FAU - "),
    *(b"<!DOCTYPE x [<!ENTITY y 'z'>]>", b'encoding="utf-7"', b'encoding="x"', b'encoding="utf-16"', b"PK\x03\x04"),
    *(b"\x1f\x8b", b"%00", b"%ff", b"https://doi.org/", b"Yes", b"No", b"|", b"://[", b"a" * 600, PART),
)
"""What parsers trip over."""

_ODD = tuple(
    json.dumps(value)
    for value in (
        *(
            None,
            True,
            False,
            0,
            -1,
            10**30,
            1.5,
            float("inf"),
            float("nan"),
            "",
            " ",
            "x",
            "²",
            "\ud800",
            "\x00",
            "\n",
            "0000",
        ),
        *(
            [],
            {},
            [None],
            [[]],
            [{}],
            {"": None},
            [1, "a", None],
            {"a": [1]},
            "9" * 500,
            "2022-99-99",
            "10.5555/x",
            "a" * 5000,
        ),
        *(["a", "a"], [[["2022"]]], [[2022, 13, 99]], [[None]], "<b>&amp;</b>", "<jats:title>", "\u2028"),
    )
)
_RUNS: tuple[bytes, ...] = (
    *(b" ", b"a", b"1", b"-", b",", b".", b"(", b")", b"&", b"*", b"\\", b"a ", b"; ", b": ", b", ", b". ", b"A. "),
    *(
        b"x.x",
        b"A/B ",
        b"1/",
        b"2021 ",
        b"Jan ",
        b"1 (1) ",
        b"METHODS: ",
        b"pmid:",
        b"NCT ",
        b"PMC ",
        b"ACTRN",
        b"ISRCTN",
    ),
    *(b"EUCTR2020-", b"1234-5678 ", b"0000-0000-0000-0000", b"10.1234/", b"/full", b"https://", b"%20", b"[doi] "),
    *(
        b"<PMID",
        b"<?xml ",
        b"<!DOCTYPE ",
        b"<a",
        b"<i>",
        b"<b>x</b>",
        b"<sup>1</sup>",
        b"<x/>",
        b"<title>",
        b"</title>",
    ),
    *(b"<h4>", b"<jats:title>", b"<item>", b"<rss>", b"<Author><LastName>a</LastName></Author>", b"FAU - A, B\n"),
    *(b"AU  - A\n", b"KW  - a\n", b'""', b'"a",', b"[],", b"{},", b'{"":', b"PK\x01\x02", b"PK\x05\x06"),
)
"""What regular expressions and loops may go over again and again."""
_LETTERS = re.compile(rb"[A-Za-z]{3,}")
_TEXT = re.compile(rb">[^<>]*<")
_ELEMENT = re.compile(rb"<([A-Za-z:]+)[^<>]*>[^<>]{0,400}</\1>")
_NUMBER = re.compile(rb"\d+")


def mutate(body: bytes, chance: random.Random, seeds: Sequence[bytes], max_bytes: int = 1 << 16) -> bytes:
    """One to five changes of a body, of its bytes or of its shape; never longer than ``max_bytes``."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5))):
        body = chance.choice(_MUTATIONS)(body, chance, seeds)[:max_bytes]
    return body


def inflated(subject: Subject, chance: random.Random, size: int) -> Iterator[bytes]:
    """The first seeds with one piece repeated: at the beginning and the end, within a word, and anywhere.

    Args:
        subject: whose seeds.
        chance: chooses the places.
        size: how many bytes the repeated pieces have together; what takes quadratic time shows at a quarter million.
    """
    for piece in dict.fromkeys((*_RUNS, *PIECES)):
        for seed in subject.seeds[: 2 if piece else 0]:
            words = [found.end() for found in islice(_LETTERS.finditer(seed), 4_000)]
            for at in (0, len(seed), chance.choice(words or [0]), chance.randint(0, len(seed))):
                yield seed[:at] + piece * (size // len(piece)) + seed[at:]


def _span(body: bytes, chance: random.Random, longest: int = 400) -> tuple[int, int]:
    start = chance.randint(0, len(body))
    return start, min(len(body), start + chance.choice((0, 1, 4, 40, chance.randint(0, longest))))


def _flip(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.choice((1, 1, 2, 8)) if body else 0):
        changed[chance.randrange(len(body))] = chance.choice((chance.randrange(256), 0, 0xFF, 0x22, 0x3C, 0x0A, 0x80))
    return bytes(changed)


def _insert(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    start, end = _span(body, chance, 40)
    return body[:start] + chance.choice(PIECES) + body[end:]


def _splice(body: bytes, chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    start, end = _span(other, chance)
    at = chance.randint(0, len(body))
    return body[:at] + other[start:end] + body[at:]


def _cut(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    start, end = _span(body, chance)
    return body[:start] if chance.random() < 0.4 else body[:start] + body[end:]


def _repeat(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    start, end = _span(body, chance)
    return body[:end] + body[start:end] * chance.choice((1, 2, 50, 2000)) + body[end:]


def _nest(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    opening, closing = chance.choice(
        (
            (b"[", b"]"),
            (b'{"a":', b"}"),
            (b"<b>", b"</b>"),
            (b"<title>", b"</title>"),
            (b'"', b'"'),
            (b"<", b">"),
            (b"(", b")"),
        )
    )
    depth = chance.choice((2, 20, 300, 3000))
    start, end = _span(body, chance, 40)
    return body[:start] + opening * depth + body[start:end] + closing * depth + body[end:]


def _number(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    found = list(islice(_NUMBER.finditer(body), 400))
    if not found:
        return body
    one = chance.choice(found)
    odd = (
        b"0",
        b"-1",
        b"1e400",
        b"00000",
        b"4294967296",
        b"9" * 30,
        b"9" * 4500,
        b"\xc2\xb2",
        b"1.5",
        b"",
        b"2147483648",
    )
    return body[: one.start()] + chance.choice(odd) + body[one.end() :]


def _recode(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    encoding = chance.choice(("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "utf-7"))
    recoded = body.decode("utf-8", "replace").encode(encoding, "replace")
    return recoded.replace(b"UTF-8", encoding.encode(), 1) if chance.random() < 0.5 else recoded


def _lines(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    lines = body.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    way = chance.randrange(4)
    if way == 0:
        lines[at], lines[other] = lines[other], lines[at]
    elif way == 1:
        lines.insert(at, lines[other])
    elif way == 2:
        del lines[at]
    else:
        cells = lines[at].split(b",")
        cells[chance.randrange(len(cells))] = chance.choice(PIECES)
        lines[at] = b",".join(cells)
    return b"\n".join(lines)


def _markup(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    found = list(islice(chance.choice((_TEXT, _ELEMENT)).finditer(body), 400))
    if not found:
        return body
    one, other = chance.choice(found), chance.choice(found)
    is_text = one.re is _TEXT
    given = b">" + chance.choice(PIECES) + b"<" if is_text else chance.choice((b"", one[0] * 2, other[0], other[0] * 9))
    return body[: one.start()] + given + body[one.end() :]


def _values(body: bytes, chance: random.Random, _seeds: Sequence[bytes]) -> bytes:
    """Changes values of a JSON document; another document stays as it is."""
    parts = body.split(PART)
    at = chance.randrange(len(parts))
    try:
        value = json.loads(parts[at])
    except (ValueError, RecursionError):
        return body
    for _ in range(chance.choice((1, 1, 3))):
        value = _changed(value, chance)
    parts[at] = json.dumps(value).encode()
    return PART.join(parts)


def _changed(value: Any, chance: random.Random) -> Any:
    """A value with one part of it replaced, left out or given twice."""
    root = [value]
    holder: Any = root
    key: Any = 0
    while isinstance(child := holder[key], dict | list) and child and chance.random() < 0.9:
        holder, key = child, chance.choice(list(child)) if isinstance(child, dict) else chance.randrange(len(child))
    way = chance.random()
    if isinstance(holder, dict) and way < 0.15:
        del holder[key]
    elif isinstance(holder, list) and way < 0.15:
        holder.append(holder[key])
    elif way < 0.25:
        holder[key] = [holder[key]]
    else:
        holder[key] = json.loads(chance.choice(_ODD))
    return root[0] if root else None


def _repacked(body: bytes, chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Changes what a zip or gzip file holds; another document stays as it is."""
    try:
        bodies = _unpacked(body)
    except Exception:
        # The body may have been damaged before, in any way; what cannot be opened is a good input as it is.
        return body
    if body.startswith(b"\x1f\x8b"):
        return gzip.compress(mutate(bodies[0], chance, seeds), mtime=0)
    if body.startswith(b"PK"):
        return _zipped(*(mutate(one, chance, seeds) if chance.random() < 0.4 else one for one in bodies))
    return body


def _unpacked(body: bytes) -> list[bytes]:
    """What a zip or gzip file holds; nothing for another document."""
    if body.startswith(b"\x1f\x8b"):
        return [gzip.decompress(body)]
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return [archive.read(one) for one in archive.infolist()]
    return []


_MUTATIONS = (
    *(_flip, _insert, _insert, _splice, _cut, _repeat, _nest, _number, _recode, _lines, _markup, _markup),
    *(_values, _values, _values, _repacked, _repacked),
)
