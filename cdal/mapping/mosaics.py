"""Predictions of tiles, put together again as one map a scene."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pandas as pd
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.io import DatasetWriter

from cdal.acquisition import Moments
from cdal.mapping import geotiff
from cdal.mapping.predict import LAYERS, Look


class Mosaics:
    """Writes folder/SCENE.tif (the layers of `cdal.mapping.predict`) of each scene that tiles are added of.

    index: that of the tile store; size: side of a tile in pixels. Tiles must come in the order of the store; of tiles
    that overlap the last one shows; where none was added there is no data. Without a CRS coordinates are pixels (x =
    column, y = -row).
    """

    def __init__(self, folder: Path, index: pd.DataFrame, size: int, look: Look):
        self._folder, self._index, self._size, self._look = folder, index, size, look
        self._scenes = index["scene"].to_numpy()
        self._offsets = index[["row", "col"]].to_numpy()
        self._scene: str | None = None
        self._open = ExitStack()
        self._image: DatasetWriter | None = None

    def __enter__(self) -> Self:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is None:
            self._finish()
        else:
            self._open.close()

    def add(self, rows: NDArray[np.int64], moments: Moments) -> None:
        """Put the tiles in `rows` of the store in their places."""
        for row, layers in zip(rows, self._look.layers(moments).swapaxes(0, 1), strict=True):
            if self._scenes[row] != self._scene:
                self._finish()
                self._begin(self._scenes[row])
            nothing = np.zeros(layers.shape[1:], np.bool_)
            top, left = map(int, self._offsets[row])
            geotiff.paint(self._image, top, left, self._look.finish(layers, nothing))

    def _begin(self, scene: str) -> None:
        self._scene = scene
        grid = scene_grid(self._index[self._scenes == scene], self._size)
        self._image = self._open.enter_context(geotiff.canvas(self._canvas(), grid, LAYERS, np.float32, np.nan))

    def _finish(self) -> None:
        if self._scene is None:
            return
        self._open.close()
        tags = {"uncertainty": self._look.uncertainty, "threshold": self._look.threshold}
        geotiff.cloud_optimised(self._canvas(), self._folder / f"{self._scene}.tif", tags)
        self._canvas().unlink()

    def _canvas(self) -> Path:
        return self._folder / f".{self._scene}.canvas.tif"


def scene_grid(tiles: pd.DataFrame, size: int) -> geotiff.Grid:
    """The pixel grid of a scene, as far as its tiles reach. tiles: its part of the store's index."""
    height, width = int(tiles["row"].max()) + size, int(tiles["col"].max()) + size
    first = tiles.iloc[0]
    if not first["crs"]:
        return geotiff.Grid(height, width, None, geotiff.PIXELS)
    left, bottom, right, top = map(float, first["bounds"].split())
    dx, dy = (right - left) / size, (bottom - top) / size
    place = Affine(dx, 0, left - first["col"] * dx, 0, dy, top - first["row"] * dy)
    return geotiff.Grid(height, width, CRS.from_user_input(first["crs"]), place)
