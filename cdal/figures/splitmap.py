"""Where pool, validation and test lie: one map a scene."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from cdal.figures.style import DPI, INK, SPLIT, TEXT, WIDTH, remark

SCENES = 24
"""Most scenes that are drawn."""
COLUMNS = 6
"""Maps side by side."""
CELLS = 400
"""Longest side of a map in cells: many small tiles are painted, not drawn one by one."""

Tile = tuple[int, int, str]
"""Row and column of its first pixel, and its split."""


def split_map(tiles: Mapping[str, Sequence[Tile]], size: int) -> Figure:
    """Tiles of `size` pixels coloured by split, a map for each scene by name; white is in no split.

    The first SCENES scenes by name are drawn, all at one scale.
    """
    names = sorted(tiles)[:SCENES]
    longest = max(max(max(row, col) for row, col, _ in tiles[name]) for name in names) + size
    columns = min(len(names), COLUMNS)
    rows = -(-len(names) // columns)
    figure = Figure(figsize=(WIDTH, 0.7 + rows * (WIDTH / max(columns, 3) + 0.2)), dpi=DPI, facecolor="white")
    figure.set_layout_engine("constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in panels:
        ax.set_axis_off()
    for ax, name in zip(panels, names, strict=False):
        cells = paint(tiles[name], size, CELLS / longest)
        ax.imshow(cells, cmap=ListedColormap(["white", *SPLIT.values()]), vmin=0, vmax=len(SPLIT), interpolation="none")
        ax.set_title(name, fontsize=TEXT - 2, color=INK)
        ax.set_xlim(0, CELLS)
        ax.set_ylim(CELLS, 0)
    counts = {split: sum(tile[2] == split for each in tiles.values() for tile in each) for split in SPLIT}
    keys = [Patch(color=colour, label=f"{split}: {counts[split]:,} tiles") for split, colour in SPLIT.items()]
    figure.legend(handles=keys, loc="outside upper left", ncols=3, frameon=False, fontsize=TEXT - 1, labelcolor=INK)
    if len(tiles) > len(names):
        remark(figure, f"and {len(tiles) - len(names)} more scenes")
    return figure


def paint(tiles: Sequence[Tile], size: int, scale: float) -> NDArray[np.uint8]:
    """A scene as cells, `scale` a pixel: 0 no tile, 1 and up the splits in the order of SPLIT."""
    number = {split: index for index, split in enumerate(SPLIT, 1)}
    sides = (max(row for row, _, _ in tiles) + size, max(col for _, col, _ in tiles) + size)
    cells = np.zeros([math.ceil(scale * side) for side in sides], np.uint8)
    for row, col, split in tiles:
        low, left, high, right = (math.floor(scale * edge) for edge in (row, col, row + size, col + size))
        cells[low : max(high, low + 1), left : max(right, left + 1)] = number[split]
    return cells
