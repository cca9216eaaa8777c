"""Sums over tiles are exact, whatever the type, bands and content."""

import numpy as np
import pytest

from cdal.tiles.sums import count, moments


def naive(pixels: np.ndarray, mask: np.ndarray, starts: np.ndarray, tile: int) -> tuple[np.ndarray, np.ndarray]:
    valid = np.where(mask[..., None] == 255, 0, pixels).astype(object)
    views = [valid[:, :, start : start + tile] for start in starts]
    return tuple(np.array([(v**power).sum(axis=(1, 2)) for v in views], np.int64) for power in (1, 2))  # type: ignore


def contents(dtype: str, shape: tuple[int, ...]) -> list[np.ndarray]:
    top, rng = np.iinfo(dtype).max, np.random.default_rng(5)
    noise = rng.integers(0, top, shape, dtype=dtype, endpoint=True)
    return [noise, np.full(shape, top, dtype), np.zeros(shape, dtype), np.minimum(noise, 1) + np.array(top - 1, dtype)]


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("bands", [1, 2, 3, 4, 13])
@pytest.mark.parametrize("ignored", [False, True])
def test_moments_are_exact(dtype: str, bands: int, ignored: bool) -> None:
    starts = np.array([0, 20, 32, 64])
    mask = np.zeros((32, 96), np.uint8)
    if ignored:
        mask[::3, 5:50] = 255
    for pixels in contents(dtype, (2, 32, 96, bands)):
        for found, expected in zip(moments(pixels, mask, starts, 32), naive(pixels, mask, starts, 32), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("bands", [1, 3, 4])
def test_moments_of_large_tiles_are_exact(bands: int) -> None:
    rng, starts = np.random.default_rng(1), np.array([0])
    pixels = rng.integers(200, 256, (2, 1024, 1024, bands), dtype=np.uint8)
    sums, squares = moments(pixels, np.zeros((1024, 1024), np.uint8), starts, 1024)
    wide = pixels.astype(np.int64)
    np.testing.assert_array_equal(sums[0], wide.sum(axis=(1, 2)))
    np.testing.assert_array_equal(squares[0], (wide**2).sum(axis=(1, 2)))


def test_counts() -> None:
    mask = np.array([[0, 1, 255, 1], [1, 1, 255, 255]], np.uint8)
    valid, change = count(mask, np.array([0, 1, 2]), 2)
    np.testing.assert_array_equal(valid, [4, 2, 1])
    np.testing.assert_array_equal(change, [3, 2, 1])
