"""The tables beside the arrays: index of tiles, classes, statistics."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdal import splits, store
from cdal.rasters import Scene
from cdal.splits import Footprints, Ints, Names
from cdal.tiles.cutting import Cut


def write_index(path: Path, tiles: Footprints, names: Names, keep: Ints) -> None:
    ids, bounds, frames = tiles.ids(), tiles.bounds().tolist(), tiles.frames
    rows = (
        (ids[i], frames[tiles.scene[i]].name, tiles.row[i], tiles.col[i], " ".join(map(repr, bounds[i])),
         frames[tiles.scene[i]].crs, names[i])
        for i in keep
    )  # fmt: skip
    store.write_table(path, ("tile_id", "scene", "row", "col", "bounds", "crs", "split"), rows)


def write_classes(path: Path, cut: Cut, classes: Names, keep: Ints) -> None:
    ids, fractions = cut.tiles.ids(), cut.fractions()
    rows = ((ids[i], f"{fractions[i]:.6f}", classes[i]) for i in keep)
    store.write_table(path, ("tile_id", "change_fraction", "class"), rows)


def write_stats(path: Path, cut: Cut, names: Names, scene: Scene) -> None:
    """Mean and deviation of the pool's valid pixels, from exact sums; deviation 0 becomes 1."""
    pool = names == "pool"
    pixels = int(cut.valid[pool].sum())
    total, squared = (part[pool].sum(axis=0, dtype=object) for part in (cut.sums, cut.squares))
    deviation = np.sqrt(((pixels * squared - total**2) / pixels**2).astype(np.float64))
    stats = {
        "dtype": scene.dtype,
        "bands": len(scene.bands),
        "mean": _six_digits((total / pixels).astype(np.float64)),
        "std": _six_digits(np.where(deviation > 0, deviation, 1.0)),
        "pixels": pixels,
        "tiles": {name: int((names == name).sum()) for name in splits.SPLITS},
    }
    path.write_text(json.dumps(stats, indent=2) + "\n")


def _six_digits(values: NDArray[np.float64]) -> list[list[float]]:
    return [[float(f"{value:.6g}") for value in row] for row in values]
