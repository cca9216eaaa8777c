"""GeoPackages that are the same to the bit whenever they are made from the same things."""

import warnings
from pathlib import Path

import geopandas
import pyogrio

WRITTEN = "2000-01-01T00:00:00.000Z"
"""Date of the last change in every GeoPackage, for outputs know no clock."""


def write_layer(frame: geopandas.GeoDataFrame, path: Path, layer: str) -> None:
    """Add a layer to a GeoPackage, which is made if need be."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided", UserWarning)
        pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", append=path.exists())
