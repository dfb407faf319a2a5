"""Files scored in several processes: in order, no more held than is needed, and nothing that hangs or stays behind."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livingreview.bulk import Counts, score_files
from livingreview.errors import LivingReviewError
from livingreview.sources.formats.listing import Document
from support.working import EndingModel, FailingModel, NotingModel, ProcessModel

N_FILES = 24
INTERRUPTED = """
import os, signal, sys, threading
from pathlib import Path
sys.path[:0] = {paths!r}
from livingreview.bulk import Counts, score, score_files
from livingreview.sources.formats.listing import Document
from support.working import SlowModel
score.IDLE_SECONDS = 1
if __name__ == "__main__":
    files = [Document(path, str(path)) for path in sorted(Path({folder!r}).iterdir())]
    rows = score_files(files, SlowModel(), 2, Counts())
    next(rows)
    print(next(rows).split(",")[8], flush=True)
    threading.Timer(0.5, os.kill, ({whom}, signal.{signal})).start()
    list(rows)
"""


def file_of(folder: Path, number: int, *titles: str) -> Document:
    path = folder / f"{number:03d}.csv"
    rows = (f"{title},10.5555/{number}.{place}\n" for place, title in enumerate(titles))
    path.write_text("title,doi\n" + "".join(rows), encoding="utf-8")
    return Document(path, str(path))


@pytest.fixture
def files(tmp_path: Path) -> list[Document]:
    """A batch each."""
    folder = tmp_path / "files"
    folder.mkdir()
    return [file_of(folder, number, f"one of {number}", f"two of {number}") for number in range(N_FILES)]


def rows_of(files: Any, model: Any, n_jobs: int, counts: Counts | None = None) -> list[dict[str, str]]:
    return list(csv.DictReader("".join(score_files(files, model, n_jobs, counts or Counts())).splitlines()))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_rows_are_in_the_order_of_the_files_and_faults_name_theirs(files: list[Document], n_jobs: int) -> None:
    files[5].path.write_text("no format at all\n", encoding="utf-8")
    files[7].path.write_text("title,doi\nGood,10.5555/7.0\nBad,no doi\n", encoding="utf-8")
    counts = Counts()
    rows = rows_of(files, ProcessModel(), n_jobs, counts)
    expected = [f"10.5555/{number}.{place}" for number in range(N_FILES) for place in (0, 1)]
    assert [row["doi"] for row in rows] == [doi for doi in expected if doi[8:] not in ("5.0", "5.1", "7.1")]
    assert counts.n_records == len(rows)
    assert [line.split(":")[0] for line in counts.faults] == [str(files[5].path)]
    assert [line.split(":")[0] for line in counts.problems] == [str(files[7].path)]
    assert (str(os.getpid()) in {row["scope"] for row in rows}) == (n_jobs == 1)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_nothing_to_do(n_jobs: int) -> None:
    assert rows_of([], ProcessModel(), n_jobs) == []


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_files_are_read_as_they_are_worked_off(files: list[Document], tmp_path: Path, n_jobs: int) -> None:
    done = tmp_path / "done"
    done.mkdir()
    ahead: list[int] = []

    def counting() -> Iterator[Document]:
        for number, file in enumerate(files, start=1):
            yield file
            ahead.append(number - len(list(done.glob("one of *"))))

    assert len(rows_of(counting(), NotingModel(done), n_jobs)) == 2 * N_FILES
    assert len(ahead) == N_FILES and max(ahead) <= 2 * n_jobs + 1


# A thread of joblib may look, while it is being stopped, for work that was taken away from it already.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_who_stops_asking_is_not_kept(files: list[Document]) -> None:
    rows = score_files(files, ProcessModel(), 2, Counts())  # type: ignore[arg-type]
    assert next(rows).startswith("file,")
    assert str(files[0].path) in next(rows)
    rows.close()  # type: ignore[attr-defined]
    assert len(rows_of(files, ProcessModel(), 2)) == 2 * N_FILES


def test_a_worker_that_ends_is_an_error_and_no_silence(files: list[Document]) -> None:
    file_of(files[4].path.parent, 4, "end")
    with pytest.raises(LivingReviewError, match="a worker ended without an answer"):
        rows_of(files, EndingModel(), 2)
    assert len(rows_of(files[:4], EndingModel(), 2)) == 8


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_fault_of_the_program_is_raised_here(files: list[Document], n_jobs: int) -> None:
    with pytest.raises(LookupError, match="one of "):
        rows_of(files, FailingModel(), n_jobs)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_so_is_one_while_files_are_read(files: list[Document], n_jobs: int) -> None:
    def failing() -> Iterator[Document]:
        yield from files[:8]
        raise LookupError("file 8")

    with pytest.raises(LookupError, match="file 8"):
        rows_of(failing(), ProcessModel(), n_jobs)


@pytest.mark.parametrize(
    ("whom", "name"),
    [
        pytest.param("os.getpid()", "SIGKILL", marks=pytest.mark.slow),
        ("os.getpid()", "SIGINT"),
        ("0", "SIGINT"),
    ],
)
def test_workers_do_not_outlive_the_process(tmp_path: Path, whom: str, name: str) -> None:
    """The pipe is read to its end only when nobody holds it any more.

    After a kill, workers end by themselves: once idle for too long, and when nobody has heard their farewell for 30 s.
    """
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(100):
        file_of(folder, number, "a record")
    script = tmp_path / "interrupted.py"
    text = INTERRUPTED.format(paths=sys.path, folder=str(folder), whom=whom, signal=name)
    script.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=False, start_new_session=True
    )
    assert done.returncode == -getattr(signal, name)
    assert int(done.stdout) > 0
