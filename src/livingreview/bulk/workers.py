"""The same function over many batches in several processes, answers in order.

Workers are spawned, not forked: it is the way that every platform has, and a fork copies locks of threads. Each is
handed the model once. Ctrl-C is this process's alone: what the workers have at hand is let finish, the rest dropped. A
worker ends when this process is gone, however it ended.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from livingreview.errors import LivingReviewError

Model = TypeVar("Model")
Batch = TypeVar("Batch")
Answer = TypeVar("Answer")

_BATCHES_A_WORKER = 3
"""One at work, one on its way, one finished that waits for its turn."""

_held: dict[str, Any] = {}
"""What a worker was handed: its function and its model. Empty but in workers."""


def in_order(
    work: Callable[[Model, Batch], Answer], model: Model, batches: Iterable[Batch], n_jobs: int
) -> Iterator[Answer]:
    """``work(model, batch)`` of each batch, in the order of the batches; with one job in this process.

    Args:
        work: a function of a module, so that a worker can find it.
        model: handed to each worker once; pickled.
        batches: drawn no faster than they are worked off.
        n_jobs: how many workers.

    Raises:
        LivingReviewError: a worker ended without an answer.
    """
    if n_jobs == 1:
        yield from (work(model, batch) for batch in batches)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_jobs, mp_context=context, initializer=_begin, initargs=(work, model))
    waiting: deque[Future[Answer]] = deque()
    drawn = iter(batches)
    try:
        while True:
            room = n_jobs * _BATCHES_A_WORKER - len(waiting)
            waiting.extend(pool.submit(_work, batch) for batch in islice(drawn, room))
            if not waiting:
                break
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise LivingReviewError(
            "bulk: a worker ended without an answer, perhaps for want of memory; try fewer --jobs"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(work: Callable[[Model, Batch], Answer], model: Model) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _held.update(work=work, model=model)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(batch: Any) -> Any:
    return _held["work"](_held["model"], batch)
