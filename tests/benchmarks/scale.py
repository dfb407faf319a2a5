"""Times everyday commands on a store of 100,000 works with 300 statements.

    python tests/benchmarks/scale.py --store FOLDER [--works 100000] [--statements 300] [--repeat 3] [--only NAME]

FOLDER holds the project that is measured: the shipped review with its statements multiplied, and invented records that
went through the pipeline (archive, store, link, classify, derive, evaluate). The first call makes it, which takes some
minutes, and used again. Each measured command is a process of its own, from its start to its end, upon a copy of the
store; a server on 127.0.0.1 that has nothing new stands for the services. Wall and CPU seconds and peak memory, median
(min to max) of the repeats.
"""

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from livingreview.acquisition.progress import Watch  # noqa: E402
from livingreview.config import Project, load_baseline, load_project  # noqa: E402
from livingreview.pipeline.run import run_records, run_services  # noqa: E402
from livingreview.records import Decision, Kind, Notice, Person, Record, Section  # noqa: E402
from livingreview.sources.clinicaltrials import studies  # noqa: E402
from livingreview.store.repository import Repository  # noqa: E402
from support import services  # noqa: E402
from support.server import Server, serve  # noqa: E402
from support.world import Article, World, article_set, study  # noqa: E402

FIRST = datetime(2026, 11, 2, 5, tzinfo=UTC)
SHARE_RELEVANT, SHARE_TRIALS, SHARE_PREPRINTS, SHARE_NOTICES = 0.10, 0.05, 0.02, 0.005
_PMIDS = (40_000_000, 60_000_000)
"""First PMIDs of articles and of notices."""
N_DECISIONS, N_REVISED, N_NEW = 10_000, 1_000, 20
_CELLS = (
    "mesenchymal stromal cells",
    "bone marrow mesenchymal stem cells",
    "adipose-derived stem cells",
    "umbilical cord mesenchymal stem cells",
)
_CORE_CELLS = ("induced pluripotent stem cell-derived mesenchymal stromal cells", "iPSC-derived MSCs")
_VESICLES = ("extracellular vesicles", "exosomes", "small extracellular vesicles")
_DISEASES = (
    "osteoarthritis",
    "myocardial infarction",
    "acute kidney injury",
    "stroke",
    "skin wounds",
    "colitis",
    "liver fibrosis",
    "lung injury",
    "diabetic ulcers",
    "spinal cord injury",
    "periodontitis",
    "dry eye disease",
)
_STRANGE = ("hypertension", "caries", "asthma control", "influenza", "hip fractures", "migraine", "malaria", "glaucoma")
_VERBS = (
    "improve",
    "protect against",
    "reduce",
    "alleviate",
    "are associated with",
    "predict",
    "modulate",
    "attenuate",
)
_ANIMALS = ("mice", "rats", "rabbits", "patients", "older adults", "children", "a cohort", "pigs")
_STATUSES = ("RECRUITING", "NOT_YET_RECRUITING", "COMPLETED", "ACTIVE_NOT_RECRUITING", "UNKNOWN", "TERMINATED")


class Words:
    """Invented texts: a fixed vocabulary with the skewed frequencies of language, so that indexes have real work."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  (invented texts, no secrets)
        syllables = [first + last for first in "bcdfglmnprstvz" for last in ("a", "e", "i", "o", "u", "an", "er", "is")]
        made = {"".join(self.random.choices(syllables, k=self.random.randint(2, 4))) for _ in range(24_000)}
        self._words = sorted(made)
        self.random.shuffle(self._words)
        self._weights: list[float] = []
        total = 0.0
        for rank in range(len(self._words)):
            total += 1 / (rank + 10)
            self._weights.append(total)

    def some(self, count: int) -> str:
        """So many words."""
        return " ".join(self.random.choices(self._words, cum_weights=self._weights, k=count))

    def pick(self, choices: tuple[str, ...]) -> str:
        """One of them."""
        return self.random.choice(choices)


def texts(words: Words, *, is_relevant: bool) -> tuple[str, str]:
    """(title, abstract of some 250 words)."""
    if not is_relevant:
        topic, group = words.pick(_STRANGE), words.pick(_ANIMALS)
        title = f"{words.some(4).capitalize()} {words.pick(_VERBS)} {topic} in {group}: {words.some(3)}"
        parts = [f"We studied {topic} in {group}.", *(f"{words.some(24).capitalize()}." for _ in range(10))]
        return title, " ".join(parts)
    cells = words.pick(_CORE_CELLS if words.random.random() < 0.15 else _CELLS)
    vesicles, disease, group = words.pick(_VESICLES), words.pick(_DISEASES), words.pick(_ANIMALS)
    title = f"{vesicles.capitalize()} from {cells} {words.pick(_VERBS)} {disease} in {group}: {words.some(3)}"
    parts = [
        f"{vesicles.capitalize()} of {cells} were given intravenously to {group} with {disease}.",
        *(
            f"{words.some(23).capitalize()} {words.pick(('exosomes', 'miRNA', 'macrophages', 'batch'))}."
            for _ in "1234"
        ),
        "Batch-to-batch variability and potency were measured.",
        *(f"{words.some(23).capitalize()}." for _ in range(5)),
    ]
    return title, " ".join(parts)


def _persons(words: Words) -> tuple[Person, ...]:
    count = words.random.randint(2, 7)
    return tuple(
        Person(family=words.some(1).capitalize(), given=words.some(1).capitalize(), affiliations=(words.some(8),))
        for _ in range(count)
    )


def publications(words: Words, count: int, start: int = _PMIDS[0]) -> Iterator[Record]:
    """PubMed articles, some with the preprint that they were, some corrected or retracted by a notice."""
    for number in range(count):
        pmid = str(start + number)
        title, abstract = texts(words, is_relevant=words.random.random() < SHARE_RELEVANT)
        day = date(2016, 1, 1) + timedelta(days=words.random.randrange(3_900))
        article = Record(
            source="pubmed",
            source_id=pmid,
            pmid=pmid,
            doi=f"10.5555/scale.{pmid}",
            title=title,
            abstract=(Section(text=abstract),),
            language=("eng",),
            journal=f"Journal of {words.some(2).title()}",
            publication_date=day.isoformat(),
            persons=_persons(words),
            publication_types=("Journal Article",),
            mesh=("Animals", "Humans", words.some(1).capitalize()),
            keywords=(words.some(1), words.some(1)),
            source_date=day.isoformat(),
            created_date=day.isoformat(),
        )
        chance = words.random.random()
        if chance < SHARE_NOTICES:
            kind = "RetractionIn" if chance < SHARE_NOTICES / 5 else "ErratumIn"
            notice = str(start + _PMIDS[1] - _PMIDS[0] + number)
            back = "RetractionOf" if kind == "RetractionIn" else "ErratumFor"
            types = ("Retraction of Publication" if kind == "RetractionIn" else "Published Erratum",)
            yield replace(article, notices=(Notice(kind=kind, pmid=notice),))
            told = {"title": f"Notice: {title}", "abstract": (), "publication_types": types}
            told |= {"notices": (Notice(kind=back, pmid=pmid),), "doi": ""}
            yield replace(article, source_id=notice, pmid=notice, **told)
            continue
        yield article
        if chance > 1 - SHARE_PREPRINTS:
            told = {"source": "europepmc", "source_id": f"PPR{pmid}", "kind": Kind.PREPRINT, "pmid": ""}
            yield replace(article, doi=f"10.1101/{pmid}", journal="bioRxiv", mesh=(), **told)


def trials(words: Words, count: int) -> dict[str, dict[str, Any]]:
    """Studies in the registry's own form, one in five of a relevant scope."""
    found = {}
    for number in range(count):
        nct_id = f"NCT{80_000_000 + number:08d}"
        title, abstract = texts(words, is_relevant=number % 5 == 0)
        one = study(nct_id, title, status=words.pick(_STATUSES), updated="2026-09-01")
        one["protocolSection"]["descriptionModule"]["briefSummary"] = abstract
        found[nct_id] = one
    return found


def lay_out(folder: Path, n_statements: int) -> None:
    """The shipped review in a folder of its own, its statements multiplied up to so many."""
    shutil.copytree(ROOT / "config", folder / "config")
    shutil.copytree(ROOT / "data" / "imsc-ev", folder / "data" / "imsc-ev")
    models = folder / "config" / "reviews" / "imsc-ev" / "models.toml"
    # What a training on all decisions costs is another question than what a run costs.
    models.write_text(re.sub(r"retrain_after = \d+", "retrain_after = 1_000_000", models.read_text(encoding="utf-8")))
    path = folder / "config" / "reviews" / "imsc-ev" / "statements.toml"
    head, *statements = path.read_text(encoding="utf-8").split("[[statements]]\n")
    made = []
    for number in range(n_statements):
        lap, place = divmod(number, len(statements))
        body = statements[place]
        # Another word in each lap, so that no rule of one lap costs what a rule of another has paid already.
        body = re.sub(r'^id = "(S\d+)"', rf'id = "\1{"" if not lap else chr(96 + lap)}"', body, flags=re.MULTILINE)
        made.append(body.replace("\ntext = [", f'\ntext = ["lap{lap}word", ', 1) if lap else body)
    path.write_text(head + "".join(f"[[statements]]\n{body}" for body in made), encoding="utf-8")


def _quick_search(known: frozenset[str]) -> Any:
    """esearch for a service with many records: PMIDs are looked up, and every other search finds nothing."""

    def esearch(world: World, asked: Mapping[str, str]) -> services.Answer:
        wanted = re.findall(r"(\d+)\[uid\]", asked["term"])
        there = [one for one in wanted if one in known or one in world.articles]
        if not wanted and asked.get("mindate", "").startswith("2022/03"):
            there = list(world.articles)
        ids = "".join(f"<Id>{one}</Id>" for one in there)
        head = '<?xml version="1.0" encoding="UTF-8" ?>\n<eSearchResult>'
        return services.Answer(f"{head}<Count>{len(there)}</Count><IdList>{ids}</IdList></eSearchResult>".encode())

    return esearch


def _quick_studies(world: World, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    if numbers := [one for one in re.split(r"[,|]", asked.get("filter.ids", "")) if one]:
        return [world.studies[one] for one in numbers if one in world.studies]
    return list(world.studies.values())[:50]


def world_of(project: Project, words: Words, n_trials: int) -> World:
    """What the services know: the baseline, and every study."""
    baseline = load_baseline(project)
    world = World(data_timestamp="2026-11-01T09:00:05")
    for reference in baseline.references:
        if reference.pmid:
            world.add(Article(pmid=reference.pmid, title=reference.title, doi=reference.doi))
    world.studies = trials(words, n_trials)
    world.studies |= {nct: study(nct, f"Printed study {nct}", updated="2026-01-01") for nct in baseline.nct_ids}
    return world


def build(folder: Path, project: Project, server: Server, n_works: int, n_trials: int) -> None:
    """Fills the store through the line, in the order of a life: much at first, revisions, decisions, quiet weeks."""
    words = Words(1)
    repository = Repository.open(project.database_url, project.path("archive_dir"))
    watch = Watch(tell=print, sleep=lambda _seconds: None)
    records = list(publications(words, n_works - n_trials))
    body = json.dumps(list(server.world.studies.values())).encode()
    path = folder / "studies.json"
    path.write_bytes(body)
    with path.open("rb") as document:
        records += [item for item in studies.parse(document) if isinstance(item, Record)]
    run_records(project, repository, records, FIRST, watch)
    revised = [
        replace(one, title=f"{one.title} (revised)", source_date="2026-11-08")
        for one in words.random.sample(records, N_REVISED)
        if one.kind == Kind.ARTICLE
    ]
    run_records(project, repository, revised, FIRST + timedelta(days=7), watch)
    relevant = [scope.slug for scope in project.review.scopes if scope.is_relevant]
    works = sorted({stored.work_id for stored in repository.records(scopes=relevant)})
    others = sorted({f"{one.source}:{one.source_id}" for one in records[: 4 * N_DECISIONS]} - set(works))
    chosen = words.random.sample(works, min(len(works) // 2, N_DECISIONS // 2))
    chosen += words.random.sample(others, min(len(others), N_DECISIONS - len(chosen)))
    repository.add_decisions(
        [
            Decision(
                work_id=work,
                stage="title_abstract",
                decision="include" if number % 3 and number < len(works) // 2 else "exclude",
                person="Ada",
                decided_at=FIRST + timedelta(days=8, seconds=number),
            )
            for number, work in enumerate(chosen)
        ]
    )
    for weeks in (2, 3):
        outcome = run_services(project, repository, FIRST + timedelta(weeks=weeks), watch)
        if outcome.failures:
            raise SystemExit(f"the services failed: {outcome.failures}")
    repository.close()
    fresh = [replace(one, created_date="2026-11-20") for one in publications(words, N_NEW, start=70_000_000)]
    articles = [
        Article(
            pmid=one.source_id,
            title=one.title,
            abstract=one.abstract_text,
            doi=one.doi,
            authors=tuple((person.family, person.given) for person in one.persons),
        )
        for one in fresh
        if one.source == "pubmed"
    ]
    (folder / "new.xml").write_bytes(article_set(*articles[:N_NEW]))
    (folder / "week-before.xml").write_bytes(
        article_set(replace(articles[0], pmid=str(_PMIDS[0] + n_works - 1), doi=""))
    )


_LAUNCHER = """
import json, os, subprocess, sys, time
with open("last.log", "wb") as log:
    started = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=log, stderr=log)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
cpu = usage.ru_utime + usage.ru_stime
print(json.dumps([os.waitstatus_to_exitcode(status), wall, cpu, usage.ru_maxrss / 1024]))
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    peak_mb: float


def measured(folder: Path, arguments: tuple[str, ...], server: Server) -> Cost:
    """One command upon the project, in a process of its own."""
    environment = os.environ | server.environment() | {"PYTHONPATH": str(ROOT / "src")}
    # As in any installed program, modules are compiled once.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(folder.parent / "bytecode")
    command = [sys.executable, "-m", "livingreview", "--config", str(folder / "config"), *arguments]
    # A process inherits the peak memory of the one that starts it, so a small one starts it.
    started = subprocess.run(
        [sys.executable, "-c", _LAUNCHER, *command], cwd=folder, env=environment, check=True, capture_output=True
    )
    code, wall, cpu, peak_mb = json.loads(started.stdout)
    if code:
        raise SystemExit(f"{' '.join(arguments)}: ended with {code}; see {folder / 'last.log'}")
    return Cost(wall, cpu, peak_mb)


def commands(folder: Path, first_run: str) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Name -> (whether it writes to the store, its arguments)."""
    later = ("--now", (FIRST + timedelta(weeks=4)).isoformat())
    return {
        "report": (False, (*later, "report")),
        "run, nothing new": (True, (*later, "run")),
        "run --from a file that was read": (True, (*later, "run", "--from", str(folder / "read.xml"))),
        "run --from 20 new records": (True, (*later, "run", "--from", str(folder / "new.xml"))),
        "status": (False, (*later, "status")),
        "changes --json": (False, (*later, "changes", "--json")),
        "queue list": (False, (*later, "queue", "list")),
        "statements list": (False, (*later, "statements", "list")),
        "report of the first run": (False, (*later, "report", "--run", first_run)),
    }


def main() -> None:
    """Makes the store where it is not there yet, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--works", type=int, default=100_000)
    parser.add_argument("--statements", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", action="append", help="Measure this row; may be given again.")
    options = parser.parse_args()
    folder = options.store.resolve()
    made = folder / f"{options.works}-{options.statements}"
    n_trials = int(options.works * SHARE_TRIALS)
    with serve() as server:
        os.environ |= server.environment()
        known = frozenset(str(base + number) for base in _PMIDS for number in range(options.works))
        services.esearch = _quick_search(known)
        services._find_studies = _quick_studies
        if not (made / "done").exists():
            shutil.rmtree(made, ignore_errors=True)
            lay_out(made, options.statements)
            project = load_project(made / "config")
            server.world = world_of(project, Words(2), n_trials)
            build(made, project, server, options.works, n_trials)
            (made / "done").touch()
        server.world = world_of(load_project(made / "config"), Words(2), n_trials)
        if not (made / "read.xml").exists():
            # The baseline's own articles: everything in this file is in the store already.
            (made / "read.xml").write_bytes(article_set(*server.world.articles.values()))
            measured(made, commands(made, "")["run --from a file that was read"][1], server)
        project = load_project(made / "config")
        repository = Repository.open(project.database_url, project.path("archive_dir"))
        first_run = repository.runs()[0].name
        counts, n_changes = repository.counts(), len(repository.changes())
        repository.close()
        print(f"{counts} records, {n_changes:,} changes, {options.statements} statements; {options.repeat} repeats")
        # The week before is run by the program that is measured: another one may link every record anew.
        week_before = folder / "week-before"
        shutil.rmtree(week_before, ignore_errors=True)
        shutil.copytree(made, week_before)
        eve = ("--now", (FIRST + timedelta(weeks=3, days=6)).isoformat(), "run")
        measured(week_before, (*eve, "--from", str(made / "week-before.xml")), server)
        measured(week_before, eve, server)
        print(f"{'command':34} {'wall s':>22} {'CPU s':>22} {'MB':>6}")
        for name, (is_writing, arguments) in commands(made, first_run).items():
            if options.only and name not in options.only:
                continue
            costs = []
            for _ in range(options.repeat):
                copy = folder / "copy"
                if is_writing:
                    shutil.rmtree(copy, ignore_errors=True)
                    shutil.copytree(week_before, copy)
                costs.append(measured(copy if is_writing else week_before, arguments, server))
            shutil.rmtree(folder / "copy", ignore_errors=True)
            columns = [_spread([getattr(cost, kind) for cost in costs]) for kind in ("wall", "cpu")]
            print(f"{name:34} {columns[0]:>22} {columns[1]:>22} {max(cost.peak_mb for cost in costs):6.0f}", flush=True)


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
