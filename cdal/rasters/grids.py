"""Whether the files of a scene lie on grids that can be brought together, and where the scene is."""

import numpy as np
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform_bounds

from cdal.errors import UserError
from cdal.splits import Frame

SAME = 1e-6
"""Grids whose corners lie within this many pixels of each other are the same grid."""


def check_grids(before: DatasetReader, after: DatasetReader) -> None:
    if before.crs and after.crs:
        _check_overlap(before, before)
        _check_overlap(after, before)
    elif before.crs or after.crs:
        known, bare = (before, after) if before.crs else (after, before)
        raise UserError(
            f"{known.name} is in {known.crs.to_string()}, {bare.name} has no CRS, expected both or neither; "
            "assign it the CRS that it is in"
        )
    else:
        _check_size(after, before)
        if not same_grid(before, after) and not before.transform.is_identity and not after.transform.is_identity:
            raise UserError(
                f"{after.name} and {before.name} lie at different places but have no CRS, "
                "expected the same grid; assign both the CRS that they are in"
            )


def check_label_grid(before: DatasetReader, label: DatasetReader) -> None:
    if before.crs and label.crs:
        _check_overlap(label, before)
    else:
        _check_size(label, before)


def _check_size(dataset: DatasetReader, before: DatasetReader) -> None:
    if dataset.shape != before.shape:
        raise UserError(
            f"{dataset.name} has {dataset.width} x {dataset.height} pixels, {before.name} "
            f"{before.width} x {before.height}, expected the same size "
            "where files have no CRS; georeference or resample them"
        )


def _check_overlap(dataset: DatasetReader, before: DatasetReader) -> None:
    grid = dataset.transform
    if abs(grid.b) * dataset.height > SAME * abs(grid.a) or abs(grid.d) * dataset.width > SAME * abs(grid.e):
        raise UserError(f"{dataset.name} has a rotated grid, expected north up; warp it (gdalwarp) and rerun prepare")
    try:
        left, bottom, right, top = transform_bounds(dataset.crs, before.crs, *dataset.bounds)
    except (RasterioError, CPLE_BaseError):
        left = bottom = right = top = np.inf
    there = before.bounds
    width = min(max(left, right), there.right) - max(min(left, right), there.left)
    height = min(max(bottom, top), max(there[1::2])) - max(min(bottom, top), min(there[1::2]))
    if not (width > 0 and height > 0):
        raise UserError(
            f"{dataset.name} and {before.name} do not overlap on the ground, expected the same place; "
            "check their names and CRS"
        )


def same_grid(a: DatasetReader, b: DatasetReader) -> bool:
    if a.shape != b.shape or a.crs != b.crs:
        return False
    shift = ~b.transform * a.transform
    corners = np.array([(x, y) for x in (0, a.width) for y in (0, a.height)], float)
    return all(np.abs(np.subtract(shift * tuple(corner), corner)).max() <= SAME for corner in corners)


def frame(name: str, split: str | None, before: DatasetReader) -> Frame:
    if not before.crs:
        return Frame(name, before.height, before.width, split=split)
    grid = before.transform
    place = {"crs": before.crs.to_string(), "origin": (grid.c, grid.f), "pixel": (grid.a, grid.e)}
    return Frame(name, before.height, before.width, **place, split=split)
