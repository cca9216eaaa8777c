"""Tiles whose pool people will label: nothing is known of the pool, whatever label files say."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cdal import rasters, splits
from cdal.errors import UserError
from cdal.params import Data
from cdal.rasters import Scene, few
from cdal.splits import Names
from cdal.tiles.cutting import Cut

CLASS = "unknown"
CHUNK = 256
"""Tiles whose masks are rewritten at a time."""


def settle(cut: Cut, names: Names, scenes: Sequence[Scene], data: Data) -> tuple[Cut, Names]:
    """Counts and splits (N,) once it is known which tiles are for people.

    Pool tiles have no known change. In validation and test, pixels that the label leaves open are ignored, and tiles
    with too many of them dropped. Raises UserError where validation or test take a scene without any label.
    """
    pool, held = names == "pool", np.isin(names, ("val", "test"))
    bare = np.array([scene.triple.label is None for scene in scenes])[cut.tiles.scene] & held
    if bare.any():
        lacking = sorted({scenes[i].frame.name for i in cut.tiles.scene[bare]})
        raise UserError(
            f"{few(lacking)} in validation or test, but without a file in {data.label}, expected masks there (people "
            "label only the pool); add them, or name the pool's scenes in list/train.txt (split.by: list)"
        )
    valid = np.where(held, cut.valid - cut.unknown, cut.valid)
    kept = np.where(held & (1 - valid / data.tile**2 > data.max_ignored), splits.DROPPED, names)
    kept = np.where(valid > 0, kept, splits.DROPPED)
    settled = replace(cut, valid=np.maximum(valid, 1), change=np.where(pool, 0, cut.change))
    return settled, kept


def hide(path: Path, names: Names) -> None:
    """Rewrite masks.npy of tiles in the splits `names`: in the pool 0 for every pixel with imagery; elsewhere 255 for
    pixels that the label leaves open."""
    masks = np.load(path, mmap_mode="r+")
    for start in range(0, len(masks), CHUNK):
        part = masks[start : start + CHUNK]
        pool = (names[start : start + CHUNK] == "pool")[:, None, None]
        part[pool & (part != rasters.IGNORE)] = 0
        part[~pool & (part == rasters.UNKNOWN)] = rasters.IGNORE
    masks.flush()
