"""Which tiles are pool, validation and test: given by the data or drawn, and apart on the ground."""

import numpy as np

from cdal.errors import UserError
from cdal.params import Split
from cdal.splits.apart import drop_neighbours, verify
from cdal.splits.draws import DRAWS
from cdal.splits.footprints import Footprints
from cdal.splits.names import Names
from cdal.streams import stream


def assign(tiles: Footprints, by: str, split: Split) -> Names:
    """The split (N,) of every tile: pool, val, test, or DROPPED.

    by: list and folder take what the frames say; scene, block and random draw with split.seed. But for
    random, no two tiles of different splits come within split.guard pixels of each other, nor touch: drawn
    splits drop tiles for that, given ones raise UserError, as do too few scenes or blocks, and folds of given
    splits.
    """
    if by in ("list", "folder"):
        if split.folds is not None:
            raise UserError(
                f"split.folds is {split.folds}, but the data's own {by}s say what is tested, expected null; "
                "set split.folds to null, or use split.by: block or scene"
            )
        names = np.array([frame.split for frame in tiles.frames], np.str_)[tiles.scene]
    else:
        rng = stream(split.seed, "split")
        names = DRAWS[by](tiles, split, rng)
    if by == "random":
        return names
    if by in ("scene", "block"):
        names = drop_neighbours(tiles, names, split.guard)
    verify(tiles, names, split.guard)
    return names
