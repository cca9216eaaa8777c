"""From a polygon to pixels of a tile, and what can be wrong with one."""

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

AREAS = ("Polygon", "MultiPolygon")


def problem(shape: BaseGeometry | None) -> str:
    """What is wrong with a shape; empty if it is a polygon to be drawn."""
    if shape is None or shape.is_empty:
        return "has no geometry"
    if shape.geom_type not in AREAS:
        return f"is a {shape.geom_type}, expected a polygon"
    if shape.area == 0:
        return "has no area"
    if not shape.is_valid:
        return f"has an invalid outline ({shapely.is_valid_reason(shape)})"
    return ""


def covered(shape: BaseGeometry, transform: Affine, size: int) -> NDArray[np.bool_]:
    """Pixels (size, size) whose centre lies in the polygon; transform: from pixels to its units."""
    mask: NDArray[np.uint8] = rasterize([shape], (size, size), transform=transform, dtype="uint8")
    return mask == 1
