"""Tiles as polygons on the ground."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from cdal.mapping.vectors import write_layer


def write(path: Path, index: pd.DataFrame, tile_ids: Sequence[str], columns: Mapping[str, Any]) -> None:
    """Write the footprints of the named tiles, and a value of each column for each, into a new GeoPackage.

    index: that of the tile store. One layer, `tiles`, if all lie in one CRS; else one for each CRS, called
    `tiles CRS`, and for each scene without, called `tiles SCENE`, whose coordinates are pixels (x = column, y = -row).
    """
    path.unlink(missing_ok=True)
    chosen = index.set_index("tile_id").loc[list(tile_ids)].reset_index()
    frame = geopandas.GeoDataFrame(chosen[["tile_id", "scene"]].assign(**columns), geometry=_boxes(chosen))
    planes = chosen["crs"].where(chosen["crs"] != "", chosen["scene"])
    for plane in sorted(set(planes)):
        part = frame[planes == plane]
        crs = chosen.loc[part.index[0], "crs"] or None
        layer = "tiles" if planes.nunique() == 1 else f"tiles {plane}"
        write_layer(part.set_crs(crs) if crs else part, path, layer)


def _boxes(tiles: pd.DataFrame) -> Any:
    """Boxes (N,): in the store, coordinates without a CRS are pixels that run down."""
    left, bottom, right, top = (
        pd.to_numeric(part).to_numpy() for _, part in tiles["bounds"].str.split(" ", expand=True).items()
    )
    up = np.where(tiles["crs"] == "", -1.0, 1.0)
    return shapely.box(left, up * bottom, right, up * top)
