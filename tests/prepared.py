"""Run `prepare` on small scenes and look at what it wrote."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cdal import store, tiles
from tests.imagery import data, noise, split, write_pair

PNG = ("png", "png", "png")


def prepare(root: Path, data_changes: dict[str, Any] | None = None, **split_changes: Any) -> dict[str, int]:
    out = root.parent / "out"
    return tiles.prepare(
        root, out / "images", out / "labels", data=data(**(data_changes or {})), split=split(**split_changes)
    )


def load(root: Path) -> tuple[np.ndarray, pd.DataFrame, np.ndarray, pd.DataFrame]:
    out = root.parent / "out"
    return *store.load_images(out / "images"), *store.load_labels(out / "labels")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def two_scenes(root: Path) -> Path:
    """Two scenes of 3 x 4 and 2 x 3 tiles of 32 pixels, with a remainder."""
    write_pair(root, "b", before=noise(96 + 5, 128 + 31, seed=3))
    write_pair(root, "a", before=noise(64, 96, seed=5), ext=("png", "tif", "png"))
    return root
