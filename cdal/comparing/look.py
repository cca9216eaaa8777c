"""One colour and dash for each group in every chart, and one legend above all panels of one."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cdal.figures.style import GRID, INK, TEXT

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8c6d31")
RANDOM = "#6b6b6b"
DASHES = ("-", "--", ":", "-.")
WIDE = 105
"""Letters of a legend that fit beside each other."""
DASH_LENGTHS: dict[str, list[int]] = {"-": [1, 0], "--": [6, 4], ":": [2, 3], "-.": [7, 3, 2, 3]}


def looks(labels: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(colour, dash) by label; Random is grey, and dashes tell groups apart once the colours have been used."""
    found, number = {}, 0
    for label in labels:
        if label == "Random":
            found[label] = (RANDOM, "-")
            continue
        found[label] = (COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)])
        number += 1
    return found


def legend(figure: Figure, ax: Axes) -> None:
    """The panel's legend, above all panels of the figure."""
    handles, labels = ax.get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside upper left", ncols=_columns(labels), frameon=False, fontsize=TEXT - 1,
            labelcolor=INK, edgecolor=GRID,
        )  # fmt: skip


def legend_height(labels: Sequence[str]) -> float:
    """Inches that a legend of these labels takes."""
    return 0.3 + 0.22 * -(-len(labels) // _columns(labels))


def _columns(labels: Sequence[str]) -> int:
    fit = WIDE // (max(map(len, labels)) + 7)  # a line and its space are as wide as seven letters
    return min(len(labels), max(1, fit), 4)
