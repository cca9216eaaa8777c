"""The class of a tile by its share of changed pixels."""

import numpy as np
from numpy.typing import NDArray

from cdal.params import Split
from cdal.splits import Names


def classify(fractions: NDArray[np.float64], split: Split) -> Names:
    """Class of tiles (N,) by share of changed pixels: change, no_change, or ambiguous between the limits."""
    unclear = np.where(fractions <= split.unchanged_below, "no_change", "ambiguous")
    return np.where(fractions > split.change_above, "change", unclear)
