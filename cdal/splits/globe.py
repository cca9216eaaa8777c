"""Scenes of different CRS that lie at the same place, and shapes moved from one CRS to another."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.warp import transform, transform_bounds

from cdal.splits.footprints import Frame

Shapes = NDArray[np.object_]


def overlapping(frames: Sequence[Frame], guard: int) -> list[tuple[int, int]]:
    """Pairs of scenes in different CRS, in both orders, that come within `guard` pixels of each other.

    They are compared as boxes of longitude and latitude, so some may prove to be apart. Scenes without CRS, or with
    one that has no place on the globe, are in none.
    """
    if len({frame.crs for frame in frames if frame.crs}) < 2:
        return []
    boxes = [_box(frame, guard + 1) for frame in frames]
    return [
        (i, j)
        for i, j in permutations(range(len(frames)), 2)
        if frames[i].crs != frames[j].crs and shapely.intersects(boxes[i], boxes[j])
    ]


def moved(shapes: Shapes, source: str, target: str) -> Shapes:
    """Polygons in another CRS, by their corners; empty where these have no place in it."""
    corners = shapely.get_coordinates(shapes)
    with rasterio.Env():
        x, y = transform(source, target, *corners.T)
    return np.asarray(shapely.set_coordinates(shapes.copy(), np.stack([x, y], axis=1)))


def _box(frame: Frame, margin: int) -> shapely.Polygon:
    """Where a scene and `margin` pixels around it lie in longitude and latitude; empty if nowhere."""
    (x, y), (dx, dy) = frame.origin, frame.pixel
    columns, rows = (-margin, frame.width + margin), (-margin, frame.height + margin)
    sides = sorted(x + dx * col for col in columns), sorted(y + dy * row for row in rows)
    try:
        left, bottom, right, top = transform_bounds(
            frame.crs, "OGC:CRS84", sides[0][0], sides[1][0], sides[0][1], sides[1][1]
        )
    except (RasterioError, CPLE_BaseError):
        return shapely.Polygon()
    return shapely.box(left, bottom, right, top) if left <= right else shapely.box(-180, bottom, 180, top)
