"""Tiles as files: PNG to look at, GeoTIFF with all bands where the ground is known, and the predicted mask."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image
from rasterio.transform import from_bounds

from cdal.figures import to_rgb
from cdal.queries.asked import Asked

DATES = ("before", "after")
PREDICTION = "prediction"


def predicted(probabilities: NDArray[np.floating], size: int, threshold: float) -> NDArray[np.uint8]:
    """Masks (K, size, size) of 0 and 1 from P(change) (K, h, w), interpolated where it is coarser than the tiles."""
    fine = [
        Image.fromarray(values.astype(np.float32)).resize((size, size), Image.Resampling.BILINEAR)
        for values in probabilities
    ]
    return (np.stack([np.asarray(values) for values in fine]) >= threshold).astype(np.uint8)


def write(folder: Path, tiles: Sequence[Asked], pairs: NDArray[np.integer], masks: NDArray[np.uint8] | None) -> None:
    """Write before/, after/ and, with masks, prediction/ (0 and 255), one file a tile, named by its id.

    pairs (K, 2, H, W, C) in the order of tiles. The colours of PNGs are stretched alike over all tiles of a date.
    """
    for position, date in enumerate(DATES):
        (folder / date).mkdir()
        for tile, bands, rgb in zip(tiles, pairs[:, position], to_rgb(pairs[:, position]), strict=True):
            Image.fromarray(rgb).save(folder / date / f"{tile.tile_id}.png")
            if tile.crs:
                _write_geotiff(folder / date / f"{tile.tile_id}.tif", tile, bands)
    if masks is not None:
        (folder / PREDICTION).mkdir()
        for tile, mask in zip(tiles, masks, strict=True):
            Image.fromarray(mask * np.uint8(255)).save(folder / PREDICTION / f"{tile.tile_id}.png")


def _write_geotiff(path: Path, tile: Asked, bands: NDArray[np.integer]) -> None:
    place = {"crs": tile.crs, "transform": from_bounds(*tile.bounds, tile.size, tile.size)}
    shape = {"count": bands.shape[-1], "height": tile.size, "width": tile.size, "dtype": bands.dtype}
    with rasterio.open(path, "w", driver="GTiff", compress="deflate", **shape, **place) as file:
        file.write(np.moveaxis(bands, -1, 0))
