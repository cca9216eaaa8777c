"""Plots of the last round's model: rankings, thresholds, calibration, and the work that it saves."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cdal.figures.style import INK, LEVEL, METRIC, METRIC_NAME, MUTED, TEXT, dress, empty, key, panels, remark


def roc_pr(evaluation: Mapping[str, Any], test: Mapping[str, Any] | None = None) -> Figure:
    """ROC and precision-recall curves on the test set.

    evaluation: {"roc": {level: [[fpr, tpr], ...]}, "pr": {level: [[recall, precision], ...]}}, for the levels
    pixel and tile.
    test: metrics.json's "test"; adds the areas to the legend and marks the thresholds in force.
    """
    figure, (roc, pr) = panels(2, 4.6)
    for level, colour in LEVEL.items():
        found = (test or {}).get(level) or {}
        precision, recall, fp, tn = (_number(found.get(name)) for name in ("precision", "recall", "fp", "tn"))
        _curve(roc, _points(evaluation, "roc", level), colour, f"{level}s{_area(found, 'roc_auc')}")
        _curve(pr, _points(evaluation, "pr", level), colour, f"{level}s{_area(found, 'average_precision')}")
        _mark(roc, fp / (fp + tn) if fp + tn > 0 else math.nan, recall, colour)
        _mark(pr, recall, precision, colour)
    dress(roc, "ROC, area under it", "false positive rate", "true positive rate (recall)")
    dress(pr, "Precision-recall, AP", "recall", "precision")
    for ax in (roc, pr):
        if not ax.lines:
            empty(ax, "undefined: one class only")
        _unit(ax)
    if roc.lines:
        roc.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=1.2, label="guessing")
    for ax in (roc, pr):
        key(ax)
    if test:
        remark(figure, "Dots: the thresholds in force, chosen on validation.")
    return figure


def thresholds(evaluation: Mapping[str, Any], chosen: Mapping[str, Any]) -> Figure:
    """Precision, recall and F1 on the validation set by threshold, and the threshold chosen there.

    evaluation: {"thresholds": {level: [[threshold, precision, recall, f1], ...]}}.
    chosen: {level: threshold}.
    """
    figure, axes = panels(2)
    y = "validation metric, 0 to 1"
    for ax, level in zip(axes, LEVEL, strict=True):
        points = _points(evaluation, "thresholds", level, 4)
        for index, name in enumerate(("precision", "recall", "f1"), start=1):
            width = 2.6 if name == "f1" else 1.8
            _curve(ax, points[:, [0, index]], METRIC[name], METRIC_NAME[name], width)
        threshold = _number(chosen.get(level))
        if math.isfinite(threshold):
            ax.axvline(threshold, color=INK, linestyle="--", linewidth=1.3, label=f"chosen {threshold:.3g}")
        if not np.isfinite(points[:, 1:]).any():
            empty(ax, "undefined: no change in validation")
        dress(ax, f"Validation {level}s", f"threshold for {level}s", y if level == "pixel" else "")
        _unit(ax)
        key(ax)
    return figure


def effort(evaluation: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Figure:
    """How many test tiles a person looks at, most suspicious first, to find the changed ones.

    evaluation: {"effort": [[share looked at, share of change tiles found], ...]}.
    rows: [{"recall_wanted", "threshold", "recall", "reviewed"}, ...], shares in 0 to 1;
    thresholds are from validation.
    """
    figure, (left, right) = panels(2, 4.3)
    points = 100 * _points(evaluation, "effort", None)
    if np.isfinite(points).any():
        left.plot(*points.T, color=LEVEL["tile"], linewidth=2.6, label="by the model", clip_on=False)
        left.plot([0, 100], [0, 100], "--", color=MUTED, linewidth=1.2, label="random order")
    else:
        empty(left, "undefined: no changed test tile")
    known = [row for row in rows if math.isfinite(_number(row.get("reviewed")))]
    for row in known:
        _mark(left, 100 * _number(row["reviewed"]), 100 * _number(row["recall"]), LEVEL["tile"])
    dress(left, "Changed tiles found", "tiles looked at, %", "changed tiles found, %")
    _unit(left, 100)
    key(left)
    y = np.arange(len(known))
    reviewed = np.array([100 * _number(row["reviewed"]) for row in known])
    right.barh(y, reviewed, 0.55, color=LEVEL["tile"])
    for position, row in zip(y, known, strict=True):
        share = 100 * _number(row["reviewed"])
        found = 100 * _number(row["recall"])
        text = f"{share:.0f} %, finds {found:.0f} %" if math.isfinite(found) else f"{share:.0f} %; no test tile changed"
        inside = share > 55
        right.annotate(
            text, (share, position), (-6 if inside else 6, 0), textcoords="offset points", va="center",
            ha="right" if inside else "left", fontsize=TEXT - 1, color="white" if inside else INK,
        )  # fmt: skip
    if not known:
        empty(right, "no review threshold is defined")
    dress(right, "Review, thresholds from validation", "test tiles to look at, %", "changed tiles wanted")
    right.set_yticks(y, [f"{100 * _number(row['recall_wanted']):.0f} %" for row in known])
    right.set_ylim(len(known) - 0.4, -0.6)
    right.set_xlim(0, 100)
    right.grid(visible=False, axis="y")
    return figure


def reliability(evaluation: Mapping[str, Any]) -> Figure:
    """Test calibration: observed share of change by predicted probability, and how often each is predicted.

    evaluation: {"reliability": {level: [[mean predicted, observed share, count], ...]}};
    empty bins have count 0.
    """
    figure, (left, right) = panels(2, 4.3)
    levels = [level for level in LEVEL if (evaluation.get("reliability") or {}).get(level)]
    for level in levels:
        points = _points(evaluation, "reliability", level, 3)
        points = points[points[:, 2] > 0]
        left.plot(
            *points[:, :2].T,
            "o-",
            color=LEVEL[level],
            linewidth=1.8,
            label=f"{level}s",
            clip_on=False,
            zorder=3,
        )
        share = 100 * points[:, 2] / max(points[:, 2].sum(), 1)
        right.plot(points[:, 0], share, "o-", color=LEVEL[level], linewidth=1.8)
    if levels:
        left.plot([0, 1], [0, 1], "--", color=MUTED, linewidth=1.2, label="perfect")
        right.set_yscale("log")
    else:
        empty(left, "undefined")
        empty(right, "undefined")
    x = "predicted P(change), mean of bin"
    dress(left, "Predicted and observed change", x, "observed share of change")
    dress(
        right,
        "How often it is predicted",
        x,
        f"% of test {' or '.join(f'{level}s' for level in levels or LEVEL)}",
    )
    _unit(left)
    right.set_xlim(-0.02, 1.02)
    key(left)
    return figure


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _points(evaluation: Mapping[str, Any], name: str, level: str | None, width: int = 2) -> NDArray[np.float64]:
    found: Any = evaluation.get(name)
    if level is not None:
        found = (found or {}).get(level)
    return np.array([[_number(value) for value in row] for row in found or []], np.float64).reshape(-1, width)


def _curve(ax: Axes, points: NDArray[np.float64], colour: str, name: str, width: float = 2.2) -> None:
    if np.isfinite(points).all(axis=1).any():
        ax.plot(*points.T, color=colour, linewidth=width, label=name)


def _mark(ax: Axes, x: float, y: float, colour: str) -> None:
    if math.isfinite(x) and math.isfinite(y):
        edge: dict[str, Any] = {"markeredgecolor": "white", "markeredgewidth": 1.5}
        ax.plot(x, y, "o", color=colour, markersize=9, zorder=4, clip_on=False, **edge)


def _area(found: Mapping[str, Any], name: str) -> str:
    area = _number(found.get(name))
    return f" {area:.3f}" if math.isfinite(area) else ""


def _unit(ax: Axes, most: float = 1) -> None:
    ax.set_xlim(-0.02 * most, 1.02 * most)
    ax.set_ylim(-0.02 * most, 1.02 * most)
