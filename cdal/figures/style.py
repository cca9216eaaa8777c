"""The one look of all plots: colours, fonts, panels, and how a figure becomes a file."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

DPI = 120
WIDTH = 8.5
"""Inches; 1020 pixels."""

INK, MUTED, GRID = "#222222", "#5f6b76", "#e3e7ea"
"""Text, secondary text and references, grid."""

# Okabe and Ito's colours, told apart with any colour vision; one meaning each, in every plot.
METRIC = {
    "average_precision": "#0072B2",
    "f1": "#009E73",
    "iou": "#CC79A7",
    "precision": "#56B4E9",
    "recall": "#E69F00",
}
METRIC_NAME = {
    "average_precision": "AP",
    "f1": "F1",
    "iou": "IoU",
    "precision": "precision",
    "recall": "recall",
}
LEVEL = {"pixel": "#332288", "tile": "#CC6677"}
CLASS = {"change": "#D55E00", "no change": "#A9B8C4", "ambiguous": "#F0D264"}
SPLIT = {"pool": "#A9B8C4", "val": "#E69F00", "test": "#0072B2"}
PART = {"training": "#35608D", "scoring": "#7FA8D1", "evaluation": "#C8A45C", "other": "#C3C8CC"}

TEXT = 11
"""Base font size in points: 18 pixels, so 9 when a figure is shown at half size."""


def panels(columns: int, height: float = 3.9, rows: int = 1, *, shared: bool = False) -> tuple[Figure, list[Axes]]:
    """A figure `height` inches high of `columns` panels side by side, row by row; shared: all with the same axes."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.08)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=shared, sharey=shared)
    return figure, list(axes.flat)


def dress(ax: Axes, title: str, x: str, y: str) -> None:
    """Title, axis labels with units, light grid, no box; leaves room for `key` under the title."""
    ax.set_title(title, loc="left", fontsize=TEXT + 1, fontweight="bold", color=INK, pad=28)
    ax.set_xlabel(x, fontsize=TEXT, color=INK)
    ax.set_ylabel(y, fontsize=TEXT, color=INK)
    ax.tick_params(labelsize=TEXT - 1, color=GRID, labelcolor=INK, length=3)
    ax.grid(color=GRID, linewidth=0.8)
    ax.set_axisbelow(True)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color("#aab3ba")


def key(ax: Axes, columns: int = 4) -> None:
    """The legend in one line between title and panel, where it never hides data."""
    if ax.get_legend_handles_labels()[0]:
        legend = ax.legend(
            loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=columns, frameon=False, fontsize=TEXT - 1.5,
            borderpad=0.2, handlelength=1.4, handletextpad=0.5, columnspacing=1.2, labelcolor=INK,
        )  # fmt: skip
        legend.set_in_layout(False)


def empty(ax: Axes, why: str) -> None:
    """Say in the middle of a panel why there is nothing in it."""
    ax.text(
        0.5, 0.5, why, transform=ax.transAxes, ha="center", va="center", fontsize=TEXT, color=MUTED, wrap=True
    )  # fmt: skip


def remark(figure: Figure, text: str) -> None:
    """One muted line under all panels."""
    figure.supxlabel(text, fontsize=TEXT - 1.5, color=MUTED)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG whose bytes depend on the figure alone (no date, no program version)."""
    figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})
