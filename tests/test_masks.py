"""What the values of a mask mean."""

import numpy as np
import pytest

from cdal.errors import UserError
from cdal.rasters import mask_codes


def counts(**pixels: int) -> np.ndarray:
    out = np.zeros(256, np.int64)
    for value, number in pixels.items():
        out[int(value[1:])] = number
    return out


@pytest.mark.parametrize(
    ("pixels", "ignore", "expected"),
    [
        ({"v0": 9}, None, {0: 0}),
        ({"v0": 9, "v1": 1}, None, {0: 0, 1: 1}),
        ({"v1": 9}, None, {1: 1}),
        ({"v0": 9, "v255": 1}, None, {0: 0, 255: 1}),
        ({"v255": 4}, None, {255: 1}),
        ({"v0": 90, "v127": 2, "v128": 3, "v255": 5}, None, {0: 0, 127: 0, 128: 1, 255: 1}),
        ({"v0": 9, "v1": 1, "v255": 5}, 255, {0: 0, 1: 1, 255: 255}),
        ({"v0": 9, "v128": 50, "v255": 5}, 128, {0: 0, 128: 255, 255: 1}),
        ({"v0": 9, "v7": 50, "v1": 5}, 7, {0: 0, 1: 1, 7: 255}),
        ({"v3": 5}, 3, {3: 255}),
    ],
)
def test_mask_codes(pixels: dict[str, int], ignore: int | None, expected: dict[int, int]) -> None:
    codes = mask_codes(counts(**pixels), ignore, "m.png")
    assert {value: codes[value] for value in expected} == expected


@pytest.mark.parametrize(
    "pixels",
    [
        {"v0": 9, "v2": 1},
        {"v0": 9, "v1": 1, "v2": 1},
        {"v0": 9, "v254": 1},
        {"v0": 80, "v100": 15, "v255": 5},
        {"v0": 90, "v1": 5, "v255": 5},
    ],
)
def test_mask_codes_refuses(pixels: dict[str, int]) -> None:
    with pytest.raises(UserError, match=r"m\.png has mask values .*expected 0 and 1, or 0 and 255"):
        mask_codes(counts(**pixels), None, "m.png")
