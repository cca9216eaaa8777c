"""Maps for who works without geodata: the change mask as PNG, all layers as one array."""

from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.windows import Window

from cdal.store import ArrayFile

ROWS = 512


def write(mask: Path, layers: Path, png: Path, npy: Path) -> None:
    """Copy a one-band canvas into a PNG, and another into an array (height, width, bands) of its type."""
    rasterio.shutil.copy(mask, png, driver="PNG")
    with rasterio.open(layers) as image, ArrayFile(npy, (image.width, image.count), image.dtypes[0]) as rows:
        for row in range(0, image.height, ROWS):
            block = image.read(window=Window(0, row, image.width, min(ROWS, image.height - row)))
            rows.append(np.moveaxis(block, 0, -1))
