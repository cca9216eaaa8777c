"""An open tile store, with the labels that may be learned from."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdal import answers, store
from cdal.batches import Masks, Normalisation, Pairs


@dataclass(frozen=True)
class Tiles:
    """The tile store: images (N, 2, H, W, C), masks (N, H, W), normalisation, and each tile's id, split, share."""

    folder: Path
    known: Path
    images: Pairs
    masks: Masks
    normalise: Normalisation
    tile_ids: list[str]
    splits: list[str]
    fractions: NDArray[np.floating]
    classes: dict[str, str]

    def rows(self, split: str) -> NDArray[np.int64]:
        """Rows of one split: pool, val or test."""
        return np.flatnonzero(np.array(self.splits) == split)

    def __reduce__(self) -> tuple[Callable[[Path, Path], "Tiles"], tuple[Path, Path]]:
        """Another process opens the store itself; the arrays are not copied to it."""
        return open_tiles, (self.folder, self.known)

    def rows_of(self, tile_ids: list[str]) -> NDArray[np.int64]:
        """Rows of the named tiles, in the order of the store."""
        where = {tile_id: row for row, tile_id in enumerate(self.tile_ids)}
        return np.sort(np.array([where[tile_id] for tile_id in tile_ids], np.int64))


def open_tiles(folder: Path, known: Path) -> Tiles:
    """Open the tile store in `folder` (memory-mapped), labels included.

    known: folder of the labels to learn from, in the same format; if it is not the store's own, what it holds
    replaces the stored labels of those tiles (in memory).
    """
    images, index = store.load_images(folder / "images")
    masks, labels = store.load_labels(folder / "labels")
    stats = store.load_stats(folder / "images")
    if known != folder / "labels":
        masks, labels = answers.over(masks, labels, known)
    return Tiles(
        folder, known, images, masks, Normalisation(stats.mean, stats.std),
        list(index["tile_id"]), list(index["split"]), labels["change_fraction"].to_numpy(),
        dict(zip(labels["tile_id"], labels["class"], strict=True)),
    )  # fmt: skip
