"""Confidence intervals over seeds: the seeds are drawn again with replacement, always the same way.

The percentile interval of a few seeds is too narrow: nominally 95 %, with five seeds it holds the truth in 85 % of
cases. So its percentiles are taken further out, by as much as Student's interval is wider than the normal one of
divisor n (the expanded percentile interval: Hesterberg 2015, The American Statistician 69(4), pages 371-386): 93 %. Up
to four seeds it is simply the range of their values.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap, norm, t

Values = NDArray[np.float64]
LEVEL = 0.95
MISSED = 0.07
"""Share of intervals of five seeds that miss the truth; tests/test_comparing_numbers.py measures it."""
DRAWS = 9999
SEED = 0
"""Fixed, so that the same experiments always give the same interval."""


@dataclass(frozen=True)
class Estimate:
    """A number from n seeds; low and high: the expanded percentile bootstrap's interval, None with one seed."""

    value: float
    low: float | None
    high: float | None
    n: int


def mean(values: Values) -> Estimate:
    """The mean over seeds. values: (seeds,)."""
    return _estimate((values,), _mean)


def ratio_of_means(above: Values, below: Values) -> Estimate:
    """mean(above) / mean(below); pairs of one seed, (seeds,) each, stay together."""
    return _estimate((above, below), lambda one, other, axis: _mean(one, axis) / _mean(other, axis))


def percentiles(number: int) -> float:
    """Share of the bootstrap's means that the interval of LEVEL spans, with `number` seeds."""
    wider = np.sqrt(number / (number - 1)) * t.isf((1 - LEVEL) / 2, number - 1)
    return float(norm.cdf(wider) - norm.cdf(-wider))


def _mean(values: Values, axis: int) -> Values:
    return np.asarray(values.mean(axis=axis))


def _estimate(values: tuple[Values, ...], statistic: Callable[..., Values]) -> Estimate:
    number = len(values[0])
    value = float(statistic(*values, axis=0))
    if number < 2:
        return Estimate(value, None, None, number)
    found = bootstrap(
        values, statistic, paired=True, vectorized=True, method="percentile", n_resamples=DRAWS,
        confidence_level=percentiles(number), rng=np.random.default_rng(SEED),
    ).confidence_interval  # fmt: skip
    return Estimate(value, float(found.low), float(found.high), number)
