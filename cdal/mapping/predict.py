"""Predicting a scene of any size: windows through the scoring engine, blended, a band of rows at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.acquisition import ACQUISITIONS, Moments, require_finite
from cdal.batches import Normalisation
from cdal.mapping.windows import Windows
from cdal.posterior import Posterior
from cdal.scoring import predictions
from cdal.terminal import tile_progress

LAYERS = ("probability", "change", "uncertainty")
"""Bands of a map: mean P(change), 1 where that reaches the threshold and else 0, and a pixel score."""

BATCH_PIXELS = 2**18
"""Pixels that the network sees at a time: speed and memory only."""


@dataclass(frozen=True)
class Look:
    """What is drawn of predictions. uncertainty: an acquisition function; threshold: of P(change), by p >= t."""

    uncertainty: str
    threshold: float

    def layers(self, moments: Moments) -> NDArray[np.float32]:
        """Probability and uncertainty (2, N, H, W) of N windows or tiles."""
        return np.stack([moments.mean, ACQUISITIONS[self.uncertainty](moments)])

    def finish(self, blended: NDArray[np.float32], missing: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The layers (3, H, W) from probability and uncertainty (2, H, W); NaN where data is missing."""
        probability, uncertainty = blended
        layers = np.stack([probability, (probability >= self.threshold).astype(np.float32), uncertainty])
        layers[:, missing] = np.nan
        return layers


def predict(
    posterior: Posterior, windows: Windows, normalise: Normalisation, look: Look
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The layers of a scene as (first row, (3, rows, width) float32), from top to bottom, NaN without data.

    Holds one row of windows: memory grows with the scene's width, not its height. Raises UserError where a prediction
    is not finite.
    """
    height, width = windows.shape[2:4]
    order = np.arange(len(windows))
    chunks = predictions(posterior, windows, order, normalise, batch=max(1, BATCH_PIXELS // (height * width)))
    counted = ((len(chunk), (chunk, moments)) for chunk, moments in chunks)
    band = _Band(windows)
    for chunk, moments in tile_progress(counted, len(windows), "predicting"):
        _require_finite(windows, chunk, moments)
        for index, layers in zip(chunk, look.layers(moments).swapaxes(0, 1), strict=True):
            yield from band.add(int(index), layers, look)


class _Band:
    """Blended probability and uncertainty of the row of windows at hand."""

    def __init__(self, windows: Windows):
        self._windows = windows
        shape = (windows.rows.size, int(windows.cols.starts[-1]) + windows.cols.size)
        self._blended = np.zeros((2, *shape), np.float32)
        self._missing = np.zeros(shape, np.bool_)

    def add(self, index: int, layers: NDArray[np.float32], look: Look) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Blend in one window (2, height, width); after the last of a row, give out what is complete."""
        rows, cols = self._windows.rows, self._windows.cols
        i, j = self._windows.place(index)
        across = slice(int(cols.starts[j]), int(cols.starts[j]) + cols.size)
        self._blended[..., across] += layers * rows.weights[i][:, np.newaxis] * cols.weights[j]
        self._missing[:, across] = self._windows.take_missing(index)
        if j < len(cols.starts) - 1:
            return
        start = int(rows.starts[i])
        end = int(rows.starts[i + 1]) if i + 1 < len(rows.starts) else rows.length
        done = (slice(0, end - start), slice(0, cols.length))
        yield start, look.finish(self._blended[(slice(None), *done)], self._missing[done])
        self._shift(end - start)

    def _shift(self, rows: int) -> None:
        kept = self._blended[:, rows:].copy()
        self._blended[:, : kept.shape[1]] = kept
        self._blended[:, kept.shape[1] :] = 0


def _require_finite(windows: Windows, chunk: NDArray[np.int64], moments: Moments) -> None:
    places = [windows.place(int(index)) for index in chunk]
    names = [f"row {windows.rows.starts[i]} column {windows.cols.starts[j]}" for i, j in places]
    require_finite(moments.mean.mean((1, 2)), names)
