"""A before/after/label triple: check that it fits together, open it, read it window by window."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.windows import Window

from cdal.errors import UserError
from cdal.params import Data
from cdal.rasters.alignment import aligned, complete, ignore_missing
from cdal.rasters.files import Raster, bands_of, dtype_of, named, opened, session
from cdal.rasters.grids import check_grids, frame
from cdal.rasters.labels import Label, Meaning, inspect_label, open_label
from cdal.rasters.layouts import Triple
from cdal.splits import Frame


@dataclass(frozen=True)
class Scene:
    """A triple that fits together: grid of before, 1-based bands, dtype, what the label means."""

    triple: Triple
    frame: Frame
    bands: tuple[int, ...]
    dtype: str
    label: Meaning


def inspect(triple: Triple, data: Data) -> Scene:
    """Check headers and grids of a triple, and all of its label, of which it takes one pass by blocks.

    Raises UserError for unreadable files, band counts, types, sizes, grids, mask values and polygons that do not fit.
    """
    scene = inspect_pair(triple, data.bands)
    with session(), opened(triple.before) as before:
        return replace(scene, label=inspect_label(triple.label, before, data))


def inspect_pair(triple: Triple, wanted: Sequence[int] | None) -> Scene:
    """Check headers and grids of before and after alone. wanted: 1-based bands to read, None for all.

    Raises UserError as `inspect` does.
    """
    with session(), ExitStack() as stack:
        before, after = (stack.enter_context(opened(path)) for path in (triple.before, triple.after))
        bands = bands_of(before, wanted)
        if after.count != before.count or bands_of(after, wanted) != bands:
            raise UserError(
                f"{after.name} has {after.count} bands, {before.name} {before.count}, expected the same; "
                "export both dates with the same bands"
            )
        if dtype_of(after) != dtype_of(before):
            raise UserError(
                f"{after.name} is {dtype_of(after)}, {before.name} {dtype_of(before)}, expected the same; "
                "convert one of them"
            )
        check_grids(before, after)
        place = frame(triple.scene, triple.split, before)
        return Scene(triple, place, bands, dtype_of(before), None)


class Reader:
    """Reads windows of an open scene: use `open_scene`."""

    def __init__(self, scene: Scene, before: Raster, after: Raster, label: Label):
        self._scene, self._dates, self._label = scene, (before, after), label

    @property
    def complete(self) -> bool:
        """Whether no pixel can be ignored, whatever the files hold."""
        return self._label.complete and all(complete(date, self._scene.bands) for date in self._dates)

    def read(
        self, row: int, col: int, height: int, width: int, out: NDArray[Any] | None = None
    ) -> tuple[NDArray[Any], NDArray[np.uint8]]:
        """A window of the before grid: both dates (2, C, height, width), in `out` if given, and mask 0/1/255.

        Pixels (height, width) of the mask without data in any band of either date, or outside one of the files,
        are 255. Raises UserError for blocks that cannot be read.
        """
        window, triple, bands = Window(col, row, width, height), self._scene.triple, self._scene.bands
        pairs = np.empty((2, len(bands), height, width), self._scene.dtype) if out is None else out
        mask = self._label.read(window)
        for date, pixels, path in zip(self._dates, pairs, (triple.before, triple.after), strict=True):
            with named(path):
                date.read(list(bands), window=window, out=pixels)
                ignore_missing(mask, date, bands, window)
        return pairs, mask


@contextmanager
def open_scene(scene: Scene, resampling: str) -> Iterator[Reader]:
    """Open a scene on the before grid; on other grids, after is resampled as told, the label by nearest."""
    with session(), ExitStack() as stack:
        before = stack.enter_context(opened(scene.triple.before))
        after = stack.enter_context(opened(scene.triple.after))
        yield Reader(
            scene,
            before,
            aligned(after, before, stack, Resampling[resampling], scene.bands),
            open_label(scene.triple, scene.label, before, stack),
        )


def has_gaps(scene: Scene, resampling: str) -> bool:
    """Whether any pixel of a scene may be ignored: for nodata, another grid, or an ignore value of its mask."""
    with open_scene(scene, resampling) as reader:
        return not reader.complete
