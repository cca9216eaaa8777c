"""Training batches: both dates and the mask turn together, and every tile has its turn."""

from itertools import islice

import numpy as np
import pytest

from cdal.batches import TURNS, epoch_steps, training_stream, turn
from tests.tiny import labelled


@pytest.mark.parametrize("member", ("e", *TURNS))
def test_dates_and_mask_turn_together(member: str) -> None:
    mask = np.arange(16, dtype=np.uint8).reshape(4, 4)
    pair = np.stack([np.repeat(mask[..., None], 3, 2), np.repeat(mask[..., None], 3, 2) + 100])
    turned, turned_mask = turn(pair, mask, member)
    assert np.array_equal(turned[0, ..., 1], turned_mask) and np.array_equal(turned[1, ..., 2], turned_mask + 100)
    assert np.array_equal(turned_mask, mask) == (member == "e")


def batches(count: int, **options: object) -> list[tuple[np.ndarray, np.ndarray]]:
    known = labelled(10)
    settings = {"batch": 4, "augmentation": "none", "change_share": None, "rng": np.random.default_rng(0), **options}
    return list(islice(training_stream(known.images, known.masks, known.rows, known.normalise, **settings), count))


def test_every_tile_comes_once_an_epoch() -> None:
    first = np.concatenate([pairs for pairs, _ in batches(3)])
    known = labelled(10)
    expected = known.normalise(known.images)
    assert sorted(x.tobytes() for x in first) == sorted(x.tobytes() for x in expected)


def test_doubled_adds_one_turned_copy_of_each() -> None:
    assert epoch_steps(10, 4, "none") == 3 and epoch_steps(10, 4, "doubled") == 5
    masks = np.concatenate([labels for _, labels in batches(5, augmentation="doubled")])
    assert len(masks) == 20 and (masks == 1).any((1, 2)).sum() == 10


def test_half_of_a_mixed_batch_holds_change() -> None:
    for _, masks in batches(8, change_share=0.5):
        assert (masks == 1).any((1, 2)).sum() == 2 and len(masks) == 4


def test_the_stream_repeats_itself() -> None:
    first, second = (batches(6, augmentation="random", change_share=0.5) for _ in range(2))
    assert all(np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1]) for a, b in zip(first, second, strict=True))
