"""Where tiles are cut: every whole window of a scene, row by row."""

from collections.abc import Iterator, Sequence

import numpy as np

from cdal.params import Data
from cdal.rasters import Scene
from cdal.splits import Footprints, Ints

READ_BYTES = 2**24
"""Pixels of both dates that are read at a time, unless one tile has more."""


def lattice(scenes: Sequence[Scene], data: Data) -> Footprints:
    """All windows of data.tile pixels every data.stride pixels, by scene, row and column."""
    grids = [
        np.meshgrid(index, offsets(scene.frame.height, data), offsets(scene.frame.width, data), indexing="ij")
        for index, scene in enumerate(scenes)
    ]
    scene, row, col = (np.concatenate([grid[axis].ravel() for grid in grids]) for axis in range(3))
    return Footprints([scene.frame for scene in scenes], scene, row, col, data.tile)


def runs(scene: Scene, data: Data) -> Iterator[tuple[int, Ints]]:
    """The lattice of one scene, as row and columns of neighbours whose pixels fit READ_BYTES."""
    cols = offsets(scene.frame.width, data)
    size = 2 * len(scene.bands) * np.dtype(scene.dtype).itemsize * data.tile * data.stride
    parts = np.array_split(cols, min(len(cols), -(-len(cols) * size // READ_BYTES)))
    for row in offsets(scene.frame.height, data):
        for part in parts:
            yield int(row), part


def offsets(side: int, data: Data) -> Ints:
    """Where windows begin along an axis of `side` pixels."""
    return np.arange(0, side - data.tile + 1, data.stride, dtype=np.int64)
