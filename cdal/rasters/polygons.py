"""Changes drawn as polygons: read from any OGR format, brought into the scene's CRS, rasterised window by window."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.features import rasterize
from rasterio.io import DatasetReader
from rasterio.transform import Affine
from rasterio.windows import Window, bounds, transform

from cdal.errors import UserError

AREAS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Polygons:
    """Changed areas (N,) as shapely geometries in the CRS of a grid with this transform."""

    areas: NDArray[np.object_]
    grid: Affine
    complete = True

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Mask of a window: 1 where the centre of a pixel lies in a polygon, else 0."""
        near = self.areas[self._tree.query(shapely.box(*bounds(window, self.grid)))]
        shape = (window.height, window.width)
        if not len(near):
            return np.zeros(shape, np.uint8)
        mask: NDArray[np.uint8] = rasterize(near, shape, transform=transform(window, self.grid), dtype="uint8")
        return mask

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.areas)


def read_polygons(path: Path, before: DatasetReader, where: str | None) -> Polygons:
    """The polygons of a file with one layer that fulfil `where` (an OGR SQL condition), in the CRS of before.

    A scene without CRS takes polygons without one, in its pixels (x to the right, y down). Raises UserError for
    files that cannot be read, a missing or wrong CRS, other geometries, and polygons that are empty or invalid.
    """
    frame = _read(path, where)
    kinds = sorted(set(frame.geom_type.dropna()) - set(AREAS))
    if kinds:
        raise UserError(f"{path} holds {', '.join(kinds)}, expected polygons; convert it, or set data.label_where")
    _check_areas(path, frame.geometry)
    if not frame.crs and not before.crs:
        return _over(path, frame.geometry, before)
    if not frame.crs or not before.crs:
        known, bare = (frame.crs, before.name) if frame.crs else (before.crs, path)
        raise UserError(
            f"{bare} has no CRS, but its {'polygons are' if frame.crs else 'scene is'} in {known.to_string()}, "
            "expected both or neither; assign it the CRS that it is in"
        )
    return _over(path, frame.geometry.to_crs(before.crs.to_wkt()), before)


def _read(path: Path, where: str | None) -> geopandas.GeoDataFrame:
    with warnings.catch_warnings(action="ignore"), _readable(path):
        layers = pyogrio.list_layers(path)[:, 0]
        if len(layers) != 1:
            raise UserError(f"{path} has the layers {', '.join(layers)}, expected one; export the layer alone")
        fields = pyogrio.read_info(path)["fields"]
    attempt = _readable(path) if where is None else _condition(path, where, fields)
    with warnings.catch_warnings(action="ignore"), attempt:  # warnings are of attributes, which nobody reads
        # With columns left out, some drivers compare the condition with nothing, and find nothing.
        columns: list[str] | None = [] if where is None else None
        found = pyogrio.read_dataframe(path, where=where, columns=columns, fid_as_index=True, force_2d=True)
    if not isinstance(found, geopandas.GeoDataFrame):
        raise UserError(f"{path} has no geometries, expected polygons; export it again")
    return found


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (DataSourceError, DataLayerError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path} cannot be read ({reason}), expected intact vector data; export it again") from error


@contextmanager
def _condition(path: Path, where: str, fields: Iterable[str]) -> Iterator[None]:
    try:
        yield
    except (DataSourceError, DataLayerError, ValueError) as error:
        raise UserError(
            f"{path}: data.label_where is {where!r} ({' '.join(str(error).split())}), "
            f"expected an OGR SQL condition on its attributes ({', '.join(fields)}); correct it"
        ) from error


def _check_areas(path: Path, areas: geopandas.GeoSeries) -> None:
    flat = np.flatnonzero(areas.is_empty | areas.isna() | (shapely.area(areas) == 0))
    broken = np.flatnonzero(~areas.is_valid)
    for rows, what in ((flat, "no area"), (broken, "an invalid outline")):
        if len(rows):
            first, more = areas.index[rows[0]], f" and {len(rows) - 1} more" if len(rows) > 1 else ""
            reason = "" if what == "no area" else f": {shapely.is_valid_reason(areas.iloc[rows[0]])}"
            raise UserError(
                f"{path} has {what} in feature {first}{more}{reason}, expected valid polygons; "
                "mend it (QGIS: Fix geometries) or delete it"
            )


def _over(path: Path, areas: geopandas.GeoSeries, before: DatasetReader) -> Polygons:
    """The polygons, of which one at least must meet the scene."""
    scene = shapely.box(*before.bounds)
    if len(areas) and not shapely.intersects(np.asarray(areas), scene).any():
        there, here = _place(areas.total_bounds), _place(before.bounds)
        raise UserError(
            f"{path} and {before.name} do not overlap on the ground (polygons at {there}, scene at {here}), expected "
            "the same place; check the CRS that the polygons are marked with"
        )
    return Polygons(np.asarray(areas), before.transform)


def _place(bounds: NDArray[np.float64]) -> str:
    return " ".join(f"{value:.10g}" for value in bounds)
