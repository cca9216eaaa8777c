"""A learning curve in single numbers, for tables that show one value a run."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

METRIC = "test_pixel_average_precision"
"""What the area and the labels needed are measured by: it separates methods where change is rare."""
SHORT = {"auc": "test_pixel_roc_auc", "ap": METRIC}
SHOWN = 6
"""Rounds that get a number of their own: more would fill the table with columns."""

Rows = Sequence[Mapping[str, Any]]
Points = list[tuple[int, float]]


def points(curve: Rows, metric: str = METRIC) -> Points:
    """(labelled tiles, metric in 0 to 1) of every round where the metric is defined. curve: rows of curve.csv."""
    found = [(int(row["labelled"]), row.get(metric)) for row in curve]
    return [(labelled, float(value)) for labelled, value in found if value not in (None, "")]


def area(curve: Points) -> float | None:
    """Mean height of the curve, in 0 to 1: trapezoids between rounds over the labels that they span.

    Depends on where a curve starts and ends: compare runs of equal initial size and rounds. None for one round.
    """
    if len(curve) < 2 or curve[0][0] == curve[-1][0]:
        return None
    pieces = [(right - left) * (a + b) / 2 for (left, a), (right, b) in itertools.pairwise(curve)]
    return math.fsum(pieces) / (curve[-1][0] - curve[0][0])


def labels_to(curve: Points, level: float, share: float = 0.95) -> int | None:
    """Labelled tiles of the first round that reaches `share` of `level`; None if none does. Nothing is interpolated."""
    return next((labelled for labelled, value in curve if value >= share * level), None)


def summary(curve: Rows) -> dict[str, float]:
    """`area_under_learning_curve`, and `auc_at_N_labels` and `ap_at_N_labels` for up to SHOWN rounds.

    Of test pixels. The rounds are the first, the last and some spread evenly between.
    """
    found: dict[str, float] = {}
    if (mean := area(points(curve))) is not None:
        found["area_under_learning_curve"] = mean
    number = min(SHOWN, len(curve))
    rows = [curve[round(i * (len(curve) - 1) / max(number - 1, 1))] for i in range(number)]
    for short, metric in SHORT.items():
        found |= {f"{short}_at_{labelled}_labels": value for labelled, value in points(rows, metric)}
    return found
