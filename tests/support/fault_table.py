"""Which fault is expected to be overcome where, and how: the definitions of test, benchmark and document.

A *cell* is one fault at one place of the answers of one channel (say, the second page of the registry's search), either
once or from there on for the rest of the run. What is expected of it:

- ``RETRY``: the same run overcomes it; the store equals the undisturbed one when the run ends.
- ``NEXT``: the run says so (it FAILED, or the exception is named), and after one more run without the fault the store
  equals the undisturbed one, row for row.
"""

from dataclasses import dataclass, field
from itertools import product

from support import server as base
from support import spoils
from support.server import Spoil

RETRY, NEXT = "in the run", "by the next"
ONCE, LASTING = "once", "for the rest of the run"
PLACES = ("first", "middle", "last")


@dataclass(frozen=True, slots=True)
class Channel:
    """Answers of one kind.

    Attributes:
        path: part of the path of its requests.
        sources: what its records and cursors are stored under.
        group: channels of one group are of different sources, so that they are struck in the same run; all channels are
            where every one of them is expected to be overcome in that run.
        places: how many answers in a row can be told apart.
    """

    name: str
    path: str
    source: str
    sources: frozenset[str]
    group: int
    places: int = 3


CHANNELS = {
    channel.name: channel
    for channel in (
        Channel("PubMed esearch", "/esearch", "pubmed", frozenset({"pubmed"}), 1),
        Channel("registry pages", "/api/v2/studies", "clinicaltrials", frozenset({"clinicaltrials"}), 1),
        Channel("Europe PMC pages", "/rest/search", "europepmc", frozenset({"europepmc"}), 1),
        Channel("feeds", "/feed/", "feeds", frozenset({"feeds", "crossref"}), 1),
        Channel("PubMed efetch", "/efetch", "pubmed", frozenset({"pubmed"}), 2),
        Channel("registry version", "/api/v2/version", "clinicaltrials", frozenset({"clinicaltrials"}), 2, places=1),
    )
}
_PAGES = frozenset({"registry pages", "Europe PMC pages", "PubMed efetch"})
_COUNTED = frozenset({"PubMed esearch", "registry pages", "Europe PMC pages"})
_RECORDS = _PAGES | _COUNTED
_READ_IN_FULL: dict[object, str] = {"registry version": RETRY}
"""A registry that gives no stamp is read in full."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which an answer is wrong.

    Attributes:
        once: what is expected where it strikes once; ``once_at`` says otherwise for a channel, or (channel, place).
        lasting: what is expected where it stays; ``lasting_at`` as above.
        channels: where it can strike at all.
        is_slow: it is about time, so that short time-outs are set.
    """

    name: str
    spoil: Spoil | None
    once: str = RETRY
    lasting: str = NEXT
    once_at: dict[object, str] = field(default_factory=dict)
    lasting_at: dict[object, str] = field(default_factory=dict)
    channels: frozenset[str] = frozenset(CHANNELS)
    first_place: int = 1
    is_slow: bool = False

    def expected(self, channel: str, place: int, mode: str) -> str:
        """What is expected of a cell."""
        usual, special = (self.once, self.once_at) if mode == ONCE else (self.lasting, self.lasting_at)
        return special.get((channel, place), special.get(channel, usual))


FAULTS = (
    Fault("no answer within the time-out", spoils.no_answer(0.4), is_slow=True),
    Fault("answer drips in without end", spoils.trickle(0.1, 8), is_slow=True),
    Fault("connection reset", base.reset),
    Fault("connection closed without an answer", spoils.closed),
    Fault("403", base.status(403)),
    Fault("404", base.status(404), once=NEXT, once_at=_READ_IN_FULL, lasting_at=_READ_IN_FULL),
    Fault("408", base.status(408)),
    Fault("429, Retry-After in seconds", base.status(429, Retry_After="0")),
    Fault("429, Retry-After as a date", base.status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")),
    Fault("429, Retry-After of an hour", base.status(429, Retry_After="3600"), once=NEXT),
    Fault("500", base.status(500)),
    Fault("502", base.status(502)),
    Fault("503", base.status(503)),
    Fault("HTML with status 200", base.html_in_200),
    Fault("cut off, Content-Length of the whole", base.truncated),
    Fault("cut off, Content-Length of the part", base.cut_short),
    Fault("cut off in chunks", spoils.chunks_that_break_off),
    Fault("cut off while gzipped", spoils.gzip_that_breaks_off),
    Fault(
        "Latin-1 bytes for UTF-8",
        spoils.latin1,
        # A reader of feeds takes what it gets, and reads it right.
        lasting_at={"feeds": RETRY},
        channels=frozenset(CHANNELS) - {"registry version"},
    ),
    # It is right, though unusual; two of the readers take it.
    Fault("UTF-16, declared", spoils.utf16, lasting_at={"PubMed esearch": RETRY, "Europe PMC pages": RETRY}),
    Fault("gzip bomb", spoils.gzip_bomb, once=NEXT, once_at=_READ_IN_FULL, lasting_at=_READ_IN_FULL),
    Fault("body over the limit", spoils.too_large, once=NEXT, once_at=_READ_IN_FULL, lasting_at=_READ_IN_FULL),
    Fault("empty body with status 200", base.empty_body),
    Fault("ERROR body with status 200", base.error_in_200, once_at=_READ_IN_FULL, lasting_at=_READ_IN_FULL),
    Fault("JSON error with status 200", spoils.json_error, once_at=_READ_IN_FULL, lasting_at=_READ_IN_FULL),
    Fault(
        "empty result for a full one",
        spoils.emptied,
        # Nothing tells it from a true one; it is named, and the same days are asked for once more.
        once_at={"registry pages": NEXT, ("Europe PMC pages", 1): NEXT},
        channels=_RECORDS,
    ),
    Fault(
        "count of one too many",
        spoils.miscounted,
        # The registry counts on the first page only.
        once_at={"PubMed esearch": NEXT, ("registry pages", 1): NEXT},
        # Every record is there; the one that never was is named.
        lasting_at={"Europe PMC pages": RETRY},
        channels=_COUNTED,
    ),
    Fault(
        "a record missing from its page",
        spoils.thinned,
        once_at={"PubMed esearch": NEXT, "registry pages": NEXT},
        channels=_RECORDS,
    ),
    Fault("headers that drip", spoils.headers_that_drip(0.1, 8), is_slow=True),
    Fault("endless 100 Continue", spoils.endless_continue(0.1, 8), is_slow=True),
    Fault("redirect to a malformed address", spoils.redirected(302, "http://[")),
    Fault(
        "redirect to another host with a body",
        spoils.redirected(307, "http://127.0.0.1:9/"),
        # It is not followed; it may pass no sooner than a person has looked.
        once=NEXT,
        channels=frozenset({"PubMed esearch", "PubMed efetch"}),
    ),
    Fault("the page before once more", None, once_at={"registry pages": NEXT}, channels=_PAGES, first_place=2),
    Fault(
        "the answer to another request",
        spoils.of_another_request,
        channels=frozenset({"registry pages", "PubMed efetch"}),
    ),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One run in which a fault strikes every channel of some groups at the same place."""

    fault: Fault
    place: int
    mode: str
    groups: tuple[int, ...]

    @property
    def channels(self) -> list[Channel]:
        """The channels that it strikes."""
        return [
            channel
            for channel in CHANNELS.values()
            if channel.group in self.groups and channel.name in self.fault.channels and self.place <= channel.places
        ]

    @property
    def name(self) -> str:
        """For the eye."""
        return f"{self.fault.name}, {PLACES[self.place - 1]}, {self.mode}, {'+'.join(map(str, self.groups))}"


def trials() -> list[Trial]:
    """Every run: faults that strike once at each place; lasting ones from a place that changes from fault to fault."""
    found = []
    for number, fault in enumerate(FAULTS):
        places = range(fault.first_place, len(PLACES) + 1)
        lasting = places[number % len(places)]
        apart = ((1,), (2,))
        together = ((1, 2),) if fault.once == RETRY and not fault.once_at else apart
        found += [Trial(fault, place, ONCE, groups) for place, groups in product(places, together)]
        found += [Trial(fault, lasting, LASTING, groups) for groups in apart]
    return [trial for trial in found if trial.channels]


def cells() -> list[tuple[Trial, Channel]]:
    """Every cell."""
    return [(trial, channel) for trial in trials() for channel in trial.channels]


def _mark(fault: Fault, channel: Channel, mode: str) -> str:
    """How a fault is overcome at each place of a channel, in letters."""
    marks = {
        trial.place: fault.expected(channel.name, trial.place, mode)
        for trial in trials()
        if trial.fault is fault and trial.mode == mode and channel in trial.channels
    }
    if not marks:
        return ""
    letters = ["" if place not in marks else "r" if marks[place] == RETRY else "N" for place in range(1, 4)]
    if channel.places == 1 or mode == ONCE:
        return "".join(letters)
    (place,) = marks
    return f"{letters[place - 1]} ({PLACES[place - 1]})"


def table() -> str:
    """The expectations as a table in Markdown."""
    lines = [
        "| fault | strikes | " + " | ".join(CHANNELS) + " |",
        "|---|---|" + "---|" * len(CHANNELS),
    ]
    for fault in FAULTS:
        for mode in (ONCE, LASTING):
            marks = [_mark(fault, channel, mode) for channel in CHANNELS.values()]
            lines.append(f"| {fault.name} | {mode} | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"
