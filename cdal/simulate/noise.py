"""Smooth random fields: the raw material of every texture, drawn from one generator."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]


def smooth(size: int, cell: float, rng: np.random.Generator) -> Field:
    """Value noise (size, size) with unit variance: white noise every `cell` pixels, bicubic in between."""
    if cell <= 1:
        return rng.standard_normal((size, size), dtype=np.float32)
    coarse = rng.standard_normal((int(size / cell) + 4,) * 2, dtype=np.float32)
    window = (1.0, 1.0, 1.0 + size / cell, 1.0 + size / cell)
    field = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC, window)
    return np.asarray(field, np.float32) * np.float32(1.35)


def fractal(size: int, cells: Sequence[float], rng: np.random.Generator, fall: float = 0.7) -> Field:
    """Sum of octaves (size, size), about unit variance; cells in px, each octave `fall` times as strong."""
    weights = np.array([fall**k for k in range(len(cells))], np.float32)
    weights /= np.sqrt((weights**2).sum())
    field = np.zeros((size, size), np.float32)
    for weight, cell in zip(weights, cells, strict=True):
        field += weight * smooth(size, cell, rng)
    return field
