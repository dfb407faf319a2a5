"""Damaged documents for every parser, for as long as is wanted: crashes, hangs and memory.

    python tests/benchmarks/fuzz.py feeds ris --seconds 600
    python tests/benchmarks/fuzz.py --inflate 250000
    python tests/benchmarks/fuzz.py --list

Bodies are made from the examples of the tests by :mod:`support.fuzzing`; where ``atheris`` can be imported, it keeps
those that reach new branches of ``livingreview`` and goes on from them, else every body comes from an example anew.
With ``--inflate`` an example holds one piece repeated to so many bytes, which shows what takes quadratic time.
Each parser works in a process of its own with bounded memory. An input that lets anything but the allowed errors
through, or takes more than ``--hang`` CPU seconds, is kept in a folder; ends with 1 when there is one.
"""

import argparse
import importlib.util
import json
import mmap
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

CHILD_FAILED = 3
_LENGTH_BYTES = 8


class Hang(BaseException):
    """One input took too long; no ``except Exception`` may swallow it."""


class Trial:
    """Runs bodies through one subject, and keeps count where another process sees it."""

    def __init__(self, name: str, folder: Path, options: argparse.Namespace) -> None:
        from support.fuzzing import attempt, subjects

        self.subject = subjects(folder)[name]
        self.attempt = attempt
        self.folder = folder
        self.hang_seconds = options.hang
        self.max_bytes = max(options.max_bytes, options.inflate)
        self.seconds = options.seconds
        self.started_at = self.shown_at = time.monotonic()
        self.state: dict[str, Any] = {"executions": 0, "worst_seconds": 0.0, "growth_megabytes": 0.0, "crashes": {}}
        self.state["start_megabytes"] = self._peak = _peak_megabytes()
        with (folder / "current").open("wb") as file:
            file.truncate(_LENGTH_BYTES + 2 * self.max_bytes)
        with (folder / "current").open("r+b") as file:
            self.current = mmap.mmap(file.fileno(), 0)
        signal.signal(signal.SIGPROF, _interrupt)

    def is_over(self) -> bool:
        """Whether the time has run out."""
        return time.monotonic() - self.started_at > self.seconds

    def __call__(self, body: bytes) -> None:
        """One execution; never raises."""
        body = body[: 2 * self.max_bytes]
        # Written first, so that it can be found when the process dies of it.
        self.current[:_LENGTH_BYTES] = len(body).to_bytes(_LENGTH_BYTES, "little")
        self.current[_LENGTH_BYTES : _LENGTH_BYTES + len(body)] = body
        started = time.process_time()
        try:
            signal.setitimer(signal.ITIMER_PROF, self.hang_seconds)
            try:
                self.attempt(self.subject, body)
            finally:
                signal.setitimer(signal.ITIMER_PROF, 0)
        except (Exception, Hang) as error:
            self._keep(error, body)
        spent = time.process_time() - started
        self.state["executions"] += 1
        if spent > self.state["worst_seconds"]:
            self.state["worst_seconds"] = spent
            (self.folder / "slowest").write_bytes(body)
        if (grown := _peak_megabytes() - self._peak) > 0:
            self._peak += grown
            if grown > self.state["growth_megabytes"] and self.state["executions"] > 1:
                self.state["growth_megabytes"] = grown
                (self.folder / "largest").write_bytes(body)
        if time.monotonic() - self.shown_at > 2:
            self.show()

    def show(self) -> None:
        """Writes the figures down."""
        self.shown_at = time.monotonic()
        self.state |= {
            "seconds": self.shown_at - self.started_at,
            "cpu_seconds": time.process_time(),
            "peak_megabytes": self._peak,
        }
        (self.folder / "state.new").write_text(json.dumps(self.state))
        (self.folder / "state.new").replace(self.folder / "state.json")

    def _keep(self, error: BaseException, body: bytes) -> None:
        place = next(
            (
                f"{Path(frame.filename).name}:{frame.lineno}"
                for frame in reversed(traceback.extract_tb(error.__traceback__))
                if "livingreview" in frame.filename or "fuzzing" in frame.filename
            ),
            "?",
        )
        key = f"{type(error).__name__} at {place}"
        found = self.state["crashes"].setdefault(key, {"count": 0, "file": "", "words": str(error)[:200]})
        found["count"] += 1
        if not found["file"]:
            found["file"] = f"crash-{len(self.state['crashes'])}"
            (self.folder / found["file"]).write_bytes(body)
            self.show()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise Hang("too slow")


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(name: str, folder: Path, options: argparse.Namespace) -> None:
    """Tries one subject until its time is over."""
    limit = options.megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    os.environ["TMPDIR"] = str(folder)
    if options.inflate or importlib.util.find_spec("atheris") is None:
        by_hand(name, folder, options)
        return
    import atheris

    with atheris.instrument_imports(include=["livingreview"], enable_loader_override=False):
        trial = Trial(name, folder, options)
    from support.fuzzing import mutate

    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(trial.subject.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)

    def one(body: bytes) -> None:
        trial(body)
        if trial.is_over():
            trial.show()
            os._exit(0)

    def mutator(body: bytes, max_size: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.3:
            return bytes(atheris.Mutate(body, max_size))[:max_size]
        return mutate(bytes(body), chance, trial.subject.seeds, max_size)

    flags = [
        f"-max_len={options.max_bytes}",
        f"-seed={options.seed}",
        "-timeout=1000000",
        "-rss_limit_mb=0",
        "-len_control=0",
    ]
    flags.append(f"-artifact_prefix={folder}/")
    atheris.Setup([sys.argv[0], *flags, str(corpus)], one, custom_mutator=mutator)
    atheris.Fuzz()


def by_hand(name: str, folder: Path, options: argparse.Namespace) -> None:
    """Every body is an example with changes, or inflated."""
    trial = Trial(name, folder, options)
    from support.fuzzing import inflated, mutate

    chance = random.Random(options.seed)
    for seed in trial.subject.seeds:
        trial(seed)
    if options.inflate:
        for body in inflated(trial.subject, chance, options.inflate):
            trial(body)
        trial.show()
        return
    while not trial.is_over():
        trial(mutate(chance.choice(trial.subject.seeds), chance, trial.subject.seeds, options.max_bytes))
    trial.show()


def run(name: str, options: argparse.Namespace) -> bool:
    """One subject in a process of its own; True when nothing was found."""
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    command = [sys.executable, __file__, *sys.argv[1:], "--child", name, "--folder", str(folder)]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        code = _wait(process, folder, options)
    try:
        state = json.loads((folder / "state.json").read_text())
    except (OSError, ValueError):
        print(f"{name}: nothing was tried; see {folder / 'output'}", flush=True)
        return False
    coverage = [line for line in (folder / "output").read_text("utf-8", "replace").splitlines() if " cov: " in line]
    reached = coverage[-1].split(" cov: ")[1].split(" corp")[0] if coverage else "not measured"
    print(
        f"{name:22} {state['seconds']:5.0f} s ({state['cpu_seconds']:.0f} CPU)  {state['executions']:9,} executions"
        f"  coverage {reached}  slowest {state['worst_seconds']:.2f} s  memory {state['start_megabytes']:.0f} MB, peak"
        f" {state['peak_megabytes']:.0f} MB, most by one input {state['growth_megabytes']:.1f} MB"
        f"  crashes {len(state['crashes'])}",
        flush=True,
    )
    for key, found in state["crashes"].items():
        print(f"  {found['count']:6} x {key}: {found['words']}\n         {folder / found['file']}", flush=True)
    if code != 0:
        _save_current(folder)
        print(f"  the process ended with {code} over {folder / 'fatal'}; see {folder / 'output'}", flush=True)
    if code == 0 and not state["crashes"]:
        shutil.rmtree(folder)
        return True
    return False


def _wait(process: "subprocess.Popen[bytes]", folder: Path, options: argparse.Namespace) -> int:
    """The exit code; a process that shows no figures for long hangs where no signal reaches it, and is killed."""
    state, patience = folder / "state.json", 60 + 20 * options.hang
    while True:
        try:
            return process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            if state.exists() and time.time() - state.stat().st_mtime > patience:
                process.kill()


def _save_current(folder: Path) -> None:
    data = (folder / "current").read_bytes()
    size = int.from_bytes(data[:_LENGTH_BYTES], "little")
    (folder / "fatal").write_bytes(data[_LENGTH_BYTES : _LENGTH_BYTES + size])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="what to try; everything when none is named")
    parser.add_argument("--seconds", type=float, default=600, help="for each")
    parser.add_argument("--hang", type=float, default=10, help="CPU seconds that one input may take")
    parser.add_argument("--megabytes", type=int, default=1500, help="address space of a process")
    parser.add_argument("--max-bytes", type=int, default=1 << 16, help="of one input")
    parser.add_argument("--inflate", type=int, default=0, help="repeats pieces to so many bytes, in place of damage")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--list", action="store_true", help="only names what can be tried")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.folder, options)
        return
    from support.fuzzing import subjects

    known = list(subjects(Path(tempfile.gettempdir())))
    if options.list:
        print("\n".join(known))
        return
    if unknown := sorted(set(options.names) - set(known)):
        parser.error(f"unknown: {', '.join(unknown)}; see --list")
    results = [run(name, options) for name in options.names or known]
    raise SystemExit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
