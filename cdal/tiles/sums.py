"""What is summed up of every tile, exactly: valid and changed pixels, pixel values and their squares."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cdal.rasters import IGNORE
from cdal.splits import Ints


def count(mask: NDArray[np.uint8], starts: Ints, tile: int) -> tuple[Ints, Ints]:
    """Valid and changed pixels (n,) of the tiles of a run; mask (H, W) 0/1/255, starts (n,): their first columns."""
    flags = [(mask != IGNORE).view(np.uint8), (mask == 1).view(np.uint8)]
    valid, change = (_by_tile(_down(flag, cv2.REDUCE_SUM), starts, tile) for flag in flags)
    return valid, change


def moments(pixels: NDArray[Any], mask: NDArray[np.uint8], starts: Ints, tile: int) -> tuple[Ints, Ints]:
    """Sums of the valid pixels of each tile, and of their squares: (n, 2, C) each, of pixels (2, H, W, C)."""
    _, height, width, bands = pixels.shape
    ignored = mask == IGNORE
    if ignored.any():
        pixels = np.where(ignored[..., None], pixels.dtype.type(0), pixels)
    flat = pixels.reshape(2, height, width * bands)
    sums, squares = (
        np.stack([_by_tile(_down(date, how).reshape(width, bands), starts, tile) for date in flat], axis=1)
        for how in (cv2.REDUCE_SUM, cv2.REDUCE_SUM2)
    )
    return sums, squares


def _down(values: NDArray[Any], how: int) -> NDArray[np.float64]:
    """Sums of columns (W,), or of their squares; float64 holds them exactly, and OpenCV is twice as fast as numpy."""
    return np.asarray(cv2.reduce(values, 0, how, dtype=cv2.CV_64F))[0]


def _by_tile(columns: NDArray[np.float64], starts: Ints, tile: int) -> Ints:
    """Sums over the columns of each tile (n, ...), of columns (W, ...)."""
    before = np.zeros((len(columns) + 1, *columns.shape[1:]), np.int64)
    np.cumsum(columns.astype(np.int64), axis=0, out=before[1:])
    return before[starts + tile] - before[starts]
