"""People's labels so far, as training takes them: what the stage `label` writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdal import ledger, store, tilewise
from cdal.annotations.consensus import IGNORE, agreement, majority
from cdal.annotations.storage import Annotation
from cdal.errors import UserError
from cdal.ledger import Entry

LEDGER = "labelled.csv"
NAMES = {0: "no_change", 1: "change", IGNORE: "ambiguous"}


@dataclass(frozen=True)
class Answers:
    """Labelled tiles in the order of their labelling: ledger of K entries, masks (K, H, W), and how far people agree
    on the newest round's tiles."""

    entries: list[Entry]
    masks: NDArray[np.uint8]
    agreement: dict[str, float | None]

    def write(self, folder: Path, *, change_above: float, unchanged_below: float) -> None:
        """Write masks.npy, tiles.csv (both as in the tile store) and labelled.csv.

        change_above, unchanged_below: shares of changed pixels that make a tile's class.
        """
        folder.mkdir(parents=True)
        valid = np.maximum((self.masks != IGNORE).sum((1, 2)), 1)
        fractions = np.round((self.masks == 1).sum((1, 2)) / valid, 6)
        classes = tilewise.tile_classes(fractions, change_above=change_above, unchanged_below=unchanged_below)
        ids = [entry.tile_id for entry in self.entries]
        rows = [(i, f"{f:.6f}", NAMES[int(c)]) for i, f, c in zip(ids, fractions, classes, strict=True)]
        np.save(folder / store.MASKS, self.masks)
        store.write_table(folder / store.TILES, ("tile_id", "change_fraction", "class"), rows)
        ledger.write(folder / LEDGER, self.entries)


def collect(before: Path | None, annotations: list[Annotation], stored: Path, *, round: str) -> Answers:
    """Add a round's annotations to the answers in the folder `before` (None if there are none).

    stored: labels of the tile store, for the pixels without imagery, which stay 255. Each tile gets the majority of its
    masks, and everyone who drew one as its labeller. A tile that an earlier round labelled keeps that round's mask.
    Raises UserError for a tile or a mask size that the tile store does not have.
    """
    masks, index = store.load_labels(stored)
    where = {tile_id: row for row, tile_id in enumerate(index["tile_id"])}
    entries = ledger.read(before / LEDGER) if before else []
    earlier = np.load(before / store.MASKS) if before else np.empty((0, *masks.shape[1:]), np.uint8)
    known = {entry.tile_id for entry in entries}
    groups = _by_tile(a for a in annotations if a.tile_id not in known)
    merged = []
    for tile_id, group in groups.items():
        if tile_id not in where or group[0].mask.shape != masks.shape[1:]:
            raise UserError(
                f"{tile_id}, labelled in {round}, is no tile of {masks.shape[1]} pixels in {stored.parent}; tiles were "
                "cut anew since: restore the parameters of `data` and `split`, or begin a new set of labels"
            )
        mask = majority(np.stack([one.mask for one in group]))
        merged.append(np.where(masks[where[tile_id]] == IGNORE, IGNORE, mask).astype(np.uint8))
    origin = "acquired" if before else "initial"
    for tile_id, group in groups.items():
        names = "+".join(sorted({one.labeller for one in group}))
        entries = ledger.extend(entries, [tile_id], round=round, origin=origin, labeller=names)
    stacked = np.concatenate([earlier, np.stack(merged)]) if merged else earlier
    return Answers(entries, stacked, agreement(np.stack([one.mask for one in group]) for group in groups.values()))


def over(masks: np.memmap, labels: pd.DataFrame, folder: Path) -> tuple[np.memmap, pd.DataFrame]:
    """Masks (N, H, W) and table of all tiles, with the answers in `folder` in place of what is stored of those tiles.

    The file of `masks` stays as it is.
    """
    newer, found = store.load_labels(folder)
    assert masks.filename is not None
    writable = np.memmap(Path(masks.filename), masks.dtype, "c", masks.offset, masks.shape)
    rows = labels.reset_index().set_index("tile_id").loc[found["tile_id"], "index"].to_numpy()
    writable[rows] = newer
    columns = ["change_fraction", "class"]
    changed = labels.astype({"change_fraction": float})
    changed.loc[rows, columns] = found[columns].to_numpy()
    return writable, changed


def _by_tile(annotations: Iterable[Annotation]) -> dict[str, list[Annotation]]:
    found: dict[str, list[Annotation]] = {}
    for annotation in annotations:
        found.setdefault(annotation.tile_id, []).append(annotation)
    return found
