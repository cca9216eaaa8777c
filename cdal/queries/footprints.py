"""tiles.gpkg: where the tiles lie, best first, and an empty layer to draw changes in."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely

from cdal.queries.asked import Asked

FILE = "tiles.gpkg"
TILES, CHANGES = "tiles", "changes"
GEOGRAPHIC = "EPSG:4326"
"""CRS of the file where the tiles have several."""

NO_CLOCK = {"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"}


def boxes(tiles: Sequence[Asked]) -> gpd.GeoSeries:
    """Footprints in the tiles' CRS, or in longitude and latitude where they have several; without CRS in pixels."""
    parts = [gpd.GeoSeries([_box(tile)], crs=tile.crs or None) for tile in tiles]
    known = {tile.crs for tile in tiles}
    crs = known.pop() if len(known) == 1 else GEOGRAPHIC
    shapes = [(part.to_crs(crs) if part.crs is not None else part).iloc[0] for part in parts]
    return gpd.GeoSeries(shapes, crs=crs or None)


def write(path: Path, tiles: Sequence[Asked]) -> None:
    """Write layer `tiles` (rank, tile_id, score, status: open) and the empty layer `changes` (tile_id, labeller)."""
    shapes = boxes(tiles)
    columns = {
        "rank": [tile.rank for tile in tiles],
        "tile_id": [tile.tile_id for tile in tiles],
        "scene": [tile.scene for tile in tiles],
        "score": [tile.score for tile in tiles],
        "status": "open",
    }
    empty = gpd.GeoDataFrame({"tile_id": [], "labeller": []}, geometry=[], crs=shapes.crs).astype(
        {"tile_id": str, "labeller": str}
    )
    frame = gpd.GeoDataFrame(columns, geometry=shapes.to_numpy(), crs=shapes.crs)
    pyogrio.set_gdal_config_options(NO_CLOCK)
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of tiles without CRS
            pyogrio.write_dataframe(frame, path, layer=TILES, driver="GPKG")
            pyogrio.write_dataframe(empty, path, layer=CHANGES, driver="GPKG", geometry_type="Polygon", append=True)
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(NO_CLOCK))


def _box(tile: Asked) -> shapely.Polygon:
    left, bottom, right, top = tile.bounds
    return shapely.box(min(left, right), min(bottom, top), max(left, right), max(bottom, top))
