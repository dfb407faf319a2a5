"""Six dated rounds of the tiny review: what its world brings in the course of two years, and what people say of it.

Every type of change happens at least once. All texts are invented.
"""

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from livingreview.cli import main
from livingreview.records import Decision
from support import tiny_review
from support.lab import Ended, Lab
from support.server import Server
from support.tiny_review import CITED_DOI, CITED_PMID, CITED_TITLE, OTHER_NCT, PRINTED_NCT
from support.world import Article, World, preprint, study, update, work

LOST_PMID = "30000004"
LOST_TITLE = "Vesicles of loom cells calm the itch of invented burns"
# S03 and S04 ask in words of their own what would else be asked of them unwritten: it is told once.
_STATEMENTS = f"""
[[statements.rules]]
effect = "outdates"
why = "a report on people"
scopes = ["loom_ev"]
text = ['/\\bpeople\\b/']

[[statements]]
id = "S02"
section = "2"
text = "No printed trial of loom cell vesicles has posted results"
kind = "count"
nct_ids = ["{OTHER_NCT}"]

[[statements.rules]]
effect = "challenges"
why = "results are posted"
cited = "nct_ids"
has_results = true

[[statements]]
id = "S03"
section = "3"
text = "Vesicles of loom cells close torn skin faster than saline"
kind = "finding"
areas = ["skin"]
refs = [1, 2]

[[statements.rules]]
effect = "confirms"
why = "the same against saline"
scopes = ["loom_ev"]
areas = ["skin"]
text = ['than saline']

[[statements.rules]]
effect = "challenges"
why = "a reference was retracted, doubted or withdrawn"
cited = "refs"
changes = ["baseline_reference_retracted", "baseline_reference_concern_expressed", "baseline_reference_withdrawn"]

[[statements]]
id = "S04"
section = "4"
text = "One study of loom cell vesicles looked at the eye"
kind = "count"
areas = ["eye"]
refs = [4]

[[statements.rules]]
effect = "extends"
why = "two studies of the eye"
scopes = ["loom_ev"]
areas = ["eye"]
at_least = 2

[[statements.rules]]
effect = "challenges"
why = "a reference was retracted, doubted or withdrawn"
cited = "refs"
changes = ["baseline_reference_retracted", "baseline_reference_concern_expressed", "baseline_reference_withdrawn"]

[[statements]]
id = "S05"
section = "5"
text = "Three trials of vesicles are registered"
kind = "count"
areas = ["skin"]

[statements.count]
trials = {{ scopes = ["loom_ev"], intervention = ["@ev"] }}
print = [3]
printed_trials = "printed"
"""
_LOST_REFERENCE = f"4,Author,2018,J Invent Res,5,41,{LOST_TITLE},10.5555/tiny.0004,{LOST_PMID},,loom_ev,burns,\n"


@dataclass(frozen=True, slots=True)
class Round:
    """One run of the review.

    Attributes:
        now: its moment.
        happens: what its world brings before it.
        decisions: (work, decision) that people made before it.
        statements: arguments of ``statements decide`` that people gave before it.
    """

    now: str
    happens: Callable[[World], None]
    decisions: tuple[tuple[str, str], ...] = ()
    statements: tuple[tuple[str, ...], ...] = ()

    @property
    def moment(self) -> datetime:
        """``now`` as a moment."""
        return datetime.fromisoformat(self.now)

    @property
    def name(self) -> str:
        """The name of its run."""
        return self.now.replace("-", "").replace(":", "")


def _first(world: World) -> None:
    """What is there when the review is first read."""
    world.add(
        Article(pmid=CITED_PMID, title=CITED_TITLE, doi="10.5555/tiny.0001", edat=date(2020, 5, 1)),
        Article(pmid=LOST_PMID, title=LOST_TITLE, doi="10.5555/tiny.0004", edat=date(2018, 5, 1)),
        _article(1, "Vesicles of loom cells in skin wounds of mice: torn skin closes faster than saline", 3),
        _article(2, "Vesicles of loom cells in burns of mice", 3),
        _article(3, "Vesicles of loom cells and the retina of mice", 4),
        _article(4, "Vesicles of yarn cells in skin wounds", 4),
        _article(5, "Vesicles of loom cells in burns of rats, a longer look", 4, doi="10.5555/round.0005"),
    )
    world.deposit(work(CITED_DOI, "Vesicles of yarn cells and the invented retina"))
    world.publish(preprint("PPR900001", "Vesicles of loom cells in skin wounds of old mice", doi="10.1101/ppr900001"))
    world.register(
        study(PRINTED_NCT, "Vesicles of loom cells for burns", updated="2022-01-20"),
        study(OTHER_NCT, "Vesicles of yarn cells for dry eyes", status="COMPLETED", updated="2022-01-25"),
        study("NCT90000010", "Vesicles of loom cells for wounds, first registration", updated="2022-03-02"),
        study("NCT90000011", "Vesicles of loom cells for wounds", updated="2022-03-03"),
        study("NCT90000012", "Vesicles of yarn cells for burns", updated="2022-03-04", **_posted("2022-03-04")),
        study(
            "NCT90000013",
            "Vesicles of loom cells for the retina",
            updated="2022-03-05",
            enrollment=40,
            **_posted("2022-02-20"),
        ),
        study("NCT90000014", "Vesicles of yarn cells for sleep", updated="2022-03-06"),
        study("NCT90000016", "Vesicles of yarn cells for dry skin", updated="2022-03-07"),
    )


def _second(world: World) -> None:
    """A concern, a correction, a published preprint, revised texts, a trial that recruits no longer."""
    world.revise(
        CITED_PMID,
        notices=(("ExpressionOfConcernIn", "41000001", "J Invent Res. 2022 Jul;7(3):40"),),
        mdat=date(2022, 7, 10),
    )
    world.revise("31000002", title="Vesicles of loom cells in deep burns of mice", mdat=date(2022, 7, 11))
    world.deposit(_cited_work("2022-07-02", "correction"))
    world.add(
        _article(6, "Vesicles of loom cells in skin wounds of old mice", 7, doi="10.5555/round.0006"),
        _article(7, "Vesicles of loom cells in the eye of rabbits: the retina again", 8),
    )
    _move(world, OTHER_NCT, "2022-07-05", hasResults=True, resultsFirstPostDateStruct={"date": "2022-07-04"})
    _move(world, PRINTED_NCT, "2022-07-06", overallStatus="ACTIVE_NOT_RECRUITING", enrollment=(24, "ACTUAL"))
    _move(
        world,
        "NCT90000013",
        "2022-07-08",
        title="Vesicles of loom cells for the aging retina",
        conditions=["Aging Retina"],
        completionDateStruct={"date": "2024-12-31", "type": "ESTIMATED"},
    )


def _third(world: World) -> None:
    """A retraction of evidence, a report on people, results in three places, papers on what the review lacks."""
    world.revise(
        "31000001",
        notices=(("RetractionIn", "41000002", "J Invent Res. 2022 Nov;7(5):60"),),
        publication_types=("Journal Article", "Retracted Publication"),
        mdat=date(2022, 11, 10),
    )
    world.revise(
        "31000004",
        notices=(("ExpressionOfConcernIn", "41000003", "J Invent Res. 2022 Nov;7(5):61"),),
        mdat=date(2022, 11, 11),
    )
    world.revise("31000003", notices=(("ErratumIn", "41000004", "J Invent Res. 2022 Nov;7(5):62"),), mdat=_day(11, 12))
    world.deposit(_cited_work("2022-11-12", "correction", "retraction"))
    world.add(
        _article(8, "Vesicles of loom cells in six people with burns", 11, accessions=(PRINTED_NCT,)),
        _article(9, "Vesicles of loom cells and the retina of people", 12, abstract="Registered as NCT90000013."),
        _article(10, "Vesicles of yarn cells in burns of rabbits", 12),
        *(_article(20 + number, f"Vesicles of loom cells and snoring, part {number}", 10) for number in range(3)),
    )
    _move(world, "NCT90000012", "2022-12-01", references=["31000010"])
    _move(world, PRINTED_NCT, "2022-12-02", references=["31000008"])
    _move(world, "NCT90000014", "2022-12-03", overallStatus="TERMINATED", whyStopped="No yarn was left")
    world.register(
        study("NCT90000015", "Vesicles of loom cells for snoring", updated="2022-12-04", **_posted("2022-12-04")),
        study("NCT05200000", "Vesicles of yarn cells for cold hands", updated="2022-12-05", **_posted(None)),
    )


def _fourth(world: World) -> None:
    """Two numbers become one, twice: a trial's and an article's; others are no longer there; one trial is overdue."""
    del world.studies["NCT90000010"], world.studies["NCT90000015"]
    world.aliases["NCT90000010"] = "NCT90000011"
    _move(world, "NCT90000011", "2023-05-20", aliases=["NCT90000010"])
    del world.articles["31000005"], world.articles[LOST_PMID]
    world.add(_article(30, "Vesicles of loom cells in burns of rats, a longer look", 4, doi="10.5555/round.0005"))


def _fifth(world: World) -> None:
    """What was gone is gone for good; a retraction is taken back, and the registry hears of the overdue trial."""
    world.deposit(_cited_work("2023-07-02", "correction", "retraction", "reinstatement"))
    _move(world, "NCT90000011", "2023-07-03", overallStatus="SUSPENDED", whyStopped="The looms are being mended")
    _move(
        world,
        "NCT90000016",
        "2023-09-01",
        primaryCompletionDateStruct={"date": "2024-01", "type": "ESTIMATED"},
        completionDateStruct={"date": "2024-06-30", "type": "ESTIMATED"},
    )


def _sixth(world: World) -> None:
    """What the registry had lost is back; the trial that was overdue is so anew, with others; an area has grown."""
    world.register(
        study("NCT90000015", "Vesicles of loom cells for snoring", updated="2024-08-30", **_posted("2022-12-04"))
    )
    world.add(
        *(
            _article(40 + number, f"Vesicles of loom cells and snoring, part {number + 3}", 8, year=2024)
            for number in range(3)
        )
    )


_ON_PEOPLE = (
    "S01",
    "--effect",
    "outdates",
    "--accept",
    "--wording",
    "Loom cell vesicles were given to people, too",
)
_NO_COUNT = ("S04", "--effect", "extends", "--reject", "--reason", "two of them are one study")
_NO_FALL = ("S03", "--effect", "challenges", "--reject", "--reason", "the corrected figures say the same")

ROUNDS = (
    Round("2022-06-01T05:00:00Z", _first),
    Round("2022-09-01T05:00:00Z", _second, (("pubmed:31000004", "include"),)),
    Round("2023-01-10T05:00:00Z", _third),
    Round("2023-06-15T05:00:00Z", _fourth, statements=(_ON_PEOPLE, _NO_COUNT)),
    Round("2023-09-05T05:00:00Z", _fifth, statements=(_NO_FALL,)),
    Round("2024-09-15T05:00:00Z", _sixth),
)


def _posted(day: str | None) -> dict[str, Any]:
    """When a registry first posted a study, which had not begun before; None where its record does not say."""
    posted = {"date": day, "type": "ACTUAL"} if day else {}
    return {"studyFirstPostDateStruct": posted, "startDateStruct": {"date": "2023-01", "type": "ESTIMATED"}}


def _day(month: int, day: int = 15, year: int = 2022) -> date:
    return date(year, month, day)


def _article(number: int, title: str, month: int, *, year: int = 2022, **values: Any) -> Article:
    return Article(pmid=str(31_000_000 + number), title=title, edat=_day(month, year=year), **values)


def _cited_work(indexed: str, *kinds: str) -> dict[str, Any]:
    updates = [update(f"10.5555/notice.{number}", kind) for number, kind in enumerate(kinds, start=1)]
    return work(CITED_DOI, "Vesicles of yarn cells and the invented retina", indexed=indexed, updated_by=updates)


def _move(
    world: World,
    nct_id: str,
    updated: str,
    *,
    title: str = "",
    conditions: list[str] | None = None,
    enrollment: tuple[int, str] | None = None,
    references: list[str] | None = None,
    aliases: list[str] | None = None,
    hasResults: bool | None = None,  # noqa: N803
    **status: Any,
) -> None:
    """Another state of a study: its registry posted an update on a day."""
    one = world.studies[nct_id]
    protocol = one["protocolSection"]
    protocol["statusModule"] |= status | {"lastUpdatePostDateStruct": {"date": updated, "type": "ACTUAL"}}
    if title:
        protocol["identificationModule"]["briefTitle"] = title
    if aliases:
        protocol["identificationModule"]["nctIdAliases"] = aliases
    if conditions:
        protocol["conditionsModule"]["conditions"] = conditions
    if enrollment:
        protocol["designModule"]["enrollmentInfo"] = dict(zip(("count", "type"), enrollment, strict=True))
    if references:
        protocol["referencesModule"] = {"references": [{"pmid": pmid, "type": "RESULT"} for pmid in references]}
    if hasResults is not None:
        one["hasResults"] = hasResults


def _stamp(world: World, day: str) -> None:
    """The registry is rebuilt every day: every study bears the day, whether it changed or not."""
    world.data_timestamp = f"{day}T09:00:05"
    for one in world.studies.values():
        one["derivedSection"]["miscInfoModule"]["versionHolder"] = day


def prepare(root: Path) -> Path:
    """The tiny review with five statements and one more reference."""
    tiny_review.write(root)
    with (root / "config" / "reviews" / tiny_review.SLUG / "statements.toml").open("a", encoding="utf-8") as file:
        file.write(_STATEMENTS)
    with (root / "data" / tiny_review.SLUG / "baseline" / "references.csv").open("a", encoding="utf-8") as file:
        file.write(_LOST_REFERENCE)
    return root


def environment(server: Server) -> dict[str, str]:
    """The server's settings with all three services of literature."""
    enabled = {f"LIVINGREVIEW_SOURCES__{name}__IS_ENABLED": "true" for name in ("CROSSREF", "EUROPEPMC")}
    return server.environment() | enabled


def run_cli(*arguments: str | Path) -> Ended:
    """One command in this process."""
    out, err = io.StringIO(), io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code
    return Ended(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


def play(lab: Lab) -> Iterator[Round]:
    """Plays round after round; hands each out when its run is done."""
    for one in ROUNDS:
        if one.decisions:
            store = lab.open()
            store.add_decisions(
                [
                    Decision(
                        work_id=work_id,
                        stage="full_text",
                        decision=decision,
                        person="Somebody",
                        decided_at=one.moment.astimezone(UTC),
                    )
                    for work_id, decision in one.decisions
                ]
            )
            store.close()
        for said in one.statements:
            assert lab("statements", "decide", *said, "--by", "Somebody", now=one.now).code == 0
        one.happens(lab.server.world)
        _stamp(lab.server.world, one.now[:10])
        ended = lab("run", now=one.now)
        assert ended.code == 0, ended.err
        yield one


def changes_of(lab: Lab, one: Round) -> str:
    """The changes of a round, one JSON object a line."""
    ended = lab("changes", "--run", one.name, "--json")
    assert ended.code == 0, ended.err
    return ended.out


def golden(lab: Lab, one: Round) -> dict[str, str]:
    """What the golden files of a round hold: its report without the model's figures, and its changes.

    The figures depend on the versions of the numerical libraries, the port of the server on chance.
    """
    page = (lab.root / "out" / one.name / "report.md").read_text(encoding="utf-8")
    page = re.sub(r"(?s)## Model and method\n.*?(?=\n## )", "", page.rpartition("\n---\n")[0])
    return {
        name: without_port(lab, text) for name, text in (("report.md", page), ("changes.jsonl", changes_of(lab, one)))
    }


def without_port(lab: Lab, text: str) -> str:
    """A text with the same port in the place of the server's."""
    return text.replace(lab.server.url.rpartition("/")[2], "127.0.0.1:80")
