"""The straightforward formulas, on all predictions at once: what the accumulators are held against."""

import numpy as np
from numpy.typing import NDArray

Probs = NDArray[np.float32]


def entropy(p: Probs) -> Probs:
    """In nats, elementwise; 0 at 0 and 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(-p * np.log(p)) + np.nan_to_num(-(1 - p) * np.log(1 - p))


def scores(probs: Probs) -> dict[str, NDArray[np.float64]]:
    """Every acquisition function's scores (N,) of probs (T, N, H, W), as one would write them down."""
    mean = probs.mean(0)
    whole = entropy(mean)
    pixels = {
        "Variance": probs.var(0),
        "Entropy": whole,
        "BALD": whole - entropy(probs).mean(0),
        "Change": mean,
        "Margin": 1 - np.abs(2 * mean - 1),
    }
    return {name: value.mean((1, 2), dtype=np.float64) for name, value in pixels.items()}
