"""Signals that end a command: it gives the lock back, says in its log why it ended, and goes."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from livingreview.cli.common import tell

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)  # Windows has no SIGHUP.
_EXIT_OF_SIGNALS = 128


class Stop:
    """Whether a signal came, and which."""

    number = 0

    @property
    def exit_code(self) -> int:
        """As shells say it: 128 and the number of the signal; 130 for Ctrl-C."""
        return _EXIT_OF_SIGNALS + (self.number or signal.SIGINT)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Makes the first signal raise KeyboardInterrupt with its name, wherever the main thread is.

    While the command ends, what follows is not heard, except that Ctrl-C ends it at once. A signal that was ignored
    when the command began (``nohup``) is ignored further.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def on_signal(number: int, _frame: Any) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL if each == signal.SIGINT else signal.SIG_IGN)
        stop.number = number
        raise KeyboardInterrupt(f"stopped by {signal.Signals(number).name}")

    before = {each: signal.getsignal(each) for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN}
    for each in before:
        signal.signal(each, on_signal)
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def end(stop: Stop) -> NoReturn:
    """Ends the process with the code of the signal.

    Threads that wait for a service are not waited for where a signal came: what a run has to leave in order is done.
    """
    # A terminal that has hung up takes no words any more.
    with suppress(OSError):
        tell("livingreview: stopped; what was committed stays, the next run goes on from there")
        sys.stdout.flush()
        sys.stderr.flush()
    if stop.number:
        os._exit(stop.exit_code)
    sys.exit(stop.exit_code)
