"""Windows over a scene: they cover it, begin where pooling does, and their weights sum to one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdal import rasters
from cdal.errors import UserError
from cdal.mapping.windows import Cut, Windows, axis
from cdal.rasters import Triple
from tests.imagery import grid, noise, write


def total(found) -> np.ndarray:
    summed = np.zeros(int(found.starts[-1]) + found.size)
    for start, weights in zip(found.starts, found.weights, strict=True):
        summed[start : start + found.size] += weights
    return summed


def test_a_row_by_hand() -> None:
    """100 pixels, windows of 64 that overlap by 32: 14 for one, 4 blended, 14 for the other."""
    found = axis(100, Cut(64, 32))
    assert list(found.starts) == [0, 32, 64] and found.size == 64
    assert (found.weights[0, :46] == 1).all() and (found.weights[0, 50:] == 0).all()
    assert np.allclose(found.weights[0, 46:50], (3.5 - np.arange(4)) / 4)
    assert np.allclose(found.weights[1, 14:18], (np.arange(4) + 0.5) / 4)
    assert (found.weights[2, 18:] == 1).all(), "at the scene's own border nothing is faded out"


@given(length=st.integers(1, 3000), window=st.integers(1, 16), overlap=st.integers(0, 8))
def test_weights_sum_to_one_everywhere(length: int, window: int, overlap: int) -> None:
    cut = Cut(32 * window, 32 * min(overlap, window // 2))
    found = axis(length, cut)
    assert np.allclose(total(found), 1, atol=1e-6)
    assert (found.starts % 32 == 0).all()
    assert length <= found.starts[-1] + found.size < length + 32
    assert (np.diff(found.starts) <= cut.window - cut.overlap).all()


@pytest.mark.parametrize("cut", [(100, 32), (64, 20), (64, 64), (0, 0), (-64, 0)])
def test_windows_that_do_not_fit_the_network(cut: tuple[int, int]) -> None:
    with pytest.raises(UserError, match="expected multiples of 32 and an overlap"):
        Cut(*cut)


def test_pixels_past_the_scene_are_mirrored_and_missing_ones_known(tmp_path: Path) -> None:
    image = noise(40, 70)
    image[:, 5, 6] = 0
    before = write(tmp_path / "a.tif", image, nodata=0, **grid())
    after = write(tmp_path / "b.tif", noise(40, 70, seed=2), **grid())
    scene = rasters.inspect_pair(Triple("a", before, after, None), None)
    cut = Cut(64, 32)
    with rasters.open_scene(scene, "bilinear") as reader:
        windows = Windows(reader, 3, axis(40, cut), axis(70, cut))
        assert windows.shape == (2, 2, 64, 64, 3)
        pairs = windows[np.array([0, 1])]
    assert np.array_equal(pairs[0, 0, :40], image[:, :40, :64].transpose(1, 2, 0))
    assert np.array_equal(pairs[0, 0, 40], pairs[0, 0, 38]), "row 40 mirrors row 38"
    assert np.array_equal(pairs[1, 1, :40, 38], pairs[1, 1, :40, 36]), "column 70 mirrors column 68"
    missing = windows.take_missing(0)
    assert missing[5, 6] and missing.sum() == 1
    assert not windows.take_missing(1).any() and not windows.missing
