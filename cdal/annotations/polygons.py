"""Polygons around changes, drawn in QGIS or elsewhere, as masks of the tiles that were asked for."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from rasterio.transform import from_bounds
from shapely.geometry.base import BaseGeometry

from cdal.annotations import layers, shapes
from cdal.annotations.found import Found
from cdal.annotations.storage import IGNORE, Annotation
from cdal.errors import UserError
from cdal.queries.asked import Asked

VALUES = (1, IGNORE)
"""What a feature's column `value` may say: change (also where there is none), or can't tell."""

Drawn = dict[tuple[str, str], NDArray[np.uint8]]
"""Masks by tile and labeller."""


def read(source: Path, tiles: Sequence[Asked], labeller: str, *, all_seen: bool) -> Found:
    """Masks of `tiles` from the polygons in `source`.

    A polygon counts for the tile that its column tile_id names, else for every tile that it meets, and is cut at the
    tile's edge. A tile without polygons was looked at if it is marked done in the layer `tiles`, or all_seen. A column
    labeller names who drew; labeller: who drew the rest. Raises UserError for files that cannot be read, and where
    only one of tiles and polygons has a CRS.
    """
    found = layers.read(source)
    result = Found(problems=found.problems)
    by_crs = _in_every_crs(source, found.changes, tiles)
    drawn: Drawn = {}
    for number, (name, row) in enumerate(found.changes.iterrows()):
        here = {crs: frame.geometry.iloc[number] for crs, frame in by_crs.items()}
        trouble = _draw(drawn, dict(row), here, tiles, labeller)
        if trouble:
            result.problems.append(f"feature {name} {trouble}")
    result.problems += _repeated(found.changes, labeller)
    people = {person for _, person in drawn} or {labeller}
    for tile in tiles:
        seen = all_seen or tile.tile_id in found.seen
        for person in sorted(people):
            blank = np.zeros((tile.size, tile.size), np.uint8)
            if seen or (tile.tile_id, person) in drawn:
                mask = drawn.get((tile.tile_id, person), blank)
                result.annotations.append(Annotation(tile.tile_id, person, mask))
    return result


def _in_every_crs(source: Path, changes: GeoDataFrame, tiles: Sequence[Asked]) -> dict[str, GeoDataFrame]:
    """The polygons in each CRS that tiles have. GeoJSON has no way to say that there is none."""
    needed = sorted({tile.crs for tile in tiles})
    crs = None if changes.crs is None or "Undefined" in changes.crs.name else changes.crs
    plain = source.suffix.lower() in (".json", ".geojson") and needed == [""]
    if (crs is None) != (needed == [""]) and not plain:
        bare, known = (source, "tiles") if crs is None else ("tiles", source)
        raise UserError(
            f"{bare} {'has' if bare == source else 'have'} no CRS, but {known} {'have' if bare == source else 'has'} "
            f"({needed[-1] or crs}), expected both or neither; assign the polygons the CRS that they are in"
        )
    return {name: changes.to_crs(name) if name else changes for name in needed}


def _draw(
    drawn: Drawn, row: dict[str, Any], here: dict[str, BaseGeometry], tiles: Sequence[Asked], labeller: str
) -> str:
    """Add one polygon to the masks that it meets; returns what is wrong with it."""
    if trouble := shapes.problem(next(iter(here.values()))):
        return trouble
    value, named = _number(row.get("value")), _text(row.get("tile_id"))
    if value not in VALUES:
        return f"has the value {row['value']}, expected {' or '.join(map(str, VALUES))}"
    if named and named not in {tile.tile_id for tile in tiles}:
        return f"is for {named}, which was not asked for"
    met = defaultdict(list)
    for tile in tiles:
        if named in ("", tile.tile_id):
            left, bottom, right, top = tile.bounds
            grid = from_bounds(left, bottom, right, top, tile.size, tile.size)
            pixels = shapes.covered(here[tile.crs], grid, tile.size)
            if pixels.any():
                met[tile.scene if not tile.crs else ""].append((tile, pixels))
    if not met:
        where = f"its tile {named}" if named else "all tiles"
        return f"lies outside {where}, or covers no pixel's centre (wrong CRS?)"
    if len(met) > 1:
        return f"lies over tiles of {len(met)} scenes without CRS, expected a column tile_id to say which"
    for tile, pixels in next(iter(met.values())):
        person = _text(row.get("labeller")) or labeller
        mask = drawn.setdefault((tile.tile_id, person), np.zeros((tile.size, tile.size), np.uint8))
        mask[pixels & (mask != IGNORE)] = value
    return ""


def _repeated(changes: GeoDataFrame, labeller: str) -> list[str]:
    """Features that are the same as an earlier one of the same person."""
    first: dict[tuple[bytes, str], object] = {}
    twice = []
    for name, row in changes.iterrows():
        if row.geometry is not None and not row.geometry.is_empty:
            key = (shapely.to_wkb(shapely.normalize(row.geometry)), _text(row.get("labeller")) or labeller)
            if key in first:
                twice.append(f"feature {name} is a duplicate of feature {first[key]}")
            first.setdefault(key, name)
    return twice


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _number(value: object) -> float:
    try:
        return float(_text(value) or 1)
    except ValueError:
        return float("nan")
