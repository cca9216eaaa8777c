"""Plots over rounds: how good the model became, and what was labelled for it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from cdal.figures.style import CLASS, INK, METRIC, METRIC_NAME, MUTED, TEXT, dress, empty, key, panels, remark

Rows: TypeAlias = Sequence[Mapping[str, Any]]
"""curve.csv, one mapping a round, as `curve.read` gives it or with numbers; empty, None, nan: undefined."""

MANY = 12
"""Rounds above which numbers on bars and markers on lines would touch."""


def column(rows: Rows, name: str) -> NDArray[np.float64]:
    """One column of the curve as floats, (rounds,); nan where it is undefined or missing."""
    found = [row.get(name) for row in rows]
    return np.array([math.nan if value is None or value == "" else float(value) for value in found], np.float64)


def learning_curve(curve: Rows) -> Figure:
    """Test average precision (thick), F1 and IoU against labelled tiles: pixels left, tiles right."""
    figure, axes = panels(2)
    labelled = column(curve, "labelled")
    every = []
    for ax, level in zip(axes, ("pixel", "tile"), strict=True):
        for name in ("average_precision", "f1", "iou"):
            values = column(curve, f"test_{level}_{name}")
            every.append(values)
            _line(ax, labelled, values, name)
        if all(np.isnan(values).all() for values in every[-3:]):
            empty(ax, "undefined in every round")
        dress(ax, f"Test {level}s", "labelled tiles", "test metric, 0 to 1" if level == "pixel" else "")
        ax.xaxis.set_major_locator(MaxNLocator(nbins=7, integer=True, min_n_ticks=1))
        key(ax)
    for ax in axes:
        ax.set_ylim(*_range(np.concatenate(every)))
        ax.set_xlim(*_span(labelled))
    remark(figure, _validation_note(column(curve, "validation")))
    return figure


def balance(curve: Rows, pool_share: float | None = None) -> Figure:
    """Classes of the labelled set in each round (left), and its share of change tiles (right).

    pool_share: share of change tiles in the whole pool, where known: what drawing at random would give.
    """
    figure, (left, right) = panels(2)
    x = np.arange(len(curve))
    bottom = np.zeros(len(curve))
    for name in CLASS:
        height = np.nan_to_num(column(curve, f"{name.replace(' ', '_')}_tiles"))
        left.bar(x, height, 0.8, bottom, color=CLASS[name], label=name, edgecolor="white", linewidth=0.6)
        bottom += height
    if len(curve) <= MANY:
        for position, total in zip(x, bottom, strict=True):
            left.annotate(
                f"{total:.0f}", (position, total), (0, 3), textcoords="offset points", ha="center",
                fontsize=TEXT - 1.5, color=INK,
            )  # fmt: skip
    labelled, acquired = column(curve, "labelled"), column(curve, "acquired_tiles")
    _share(right, x, column(curve, "change_tiles"), labelled, CLASS["change"], "o-", "all")
    _share(right, x, column(curve, "acquired_change_tiles"), acquired, INK, "D:", "new")
    if pool_share is not None and math.isfinite(pool_share):
        percent = 100 * pool_share
        right.axhline(percent, color=MUTED, linestyle="--", linewidth=1.4, label=f"pool {percent:.0f} %")
    dress(left, "Labelled tiles by class", "round", "tiles")
    dress(right, "Share of change tiles", "round", "% of tiles")
    right.set_ylim(0, max(5.0, right.get_ylim()[1]))
    left.set_ylim(0, 1.1 * bottom.max(initial=1))
    edge = max(5 - len(curve), 0) / 2 + 0.7
    shown = x[:: max(1, math.ceil(len(x) / 10))]
    for ax in (left, right):
        ax.set_xticks(shown, [str(curve[i]["round"]) for i in shown])
        ax.set_xlim(-edge, len(curve) - 1 + edge)
        ax.grid(visible=False, axis="x")
        key(ax)
    return figure


def _line(ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], name: str) -> None:
    defined = y[np.isfinite(y)]
    if defined.size:
        last = "undefined" if math.isnan(y[-1]) else f"{y[-1]:.3f}"
        size, width = 4 if len(x) > MANY else 6, 3 if name == "average_precision" else 1.8
        label = f"{METRIC_NAME[name]} {last}"
        ax.plot(x, y, "o-", markersize=size, linewidth=width, color=METRIC[name], label=label)


def _share(
    ax: Axes,
    x: NDArray[np.int_],
    part: NDArray[np.float64],
    whole: NDArray[np.float64],
    colour: str,
    style: str,
    name: str,
) -> None:
    share = np.divide(100 * part, whole, out=np.full(len(x), np.nan), where=whole > 0)
    if np.isfinite(share).any():
        size = 4 if len(x) > MANY else 6
        ax.plot(x, share, style, color=colour, linewidth=1.8, markersize=size, label=name, clip_on=False, zorder=3)


def _range(values: NDArray[np.float64]) -> tuple[float, float]:
    defined = values[np.isfinite(values)]
    if not defined.size:
        return 0.0, 1.0
    low, high = math.floor(10 * defined.min() - 0.3) / 10, math.ceil(10 * defined.max() + 0.3) / 10
    return max(-0.02, min(low, high - 0.3)), min(1.02, high)


def _span(x: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(np.nanmin(x)), float(np.nanmax(x))
    margin = max(0.05 * (high - low), 1.0)
    return low - margin, high + margin


def _validation_note(validation: NDArray[np.float64]) -> str:
    if not validation.size or math.isnan(validation[-1]):
        return "validation labels are not counted"
    return f"The {validation[-1]:.0f} validation tiles are labelled too, and come on top in every round."
