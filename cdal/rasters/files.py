"""Open image files: bounded cache, broken files as one line, and which bands and type they have."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT

from cdal.errors import UserError

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
VECTORS = (".gpkg", ".geojson", ".json", ".geojsonl", ".shp", ".fgb", ".gml", ".kml", ".sqlite", ".tab", ".mif", ".dxf")
"""Extensions of vector files; other files beside them (.dbf, .prj, .qmd, ...) belong to one of these."""

DTYPES = ("uint8", "uint16")
MAX_BANDS = 13

CACHE_BYTES = 192 * 2**20
"""Of decoded blocks. Bytes: rasterio, unlike GDAL's own option, does not take small numbers as megabytes."""

Raster: TypeAlias = DatasetReader | WarpedVRT


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


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Turn what GDAL raises into a UserError that names the file."""
    try:
        yield
    except (RasterioError, CPLE_BaseError) as error:
        reason = " ".join(str(error.__cause__ or error).split())
        raise UserError(
            f"{path} cannot be read ({reason}), expected an intact PNG, JPEG or TIFF; export it again"
        ) from error


@contextmanager
def opened(path: Path) -> Iterator[DatasetReader]:
    with named(path):
        dataset = rasterio.open(path)
    with dataset:
        yield dataset


def alpha(dataset: Raster) -> int | None:
    """1-based band that the file declares as transparency."""
    kinds = dataset.colorinterp
    return kinds.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in kinds else None


def bands_of(dataset: DatasetReader, wanted: Sequence[int] | None) -> tuple[int, ...]:
    """Bands to read. Null means all but the transparency of a PNG; a TIFF's "alpha" is often infrared."""
    if ColorInterp.palette in dataset.colorinterp:
        raise UserError(f"{dataset.name} has indexed colours, expected grey, RGB or bands; convert it")
    transparency = alpha(dataset) if dataset.driver == "PNG" else None
    bands = tuple(b for b in dataset.indexes if b != transparency) if wanted is None else tuple(wanted)
    if not 1 <= len(bands) <= MAX_BANDS or max(bands) > dataset.count:
        shown = "all" if wanted is None else list(bands)
        raise UserError(
            f"{dataset.name} has {dataset.count} bands, data.bands asks for {shown}, expected "
            f"1 to {MAX_BANDS} bands that it has; correct data.bands"
        )
    return bands


def dtype_of(dataset: DatasetReader) -> str:
    found = sorted(set(dataset.dtypes))
    if len(found) > 1 or found[0] not in DTYPES:
        raise UserError(f"{dataset.name} is {', '.join(found)}, expected {' or '.join(DTYPES)}; convert it")
    return str(found[0])
