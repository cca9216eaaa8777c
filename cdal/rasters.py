"""Open a before/after/label triple, check that it fits together, align it, and read it window by window."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader, MemoryFile
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from cdal.errors import UserError
from cdal.params import Data
from cdal.splits import Frame

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
DTYPES = ("uint8", "uint16")
MAX_BANDS = 13
IGNORE = 255
SAME = 1e-6
"""Grids whose corners lie within this many pixels of each other are the same grid."""

BETWEEN = 0.1
"""Largest share of mask pixels between 0 and 255 that passes as anti-aliased edges."""

CACHE_BYTES = 192 * 2**20
"""Of decoded blocks. Bytes: rasterio, unlike GDAL's own option, does not take small numbers as megabytes."""

BLOCK_PIXELS = 2**22

Raster: TypeAlias = DatasetReader | WarpedVRT
Codes = NDArray[np.uint8]


@dataclass(frozen=True)
class Triple:
    """The files of a scene, without a label where it is only predicted; split (pool, val, test) is that of the data's
    own folders or lists."""

    scene: str
    before: Path
    after: Path
    label: Path | None
    split: str | None = None


@dataclass(frozen=True)
class Scene:
    """A triple that fits together: grid of before, 1-based bands, dtype, mask code (256,) of label values."""

    triple: Triple
    frame: Frame
    bands: tuple[int, ...]
    dtype: str
    codes: Codes


@contextmanager
def session() -> Iterator[None]:
    """Settings of this thread for reading: bounded cache, no listing of folders, broken files are errors.

    GDAL's short cut for whole PNGs returns truncated ones without complaint. Scenes without coordinates are
    nothing to warn about.
    """
    settings = {
        "GDAL_CACHEMAX": CACHE_BYTES,
        "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
        "GDAL_ERROR_ON_LIBJPEG_WARNING": "TRUE",
        "GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO",
    }
    with rasterio.Env(**settings), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def inspect(triple: Triple, data: Data) -> Scene:
    """Check headers and grids of a triple, and all values of its label, of which it takes one pass by blocks.

    Raises UserError for unreadable files, band counts, types, sizes, grids and mask values that do not fit.
    """
    scene = inspect_pair(triple, data.bands)
    if triple.label is None:
        return scene
    with session(), ExitStack() as stack:
        before, label = (stack.enter_context(_opened(p)) for p in (triple.before, triple.label))
        _check_label_grid(before, label)
        return replace(scene, codes=_codes(label, data.ignore_value))


def inspect_pair(triple: Triple, wanted: Sequence[int] | None) -> Scene:
    """Check headers and grids of before and after alone. wanted: 1-based bands to read, None for all.

    Raises UserError as `inspect` does.
    """
    with session(), ExitStack() as stack:
        before, after = (stack.enter_context(_opened(p)) for p in (triple.before, triple.after))
        bands = _bands(before, wanted)
        if after.count != before.count or _bands(after, wanted) != bands:
            raise UserError(
                f"{after.name} has {after.count} bands, {before.name} {before.count}, expected the same; "
                "export both dates with the same bands"
            )
        if _dtype(after) != _dtype(before):
            raise UserError(
                f"{after.name} is {_dtype(after)}, {before.name} {_dtype(before)}, expected the same; "
                "convert one of them"
            )
        _check_grids(before, after)
        return Scene(triple, _frame(triple, before), bands, _dtype(before), np.zeros(256, np.uint8))


class Reader:
    """Reads windows of an open scene: use `open_scene`."""

    def __init__(self, scene: Scene, before: Raster, after: Raster, label: Raster | None):
        self._scene, self._dates, self._label = scene, (before, after), label

    def read(self, row: int, col: int, height: int, width: int) -> tuple[NDArray[np.generic], NDArray[np.uint8]]:
        """A window of the before grid: both dates (2, C, height, width) and mask (height, width) 0/1/255.

        Pixels without data in any band of either date, or outside one of the files, are 255; without a label all
        others are 0. Raises UserError for blocks that cannot be read.
        """
        window, triple, bands = Window(col, row, width, height), self._scene.triple, self._scene.bands
        pairs = np.empty((2, len(bands), height, width), self._scene.dtype)
        mask = np.zeros((height, width), np.uint8)
        if triple.label is not None and self._label is not None:
            with _named(triple.label):
                mask = self._scene.codes[self._label.read(1, window=window)]
                if isinstance(self._label, WarpedVRT):
                    _ignore_missing(mask, self._label, (1,), window)
        for date, out, path in zip(self._dates, pairs, (triple.before, triple.after), strict=True):
            with _named(path):
                date.read(list(bands), window=window, out=out)
                _ignore_missing(mask, date, bands, window)
        return pairs, mask


@contextmanager
def open_scene(scene: Scene, resampling: str) -> Iterator[Reader]:
    """Open a scene on the before grid; on other grids, after is resampled as told, the label by nearest."""
    with session(), ExitStack() as stack:
        before = stack.enter_context(_opened(scene.triple.before))
        after = stack.enter_context(_opened(scene.triple.after))
        label = None
        if scene.triple.label is not None:
            opened = stack.enter_context(_opened(scene.triple.label))
            label = _aligned(opened, before, stack, Resampling.nearest)
        yield Reader(scene, before, _aligned(after, before, stack, Resampling[resampling], scene.bands), label)


def mask_codes(counts: NDArray[np.int64], ignore: int | None, name: str) -> Codes:
    """What each mask value (256,) means: 0 no change, 1 change, 255 ignore.

    counts (256,): the file's pixels by value. A file with 0 and 1 means that; one up to 255 is thresholded at
    half, and may have one pixel in ten between (edges). Raises UserError naming the file for anything else.
    """
    codes, counts = np.zeros(256, np.uint8), counts.copy()
    if ignore is not None:
        counts[ignore] = 0
    values = np.flatnonzero(counts)
    between = counts[1:255].sum() / max(1, counts.sum())
    if values.max(initial=0) <= 1:
        codes[1] = 1
    elif values.max() < 255 or between > BETWEEN or set(values) - {0} == {1, 255}:
        shown = ", ".join(map(str, values[:6])) + (", ..." if len(values) > 6 else "")
        raise UserError(
            f"{name} has mask values {shown} ({between:.1%} of them between 0 and 255), expected 0 and 1, "
            f"or 0 and 255 with at most {BETWEEN:.0%} between; convert it, "
            "or set data.ignore_value to the value of unlabelled pixels"
        )
    else:
        codes[128:] = 1
    if ignore is not None:
        codes[ignore] = IGNORE
    return codes


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what GDAL raises into a UserError that names the file."""
    try:
        yield
    except (RasterioError, CPLE_BaseError) as error:
        reason = " ".join(str(error.__cause__ or error).split())
        raise UserError(
            f"{path} cannot be read ({reason}), expected an intact PNG, JPEG or TIFF; export it again"
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    with _named(path):
        dataset = rasterio.open(path)
    with dataset:
        yield dataset


def _alpha(dataset: Raster) -> int | None:
    """1-based band that the file declares as transparency."""
    kinds = dataset.colorinterp
    return kinds.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in kinds else None


def _bands(dataset: DatasetReader, wanted: Sequence[int] | None) -> tuple[int, ...]:
    """Bands to read. Null means all but the transparency of a PNG; a TIFF's "alpha" is often infrared."""
    if ColorInterp.palette in dataset.colorinterp:
        raise UserError(f"{dataset.name} has indexed colours, expected grey, RGB or bands; convert it")
    alpha = _alpha(dataset) if dataset.driver == "PNG" else None
    bands = tuple(b for b in dataset.indexes if b != alpha) if wanted is None else tuple(wanted)
    if not 1 <= len(bands) <= MAX_BANDS or max(bands) > dataset.count:
        shown = "all" if wanted is None else list(bands)
        raise UserError(
            f"{dataset.name} has {dataset.count} bands, data.bands asks for {shown}, expected "
            f"1 to {MAX_BANDS} bands that it has; correct data.bands"
        )
    return bands


def _dtype(dataset: DatasetReader) -> str:
    found = sorted(set(dataset.dtypes))
    if len(found) > 1 or found[0] not in DTYPES:
        raise UserError(f"{dataset.name} is {', '.join(found)}, expected {' or '.join(DTYPES)}; convert it")
    return str(found[0])


def _check_grids(before: DatasetReader, after: DatasetReader) -> None:
    if before.crs and after.crs:
        _check_overlap(before, before)
        _check_overlap(after, before)
    elif before.crs or after.crs:
        known, bare = (before, after) if before.crs else (after, before)
        raise UserError(
            f"{known.name} is in {known.crs.to_string()}, {bare.name} has no CRS, expected both or neither; "
            "assign it the CRS that it is in"
        )
    else:
        _check_size(after, before)
        if not _same_grid(before, after) and not before.transform.is_identity and not after.transform.is_identity:
            raise UserError(
                f"{after.name} and {before.name} lie at different places but have no CRS, "
                "expected the same grid; assign both the CRS that they are in"
            )


def _check_label_grid(before: DatasetReader, label: DatasetReader) -> None:
    if before.crs and label.crs:
        _check_overlap(label, before)
    else:
        _check_size(label, before)


def _check_size(dataset: DatasetReader, before: DatasetReader) -> None:
    if dataset.shape != before.shape:
        raise UserError(
            f"{dataset.name} has {dataset.width} x {dataset.height} pixels, {before.name} "
            f"{before.width} x {before.height}, expected the same size "
            "where files have no CRS; georeference or resample them"
        )


def _check_overlap(dataset: DatasetReader, before: DatasetReader) -> None:
    grid = dataset.transform
    if abs(grid.b) * dataset.height > SAME * abs(grid.a) or abs(grid.d) * dataset.width > SAME * abs(grid.e):
        raise UserError(f"{dataset.name} has a rotated grid, expected north up; warp it (gdalwarp) and rerun prepare")
    try:
        left, bottom, right, top = transform_bounds(dataset.crs, before.crs, *dataset.bounds)
    except (RasterioError, CPLE_BaseError):
        left = bottom = right = top = np.inf
    there = before.bounds
    width = min(max(left, right), there.right) - max(min(left, right), there.left)
    height = min(max(bottom, top), max(there[1::2])) - max(min(bottom, top), min(there[1::2]))
    if not (width > 0 and height > 0):
        raise UserError(
            f"{dataset.name} and {before.name} do not overlap on the ground, expected the same place; "
            "check their names and CRS"
        )


def _same_grid(a: DatasetReader, b: DatasetReader) -> bool:
    if a.shape != b.shape or a.crs != b.crs:
        return False
    shift = ~b.transform * a.transform
    corners = np.array([(x, y) for x in (0, a.width) for y in (0, a.height)], float)
    return all(np.abs(np.subtract(shift * tuple(corner), corner)).max() <= SAME for corner in corners)


def _frame(triple: Triple, before: DatasetReader) -> Frame:
    if not before.crs:
        return Frame(triple.scene, before.height, before.width, split=triple.split)
    grid = before.transform
    place = {"crs": before.crs.to_string(), "origin": (grid.c, grid.f), "pixel": (grid.a, grid.e)}
    return Frame(triple.scene, before.height, before.width, **place, split=triple.split)


def _codes(label: DatasetReader, ignore: int | None) -> Codes:
    counts = np.zeros(256, np.int64)
    if any(np.dtype(dtype).kind not in "iu" for dtype in label.dtypes):
        raise UserError(f"{label.name} is {label.dtypes[0]}, expected whole numbers from 0 to 255; convert it to uint8")
    colours = [band for band in label.indexes if band != _alpha(label)]
    step = max(1, BLOCK_PIXELS // label.width // len(colours))
    for row in range(0, label.height, step):
        with _named(Path(label.name)):
            block = label.read(colours, window=Window(0, row, label.width, min(step, label.height - row)))
        if (block[1:] != block[0]).any():
            raise UserError(f"{label.name} has bands that differ, expected one band or equal ones; export it as grey")
        if block.min() < 0 or block.max() > 255:
            raise UserError(
                f"{label.name} has mask values from {block.min()} to {block.max()}, "
                "expected 0 to 255; convert it to uint8"
            )
        counts += np.bincount(block[0].ravel(), minlength=256)
    return mask_codes(counts, ignore, label.name)


def _ignore_missing(mask: NDArray[np.uint8], date: Raster, bands: Sequence[int], window: Window) -> None:
    """Set IGNORE where any band has no data; a band that is read as data is no transparency."""
    flags = date.mask_flag_enums[bands[0] - 1]
    if isinstance(date, WarpedVRT) and date.count > date.src_dataset.count:
        mask[date.read(date.count, window=window) == 0] = IGNORE
    elif MaskFlags.all_valid not in flags and not (MaskFlags.alpha in flags and _alpha(date) in bands):
        mask[(date.read_masks(list(bands), window=window) == 0).any(axis=0)] = IGNORE


def _aligned(
    dataset: DatasetReader,
    before: DatasetReader,
    stack: ExitStack,
    how: Resampling,
    bands: Sequence[int] | None = None,
) -> Raster:
    """The dataset on the before grid; without bands it is a label, whose nodata and alpha mean nothing."""
    if not (dataset.crs and before.crs) or _same_grid(dataset, before):
        return dataset
    options: dict[str, object] = {"src_nodata": None, "nodata": None}
    if (alpha := _alpha(dataset)) and (bands is None or alpha in bands):
        dataset, alpha = _without_alpha(dataset, stack), None
    if bands is not None and _has_nodata(dataset):
        options = {"src_nodata": dataset.nodata, "nodata": dataset.nodata, "UNIFIED_SRC_NODATA": "NO"}
    elif not alpha:
        options["add_alpha"] = True
    grid = {"crs": before.crs, "transform": before.transform, "width": before.width, "height": before.height}
    with _named(Path(dataset.name)):
        return stack.enter_context(WarpedVRT(dataset, **grid, resampling=how, **options))


def _has_nodata(dataset: DatasetReader) -> bool:
    """Whether the file declares a nodata value that its type can hold."""
    return MaskFlags.nodata in dataset.mask_flag_enums[0] and 0 <= dataset.nodata <= np.iinfo(dataset.dtypes[0]).max


def _without_alpha(dataset: DatasetReader, stack: ExitStack) -> DatasetReader:
    """A view of the dataset in which no band is transparency, so that warping weighs no band by another."""
    memory = stack.enter_context(MemoryFile(ext=".vrt"))
    with _named(Path(dataset.name)):
        rasterio.shutil.copy(dataset, memory.name, driver="VRT")
        with rasterio.open(memory.name, "r+") as view:
            view.colorinterp = [ColorInterp.gray] + [ColorInterp.undefined] * (dataset.count - 1)
        return stack.enter_context(rasterio.open(memory.name))
