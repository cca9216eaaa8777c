"""What is summed up of every tile, exactly: valid and changed pixels, pixel values and their squares.

By OpenCV, which is several times as fast as numpy here.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cdal.rasters import IGNORE
from cdal.splits import Ints


def count(mask: NDArray[np.uint8], starts: Ints, tile: int) -> tuple[Ints, Ints]:
    """Valid and changed pixels (n,) of the tiles of a run; mask (H, W) 0/1/255, starts (n,): their first columns."""
    return tally(mask != IGNORE, starts, tile), tally(mask == 1, starts, tile)


def tally(flags: NDArray[np.bool_], starts: Ints, tile: int) -> Ints:
    """Pixels (n,) of the tiles of a run for which `flags` (H, W) is true."""
    columns = np.asarray(cv2.reduce(flags.view(np.uint8), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S))[0]
    return _by_tile(columns, starts, tile)


def moments(pixels: NDArray[Any], mask: NDArray[np.uint8], starts: Ints, tile: int) -> tuple[Ints, Ints]:
    """Sums of the valid pixels of each tile, and of their squares: (n, 2, C) each, of pixels (2, H, W, C)."""
    ignored = mask == IGNORE
    if ignored.any():
        pixels = np.where(ignored[..., None], pixels.dtype.type(0), pixels)
    parts = [_bytes(date, starts, tile) if pixels.dtype == np.uint8 else _words(date, starts, tile) for date in pixels]
    sums, squares = (np.stack(part, axis=1) for part in zip(*parts, strict=True))
    return sums, squares


def _bytes(date: NDArray[np.uint8], starts: Ints, tile: int) -> tuple[Ints, Ints]:
    """Both sums (n, C) of one date (H, W, C): mean and deviation of bytes have digits enough to give them back."""
    found = np.array([cv2.meanStdDev(date[:, start : start + tile]) for start in starts])[..., 0]
    mean, deviation = found[:, 0], found[:, 1]
    number = tile * tile
    return np.rint(mean * number).astype(np.int64), np.rint((deviation**2 + mean**2) * number).astype(np.int64)


def _words(date: NDArray[Any], starts: Ints, tile: int) -> tuple[Ints, Ints]:
    """Both sums (n, C) of one date (H, W, C), by its columns, which float64 holds exactly."""
    height, width, bands = date.shape
    flat = date.reshape(height, width * bands)
    kinds = (cv2.REDUCE_SUM, cv2.REDUCE_SUM2)
    columns = (np.asarray(cv2.reduce(flat, 0, kind, dtype=cv2.CV_64F))[0].reshape(width, bands) for kind in kinds)
    sums, squares = (_by_tile(each, starts, tile) for each in columns)
    return sums, squares


def _by_tile(columns: NDArray[Any], starts: Ints, tile: int) -> Ints:
    """Sums over the columns of each tile (n, ...), of columns (W, ...)."""
    before = np.zeros((len(columns) + 1, *columns.shape[1:]), np.int64)
    np.cumsum(columns.astype(np.int64), axis=0, out=before[1:])
    return before[starts + tile] - before[starts]
