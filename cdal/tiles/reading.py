"""Read scenes in runs of neighbouring tiles, one run ahead of whoever works on them."""

import math
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any, NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from cdal import rasters
from cdal.params import Data
from cdal.rasters import Scene
from cdal.splits import Ints
from cdal.tiles.lattice import runs

Pixels: TypeAlias = NDArray[Any]


class Run(NamedTuple):
    """Some neighbouring tiles: pixels (2, H, W, C) and mask (H, W) from the first one's left to the last one's right.

    The pixels are overwritten when the run after next is read.
    """

    cols: Ints
    pixels: Pixels
    mask: NDArray[np.uint8]


def read_ahead(scenes: Sequence[Scene], data: Data) -> Generator[Run, None, None]:
    """All runs of all scenes, in the order of the lattice; another thread reads the next one meanwhile."""
    items = _read(scenes, data)
    with ThreadPoolExecutor(1) as worker:
        try:
            pending = worker.submit(next, items, None)
            while (item := pending.result()) is not None:
                pending = worker.submit(next, items, None)
                yield item
        finally:
            worker.submit(items.close).result()


def _read(scenes: Sequence[Scene], data: Data) -> Generator[Run, None, None]:
    for scene in scenes:
        planned = list(runs(scene, data))
        room = 2 * len(scene.bands) * data.tile * max(_width(cols, data) for _, cols in planned)
        planar, *turns = (np.empty(room, scene.dtype) for _ in range(3))
        with rasters.open_scene(scene, data.resampling) as reader:
            for (row, cols), turn in zip(planned, cycle(turns), strict=False):
                width = _width(cols, data)
                shape = (2, len(scene.bands), data.tile, width)
                pixels, mask = reader.read(row, int(cols[0]), data.tile, width, out=_shaped(planar, shape))
                yield Run(cols, _interleave(pixels, turn), mask)


def _width(cols: Ints, data: Data) -> int:
    return int(cols[-1] - cols[0]) + data.tile


def _shaped(room: Pixels, shape: tuple[int, ...]) -> Pixels:
    """Memory that is used again and again, for fresh memory costs as much as reading."""
    return room[: math.prod(shape)].reshape(shape)


def _interleave(planar: Pixels, room: Pixels) -> Pixels:
    """Bands (2, C, H, W) in the order of the tile store (2, H, W, C), by OpenCV: numpy takes ten times as long."""
    _, bands, height, width = planar.shape
    out = _shaped(room, (2, height, width, bands))
    for date, target in zip(planar, out, strict=True):
        cv2.merge(list(date), target)
    return out
