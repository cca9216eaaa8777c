"""Read all scenes once and append their tiles to the store, summed up."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tqdm import tqdm

from cdal import store
from cdal.errors import UserError
from cdal.params import Data
from cdal.rasters import UNKNOWN, Scene
from cdal.splits import Footprints, Ints
from cdal.tiles.reading import Run, read_ahead
from cdal.tiles.sums import count, moments, tally

WRITE_BYTES = 2**21
"""Pixels that are brought into the order of the store at a time: they stay in the processor's cache until written."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Cut:
    """What is known of every tile that has not too many ignored pixels.

    valid, change: pixels (N,); unknown: those of the valid ones that people may decide (N,); sums, squares: of valid
    pixels, by date and band (N, 2, C); written (N,): whether the tile is in the store; dropped: how many other tiles
    had too many ignored pixels.
    """

    tiles: Footprints
    valid: Ints
    change: Ints
    unknown: Ints
    sums: Ints
    squares: Ints
    written: Bools
    dropped: int

    def fractions(self) -> NDArray[np.float64]:
        """Share of changed pixels among the valid ones (N,), to six decimals, as it is stored."""
        return np.round(self.change / self.valid, 6)


def cut_all(
    scenes: Sequence[Scene],
    tiles: Footprints,
    wanted: Bools,
    data: Data,
    pairs: store.ArrayFile,
    masks: store.ArrayFile,
) -> Cut:
    """Read all tiles; append the wanted ones (N,) without too many ignored pixels to both files, sum them up."""
    found = []
    start, people = 0, any(scene.triple.people for scene in scenes)
    with (
        tqdm(total=len(wanted), desc="cut", unit="tile", unit_scale=True, disable=None) as progress,
        closing(read_ahead(scenes, data)) as runs,
    ):
        for run in runs:
            starts = run.cols - run.cols[0]
            valid, change = count(run.mask, starts, data.tile)
            good = (valid > 0) & (1 - valid / data.tile**2 <= data.max_ignored)
            _append(run, good & wanted[start : start + len(starts)], data, pairs, masks)
            unknown = tally(run.mask == UNKNOWN, starts, data.tile) if people else np.zeros_like(valid)
            found.append((valid, change, unknown, *moments(run.pixels, run.mask, starts, data.tile), good))
            start += len(starts)
            progress.update(len(starts))
    *counts, good = (np.concatenate(part) for part in zip(*found, strict=True))
    if not good.any():
        raise UserError(
            f"all {len(good)} tiles have more than {data.max_ignored:.0%} ignored pixels, expected some below; "
            "raise data.max_ignored, or check nodata and data.ignore_value"
        )
    valid, change, unknown, sums, squares = (each[good] for each in counts)
    return Cut(tiles.some(good), valid, change, unknown, sums, squares, wanted[good], dropped=int((~good).sum()))


def _append(run: Run, chosen: Bools, data: Data, pairs: store.ArrayFile, masks: store.ArrayFile) -> None:
    pixels = _windows(run.pixels, 2, data).transpose(2, 0, 1, 4, 3)
    mask = _windows(run.mask, 1, data).transpose(1, 0, 2)
    most = max(1, WRITE_BYTES // pixels[0].nbytes)
    room = np.empty((most, *pixels.shape[1:]), pixels.dtype)
    for part in _parts(chosen, most):
        ordered = room[: part.stop - part.start]
        np.copyto(ordered, pixels[part])
        pairs.append(ordered)
        masks.append(mask[part])


def _windows(block: NDArray[Any], axis: int, data: Data) -> NDArray[Any]:
    """A view of a run as its tiles: `axis` becomes their number, and the columns of each come last."""
    steps = (slice(None),) * axis + (slice(None, None, data.stride),)
    return sliding_window_view(block, data.tile, axis=axis)[steps]


def _parts(chosen: Bools, most: int) -> Iterator[slice]:
    """The chosen tiles, as stretches of at most `most` neighbours."""
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
    for low, high in edges.reshape(-1, 2):
        for first in range(low, high, most):
            yield slice(first, min(first + most, high))
