"""Losses: a table by hand, ignored pixels, and the right direction."""

from math import log

import numpy as np
import pytest

from cdal.losses import loss_function

NAMES = ("weighted_bce", "bce_dice", "focal", "jaccard")


def loss(name: str, masks: list[int], probs: list[float]) -> float:
    shape = (1, 1, len(masks))
    function = loss_function(name, [1.0, 3.0])
    return float(function(np.array(masks, np.uint8).reshape(shape), np.array(probs, np.float32).reshape(*shape, 1)))


def test_weighted_cross_entropy_by_hand() -> None:
    expected = (-log(0.8) - 3 * log(0.4)) / 2
    assert loss("weighted_bce", [0, 1], [0.2, 0.4]) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_ignored_pixels_do_not_matter(name: str) -> None:
    assert loss(name, [1, 0, 255], [0.6, 0.2, 0.1]) == pytest.approx(loss(name, [1, 0, 255], [0.6, 0.2, 0.9]))


@pytest.mark.parametrize("name", NAMES)
def test_a_better_prediction_costs_less_and_certainty_is_finite(name: str) -> None:
    assert loss(name, [1, 0], [0.9, 0.1]) < loss(name, [1, 0], [0.6, 0.4])
    assert np.isfinite(loss(name, [1, 0], [0.0, 1.0])) and np.isfinite(loss(name, [1, 0], [1.0, 0.0]))
