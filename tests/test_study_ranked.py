"""What else would have been acquired: by hand, and on a real experiment of the study (tests/test_study.py)."""

import numpy as np
import pandas as pd
import pytest

from study import ranked

CHANGE = np.array([True, False, True, False])


@pytest.mark.parametrize(
    ("scores", "batch", "found"),
    [
        ([4, 3, 2, 1], 2, 1),
        ([4, 1, 3, 2], 2, 2),
        ([1, 4, 2, 3], 2, 0),
        ([0, 0, 0, 0], 3, 2),  # ties in the order of the table
        ([1, 2, 3, 4], 9, 2),  # a batch of the whole pool
    ],
)
def test_change_tiles_among_the_highest(scores: list[float], batch: int, found: int) -> None:
    assert ranked.hits(np.array(scores, float), CHANGE, batch) == found


@pytest.mark.parametrize(
    ("scores", "found"),
    [([1, 1, 1, 1], 1.0), ([3, 1, 3, 1], 1.5), ([1, 0, 0, 0], 2.0)],  # chance; 6 of 8; whatever else has none
)
def test_change_tiles_to_expect_of_chances_in_proportion(scores: list[float], found: float) -> None:
    assert ranked.drawn(np.array(scores, float), CHANGE, 2) == pytest.approx(found)


def test_a_small_change_is_seen_by_the_highest_cells_and_not_by_the_mean() -> None:
    """Tile 0 is vague all over; tile 1 holds one certain cell of 64, and 5 % of 64 cells are three."""
    maps = np.zeros((2, 2, 8, 8), np.uint8)
    maps[0, 0], maps[1, 0, 3, 3] = 40, 255
    table = pd.DataFrame({"tile_id": ["a", "b"], "score": [0.0, 0.0], "change": [40 / 255, 1 / 64]})
    found = ranked.rankings(table, maps)
    assert list(found) == ["Change, mean", ranked.OWN, "Change, top 5 %"]
    assert found["Change, mean"].argmax() == 0 and found["Change, top 5 %"].argmax() == 1
    assert found["Change, top 5 %"] == pytest.approx([40, 85])
