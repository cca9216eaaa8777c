"""Learning curves of a comparison: all groups together, and each by itself where together they would be a tangle."""

import textwrap
from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from cdal.comparing import tables
from cdal.comparing.comparison import Comparison
from cdal.comparing.experiments import AXES, Points, points
from cdal.comparing.look import legend, legend_height, looks
from cdal.comparing.sentences import metric_name
from cdal.figures.style import INK, MUTED, TEXT, dress, empty, panels, remark

SECOND = "test_pixel_roc_auc"
"""The metric beside the one asked for: the paper's."""
CROWD = 5
"""Groups up to which spread and seeds of all of them are told apart in one panel."""
COLUMNS = 3
"""Panels of one group each side by side."""

Curves = Mapping[str, Mapping[int, Points]]


def together(found: Comparison, *, log: bool = False) -> Figure:
    """Mean (thick), standard deviation over seeds (band) and every seed (faint): the metric asked for, and ROC AUC.

    Of more than CROWD groups only the means, as `apart` has the rest.
    """
    both = {found.question.metric: found.curves, SECOND: _second(found)}
    labels = [group.label for group in found.groups]
    style = looks(labels)
    figure, axes = panels(len(both), 3.7 + legend_height(labels))
    for ax, (metric, curves) in zip(axes, both.items(), strict=True):
        known = {label: of for label, of in curves.items() if of and all(curve.x.size > 1 for curve in of.values())}
        if not known:
            empty(ax, "not logged by all runs")
        for label, rows in _means(known):
            if len(labels) <= CROWD:
                _spread(ax, rows, known[label], style[label])
            _mean(ax, rows, style[label], label)
        if metric == found.question.metric:
            _full(ax, found, "full supervision")
        dress(ax, "", AXES[found.question.axis], f"test {metric_name(metric)}")
        _ticks(ax, log=log)
    legend(figure, axes[0])
    seeds = "; band: ± one standard deviation; thin: each seed."
    remark(figure, f"Thick: mean over seeds{seeds}" if len(labels) <= CROWD else "Mean over seeds.")
    return figure


def apart(found: Comparison, *, log: bool = False) -> Figure:
    """One panel a group, same axes: its mean, spread and seeds, and in grey the mean of the first group (Random)."""
    labels = [group.label for group in found.groups]
    rows = -(-len(labels) // COLUMNS)
    figure, axes = panels(COLUMNS, 0.7 + 2.1 * rows, rows, shared=True)
    mean, styles = dict(_means(found.curves)), looks(labels)
    for i, (ax, label) in enumerate(zip(axes, labels, strict=False)):
        is_lowest = i + COLUMNS >= len(labels)
        style = styles[label]
        if label != labels[0]:
            ax.plot(mean[labels[0]]["labels"], mean[labels[0]]["mean"], color=MUTED, linewidth=1.8, alpha=0.7)
        _spread(ax, mean[label], found.curves[label], style)
        _mean(ax, mean[label], style, label)
        _full(ax, found, "")
        dress(ax, "", AXES[found.question.axis] if is_lowest else "", "")
        ax.tick_params(labelbottom=is_lowest)
        ax.set_title(textwrap.fill(label, 27), loc="left", fontsize=TEXT - 1, color=INK)
        _ticks(ax, log=log)
    for ax in axes[len(labels) :]:
        ax.set_visible(False)
    figure.supylabel(f"test {metric_name(found.question.metric)}", fontsize=TEXT, color=INK)
    dashed = "; dashed: full supervision" if found.full else ""
    seeds = "Thick: mean over seeds; band: ± one standard deviation; thin: each seed"
    remark(figure, f"{seeds}; grey: {labels[0]}{dashed}.")
    return figure


def _second(found: Comparison) -> Curves:
    return {
        group.label: {seed: points(run, SECOND, found.question.axis) for seed, run in group.runs.items()}
        for group in found.groups
    }


def _means(curves: Curves) -> list[tuple[str, pd.DataFrame]]:
    if not curves:
        return []
    return [(str(label), rows) for label, rows in tables.means(curves).groupby("group", sort=False)]


def _mean(ax: Axes, rows: pd.DataFrame, style: tuple[str, str], label: str) -> None:
    ax.plot(rows["labels"], rows["mean"], style[1], color=style[0], linewidth=2.4, label=label)


def _spread(ax: Axes, rows: pd.DataFrame, seeds: Mapping[int, Points], style: tuple[str, str]) -> None:
    for curve in seeds.values():
        ax.plot(curve.x, curve.y, style[1], color=style[0], linewidth=0.8, alpha=0.3)
    low, high = rows["mean"] - rows["sd"], rows["mean"] + rows["sd"]
    ax.fill_between(rows["labels"], low, high, color=style[0], alpha=0.13, linewidth=0)


def _full(ax: Axes, found: Comparison, name: str) -> None:
    """The level of full supervision, if it is known."""
    if found.full is None:
        return
    ax.axhline(found.full.level, color=INK, linewidth=1.3, linestyle=(0, (5, 3)))
    ax.annotate(name, (0.01, found.full.level), (0, 3), xycoords=("axes fraction", "data"),
                textcoords="offset points", fontsize=TEXT - 2.5, color=INK)  # fmt: skip


def _ticks(ax: Axes, *, log: bool) -> None:
    if not log:
        ax.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        return
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:.0f}")
    ax.xaxis.set_minor_formatter("")
