"""Changed regions as polygons, with their area and mean probability."""

from collections.abc import Iterator
from pathlib import Path

import geopandas
import numpy as np
import pyproj
import rasterio
from rasterio.features import geometry_mask, shapes
from rasterio.io import DatasetReader
from rasterio.windows import Window
from rasterio.windows import transform as window_transform
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from cdal.mapping.vectors import write_layer

STRIP = 2**22
"""Pixels of a region that are looked at together."""


def changed_regions(mask: Path, layers: Path, value: int) -> geopandas.GeoDataFrame:
    """Regions of connected pixels (by edges) that hold `value` in `mask`, largest first.

    layers: a map on the same grid whose first band is P(change). Columns: area_m2 (that of the CRS; on the ellipsoid
    where its unit is degrees; empty without a CRS), pixels, probability (mean over them).
    """
    with rasterio.open(mask) as codes, rasterio.open(layers) as image:
        band = rasterio.band(codes, 1)
        traced = shapes(band, mask=band, transform=codes.transform)
        regions = [shape(outline) for outline, code in traced if code == value]
        found = [_inside(region, image) for region in regions]
        crs = codes.crs
    frame = geopandas.GeoDataFrame(
        {
            "area_m2": areas(regions, pyproj.CRS.from_user_input(crs) if crs else None),
            "pixels": np.array([pixels for pixels, _ in found], np.int64),
            "probability": np.array([mean for _, mean in found], np.float64),
        },
        geometry=regions, crs=crs,
    )  # fmt: skip
    return frame.sort_values("pixels", ascending=False, kind="stable", ignore_index=True)


def areas(regions: list[BaseGeometry], crs: pyproj.CRS | None) -> np.ndarray:
    """Areas (N,) in m²: in the plane of a projected CRS, on the ellipsoid of a geographic one, nan without."""
    if crs is None:
        return np.full(len(regions), np.nan)
    geod = crs.get_geod() if crs.is_geographic else None
    if geod is not None:
        return np.array([abs(geod.geometry_area_perimeter(region)[0]) for region in regions])
    metres = crs.axis_info[0].unit_conversion_factor if crs.axis_info else 1.0
    return np.array([region.area * metres**2 for region in regions])


def write(frame: geopandas.GeoDataFrame, path: Path) -> None:
    """Write regions as the layer `change` of a new GeoPackage."""
    write_layer(frame, path, "change")


def _inside(region: BaseGeometry, image: DatasetReader) -> tuple[int, float]:
    """Pixels in a region, and the mean of the first band over them, looked at in strips: a region may be huge."""
    pixels, total = 0, 0.0
    for window in _strips(region, image):
        shape = (int(window.height), int(window.width))
        inside = geometry_mask([region], shape, window_transform(window, image.transform), invert=True)
        values = image.read(1, window=window)[inside]
        pixels, total = pixels + values.size, total + float(values.sum(dtype=np.float64))
    return pixels, total / max(1, pixels)


def _strips(region: BaseGeometry, image: DatasetReader) -> Iterator[Window]:
    left, low, right, high = region.bounds
    corners = [~image.transform * corner for corner in ((left, low), (right, high))]
    (first_col, last_col), (first_row, last_row) = (sorted(map(round, side)) for side in zip(*corners, strict=True))
    step = max(1, STRIP // (last_col - first_col))
    for row in range(first_row, last_row, step):
        yield Window(first_col, row, last_col - first_col, min(step, last_row - row))
