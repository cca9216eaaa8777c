"""What the values of a mask file mean: no change, change, ignored."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.windows import Window

from cdal.errors import UserError
from cdal.rasters.files import alpha, named

IGNORE = 255

BETWEEN = 0.1
"""Largest share of mask pixels between 0 and 255 that passes as anti-aliased edges."""

BLOCK_PIXELS = 2**22

Codes = NDArray[np.uint8]


def mask_codes(counts: NDArray[np.int64], ignore: int | None, name: str) -> Codes:
    """What each mask value (256,) means: 0 no change, 1 change, 255 ignore.

    counts (256,): the file's pixels by value. A file with 0 and 1 means that; one up to 255 is thresholded at
    half, and may have one pixel in ten between (edges). Raises UserError naming the file for anything else.
    """
    codes, counts = np.zeros(256, np.uint8), counts.copy()
    if ignore is not None:
        counts[ignore] = 0
    values = np.flatnonzero(counts)
    between = counts[1:255].sum() / max(1, counts.sum())
    if values.max(initial=0) <= 1:
        codes[1] = 1
    elif values.max() < 255 or between > BETWEEN or set(values) - {0} == {1, 255}:
        shown = ", ".join(map(str, values[:6])) + (", ..." if len(values) > 6 else "")
        raise UserError(
            f"{name} has mask values {shown} ({between:.1%} of them between 0 and 255), expected 0 and 1, "
            f"or 0 and 255 with at most {BETWEEN:.0%} between; convert it, "
            "or set data.ignore_value to the value of unlabelled pixels"
        )
    else:
        codes[128:] = 1
    if ignore is not None:
        codes[ignore] = IGNORE
    return codes


def file_codes(label: DatasetReader, ignore: int | None) -> Codes:
    counts = np.zeros(256, np.int64)
    if any(np.dtype(dtype).kind not in "iu" for dtype in label.dtypes):
        raise UserError(f"{label.name} is {label.dtypes[0]}, expected whole numbers from 0 to 255; convert it to uint8")
    colours = [band for band in label.indexes if band != alpha(label)]
    step = max(1, BLOCK_PIXELS // label.width // len(colours))
    for row in range(0, label.height, step):
        with named(Path(label.name)):
            block = label.read(colours, window=Window(0, row, label.width, min(step, label.height - row)))
        if (block[1:] != block[0]).any():
            raise UserError(f"{label.name} has bands that differ, expected one band or equal ones; export it as grey")
        if block.min() < 0 or block.max() > 255:
            raise UserError(
                f"{label.name} has mask values from {block.min()} to {block.max()}, "
                "expected 0 to 255; convert it to uint8"
            )
        counts += _histogram(block[0])
    return mask_codes(counts, ignore, label.name)


def _histogram(values: NDArray[np.integer]) -> NDArray[np.int64]:
    """Pixels (256,) by value."""
    if values.dtype != np.uint8:
        return np.bincount(values.ravel(), minlength=256)
    # OpenCV is ten times as fast; its float32 counts are exact below 2**24 pixels, more than a block has
    return np.asarray(cv2.calcHist([values], [0], None, [256], [0, 256])).ravel().astype(np.int64)
