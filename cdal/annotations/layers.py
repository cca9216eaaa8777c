"""Vector files of people: the layer of changed areas, and the layer that says which tiles were looked at."""

import warnings
from dataclasses import dataclass
from pathlib import Path

import geopandas
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from cdal.errors import UserError
from cdal.queries.footprints import CHANGES, TILES
from cdal.rasters import few

DONE, OPEN = ("done", "no_change", "looked at"), ("open", "")
"""Words for the column `status` of the layer `tiles`."""


@dataclass(frozen=True)
class Layers:
    """Changed areas, and ids of the tiles that are marked as looked at; problems: what is wrong with those marks."""

    changes: geopandas.GeoDataFrame
    seen: set[str]
    problems: list[str]


def read(path: Path) -> Layers:
    """Read a GeoPackage, GeoJSON or any other format of OGR.

    Changes are in the layer `changes`, or the only one that is not called `tiles`. Raises UserError for a file
    that cannot be read or has several such layers.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            names = list(pyogrio.list_layers(path)[:, 0])
            drawn = [CHANGES] if CHANGES in names else [name for name in names if name != TILES]
            if len(drawn) != 1:
                raise UserError(
                    f"{path} has the layers {few(names) or 'none'}, expected `{CHANGES}` or only one besides `{TILES}`"
                )
            changes = pyogrio.read_dataframe(path, layer=drawn[0], fid_as_index=True, force_2d=True)
            marks = pyogrio.read_dataframe(path, layer=TILES, read_geometry=False) if TILES in names else None
    except (DataSourceError, DataLayerError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path} cannot be read ({reason}), expected polygons; export it again") from error
    if not isinstance(changes, geopandas.GeoDataFrame):
        raise UserError(f"{path} has no geometries, expected polygons; export it again")
    return Layers(changes, *_marks(marks))


def _marks(table: object) -> tuple[set[str], list[str]]:
    if table is None or not {"tile_id", "status"} <= set(table.columns):  # type: ignore[attr-defined]
        return set(), []
    rows = [(str(r["tile_id"]), str(r["status"] or "").strip().lower()) for r in table.to_dict("records")]  # type: ignore[attr-defined]
    strange = [
        f"tile {tile_id} has the status {status!r}, expected {DONE[0]} or {OPEN[0]}"
        for tile_id, status in rows
        if status not in DONE + OPEN
    ]
    return {tile_id for tile_id, status in rows if status in DONE}, strange
