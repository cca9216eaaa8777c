"""Which tiles are pool, validation and test: apart on the ground, drawn with a seed, and checked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from cdal.errors import UserError
from cdal.params import Split
from cdal.streams import stream

SPLITS = ("pool", "val", "test")
DROPPED = ""
"""Name in place of a split for a tile that is in none."""

ROUNDING = 1e-6
"""Ground coordinates of tiles that touch may differ by this share of a pixel."""

Ints = NDArray[np.int64]
Names = NDArray[np.str_]


@dataclass(frozen=True)
class Frame:
    """A scene's pixel grid.

    height, width in pixels; origin (x, y) of its first corner and pixel (dx, dy), its signed pixel size, in
    units of crs. Without a crs ("") these are pixels. split: where the data's own folders or lists put the
    scene, if they do.
    """

    name: str
    height: int
    width: int
    crs: str = ""
    origin: tuple[float, float] = (0.0, 0.0)
    pixel: tuple[float, float] = (1.0, 1.0)
    split: str | None = None


@dataclass(frozen=True)
class Footprints:
    """N square tiles: index of the frame (N,), and offsets row and col (N,) and side `size` in its pixels."""

    frames: Sequence[Frame]
    scene: Ints
    row: Ints
    col: Ints
    size: int

    def ids(self) -> list[str]:
        """Names of the tiles: SCENE_rROW_cCOL, offsets in pixels."""
        names = [self.frames[scene].name for scene in self.scene]
        return [f"{n}_r{r:05d}_c{c:05d}" for n, r, c in zip(names, self.row, self.col, strict=True)]

    def bounds(self) -> NDArray[np.float64]:
        """Left, bottom, right, top (N, 4) in units of the crs, or in pixels (bottom is then larger)."""
        (x, y), (dx, dy) = self._per_tile("origin").T, self._per_tile("pixel").T
        rows, cols = (self.row + self.size, self.row), (self.col, self.col + self.size)
        return np.stack([x + dx * cols[0], y + dy * rows[0], x + dx * cols[1], y + dy * rows[1]], axis=1)

    def boxes(self, margin: float = 0) -> NDArray[np.object_]:
        """Footprints as shapely boxes, grown on all sides by `margin` pixels of their own."""
        ground = self.bounds()
        grown = margin * np.abs(self._per_tile("pixel"))
        low = np.minimum(ground[:, :2], ground[:, 2:]) - grown
        high = np.maximum(ground[:, :2], ground[:, 2:]) + grown
        return np.asarray(shapely.box(*low.T, *high.T))

    def planes(self) -> Ints:
        """Number (N,) of the plane that a tile lies in: one for each crs, and one for each scene without."""
        keys = [frame.crs or (index,) for index, frame in enumerate(self.frames)]
        number = {key: index for index, key in enumerate(dict.fromkeys(keys))}
        return np.array([number[key] for key in keys], np.int64)[self.scene]

    def _per_tile(self, field: str) -> NDArray[np.float64]:
        return np.array([getattr(frame, field) for frame in self.frames], np.float64)[self.scene]


def assign(tiles: Footprints, by: str, split: Split) -> Names:
    """The split (N,) of every tile: pool, val, test, or DROPPED.

    by: list and folder take what the frames say; scene, block and random draw with split.seed. But for
    random, no two tiles of different splits come within split.guard pixels of each other, nor touch: drawn
    splits drop tiles for that, given ones raise UserError, as do too few scenes or blocks.
    """
    if by in ("list", "folder"):
        names = np.array([frame.split for frame in tiles.frames], np.str_)[tiles.scene]
    else:
        rng = stream(split.seed, "split")
        draw = {"scene": _by_scene, "block": _by_block, "random": _by_tile}[by]
        names = draw(tiles, split, rng)
    if by == "random":
        return names
    if by in ("scene", "block"):
        names = drop_neighbours(tiles, names, split.guard)
    verify(tiles, names, split.guard)
    return names


def drop_neighbours(tiles: Footprints, names: Names, guard: int) -> Names:
    """Drop validation tiles that are too near to a test tile, then pool tiles too near to either."""
    names = names.copy()
    for gives_way, stays in (("val", "test"), ("pool", "test"), ("pool", "val")):
        names[conflicts(tiles, names, gives_way, stays, guard)[:, 0]] = DROPPED
    return names


def verify(tiles: Footprints, names: Names, guard: int) -> None:
    """Raise UserError naming two tiles of different splits that touch or come within `guard` pixels."""
    for first, second in (("pool", "val"), ("pool", "test"), ("val", "test")):
        pairs = conflicts(tiles, names, first, second, guard)
        if len(pairs):
            ids = tiles.ids()
            raise UserError(
                f"tiles {ids[pairs[0, 0]]} ({first}) and {ids[pairs[0, 1]]} ({second}) touch, overlap or "
                f"come within {guard} pixels, expected splits apart on the ground; "
                "move one scene, or use split.by: block"
            )


def conflicts(tiles: Footprints, names: Names, first: str, second: str, guard: int) -> Ints:
    """Pairs (M, 2) of tiles, one of each split, whose footprints are at most `guard` pixels apart, sorted.

    Scenes of one crs share a plane; scenes without, or with different ones, never meet. Pixels are the larger
    ones of the two scenes.
    """
    planes, boxes, grown = tiles.planes(), tiles.boxes(), tiles.boxes(guard + ROUNDING)
    found = [np.empty((0, 2), np.int64)]
    for plane in np.intersect1d(planes[names == first], planes[names == second]):
        a, b = (np.flatnonzero((planes == plane) & (names == name)) for name in (first, second))
        near, far = shapely.STRtree(boxes[b]).query(grown[a])
        found.append(np.stack([a[near], b[far]], axis=1))
        far, near = shapely.STRtree(boxes[a]).query(grown[b])
        found.append(np.stack([a[near], b[far]], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def sample(names: Names, classes: Names, split: Split) -> Names:
    """Keep at most split.val_tiles and split.test_tiles, drawn with the seed; the others become DROPPED.

    classes (N,): change, no_change or ambiguous. Raises UserError where a balanced draw finds too few of a
    class.
    """
    names = names.copy()
    for name, limit in (("val", split.val_tiles), ("test", split.test_tiles)):
        rows = np.flatnonzero(names == name)
        if limit is None or (split.sample == "natural" and len(rows) <= limit):
            continue
        rng = stream(split.seed, "sample", SPLITS.index(name))
        if split.sample == "natural":
            kept = rng.choice(rows, limit, replace=False)
        else:
            parts = {"change": limit // 2, "no_change": limit - limit // 2}
            kept = np.concatenate([_draw_class(rows, classes, name, c, n, rng) for c, n in parts.items()])
        names[np.setdiff1d(rows, kept)] = DROPPED
    return names


def _draw_class(rows: Ints, classes: Names, name: str, wanted: str, number: int, rng: np.random.Generator) -> Ints:
    candidates = rows[classes[rows] == wanted]
    if len(candidates) < number:
        raise UserError(
            f"{name} has {len(candidates)} {wanted} tiles, expected at least {number} for a balanced sample; "
            f"lower split.{name}_tiles, or use split.sample: natural"
        )
    return rng.choice(candidates, number, replace=False)


def _by_scene(tiles: Footprints, split: Split, rng: np.random.Generator) -> Names:
    present, unit = np.unique(tiles.scene, return_inverse=True)
    return _draw(np.ones(len(present)), split, rng, "scenes", "use split.by: block")[unit]


def _by_tile(tiles: Footprints, split: Split, rng: np.random.Generator) -> Names:
    return _draw(np.ones(len(tiles.row)), split, rng, "tiles", "lower data.stride")


def _by_block(tiles: Footprints, split: Split, rng: np.random.Generator) -> Names:
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
