"""Small before/after/label files, made by code."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import from_origin
from shapely.geometry.base import BaseGeometry

from cdal.params import Data, Split
from cdal.rasters import Triple

DRIVERS = {"png": "PNG", "jpg": "JPEG", "tif": "GTiff"}
UTM = "EPSG:32632"


def data(**changes: Any) -> Data:
    """Parameters for scenes of a few tiles of 32 pixels."""
    defaults: dict[str, Any] = {
        "path": "", "generators": [], "before": "A", "after": "B", "label": "label", "bands": None,
        "ignore_value": None, "label_where": None, "tile": 32, "stride": 32, "max_ignored": 0.5,
        "resampling": "bilinear",
    }  # fmt: skip
    return Data(**(defaults | changes))


def split(**changes: Any) -> Split:
    """Parameters that split at random, which drops no tile and needs few."""
    defaults: dict[str, Any] = {
        "by": "random", "seed": 1, "val": 0.25, "test": 0.25, "block": 64, "guard": 0, "folds": None,
        "fold": 0, "val_tiles": None, "test_tiles": None, "sample": "natural", "change_above": 0.03,
        "unchanged_below": 0.01,
    }  # fmt: skip
    return Split(**(defaults | changes))


def grid(left: float = 500_000, top: float = 5_000_000, pixel: float = 10, crs: str = UTM) -> dict[str, Any]:
    """Georeferencing of a file."""
    return {"crs": crs, "transform": from_origin(left, top, pixel, pixel)}


def noise(height: int = 96, width: int = 128, bands: int = 3, dtype: str = "uint8", seed: int = 0) -> np.ndarray:
    """An image (bands, height, width) without two equal neighbours to speak of, and without zeros."""
    top = np.iinfo(dtype).max
    return np.random.default_rng(seed).integers(1, top, (bands, height, width), dtype=dtype, endpoint=True)


def stripes(height: int = 96, width: int = 128, value: int = 255) -> np.ndarray:
    """A mask (1, height, width) whose every tile of 32 has change in a quarter of its pixels."""
    return np.broadcast_to((np.arange(width) % 32 < 8).astype(np.uint8) * value, (1, height, width)).copy()


def write(path: Path, image: np.ndarray, mask: np.ndarray | None = None, **options: Any) -> Path:
    """Write (bands, height, width) in the format of the path's extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"count": image.shape[0], "height": image.shape[1], "width": image.shape[2]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", driver=DRIVERS[path.suffix[1:]], dtype=image.dtype, **shape, **options) as file:
            file.write(image)
            if mask is not None:
                file.write_mask(mask)
    return path


def write_pair(
    root: Path,
    name: str = "scene",
    *,
    before: np.ndarray | None = None,
    after: np.ndarray | None = None,
    label: np.ndarray | None = None,
    ext: tuple[str, str, str] = ("tif", "tif", "tif"),
    **options: dict[str, Any],
) -> Triple:
    """Write a scene to root/{A,B,label}.

    everywhere, on_before, on_after and on_label are keywords of rasterio.open for all or one of the files.
    """
    before = noise(seed=1) if before is None else before
    after = noise(*before.shape[1:], len(before), str(before.dtype), seed=2) if after is None else after
    label = stripes(*before.shape[1:]) if label is None else label
    images = {"before": before, "after": after, "label": label}
    files = [
        write(
            root / folder / f"{name}.{suffix}",
            image,
            **(options.get("everywhere", {}) | options.get(f"on_{kind}", {})),
        )
        for (kind, image), folder, suffix in zip(images.items(), ("A", "B", "label"), ext, strict=True)
    ]
    return Triple(name, *files)


def write_polygons(path: Path, areas: Sequence[BaseGeometry | None], crs: str | None = UTM, **columns: Any) -> Path:
    """Write geometries and their attributes in the format of the path's extension."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # geopandas: of a missing CRS
        geopandas.GeoDataFrame(columns, geometry=list(areas), crs=crs).to_file(path)
    return path
