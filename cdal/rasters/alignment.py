"""Files on other grids, read on the before grid; and where there is no data."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.io import DatasetReader, MemoryFile
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from cdal.rasters.files import Raster, alpha, named
from cdal.rasters.grids import same_grid
from cdal.rasters.masks import IGNORE


def aligned(
    dataset: DatasetReader,
    before: DatasetReader,
    stack: ExitStack,
    how: Resampling,
    bands: Sequence[int] | None = None,
) -> Raster:
    """The dataset on the before grid; without bands it is a label, whose nodata and alpha mean nothing."""
    if not (dataset.crs and before.crs) or same_grid(dataset, before):
        return dataset
    options: dict[str, object] = {"src_nodata": None, "nodata": None}
    if (transparency := alpha(dataset)) and (bands is None or transparency in bands):
        dataset, transparency = _without_alpha(dataset, stack), None
    if bands is not None and _has_nodata(dataset):
        options = {"src_nodata": dataset.nodata, "nodata": dataset.nodata, "UNIFIED_SRC_NODATA": "NO"}
    elif not transparency:
        options["add_alpha"] = True
    grid = {"crs": before.crs, "transform": before.transform, "width": before.width, "height": before.height}
    with named(Path(dataset.name)):
        return stack.enter_context(WarpedVRT(dataset, **grid, resampling=how, **options))


def _has_nodata(dataset: DatasetReader) -> bool:
    """Whether the file declares a nodata value that its type can hold."""
    return MaskFlags.nodata in dataset.mask_flag_enums[0] and 0 <= dataset.nodata <= np.iinfo(dataset.dtypes[0]).max


def _without_alpha(dataset: DatasetReader, stack: ExitStack) -> DatasetReader:
    """A view of the dataset in which no band is transparency, so that warping weighs no band by another."""
    memory = stack.enter_context(MemoryFile(ext=".vrt"))
    with named(Path(dataset.name)):
        rasterio.shutil.copy(dataset, memory.name, driver="VRT")
        with rasterio.open(memory.name, "r+") as view:
            view.colorinterp = [ColorInterp.gray] + [ColorInterp.undefined] * (dataset.count - 1)
        return stack.enter_context(rasterio.open(memory.name))


def ignore_missing(mask: NDArray[np.uint8], date: Raster, bands: Sequence[int], window: Window) -> None:
    """Set IGNORE where any band has no data; a band that is read as data is no transparency."""
    if isinstance(date, WarpedVRT) and date.count > date.src_dataset.count:
        mask[date.read(date.count, window=window) == 0] = IGNORE
    elif not _declares_none(date, bands):
        mask[(date.read_masks(list(bands), window=window) == 0).any(axis=0)] = IGNORE


def complete(date: Raster, bands: Sequence[int]) -> bool:
    """Whether no pixel of the before grid can be without data."""
    return not isinstance(date, WarpedVRT) and _declares_none(date, bands)


def _declares_none(date: Raster, bands: Sequence[int]) -> bool:
    flags = date.mask_flag_enums[bands[0] - 1]
    return MaskFlags.all_valid in flags or (MaskFlags.alpha in flags and alpha(date) in bands)
