"""The three splits, and arrays of their names."""

import numpy as np
from numpy.typing import NDArray

SPLITS = ("pool", "val", "test")
DROPPED = ""
"""Name in place of a split for a tile that is in none."""

Names = NDArray[np.str_]
