"""What the benchmarks of the tagger share: the shipped model and the records of a MEDLINE file."""

from datetime import UTC, datetime
from pathlib import Path

from file_run import ROOT

from livingreview import __version__, classify
from livingreview.config import load_baseline, load_project
from livingreview.records import Record
from livingreview.sources.formats import files

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def shipped_model() -> classify.Model:
    """A model of the shipped labels alone."""
    project = load_project(ROOT / "config", "imsc-ev")
    known = classify.shipped_examples(project, load_baseline(project))
    return classify.train(project.review, known, now=NOW, code_version=__version__)


def records_of(path: Path) -> list[Record]:
    """The last state of every record in a file."""
    found = {item.key: item for item in files.parse_file(path) if isinstance(item, Record)}
    return list(found.values())
