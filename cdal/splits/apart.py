"""No two splits share or touch ground: checked with a spatial index, and brought about by dropping tiles."""

import numpy as np
import shapely

from cdal.errors import UserError
from cdal.splits.footprints import Footprints, Ints
from cdal.splits.names import DROPPED, Names

ROUNDING = 1e-6
"""Ground coordinates of tiles that touch may differ by this share of a pixel."""


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
