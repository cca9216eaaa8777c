"""The area under learning curves, and how it differs between two groups, seed by seed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.comparing.bootstrap import Estimate, mean
from cdal.comparing.experiments import Points

Range = tuple[float, float]


def shared(curves: Iterable[Points]) -> Range | None:
    """The labels over which all curves were measured; None if there is no such range."""
    spans = [curve.span for curve in curves]
    low, high = max(span[0] for span in spans), min(span[1] for span in spans)
    return (low, high) if low < high else None


def area(curve: Points, over: Range) -> float:
    """Mean height of the curve over a range of labels, in the metric's unit: trapezoids between measured rounds.

    The ends of the range are interpolated if no round lies there. Raises ValueError outside of what was measured.
    """
    low, high = over
    inside = (curve.x > low) & (curve.x < high)
    x = np.concatenate([[low], curve.x[inside], [high]])
    y = np.concatenate([[curve.at(low)], curve.y[inside], [curve.at(high)]])
    return float(np.trapezoid(y, x) / (high - low))


@dataclass(frozen=True)
class Difference:
    """Area of one group minus the other's by seed, over the labels that all of these curves share."""

    seeds: tuple[int, ...]
    values: NDArray[np.float64]
    estimate: Estimate | None
    over: Range | None


def paired(one: Mapping[int, Points], other: Mapping[int, Points]) -> Difference:
    """Differences for the seeds that both groups have; the estimate is None if there is none, or no shared range."""
    seeds = tuple(sorted(set(one) & set(other)))
    over = shared([curves[seed] for curves in (one, other) for seed in seeds]) if seeds else None
    if over is None:
        return Difference(seeds, np.empty(0), None, None)
    values = np.array([area(one[seed], over) - area(other[seed], over) for seed in seeds])
    return Difference(seeds, values, mean(values), over)
