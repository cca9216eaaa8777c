"""How the original implementation scores, written anew and with its wrong numbers put right.

Tiles are predicted four at a time, all predictions are kept, and for entropy and BALD a Python function is called for
each pixel of each tile. Its slow extras are left out: a model loaded anew for each pass, fine-tuning, training mode.
"""

import numpy as np
from numpy.typing import NDArray

from cdal.backend import keras
from cdal.posterior import Posterior

BATCH = 4
TINY = np.float32(1e-7)


def predictions(model: keras.Model, posterior: Posterior, pairs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of each pass (T, N, H, W), by Keras."""
    return np.stack([model.predict(pairs, batch_size=BATCH, verbose=0)[..., 0] for _ in posterior])


def scores(probs: NDArray[np.float32]) -> dict[str, list[float]]:
    """Sums over pixels, tile by tile, of probs (T, N, H, W)."""
    found: dict[str, list[float]] = {"Variance": [], "Entropy": [], "BALD": []}
    for tile in np.clip(np.swapaxes(probs, 0, 1), TINY, 1 - TINY):
        change = np.apply_along_axis(_average, 0, tile)
        image = _term_of_each(change) + _term_of_each(1 - change)
        expected = np.apply_along_axis(_expected_entropy, 0, tile)
        found["Variance"].append(float(np.var(tile, axis=0).sum()))
        found["Entropy"].append(float(image.sum()))
        found["BALD"].append(float((image - expected).sum()))
    return found


def _average(pixel: NDArray[np.float32]) -> float:
    return np.sum(pixel, axis=0) / len(pixel)


def _term_of_each(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.apply_along_axis(lambda p: -p * np.log(p), 0, image)


def _expected_entropy(pixel: NDArray[np.float32]) -> float:
    total = 0.0
    for p in pixel:
        total += -p * np.log(p) - (1 - p) * np.log(1 - p)
    return total / len(pixel)
