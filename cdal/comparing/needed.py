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

    never: not reached with the last round's `labels`, so more than that. held: the last round is at the level.
    """

    labels: float
    how: Literal["start", "between", "never"]
    held: bool


def needed(curve: Points, level: float) -> Need:
    """Labels with which the curve first is at `level`; whether it stays there is told beside it."""
    reached = np.flatnonzero(curve.y >= level)
    if not reached.size:
        return Need(float(curve.x[-1]), "never", held=False)
    first, held = int(reached[0]), bool(curve.y[-1] >= level)
    if first == 0:
        return Need(float(curve.x[0]), "start", held)
    (x0, x1), (y0, y1) = curve.x[first - 1 : first + 1], curve.y[first - 1 : first + 1]
    return Need(float(x0 + (x1 - x0) * (level - y0) / (y1 - y0)), "between", held)


def pooled(needs: Sequence[Need]) -> Estimate | None:
    """Mean over seeds; None unless every seed reaches the level. Without interval where some had it from the start: the
    mean then is a bound."""
    if any(need.how == "never" for need in needs):
        return None
    found = mean(np.array([need.labels for need in needs]))
    bounded = any(need.how == "start" for need in needs)
    return Estimate(found.value, None, None, found.n) if bounded else found


@dataclass(frozen=True)
class Ratio:
    """Labels of one group over the other's for the same level, as means over paired seeds.

    bound: the ratio is at most this, as some seeds of the other never got there, or some of the one began there; at
    least this, the other way round; or empty, and it is just this.
    """

    estimate: Estimate
    bound: Literal["", "at most", "at least"]

    @property
    def is_shown(self) -> bool:
        """Whether the interval, or of a bound its end on the open side, leaves out 1: as many labels."""
        low, high = self.estimate.low, self.estimate.high
        if low is None or high is None:
            return False
        return (high < 1 and self.bound != "at least") or (low > 1 and self.bound != "at most")


def ratio(one: Mapping[int, Need], other: Mapping[int, Need]) -> Ratio | None:
    """None without common seeds, and where nothing can be said, as both labels above are open on the same side."""
    seeds = sorted(set(one) & set(other))
    ones, others = [one[seed] for seed in seeds], [other[seed] for seed in seeds]
    how, against = {need.how for need in ones}, {need.how for need in others}
    may_be_less, may_be_more = "start" in how or "never" in against, "never" in how or "start" in against
    if not seeds or (may_be_less and may_be_more):
        return None
    bound: Literal["", "at most", "at least"] = "at most" if may_be_less else "at least" if may_be_more else ""
    found = ratio_of_means(np.array([need.labels for need in ones]), np.array([need.labels for need in others]))
    return Ratio(found, bound)
