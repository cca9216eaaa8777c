"""Fewer validation and test tiles than there are, drawn as asked for."""

import numpy as np

from cdal.errors import UserError
from cdal.params import Split
from cdal.splits.footprints import Ints
from cdal.splits.names import DROPPED, SPLITS, Names
from cdal.streams import stream


def sample(names: Names, classes: Names, split: Split) -> Names:
    """Keep at most split.val_tiles and split.test_tiles, drawn with the seed; the others become DROPPED.

    classes (N,): change, no_change or ambiguous. Raises UserError where a balanced draw finds too few of a
    class.
    """
    names = names.copy()
    for name, limit in (("val", split.val_tiles), ("test", split.test_tiles)):
        rows = np.flatnonzero(names == name)
        if limit is None or (split.sample == "natural" and len(rows) <= limit):
            continue
        rng = stream(split.seed, "sample", SPLITS.index(name))
        if split.sample == "natural":
            kept = rng.choice(rows, limit, replace=False)
        else:
            parts = {"change": limit // 2, "no_change": limit - limit // 2}
            kept = np.concatenate([_draw_class(rows, classes, name, c, n, rng) for c, n in parts.items()])
        names[np.setdiff1d(rows, kept)] = DROPPED
    return names


def _draw_class(rows: Ints, classes: Names, name: str, wanted: str, number: int, rng: np.random.Generator) -> Ints:
    candidates = rows[classes[rows] == wanted]
    if len(candidates) < number:
        raise UserError(
            f"{name} has {len(candidates)} {wanted} tiles, expected at least {number} for a balanced sample; "
            f"lower split.{name}_tiles, or use split.sample: natural"
        )
    return rng.choice(candidates, number, replace=False)
