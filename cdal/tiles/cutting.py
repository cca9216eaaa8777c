"""Read scenes window by window and append their tiles to the store, summed up."""

from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tqdm import tqdm

from cdal import rasters, store
from cdal.errors import UserError
from cdal.params import Data
from cdal.rasters import Scene
from cdal.splits import Footprints, Ints

READ_BYTES = 2**24
"""Pixels of both dates that are read at a time, unless one tile has more."""

Block = tuple[int, int, Ints, NDArray[np.generic], NDArray[np.uint8]]
"""Index of a scene, row and columns of a run of tiles, and their pixels and mask."""


@dataclass(frozen=True)
class Cut:
    """What is known of every tile that was cut.

    dropped: how many other tiles had too many ignored pixels. valid, change: pixels (N,); unknown: those of the valid
    ones that people may decide (N,); sums, squares: of valid pixels, by date and band (N, 2, C).
    """

    dropped: int
    tiles: Footprints
    valid: Ints
    change: Ints
    unknown: Ints
    sums: Ints
    squares: Ints

    def fractions(self) -> NDArray[np.float64]:
        """Share of changed pixels among the valid ones (N,), to six decimals, as it is stored."""
        return np.round(self.change / self.valid, 6)


def cut_all(scenes: Sequence[Scene], data: Data, pairs: store.ArrayFile, masks: store.ArrayFile) -> Cut:
    """Read all scenes once, append tiles without too many ignored pixels to both files, sum them up."""
    parts: list[list[NDArray[np.int64]]] = []
    seen = 0
    rows = sum(len(_offsets(scene.frame.height, data)) for scene in scenes)
    with (
        tqdm(total=rows, desc="cut", unit="row", disable=None) as progress,
        closing(_ahead(_blocks(scenes, data))) as blocks,
    ):
        for index, row, cols, block, mask in blocks:
            views = _windows(mask, data)
            valid = (views != rasters.IGNORE).sum((0, 2))
            change, unknown = (views == 1).sum((0, 2)), (views == rasters.UNKNOWN).sum((0, 2))
            good = (valid > 0) & (1 - valid / data.tile**2 <= data.max_ignored)
            masks.append(views.transpose(1, 0, 2)[good])
            pairs.append(_windows(block, data).transpose(3, 0, 2, 4, 1)[good])
            table = [np.full_like(cols, index), np.full_like(cols, row), cols, valid, change, unknown]
            parts.append([values[good] for values in (*table, *_sums(block, mask, data))])
            seen += len(cols)
            progress.update(int(cols[-1]) + data.stride + data.tile > scenes[index].frame.width)
    scene_of, row_of, col_of, *counts = (np.concatenate(p) for p in zip(*parts, strict=True))
    if not len(scene_of):
        raise UserError(
            f"all {seen} tiles have more than {data.max_ignored:.0%} ignored pixels, expected some below; "
            "raise data.max_ignored, or check nodata and data.ignore_value"
        )
    tiles = Footprints([scene.frame for scene in scenes], scene_of, row_of, col_of, data.tile)
    return Cut(seen - len(scene_of), tiles, *counts)


def _offsets(side: int, data: Data) -> Ints:
    return np.arange(0, side - data.tile + 1, data.stride, dtype=np.int64)


def _blocks(scenes: Sequence[Scene], data: Data) -> Generator[Block, None, None]:
    for index, scene in enumerate(scenes):
        with rasters.open_scene(scene, data.resampling) as reader:
            for row, cols in _groups(scene, data):
                width = int(cols[-1] - cols[0]) + data.tile
                yield index, row, cols, *reader.read(row, int(cols[0]), data.tile, width)


def _ahead(items: Generator[Block, None, None]) -> Generator[Block, None, None]:
    """The same items; another thread makes the next one meanwhile."""
    with ThreadPoolExecutor(1) as worker:
        try:
            pending = worker.submit(next, items, None)
            while (item := pending.result()) is not None:
                pending = worker.submit(next, items, None)
                yield item
        finally:
            worker.submit(items.close).result()


def _groups(scene: Scene, data: Data) -> Iterator[tuple[int, Ints]]:
    """Rows of tiles, in runs of columns that fit READ_BYTES."""
    cols = _offsets(scene.frame.width, data)
    size = 2 * len(scene.bands) * np.dtype(scene.dtype).itemsize * data.tile * data.stride
    runs = np.array_split(cols, min(len(cols), -(-len(cols) * size // READ_BYTES)))
    for row in _offsets(scene.frame.height, data):
        for run in runs:
            yield int(row), run


def _windows(block: NDArray[Any], data: Data) -> NDArray[Any]:
    """View (..., W) as the tiles (..., n, tile) along its last axis."""
    return sliding_window_view(block, data.tile, axis=-1)[..., :: data.stride, :]


def _sums(block: NDArray[Any], mask: NDArray[np.uint8], data: Data) -> list[Ints]:
    """Per tile, date and band (n, 2, C): sums of valid pixels and of their squares, exact in float64."""
    columns = np.empty((2, *block.shape[:2], block.shape[-1]))
    invalid = mask == rasters.IGNORE
    for place in np.ndindex(*block.shape[:2]):
        band = block[place].astype(np.float64)
        band[invalid] = 0
        columns[0][place] = band.sum(axis=0)
        columns[1][place] = np.einsum("hw,hw->w", band, band)
    return [_windows(part, data).sum(-1).astype(np.int64).transpose(2, 0, 1) for part in columns]
