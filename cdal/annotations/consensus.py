"""Several people's masks of one tile: the majority of them, and how far they agree."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

IGNORE = 255

Masks = NDArray[np.uint8]


def majority(masks: Masks) -> Masks:
    """What most of K people say (K, H, W), pixel by pixel, as one mask (H, W).

    255 (can't tell) is no vote; a tie, or a pixel without a vote, is 255.
    """
    change, unchanged = (masks == 1).sum(0), (masks == 0).sum(0)
    decided = np.where(change > unchanged, 1, 0)
    return np.where(change == unchanged, IGNORE, decided).astype(np.uint8)


def agreement(tiles: Iterable[Masks]) -> dict[str, float | None]:
    """How far people agree on the tiles (K, H, W each) that two or more of them labelled.

    agreement_tiles: number of such tiles. agreement_pixels: mean over pairs of people and tiles of the share of pixels
    that both decided alike. agreement_iou: mean intersection over union of their change, over the pairs in which
    either drew any; None where there is none.
    """
    several = [masks for masks in tiles if len(masks) > 1]
    pixels, overlaps = [], []
    for masks in several:
        for one, other in combinations(masks, 2):
            both = (one != IGNORE) & (other != IGNORE)
            union = (both & ((one == 1) | (other == 1))).sum()
            if both.any():
                pixels.append(float((one == other)[both].mean()))
            if union:
                overlaps.append(float((both & (one == 1) & (other == 1)).sum() / union))
    return {
        "agreement_tiles": float(len(several)),
        "agreement_pixels": float(np.mean(pixels)) if pixels else None,
        "agreement_iou": float(np.mean(overlaps)) if overlaps else None,
    }
