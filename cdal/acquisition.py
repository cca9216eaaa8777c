"""Acquisition functions: how much a tile's label is worth, from T stochastic predictions of it.

Notation of arXiv 2008.11201, section 3.2: `probs` (T, ..., H, W) is P(change), one slice a stochastic pass; logs are
natural; every score is "bigger = query first". The sums run over passes, so predictions are never all kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cdal.errors import UserError

Array: TypeAlias = NDArray[np.floating]


def binary_entropy(p: Array) -> Array:
    """H(p) = -p ln p - (1-p) ln(1-p) in nats, elementwise, exactly 0 at p = 0 and 1.

    p: probabilities in [0, 1], any shape. Returns the same shape and dtype, in [0, ln 2].
    """
    tiny = np.finfo(p.dtype).tiny
    q = 1 - p
    return -(p * np.log(np.maximum(p, tiny)) + q * np.log(np.maximum(q, tiny)))


@dataclass
class Moments:
    """Running sums over passes of probabilities (N, H, W): all that the scores need.

    The variance is accumulated as deviations from the first pass, which keeps float32 exact enough: sums of squares
    of the raw probabilities would cancel.
    """

    first: Array
    deviation: Array
    deviation_squared: Array
    entropy: Array
    passes: int

    @classmethod
    def start(cls, probs: Array) -> "Moments":
        """Moments of one pass (N, H, W)."""
        zeros = np.zeros_like(probs)
        return cls(probs, zeros, zeros.copy(), binary_entropy(probs), 1)

    def add(self, probs: Array) -> None:
        """Take in one more pass (N, H, W) of the same tiles."""
        difference = probs - self.first
        self.deviation += difference
        self.deviation_squared += difference * difference
        self.entropy += binary_entropy(probs)
        self.passes += 1

    @property
    def mean(self) -> Array:
        """Mean over passes of P(change), (N, H, W) in [0, 1]."""
        return self.first if self.passes == 1 else np.clip(self.first + self.deviation / self.passes, 0, 1)

    @property
    def variance(self) -> Array:
        """Population variance over passes of P(change), (N, H, W) in [0, 1/4]."""
        mean = self.deviation / self.passes
        return np.clip(self.deviation_squared / self.passes - mean * mean, 0, 0.25)

    @property
    def predictive_entropy(self) -> Array:
        """H(mean_t p_t), (N, H, W) in [0, ln 2]."""
        return self.entropy if self.passes == 1 else binary_entropy(self.mean)

    @property
    def bald(self) -> Array:
        """H(mean_t p_t) - mean_t H(p_t), (N, H, W) in [0, H(mean)]."""
        entropy = self.predictive_entropy
        return np.clip(entropy - self.entropy / self.passes, 0, entropy)


PixelScore: TypeAlias = Callable[[Moments], Array]
"""From the moments of N tiles to one score a pixel, (N, H, W)."""


def variance(moments: Moments) -> Array:
    """Var_t p_t (arXiv 2008.11201, eq. 1)."""
    return moments.variance


def entropy(moments: Moments) -> Array:
    """H(mean_t p_t), the predictive entropy (Shannon 1948)."""
    return moments.predictive_entropy


def bald(moments: Moments) -> Array:
    """H(mean_t p_t) - mean_t H(p_t), the mutual information of prediction and posterior (Houlsby et al. 2011)."""
    return moments.bald


def change(moments: Moments) -> Array:
    """mean_t p_t: plain change mining, the baseline that uncertainty has to beat."""
    return moments.mean


def margin(moments: Moments) -> Array:
    """1 - |P(change) - P(no change)| of the mean prediction, in [0, 1] (Scheffer et al. 2001)."""
    return 1 - np.abs(2 * moments.mean - 1)


ACQUISITIONS: dict[str, PixelScore] = {
    "Variance": variance,
    "Entropy": entropy,
    "BALD": bald,
    "Change": change,
    "Margin": margin,
}

BOUNDS = {"Variance": 0.25, "Entropy": log(2), "BALD": log(2), "Change": 1.0, "Margin": 1.0}
"""The largest value that each pixel score can take."""


def reduce(pixels: Array, how: str, top_fraction: float) -> NDArray[np.float64]:
    """Pixel scores (N, H, W) to tile scores (N,): their mean, or the mean of the highest share of them.

    how: mean or top_fraction. top_fraction: that share, in (0, 1]; at least one pixel counts.
    """
    flat = pixels.reshape(len(pixels), -1)
    if how == "top_fraction":
        count = max(1, round(top_fraction * flat.shape[1]))
        flat = np.partition(flat, -count, axis=1)[:, -count:]
    return flat.mean(1, dtype=np.float64)


def tile_scores(probs: Array, name: str, *, how: str = "mean", top_fraction: float = 1.0) -> NDArray[np.float64]:
    """Scores (N,) of N tiles from all their predictions at once, probs (T, N, H, W).

    The same sums as in the streamed scoring of a pool, in one call: hold any other implementation against it.
    name: an acquisition function. Raises UserError naming the positions of tiles with a probability that is not
    finite.
    """
    require_finite(probs.sum((0, 2, 3)), [str(position) for position in range(probs.shape[1])])
    moments = Moments.start(probs[0])
    for one in probs[1:]:
        moments.add(one)
    return reduce(ACQUISITIONS[name](moments), how, top_fraction)


def require_finite(values: Array, tile_ids: list[str]) -> None:
    """Raise UserError naming the tiles whose value (N,) is not finite: such a score must never be ranked."""
    bad = [tile_id for tile_id, value in zip(tile_ids, values, strict=True) if not np.isfinite(value)]
    if bad:
        raise UserError(
            f"predictions of {len(bad)} tiles are not finite (first: {', '.join(bad[:3])}), expected numbers; "
            "look for broken pixels in these tiles, or retrain with a lower train.learning_rate"
        )
