"""Scores and classes of whole tiles, and what finding the changed ones costs a person."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

IGNORE = 255


def tile_scores(
    probs: NDArray[np.floating], masks: NDArray[np.uint8], *, change_above: float = 0.03
) -> NDArray[np.floating]:
    """The probability (N,) that more than a share `change_above` of a tile's valid pixels reaches.

    So `score >= t` says the same as "more than change_above of the valid pixels have p >= t" (arXiv 2008.11201,
    section 4.2). probs (N, H, W); masks (N, H, W), of which only 255 = ignored is looked at. Raises ValueError for
    a tile without a valid pixel.
    """
    flat = np.where(masks == IGNORE, -1, probs).reshape(len(probs), -1)
    valid = (masks != IGNORE).reshape(len(masks), -1).sum(1)
    if not valid.all():
        raise ValueError(f"tile {int(np.argmin(valid))} has no valid pixel")
    falling = -np.sort(-flat, axis=1)
    # the tolerance keeps 0.29 * 100 from becoming 28
    allowed = np.floor(change_above * valid + 1e-9).astype(np.int64)
    return falling[np.arange(len(flat)), np.minimum(allowed, valid - 1)]


def tile_classes(
    change_fraction: NDArray[np.floating], *, change_above: float = 0.03, unchanged_below: float = 0.01
) -> NDArray[np.uint8]:
    """1 where the changed share is above `change_above`, 0 where it is at most `unchanged_below`, else 255."""
    ambiguous = np.where(change_fraction > unchanged_below, IGNORE, 0)
    return np.where(change_fraction > change_above, 1, ambiguous).astype(np.uint8)


def effort_curve(scores: NDArray[np.floating], classes: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Rows (k, 2) of the share of tiles looked at and of change tiles found, from the highest score down.

    Tiles of equal score are looked at together; ambiguous tiles (255) are looked at, but not there to be found.
    Empty without change tiles.
    """
    if not (classes == 1).any():
        return np.empty((0, 2))
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(classes[order] == 1)
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    points = np.stack([(ends + 1) / len(scores), found[ends] / found[-1]], axis=1)
    return np.concatenate([[[0, 0]], points])


def effort(
    val_scores: NDArray[np.floating], val_classes: NDArray[np.uint8],
    test_scores: NDArray[np.floating], test_classes: NDArray[np.uint8],
    recalls: tuple[float, ...] = (0.8, 0.9, 0.95),
) -> list[dict[str, Any]]:  # fmt: skip
    """For each wanted recall, the largest threshold that reaches it on validation, and what it gives on test.

    Rows: recall_wanted, threshold, recall (share of change tiles found), reviewed (share of all tiles at or above the
    threshold); None where there are no change tiles.
    """
    rows = []
    change = np.sort(val_scores[val_classes == 1])[::-1]
    for wanted in recalls:
        row: dict[str, Any] = {"recall_wanted": wanted, "threshold": None, "recall": None, "reviewed": None}
        if len(change):
            threshold = change[int(np.ceil(wanted * len(change) - 1e-9)) - 1]
            above = test_scores >= threshold
            row |= {"threshold": float(threshold), "reviewed": float(above.mean())}
            if (test_classes == 1).any():
                row["recall"] = float(above[test_classes == 1].mean())
        rows.append(row)
    return rows
