"""Majority and agreement, by hand."""

import numpy as np
import pytest

from cdal.annotations.consensus import agreement, majority


def test_the_majority_and_ties() -> None:
    #                 all change  2:1  1:2  tie  abstain+change  nobody
    ana = [1, 1, 0, 1, 255, 255]
    ben = [1, 1, 0, 0, 1, 255]
    cleo = [1, 0, 1, 255, 255, 255]
    masks = np.array([[ana], [ben], [cleo]], np.uint8)
    assert majority(masks).tolist() == [[1, 1, 0, 255, 1, 255]]
    assert (majority(masks[:1]) == masks[0]).all()


def test_two_who_disagree_leave_it_open() -> None:
    assert majority(np.array([[[1, 0]], [[0, 0]]], np.uint8)).tolist() == [[255, 0]]


def test_agreement() -> None:
    ana = np.array([[1, 1, 0, 0]], np.uint8)
    ben = np.array([[1, 0, 0, 255]], np.uint8)
    same = np.zeros((1, 4), np.uint8)
    found = agreement([np.stack([ana, ben]), np.stack([same, same]), ana[None]])
    assert found["agreement_tiles"] == 2
    assert found["agreement_pixels"] == pytest.approx((2 / 3 + 1) / 2)
    assert found["agreement_iou"] == pytest.approx(1 / 2)


def test_three_people_are_three_pairs() -> None:
    masks = np.array([[[1, 1]], [[1, 0]], [[1, 0]]], np.uint8)
    found = agreement([masks])
    assert found["agreement_pixels"] == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert found["agreement_iou"] == pytest.approx((0.5 + 0.5 + 1) / 3)


def test_one_person_agrees_with_nobody() -> None:
    alone = agreement([np.ones((1, 2, 2), np.uint8)])
    assert alone == {"agreement_tiles": 0.0, "agreement_pixels": None, "agreement_iou": None}
