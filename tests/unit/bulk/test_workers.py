"""Work in several processes: in order, no more than is needed at a time, and no process left behind."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livingreview.bulk.workers import in_order
from livingreview.errors import LivingReviewError
from support.working import end, fail, process_of, times

ORPHANS = """
import os, signal, sys
sys.path[:0] = {paths!r}
from support.working import process_of
from livingreview.bulk.workers import in_order
if __name__ == "__main__":
    answers = in_order(process_of, 0, range(100), 2)
    print(next(answers), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_answers_come_in_order(n_jobs: int) -> None:
    assert list(in_order(times, 3, range(20), n_jobs)) == [3 * number for number in range(20)]


def test_nothing_to_do() -> None:
    assert list(in_order(times, 3, [], 2)) == []


def test_one_job_needs_no_process() -> None:
    assert list(in_order(process_of, 0, [1], 1)) == [os.getpid()]


def test_batches_are_drawn_as_they_are_worked_off() -> None:
    drawn: list[int] = []

    def counting() -> Iterator[int]:
        for number in range(100):
            drawn.append(number)
            yield number

    answers = in_order(times, 1, counting(), 2)
    assert next(answers) == 0
    assert len(drawn) == 6
    assert next(answers) == 1
    assert len(drawn) == 7
    answers.close()
    assert multiprocessing.active_children() == []


def test_ctrl_c_ends_the_workers() -> None:
    def interrupted() -> Iterator[int]:
        yield from range(8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(in_order(times, 1, interrupted(), 2))
    assert multiprocessing.active_children() == []


def test_a_worker_that_ends_is_an_error_and_no_silence() -> None:
    with pytest.raises(LivingReviewError, match="a worker ended without an answer"):
        list(in_order(end, 0, [3], 2))
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_of_the_work_is_raised_here(n_jobs: int) -> None:
    with pytest.raises(ValueError, match="batch 7"):
        list(in_order(fail, 0, [7], n_jobs))


def test_workers_do_not_outlive_a_process_that_was_killed(tmp_path: Path) -> None:
    """The pipe is read to its end only when nobody holds it any more."""
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS.format(paths=sys.path), encoding="utf-8")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -9
    assert int(done.stdout) > 0
