"""data/annotations/rNN: one mask a person and tile, and a table that also names the tiles that nobody looked at."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdal import store
from cdal.errors import UserError
from cdal.queries import asked
from cdal.queries.asked import Asked

TABLE, MASKS = "annotations.csv", "masks.npy"
HEADER = ("tile_id", "labeller", "status")
IGNORE = 255
OPEN = "open"
"""Status of a tile that nobody has looked at yet."""


@dataclass(frozen=True)
class Annotation:
    """One person's mask (H, W) uint8 of one tile: 0 no change, 1 change, 255 can't tell."""

    tile_id: str
    labeller: str
    mask: NDArray[np.uint8]

    @property
    def status(self) -> str:
        """change, no_change (looked at, nothing there) or unclear (not one pixel decided)."""
        if (self.mask == 1).any():
            return "change"
        return "unclear" if (self.mask == IGNORE).all() else "no_change"


def write(folder: Path, annotations: Sequence[Annotation], left_open: Sequence[str], tiles: Sequence[Asked]) -> None:
    """Replace `folder` by these annotations, whole or not at all.

    left_open: ids of tiles that nobody looked at. tiles: all of them, so that the folder says where its masks lie even
    when the model asks for others later.
    """
    with store.replacing(folder) as (partial,):
        np.save(partial / MASKS, np.stack([annotation.mask for annotation in annotations]))
        asked.write(partial, tiles)
        rows = [(a.tile_id, a.labeller, a.status) for a in annotations]
        store.write_table(partial / TABLE, HEADER, [*rows, *((tile_id, "", OPEN) for tile_id in left_open)])


def read(folder: Path) -> list[Annotation]:
    """The annotations in `folder`, without open tiles. Raises UserError if the folder is torn."""
    try:
        masks = np.load(folder / MASKS)
        with (folder / TABLE).open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["status"] != OPEN]
        if len(rows) != len(masks):
            raise ValueError(f"{MASKS} has {len(masks)} masks, {TABLE} {len(rows)}")
        return [Annotation(r["tile_id"], r["labeller"], m) for r, m in zip(rows, masks, strict=True)]
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{folder} holds no whole annotations ({' '.join(str(error).split())}), expected {TABLE} and {MASKS}; "
            f"run `python -m cdal annotations import {folder.name} SOURCE` again"
        ) from error
