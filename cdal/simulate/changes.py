"""Which buildings appear, vanish or grow: rare, partly clustered, counted in tiles."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal.simulate.buildings import Building
from cdal.simulate.sites import Pixels, Site

TILE = 64
CHANGED = 0.03 * TILE**2
SHARE = (0.042, 0.049)
KINDS = ("appear", "vanish", "grow")
SMALL = 900
"""Footprints in pixels (225 m2) of which only every fifth changes: new buildings tend to be large."""
MIX = ("appear", "vanish", "appear", "grow", "appear")
"""Scattered changes: towns grow more than they shrink."""


@dataclass(frozen=True)
class Change:
    """The building of a site before and after (None: open ground), and the label as flat pixels."""

    site: int
    kind: str
    before: Building | None
    after: Building | None
    pixels: Pixels


def _change(index: int, site: Site, kind: str, size: int) -> Change:
    """The given kind of change, or the nearest possible one, as pixels of a canvas of side `size`."""
    if not site.built:
        kind = "appear"
    elif kind == "grow" and site.larger is None:
        kind = "vanish"
    footprint = site.design.footprint(size)
    if kind == "grow" and site.larger is not None:
        return Change(index, kind, site.design, site.larger, np.setdiff1d(site.larger.footprint(size), footprint))
    before, after = (None, site.design) if kind == "appear" else (site.design, None)
    return Change(index, kind, before, after, footprint)


class _Budget:
    """Counts changed pixels in each tile of the image within the canvas, and refuses what is too much."""

    def __init__(self, size: int, margin: int, tiles: int) -> None:
        inside = np.arange(size) - margin
        row = np.where((inside >= 0) & (inside < size - 2 * margin), inside // TILE, -1)
        self.columns = int(row.max()) + 1
        self.tile = np.where(row[:, None] < 0, -1, np.where(row < 0, -1, row[:, None] * self.columns + row)).ravel()
        self.counts: NDArray[np.intp] = np.zeros(self.columns**2, np.intp)
        self.tiles = tiles

    @property
    def used(self) -> int:
        return int((self.counts > CHANGED).sum())

    def take(self, pixels: Pixels, limit: int) -> bool:
        """Count the pixels unless more than `limit` tiles would be changed, or too little is in the image."""
        tiles = self.tile[pixels]
        tiles = tiles[tiles >= 0]
        counts = self.counts + np.bincount(tiles, minlength=len(self.counts))
        if len(tiles) < 40 or (counts > CHANGED).sum() > limit:
            return False
        self.counts = counts
        return True


def _near(sites: list[Site], anchor: Site) -> list[int]:
    gaps = [np.hypot(s.design.y - anchor.design.y, s.design.x - anchor.design.x) for s in sites]
    return [int(i) for i in np.argsort(gaps, kind="stable") if gaps[i] < 160]


def plan(sites: list[Site], size: int, margin: int, rng: np.random.Generator) -> list[Change]:
    """Choose changes until 4.2-4.9 % (at least one) of the image's tiles change; it is `size - 2 margin` px.

    About half of them are one development; the others are scattered. Empty if no site is in the image.
    """
    wanted = max(1, round(rng.uniform(*SHARE) * ((size - 2 * margin) / TILE) ** 2))
    budget = _Budget(size, margin, wanted)
    visible = [s for s in sites if margin < s.design.y < size - margin and margin < s.design.x < size - margin]
    if not visible:
        return []
    vacant = [s for s in visible if not s.built] or visible
    anchor = vacant[int(rng.integers(len(vacant)))]
    theme = str(rng.choice(KINDS, p=[0.8, 0.15, 0.05]))
    chosen: dict[int, Change] = {}
    candidates = [(i, theme) for i in _near(sites, anchor) if rng.random() < 0.75]
    _choose(candidates, sites, size, budget, max(1, round(0.5 * wanted)), chosen)
    first = len(chosen)
    shuffled = rng.permutation(len(sites)).tolist()
    scattered = [(i, MIX[(first + k) % len(MIX)]) for k, i in enumerate(shuffled)]
    _choose(scattered, sites, size, budget, wanted, chosen)
    if not chosen:
        _choose(scattered, sites, size, budget, 4, chosen)
    return list(chosen.values())


def _choose(
    candidates: Iterable[tuple[int, str]],
    sites: list[Site],
    size: int,
    budget: _Budget,
    limit: int,
    chosen: dict[int, Change],
) -> None:
    for i, kind in candidates:
        if budget.used >= limit:
            return
        if i not in chosen:
            change = _change(i, sites[i], kind, size)
            small = change.kind != "grow" and len(change.pixels) < SMALL
            if (not small or i % 5 == 0) and budget.take(change.pixels, limit):
                chosen[i] = change
