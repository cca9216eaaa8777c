"""Maps as tiled, compressed GeoTIFFs: written in pieces, then laid out as cloud-optimised ones with overviews."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from numpy.typing import DTypeLike, NDArray
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetWriter
from rasterio.windows import Window

BLOCK = 512
COG = {
    "driver": "COG", "compress": "DEFLATE", "predictor": "YES", "blocksize": BLOCK, "overview_resampling": "AVERAGE",
    "bigtiff": "IF_SAFER", "num_threads": "ALL_CPUS",
}  # fmt: skip
PIXELS = Affine(1, 0, 0, 0, -1, 0)
"""Coordinates without georeference: x = column, y = -row. QGIS shows an image that has none in just this place."""


@dataclass(frozen=True)
class Grid:
    """Where the pixels of a map are; crs is None for pixel coordinates."""

    height: int
    width: int
    crs: CRS | None
    transform: Affine


def grid_of(path: Path) -> Grid:
    """The grid of an image, or pixel coordinates if it has none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as image:
            transform = PIXELS if image.transform.is_identity else image.transform
            return Grid(image.height, image.width, image.crs, transform)


@contextmanager
def canvas(path: Path, grid: Grid, bands: Sequence[str], dtype: DTypeLike, nodata: float) -> Iterator[DatasetWriter]:
    """A new GeoTIFF to paint on in any order; what is not painted is nodata."""
    with rasterio.open(
        path, "w", driver="GTiff", height=grid.height, width=grid.width, count=len(bands), dtype=dtype,
        nodata=nodata, crs=grid.crs, transform=grid.transform, tiled=True, blockxsize=BLOCK, blockysize=BLOCK,
        interleave="band", bigtiff="IF_SAFER", sparse_ok=True,
    ) as image:  # fmt: skip
        for band, name in enumerate(bands, start=1):
            image.set_band_description(band, name)
        yield image


def paint(image: DatasetWriter, row: int, col: int, layers: NDArray[np.generic]) -> None:
    """Write layers (bands, height, width) at a place."""
    image.write(layers, window=Window(col, row, layers.shape[2], layers.shape[1]))


def cloud_optimised(source: Path, target: Path, tags: Mapping[str, object]) -> None:
    """Copy a canvas into a cloud-optimised GeoTIFF with overviews, and note `tags` in it."""
    with rasterio.open(source, "r+") as image:
        image.update_tags(**tags)
    rasterio.shutil.copy(source, target, **COG)
