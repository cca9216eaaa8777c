"""The label of a scene, be it a mask image or polygons: 0 no change, 1 change, 255 ignored, on the before grid."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from cdal.errors import UserError
from cdal.params import Data
from cdal.rasters.alignment import aligned, ignore_missing
from cdal.rasters.files import VECTORS, Raster, named, opened
from cdal.rasters.grids import check_label_grid
from cdal.rasters.layouts import Triple
from cdal.rasters.masks import IGNORE, Codes, file_codes

if TYPE_CHECKING:
    from cdal.rasters.polygons import Polygons

Meaning: TypeAlias = "Codes | Polygons | None"
"""What was learned from a label before any window is read: the code of each value of a mask, the polygons, or nothing
where there is no label."""

UNKNOWN = 254
"""Code, between reading and storing, of a pixel that the label leaves open and people may decide."""


class Label(Protocol):
    """An open label."""

    @property
    def complete(self) -> bool:
        """Whether no pixel can be ignored."""

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Mask (height, width) of a window of the before grid."""


@dataclass(frozen=True)
class MaskImage:
    """An open mask image, on the before grid."""

    path: Path
    raster: Raster
    codes: Codes

    @property
    def complete(self) -> bool:
        """Whether no pixel can be ignored."""
        return not isinstance(self.raster, WarpedVRT) and IGNORE not in self.codes

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Mask (height, width) of a window; outside the file it is ignored. Raises UserError for broken blocks."""
        with named(self.path):
            values = self.raster.read(1, window=window)
            small = values.dtype == np.uint8  # for which OpenCV is seven times as fast
            mask: NDArray[Any] = np.asarray(cv2.LUT(values, self.codes)) if small else self.codes[values]
            if isinstance(self.raster, WarpedVRT):
                ignore_missing(mask, self.raster, (1,), window)
        return mask


@dataclass(frozen=True)
class Partial:
    """A label, or none, of a scene that people will label: what it leaves open is unknown, not ignored."""

    label: Label | None

    @property
    def complete(self) -> bool:
        """Whether no pixel can be ignored: never sure, for in validation and test open pixels are."""
        return False

    def read(self, window: Window) -> NDArray[np.uint8]:
        """Mask (height, width) of a window of the before grid: 0, 1 or 254."""
        if self.label is None:
            return np.full((window.height, window.width), UNKNOWN, np.uint8)
        mask = self.label.read(window)
        mask[mask == IGNORE] = UNKNOWN
        return mask


def inspect_label(path: Path | None, before: DatasetReader, data: Data) -> Meaning:
    """Check a label against the before image: all values of a mask, all polygons of a vector file.

    Raises UserError for what does not fit.
    """
    if path is None:
        return None
    if path.suffix.lower() in VECTORS:
        from cdal.rasters.polygons import read_polygons  # GeoPandas takes a while to import

        return read_polygons(path, before, data.label_where)
    if data.label_where is not None:
        raise UserError(
            f"{path} is an image, but data.label_where is set, which selects polygons; set it to null, or give polygons"
        )
    with opened(path) as label:
        check_label_grid(before, label)
        return file_codes(label, data.ignore_value)


def open_label(triple: Triple, meaning: Meaning, before: DatasetReader, stack: ExitStack) -> Label:
    """The label, ready to be read on the before grid; masks on other grids by nearest neighbour."""
    if triple.label is None or meaning is None:
        return Partial(None)
    label = _open(triple.label, meaning, before, stack)
    return Partial(label) if triple.people else label


def _open(path: Path, meaning: "Codes | Polygons", before: DatasetReader, stack: ExitStack) -> Label:
    if not isinstance(meaning, np.ndarray):
        return meaning
    return MaskImage(path, aligned(stack.enter_context(opened(path)), before, stack, Resampling.nearest), meaning)
