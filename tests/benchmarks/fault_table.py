"""Plays every fault of the table and writes the table into docs/reliability.md; ends with 1 if one is not as expected.

    python tests/benchmarks/fault_table.py [--check]

``--check`` writes nothing. The definitions are those of the test (tests/support/fault_table.py).
"""

import argparse
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.fault_bench import bench  # noqa: E402
from support.fault_table import cells, table, trials  # noqa: E402

PAGE = ROOT / "docs" / "reliability.md"
_PLACE = re.compile(r"(<!-- faults -->\n).*?(<!-- end -->)", re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    found: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, bench(Path(folder)) as made:
        for trial in trials():
            outcomes = made.play(trial, Path(folder) / "project")
            for channel in trial.channels:
                outcome = outcomes.pop(channel.name)
                found[f"{trial.mode}, overcome {outcome}"] += 1
                if outcome != (expected := trial.fault.expected(channel.name, trial.place, trial.mode)):
                    wrong += 1
                    print(f"{trial.name}, {channel.name}: {outcome}, expected {expected}")
            for words in outcomes.values():
                wrong += 1
                print(f"{trial.name}: {words}")
    for words, count in sorted(found.items()):
        print(f"{count:5} {words}")
    print(f"{len(cells())} cells, {wrong} not as expected")
    if wrong:
        raise SystemExit(1)
    if not options.check:
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_PLACE.sub(lambda match: f"{match[1]}\n{table()}\n{match[2]}", text), encoding="utf-8")


if __name__ == "__main__":
    main()
