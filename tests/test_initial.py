"""The first labelled set."""

import numpy as np
import pytest

from cdal.errors import UserError
from cdal.initial import draw, typical


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


CLASSES = ["change"] * 4 + ["no_change"] * 30 + ["ambiguous"] * 3


def test_a_balanced_start_is_half_change() -> None:
    drawn = draw(CLASSES, 7, "balanced", rng())
    names = [CLASSES[i] for i in drawn]
    assert (names.count("change"), names.count("no_change")) == (3, 4)
    assert list(drawn) == sorted(set(drawn))


def test_a_balanced_start_needs_enough_change_tiles() -> None:
    with pytest.raises(UserError, match=r"the pool has 4 change tiles, but a balanced start of 10 needs 5"):
        draw(CLASSES, 10, "balanced", rng())


def test_a_random_start_ignores_classes_and_all_takes_everything() -> None:
    assert list(draw(CLASSES, 5, "random", rng())) == list(draw(["change"] * 37, 5, "random", rng()))
    assert list(draw(CLASSES, 5, "all", rng())) == list(range(37))


def test_a_start_above_the_pool_is_refused() -> None:
    with pytest.raises(UserError, match=r"al\.initial_size is 50, but the pool has 37 tiles"):
        draw(CLASSES, 50, "random", rng())


def test_a_typical_start_takes_one_tile_of_each_cluster() -> None:
    centres = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    descriptors = np.repeat(centres, 5, axis=0) + np.random.default_rng(0).normal(0, 0.1, (20, 2))
    assert sorted(int(i) // 5 for i in typical(descriptors, 4, rng())) == [0, 1, 2, 3]
    same = typical(np.zeros((6, 2)), 3, rng())
    assert len(set(same)) == 3, "clusters that fall together still give different tiles"
