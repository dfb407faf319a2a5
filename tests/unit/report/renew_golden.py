"""Writes the golden report anew."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from conftest import make_material  # noqa: E402
from livingreview.report import build, write  # noqa: E402

if __name__ == "__main__":
    write(build(make_material()), Path(__file__).resolve().parents[2] / "golden")
