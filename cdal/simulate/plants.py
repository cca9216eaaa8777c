"""Trees: where they grow, and their crowns as ragged domes on a canvas."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.covers import Cover
from cdal.simulate.districts import Floats, Use
from cdal.simulate.ground import Surface
from cdal.simulate.layout import Layout
from cdal.simulate.noise import Field
from cdal.simulate.roofs import METRES, Canvas
from cdal.simulate.season import EVERGREEN, Season

DENSITY = {
    Use.GARDEN: 0.16, Use.COURT: 0.12, Use.YARD: 0.03, Use.CARPARK: 0.05, Use.VACANT: 0.06,
    Use.LAWN: 0.05, Use.WOOD: 0.9, Use.FIELD: 0.001, Use.SOIL: 0.003, Use.PLASTIC: 0.0,
}  # fmt: skip
"""Chance of a tree at each of 0.008 candidate places a pixel."""


@dataclass(frozen=True)
class Trees:
    """Rows (N,): place px, crown radius px, height m, evergreen or not, colour factor (N, 3)."""

    y: NDArray[np.intp]
    x: NDArray[np.intp]
    radius: Floats
    height: Floats
    evergreen: NDArray[np.bool_]
    tint: Floats

    def keep(self, chosen: NDArray[np.bool_]) -> "Trees":
        return Trees(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def plant(layout: Layout, surface: Surface, rng: np.random.Generator) -> Trees:
    """Trees of gardens, streets, parks, woods, hedgerows and river banks."""
    size = len(layout.parcel)
    y, x = rng.integers(0, size, (2, int(0.008 * size**2)))
    use, fixed = surface.use[y, x], surface.fixed[y, x]
    chance = np.array([DENSITY[u] for u in Use])[use]
    clump = surface.relief[y, x] > 0.7
    chance = np.where((use == Use.LAWN) & clump, 0.5, chance)
    edge = np.minimum(layout.inner_u, layout.inner_v)[y, x] < 3.5
    chance = np.where((use == Use.FIELD) & edge, 0.25, chance)
    chance = np.where(fixed >= 0, 0.0, chance)
    chance = np.where(fixed == Cover.HEDGE, 0.12, chance)
    avenue = (fixed == Cover.WALK) & (np.mod(layout.parcel[y, x] // 9, 3) > 0)
    chance = np.where(avenue, 0.35, chance)
    chance = np.where((fixed == Cover.MEADOW) & clump, 0.5, chance)
    here = rng.random(len(y)) < chance
    y, x, count = y[here], x[here], int(here.sum())
    radius = np.clip(rng.gamma(9.0, 0.68, count), 2.2, 12.0)
    height = 1.0 + radius * METRES * rng.uniform(1.4, 2.4, count)
    tint = rng.normal(1, 0.16, (count, 1)) * rng.normal(1, 0.10, (count, 3))
    return Trees(y, x, radius, height, rng.random(count) < 0.22, tint.astype(np.float32))


def regrow(trees: Trees, rng: np.random.Generator) -> tuple[Trees, Trees]:
    """The trees before and after: all grow a little, a few are felled, pruned or planted."""
    fate = rng.random(len(trees.y))
    growth = rng.uniform(0.97, 1.22, len(trees.y)) * np.where((fate > 0.1) & (fate < 0.16), 0.7, 1.0)
    later = Trees(trees.y, trees.x, trees.radius * growth, trees.height * growth, trees.evergreen, trees.tint)
    return trees.keep(fate > 0.03), later.keep((fate < 0.03) | (fate > 0.06))


def _crowns(trees: Trees, size: int, bumps: Field) -> tuple[Field, NDArray[np.int32]]:
    """Height of the canopy in m and index of the tree seen at each pixel (-1 for none)."""
    height, index = np.zeros((size, size), np.float32), np.full((size, size), -1, np.int32)
    grid = np.arange(-15, 16, dtype=np.float32)
    square = grid[:, None] ** 2 + grid[None] ** 2
    for i, (y, x, radius, top) in enumerate(zip(trees.y, trees.x, trees.radius, trees.height, strict=True)):
        reach = min(int(radius) + 1, 14)
        y0, x0 = max(y - reach, 0), max(x - reach, 0)
        window = slice(y0, min(y + reach + 1, size)), slice(x0, min(x + reach + 1, size))
        near = square[15 - (y - y0) : 15 + window[0].stop - y, 15 - (x - x0) : 15 + window[1].stop - x]
        dome = 1 - near / np.float32(radius**2) + 0.30 * bumps[window]
        z = top * (0.55 + 0.45 * np.sqrt(np.clip(dome, 0, 1)))
        over = (dome > 0.12) & (z > height[window])
        height[window][over] = z[over]
        index[window][over] = i
    return height, index


def draw(trees: Trees, season: Season, canvas: Canvas, bumps: Field) -> None:
    """Put the crowns over a canvas; bare broad-leaved ones let the ground through, none stands on a roof."""
    size = len(canvas.height)
    roof = canvas.height > 2.5
    trees = trees.keep(~roof[trees.y, trees.x])
    height, index = _crowns(trees, size, bumps)
    here = np.nonzero((index >= 0) & (height > canvas.height))
    tree = index[here]
    evergreen = trees.evergreen[tree]
    colour = np.where(evergreen[:, None], EVERGREEN, season.leaf_colour).astype(np.float32)
    colour *= np.maximum(trees.tint[tree] * (1 + 0.22 * bumps[here])[:, None], 0.2)
    opacity = np.where(evergreen, 1.0, season.leaf).astype(np.float32)[:, None]
    rough = height + 0.5 * bumps
    slope_y, slope_x = np.gradient(rough, METRES)
    canvas.colour[here] = canvas.colour[here] * (1 - opacity) + colour * opacity
    canvas.height[here] = height[here] * np.where(opacity[:, 0] < 0.7, 0.75, 1.0)
    canvas.slope_y[here] = np.clip(slope_y[here], -1.6, 1.6) * opacity[:, 0] * 0.8
    canvas.slope_x[here] = np.clip(slope_x[here], -1.6, 1.6) * opacity[:, 0] * 0.8
