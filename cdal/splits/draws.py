"""Draw a split for every tile: by scene, by block of a scene, or (leaky, the paper's) by tile."""

import numpy as np
from numpy.typing import NDArray

from cdal.errors import UserError
from cdal.params import Split
from cdal.splits.footprints import Footprints, Ints
from cdal.splits.names import DROPPED, Names


def by_scene(tiles: Footprints, split: Split, rng: np.random.Generator) -> Names:
    """Whole scenes (N,); too few raise UserError."""
    present, unit = np.unique(tiles.scene, return_inverse=True)
    return _draw(np.ones(len(present)), split, rng, "scenes", "use split.by: block")[unit]


def by_tile(tiles: Footprints, split: Split, rng: np.random.Generator) -> Names:
    """Single tiles (N,), neighbours or not: the paper's, which leaks."""
    return _draw(np.ones(len(tiles.row)), split, rng, "tiles", "lower data.stride")


def by_block(tiles: Footprints, split: Split, rng: np.random.Generator) -> Names:
    """Squares of split.block pixels (N,); a tile that lies in two of different splits is DROPPED."""
    block, size = split.block, tiles.size
    if block < size:
        raise UserError(f"split.block is {block}, expected at least a tile's side; raise it to {size} or more")
    across = np.array([-(-frame.width // block) for frame in tiles.frames])
    blocks = across * np.array([-(-frame.height // block) for frame in tiles.frames])
    first = (np.cumsum(blocks) - blocks)[tiles.scene]
    parts = [(r, c) for r in _in_blocks(tiles.row, size, block) for c in _in_blocks(tiles.col, size, block)]
    units = np.stack([first + r * across[tiles.scene] + c for (r, _), (c, _) in parts])
    areas = np.stack([h * w for (_, h), (_, w) in parts])
    weight = np.bincount(units.ravel(), weights=areas.ravel(), minlength=blocks.sum()).astype(float)
    names = np.full(len(weight), DROPPED, dtype="<U4")
    names[weight > 0] = _draw(weight[weight > 0], split, rng, "blocks", "lower split.block")
    touched = names[units]
    return np.where((touched == touched[0]).all(axis=0), touched[0], DROPPED)


def _in_blocks(offset: Ints, size: int, block: int) -> list[tuple[Ints, Ints]]:
    """The two blocks along an axis that a tile lies in (or twice the same one), and its pixels in each."""
    low, high = offset // block, (offset + size - 1) // block
    inside = np.minimum(size, (low + 1) * block - offset)
    return [(low, inside), (high, size - inside)]


def _draw(weight: NDArray[np.float64], split: Split, rng: np.random.Generator, kind: str, advice: str) -> Names:
    """A split for each unit, such that shares of the whole weight come near split.val and split.test."""
    order = rng.permutation(len(weight))
    if split.folds is None:
        test = _share(weight, order, split.test, float(weight.sum()), kind)
    else:
        test = _fold(weight, order, split.folds, split.fold)
    rest = order[~np.isin(order, test)]
    whole = weight if split.folds is None else weight[rest]
    val = _share(weight, rest, split.val, float(whole.sum()), kind)
    parts = 1 + (split.val > 0) + (split.test > 0 or split.folds is not None)
    least = max(parts, split.folds or 0, len(val) + len(test) + 1)
    if len(weight) < least:
        raise UserError(
            f"{len(weight)} {kind} are too few for split.by: {kind.removesuffix('s')} with these shares, "
            f"expected at least {least}; {advice}"
        )
    names = np.full(len(weight), "pool", dtype="<U4")
    names[val], names[test] = "val", "test"
    return names


def _share(weight: NDArray[np.float64], order: Ints, share: float, total: float, kind: str) -> Ints:
    """Units, taken in order, whose weight comes near a share of the total: at least one if share > 0."""
    target = share * total if kind == "blocks" else max(1, round(share * total))
    chosen: list[int] = []
    taken = 0.0
    for unit in order if share > 0 else []:
        if abs(taken + weight[unit] - target) < abs(taken - target):
            chosen.append(unit)
            taken += weight[unit]
    if share > 0 and not chosen and len(order):
        chosen = [min(order, key=lambda unit: float(weight[unit]))]
    return np.array(chosen, np.int64)


def _fold(weight: NDArray[np.float64], order: Ints, folds: int, fold: int) -> Ints:
    """Units of one of `folds` parts of about equal weight."""
    sums = np.zeros(folds)
    part = np.zeros(len(weight), np.int64)
    for unit in order:
        part[unit] = sums.argmin()
        sums[part[unit]] += weight[unit]
    return np.flatnonzero(part == fold)


DRAWS = {"scene": by_scene, "block": by_block, "random": by_tile}
"""What split.by may be, if the data has no split of its own."""
