"""Overlapping windows over a scene, and the weights with which they are blended."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cdal.errors import UserError
from cdal.rasters import IGNORE, Reader, session

STEP = 32
"""The encoder halves five times: windows that begin at multiples of this see the same pooling as the whole scene."""

MARGIN = 7 / 16
"""Share of an overlap, at both ends, in which one window alone counts; in the middle eighth they are blended."""


@dataclass(frozen=True)
class Cut:
    """How a scene is cut into windows: their side and overlap in pixels, both multiples of 32.

    By default trained networks differ by less than 1e-3 from one look at the whole scene: what they see of a pixel's
    surroundings reaches that far (docs/maps.md has the difference at other overlaps).
    """

    window: int = 1024
    overlap: int = 384

    def __post_init__(self) -> None:
        if self.window % STEP or self.overlap % STEP or not 0 <= self.overlap <= self.window // 2 or not self.window:
            raise UserError(
                f"window {self.window} and overlap {self.overlap}, expected multiples of {STEP} and an overlap of at "
                "most half the window; change --window or --overlap"
            )


@dataclass(frozen=True)
class Axis:
    """Windows along one side of a scene of `length` pixels.

    starts (n,): first pixels, multiples of 32. weights (n, size): how much of each pixel comes from which window; they
    sum to 1 at every pixel. The last window may reach past the scene, by less than 32 pixels.
    """

    length: int
    starts: NDArray[np.int64]
    weights: NDArray[np.float32]

    @property
    def size(self) -> int:
        """Pixels in a window."""
        return self.weights.shape[1]


def axis(length: int, cut: Cut) -> Axis:
    """Windows of `cut.window` pixels that overlap by `cut.overlap` or more.

    A side that fits into a window is one window of the next multiple of 32.
    """
    window, overlap, padded = cut.window, cut.overlap, -(-length // STEP) * STEP
    if padded <= window:
        return Axis(length, np.zeros(1, np.int64), np.ones((1, padded), np.float32))
    inner = np.arange(0, padded - window, window - overlap, dtype=np.int64)
    starts = np.append(inner, padded - window)
    raw = np.zeros((len(starts), padded))
    for index, start in enumerate(starts):
        raw[index, start : start + window] = _profile(window, overlap, index > 0, index < len(starts) - 1)
    weights = raw / raw.sum(0)
    kept = [row[start : start + window] for row, start in zip(weights, starts, strict=True)]
    return Axis(length, starts, np.array(kept, np.float32))


def _profile(window: int, overlap: int, before: bool, after: bool) -> NDArray[np.float64]:
    """0 near an edge that has a neighbour, where the network lacks context; then a ramp; then 1."""
    margin = int(MARGIN * overlap)
    ramp = max(1, overlap - 2 * margin)
    rising = np.clip((np.arange(window) + 0.5 - margin) / ramp, 0, 1)
    ones = np.ones(window)
    return np.minimum(rising if before else ones, rising[::-1] if after else ones)


@dataclass
class Windows:
    """The windows of an open scene, row by row, as the scoring engine takes the tiles of a store.

    Past the scene, pixels are mirrored. `missing` holds what was found without data in windows that were read and not
    yet asked for.
    """

    reader: Reader
    bands: int
    rows: Axis
    cols: Axis
    missing: dict[int, NDArray[np.bool_]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows.starts) * len(self.cols.starts)

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, 2, height, width, bands)."""
        return (len(self), 2, self.rows.size, self.cols.size, self.bands)

    def __getitem__(self, chosen: NDArray[np.int64]) -> NDArray[np.generic]:
        """Read windows: (n, 2, height, width, bands) of the scene's type."""
        return np.stack([self._read(int(index)) for index in chosen])

    def place(self, index: int) -> tuple[int, int]:
        """Row and column of a window in the grid of windows."""
        return divmod(index, len(self.cols.starts))

    def take_missing(self, index: int) -> NDArray[np.bool_]:
        """Pixels without data (height, width) of a window that was read; those past the scene are not."""
        return self.missing.pop(index)

    def _read(self, index: int) -> NDArray[np.generic]:
        i, j = self.place(index)
        row, col = int(self.rows.starts[i]), int(self.cols.starts[j])
        height = min(self.rows.size, self.rows.length - row)
        width = min(self.cols.size, self.cols.length - col)
        with session():  # its settings hold for one thread, and this is the scoring engine's reader
            pairs, mask = self.reader.read(row, col, height, width)
        past = ((0, self.rows.size - height), (0, self.cols.size - width))
        self.missing[index] = np.pad(mask == IGNORE, past)
        return np.pad(pairs, ((0, 0), (0, 0), *past), mode="reflect").transpose(0, 2, 3, 1)
