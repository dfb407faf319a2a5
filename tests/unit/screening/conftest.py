"""Invented labelled records: words of two trades, mixed so that no ranking is perfect."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from livingreview.screening.simulation.dataset import Dataset

LOOM = ["loom", "shuttle", "weft", "warp", "heddle", "selvedge", "bobbin", "twill"]
FORGE = ["forge", "anvil", "tongs", "bellows", "slag", "ingot", "hammer", "quench"]
BOTH = ["town", "guild", "master", "year", "cost", "hand", "fire", "water", "cloth", "iron"]

Make = Callable[..., Dataset]


@pytest.fixture
def make() -> Make:
    """A set of so many records, a share of them relevant: ``make(n, n_relevant, seed)``."""

    def dataset(n: int, n_relevant: int, seed: int = 0) -> Dataset:
        draw = np.random.RandomState(seed)
        flags = np.zeros(n, dtype=bool)
        flags[draw.choice(n, n_relevant, replace=False)] = True
        texts = []
        for flag in flags:
            trade, other = (LOOM, FORGE) if flag else (FORGE, LOOM)
            words = [*draw.choice(trade, 3), *draw.choice(other, 2), *draw.choice(BOTH, draw.randint(1, 9))]
            texts.append(" ".join(map(str, draw.permutation(words))))
        return Dataset(name="invented.csv", texts=tuple(texts), are_relevant=flags)

    return dataset


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a set as CSV, with a date for each record where dates are given."""

    def file(dataset: Dataset, name: str = "invented.csv", dates: list[str] | None = None) -> Path:
        path = tmp_path / name
        lines = ["record_id,title,abstract,included" + (",date" if dates else "")]
        for place, (text, flag) in enumerate(zip(dataset.texts, dataset.are_relevant, strict=True)):
            lines.append(f"{place},{text},,{int(flag)}" + (f",{dates[place]}" if dates else ""))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return file
