"""Writes the golden files of the rounds anew."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import rounds  # noqa: E402
from support.lab import Lab  # noqa: E402
from support.server import serve  # noqa: E402

if __name__ == "__main__":
    golden = Path(__file__).resolve().parents[1] / "golden" / "rounds"
    with serve() as server, tempfile.TemporaryDirectory() as root:
        os.environ.update(rounds.environment(server))
        lab = Lab(rounds.prepare(Path(root)), server, rounds.run_cli)
        for number, one in enumerate(rounds.play(lab), start=1):
            folder = golden / str(number)
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in rounds.golden(lab, one).items():
                (folder / name).write_text(text, encoding="utf-8")
