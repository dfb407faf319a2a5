"""Where the real data lies that is no part of the repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def field_data() -> Path:
    """The folder that LIVINGREVIEW_FIELD_DATA names, or ../shared/data beside the repository."""
    given = os.environ.get("LIVINGREVIEW_FIELD_DATA", "")
    folder = Path(given) if given else Path(__file__).parents[3] / "shared" / "data"
    if not (folder / "MANIFEST.md").is_file():
        pytest.skip(f"no field data: LIVINGREVIEW_FIELD_DATA is {given or 'not set'} and ../shared/data is not there")
    return folder
