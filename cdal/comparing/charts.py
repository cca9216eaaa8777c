"""Static charts of a comparison."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from cdal.comparing import learning_curves
from cdal.comparing.comparison import Comparison
from cdal.comparing.look import legend, legend_height, looks
from cdal.comparing.sentences import metric_name
from cdal.figures.style import INK, MUTED, TEXT, dress, empty, panels, remark


def draw(found: Comparison, table: Mapping[str, pd.DataFrame], *, log: bool) -> dict[str, Figure]:
    """All charts by name; of many groups the learning curves also apart."""
    crowded = len(found.groups) > learning_curves.CROWD
    return {
        "learning_curves": learning_curves.together(found, log=log),
        **({"learning_curves_apart": learning_curves.apart(found, log=log)} if crowded else {}),
        "differences": differences(found),
        "rounds": rounds(found, table["rounds"]),
        "overlap": overlap(found, table["overlap"]),
    }


def differences(found: Comparison) -> Figure:
    """Paired differences of the area under the learning curve: mean, interval, and every seed."""
    pairs = [pair for pair in found.pairs if pair.difference.estimate is not None]
    figure, (ax,) = panels(1, 1.6 + 0.42 * max(len(pairs), 2))
    for y, pair in enumerate(pairs):
        values, estimate = pair.difference.values, pair.difference.estimate
        assert estimate is not None
        ax.plot(values, np.full(len(values), y + 0.22), "|", color=MUTED, markersize=7)
        if estimate.low is not None and estimate.high is not None:
            ax.plot([estimate.low, estimate.high], [y, y], color=INK, linewidth=2.2)
        ax.plot([estimate.value], [y], "o", color=INK, markersize=6)
    if not pairs:
        empty(ax, "no pair of groups shares seeds and labels")
    ax.axvline(0, color=MUTED, linewidth=1)
    dress(ax, "", "first minus second", "")
    ax.set_yticks(range(len(pairs)), [f"{pair.one} – {pair.other}" for pair in pairs])
    ax.set_ylim(max(len(pairs), 1) - 0.4, -0.6)
    ax.grid(visible=False, axis="y")
    what = f"Difference in mean {metric_name(found.question.metric)}"
    remark(figure, f"{what}. Dot: mean over seeds; bar: 95 % bootstrap interval over seeds; ticks: each seed.")
    return figure


def rounds(found: Comparison, table: pd.DataFrame) -> Figure:
    """By round: share of change among what each group acquired, and the pool's; minutes that the round took."""
    figure, (ax, clock) = panels(2, 3.5 + legend_height([*(group.label for group in found.groups), "pool"]))
    known = table.dropna(subset=["change_share"])
    _lines(ax, known, 100 * known["change_share"], found)
    pool = known["pool_share"].mean() if len(known) else math.nan
    if math.isfinite(pool):
        ax.axhline(100 * pool, color=INK, linestyle=(0, (5, 3)), linewidth=1.3, label=f"pool {100 * pool:.1f} %")
    dress(ax, "", "round", "change tiles, % of what was acquired")
    timed = table.dropna(subset=["seconds"])
    _lines(clock, timed, timed["seconds"] / 60, found)
    dress(clock, "", "round", "minutes")
    for panel in (ax, clock):
        panel.update_datalim([(1, 0)])  # so that the margin at the top is one of the whole height
        panel.autoscale_view()
        panel.set_ylim(bottom=0)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    legend(figure, ax)
    return figure


def overlap(found: Comparison, table: pd.DataFrame) -> Figure:
    """Overlap of the acquired sets of all pairs of groups after the last round that they share, and that by chance."""
    labels = [group.label for group in found.groups]
    figure, (ax,) = panels(1, 1.6 + 0.5 * max(len(labels), 3))
    values = np.full((len(labels), len(labels)), np.nan)
    for (one, other), rows in table.groupby(["group", "other"], sort=False):
        last = rows.iloc[-1]
        i, j = labels.index(str(one)), labels.index(str(other))
        values[i, j] = values[j, i] = last["overlap"]
        for a, b in ((i, j), (j, i)):
            dark = "white" if last["overlap"] > 0.55 else INK
            ax.text(b, a, f"{last['overlap']:.2f}\n({last['by_chance']:.2f})", ha="center", va="center",
                    fontsize=TEXT - 2, color=dark)  # fmt: skip
    if np.isnan(values).all():
        empty(ax, "acquired tiles were not logged")
    ax.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    dress(ax, "", "", "")
    ax.set_xticks(range(len(labels)), labels, rotation=20 if len(labels) > 3 else 0)
    ax.set_yticks(range(len(labels)), labels)
    ax.grid(visible=False)
    remark(figure, "Tiles that both acquired, over all that either did (Jaccard); in brackets: two random draws.")
    return figure


def _lines(ax: Axes, table: pd.DataFrame, values: "pd.Series[float]", found: Comparison) -> None:
    """One line a group against the round. values: of the table's rows."""
    style = looks([group.label for group in found.groups])
    if table.empty:
        empty(ax, "not logged")
    for label, rows in table.groupby("group", sort=False):
        colour, dash = style[str(label)]
        marker = "o" if rows["round"].max() <= 12 else ""
        ax.plot(rows["round"], values[rows.index], dash, marker=marker, color=colour, linewidth=1.8, label=label)
