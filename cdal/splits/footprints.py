"""Where tiles lie on the ground: grids of scenes, and footprints of the tiles cut from them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import shapely
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Frame:
    """A scene's pixel grid.

    height, width in pixels; origin (x, y) of its first corner and pixel (dx, dy), its signed pixel size, in
    units of crs. Without a crs ("") these are pixels. split: where the data's own folders or lists put the
    scene, if they do.
    """

    name: str
    height: int
    width: int
    crs: str = ""
    origin: tuple[float, float] = (0.0, 0.0)
    pixel: tuple[float, float] = (1.0, 1.0)
    split: str | None = None


@dataclass(frozen=True)
class Footprints:
    """N square tiles: index of the frame (N,), and offsets row and col (N,) and side `size` in its pixels."""

    frames: Sequence[Frame]
    scene: Ints
    row: Ints
    col: Ints
    size: int

    def some(self, chosen: NDArray[np.bool_]) -> Self:
        """The chosen tiles (N,)."""
        return replace(self, scene=self.scene[chosen], row=self.row[chosen], col=self.col[chosen])

    def ids(self) -> list[str]:
        """Names of the tiles: SCENE_rROW_cCOL, offsets in pixels."""
        names = [self.frames[scene].name for scene in self.scene]
        return [f"{n}_r{r:05d}_c{c:05d}" for n, r, c in zip(names, self.row, self.col, strict=True)]

    def bounds(self) -> NDArray[np.float64]:
        """Left, bottom, right, top (N, 4) in units of the crs, or in pixels (bottom is then larger)."""
        (x, y), (dx, dy) = self._per_tile("origin").T, self._per_tile("pixel").T
        rows, cols = (self.row + self.size, self.row), (self.col, self.col + self.size)
        return np.stack([x + dx * cols[0], y + dy * rows[0], x + dx * cols[1], y + dy * rows[1]], axis=1)

    def boxes(self, margin: float = 0) -> NDArray[np.object_]:
        """Footprints as shapely boxes, grown on all sides by `margin` pixels of their own."""
        ground = self.bounds()
        grown = margin * np.abs(self._per_tile("pixel"))
        low = np.minimum(ground[:, :2], ground[:, 2:]) - grown
        high = np.maximum(ground[:, :2], ground[:, 2:]) + grown
        return np.asarray(shapely.box(*low.T, *high.T))

    def planes(self) -> Ints:
        """Number (N,) of the plane that a tile lies in: one for each crs, and one for each scene without."""
        keys = [frame.crs or (index,) for index, frame in enumerate(self.frames)]
        number = {key: index for index, key in enumerate(dict.fromkeys(keys))}
        return np.array([number[key] for key in keys], np.int64)[self.scene]

    def _per_tile(self, field: str) -> NDArray[np.float64]:
        return np.array([getattr(frame, field) for frame in self.frames], np.float64)[self.scene]
