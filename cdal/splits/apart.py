"""No two splits share or touch ground: checked with a spatial index, and brought about by dropping tiles."""

from typing import Literal

import numpy as np
import shapely

from cdal.errors import UserError
from cdal.splits.footprints import Footprints, Ints
from cdal.splits.globe import Shapes, moved, overlapping
from cdal.splits.names import DROPPED, Names

ROUNDING = 1e-6
"""Ground coordinates of tiles that touch may differ by this share of a pixel."""

Test = Literal["intersects"] | None
"""None compares the boxes around shapes, which is all there is to boxes."""

BENT = 0.1
"""And by this many pixels in different CRS: the straight edges of one are bent in the other."""


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

    Scenes of one crs share a plane, those of another are brought into it; scenes without never meet others.
    Pixels are the larger ones of the two scenes.
    """
    planes, ones, others = tiles.planes(), names == first, names == second
    boxes, grown = tiles.boxes(), tiles.boxes(guard + ROUNDING)
    found = [np.empty((0, 2), np.int64)]
    for plane in np.intersect1d(planes[ones], planes[others]):
        a, b = (np.flatnonzero((planes == plane) & chosen) for chosen in (ones, others))
        found += _meeting(a, b, (boxes[a], grown[a]), (boxes[b], grown[b]), None)
    for here, there in overlapping(tiles.frames, guard):
        a, b = np.flatnonzero((tiles.scene == here) & ones), np.flatnonzero((tiles.scene == there) & others)
        crs, other = tiles.frames[here].crs, tiles.frames[there].crs
        shapes, wide = (tiles.boxes(margin) for margin in (0, guard + BENT))
        far = (moved(shapes[b], other, crs), moved(wide[b], other, crs))
        found += _meeting(a, b, (shapes[a], wide[a]), far, "intersects")
    return np.unique(np.concatenate(found), axis=0)


def _meeting(a: Ints, b: Ints, near: tuple[Shapes, Shapes], far: tuple[Shapes, Shapes], test: Test) -> list[Ints]:
    """Pairs of tiles of which one meets the other grown; near, far: shapes of a and b, as they are and grown."""
    left, right = shapely.STRtree(far[0]).query(near[1], predicate=test)
    low, high = shapely.STRtree(near[0]).query(far[1], predicate=test)
    return [np.stack([a[left], b[right]], axis=1), np.stack([a[high], b[low]], axis=1)]
