"""Labels needed to reach a level: interpolated between measured rounds, never extrapolated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cdal.comparing.bootstrap import Estimate, mean, ratio_of_means
from cdal.comparing.experiments import Points

SHARES = (0.8, 0.9, 0.95)
"""Shares of full supervision to reach."""


@dataclass(frozen=True)
class Need:
    """between: reached with `labels`. start: the first round is there already, so at most `labels`.

    never: not reached with the last round's `labels`, so more than that.
    """

    labels: float
    how: Literal["start", "between", "never"]


def needed(curve: Points, level: float) -> Need:
    """Labels with which the curve first is at `level`; a later fall below it is not looked at."""
    reached = np.flatnonzero(curve.y >= level)
    if not reached.size:
        return Need(float(curve.x[-1]), "never")
    first = int(reached[0])
    if first == 0:
        return Need(float(curve.x[0]), "start")
    (x0, x1), (y0, y1) = curve.x[first - 1 : first + 1], curve.y[first - 1 : first + 1]
    return Need(float(x0 + (x1 - x0) * (level - y0) / (y1 - y0)), "between")


def pooled(needs: Sequence[Need]) -> Estimate | None:
    """Mean over seeds; None unless every seed reaches the level."""
    if any(need.how == "never" for need in needs):
        return None
    return mean(np.array([need.labels for need in needs]))


@dataclass(frozen=True)
class Ratio:
    """Labels of one group over the other's for the same level, as means over paired seeds.

    bound: the ratio is at most this, as some seeds of the other never got there, or some of the one began there.
    """

    estimate: Estimate
    bound: bool


def ratio(one: Mapping[int, Need], other: Mapping[int, Need]) -> Ratio | None:
    """None without common seeds, and where nothing can be said: one never got there, or the other began there."""
    seeds = sorted(set(one) & set(other))
    ones, others = [one[seed] for seed in seeds], [other[seed] for seed in seeds]
    if not seeds or any(need.how == "never" for need in ones) or any(need.how == "start" for need in others):
        return None
    bound = any(need.how != "between" for need in ones + others)
    found = ratio_of_means(np.array([need.labels for need in ones]), np.array([need.labels for need in others]))
    return Ratio(found, bound)
