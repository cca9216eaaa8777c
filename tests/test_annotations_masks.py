"""Mask images of people."""

from pathlib import Path

import numpy as np
import pytest

from cdal.annotations import masks
from tests.imagery import grid, write
from tests.questions import LEFT, PIXEL, TOP, square, tiles, write_mask


def test_white_is_change_and_black_is_looked_at(tmp_path: Path) -> None:
    write_mask(tmp_path / "t0.png", square() * 255)
    write_mask(tmp_path / "t1.png", square() * 0)
    found = masks.read(tmp_path, tiles(), "ana")
    assert not found.problems
    assert [(one.tile_id, one.labeller, one.status) for one in found.annotations] == [
        ("t0", "ana", "change"),
        ("t1", "ana", "no_change"),
    ]
    assert (found.annotations[0].mask == square()).all()


def test_where_1_is_change_255_is_cannot_tell(tmp_path: Path) -> None:
    mask = square()
    mask[0] = 255
    write_mask(tmp_path / "t0.png", mask)
    write_mask(tmp_path / "t1.png", np.full((8, 8), 255, np.uint8))
    found = masks.read(tmp_path, tiles(), "ana")
    assert (found.annotations[0].mask == mask).all()
    assert found.annotations[1].status == "unclear"


def test_folders_are_people(tmp_path: Path) -> None:
    for person in ("ana", "ben"):
        write_mask(tmp_path / person / "t0.png", square())
    write_mask(tmp_path / "t0.png", square())
    found = masks.read(tmp_path, tiles(), "cleo")
    assert sorted(one.labeller for one in found.annotations) == ["ana", "ben", "cleo"]


@pytest.mark.parametrize(
    ("name", "mask", "message"),
    [
        ("t9.png", square(), "t9.png is no tile that was asked for"),
        ("t0.png", square(16), "t0.png has 16 x 16 pixels, expected 8 x 8"),
        ("t0.png", square() * 7, "t0.png has the values 7, expected 0, 1 and 255"),
        ("t0.png", np.stack([square(), square(), square() * 0], -1), "t0.png has bands that differ"),
    ],
)
def test_problems(tmp_path: Path, name: str, mask: np.ndarray, message: str) -> None:
    write_mask(tmp_path / name, mask)
    assert masks.read(tmp_path, tiles(), "ana").problems[0].startswith(message)


def test_every_problem_is_listed(tmp_path: Path) -> None:
    write_mask(tmp_path / "t0.png", square())
    write_mask(tmp_path / "t0.tif", square())
    write_mask(tmp_path / "t9.png", square())
    (tmp_path / "t1.png").write_bytes(b"no image")
    problems = masks.read(tmp_path, tiles(), "ana").problems
    assert len(problems) == 3
    assert "t1.png cannot be read" in problems[0]
    assert problems[2] == "t0 has 2 annotations by ana, expected one"


@pytest.mark.parametrize(
    ("left", "crs", "good"), [(0, "EPSG:32632", True), (160, "EPSG:32632", False), (0, "EPSG:32633", False)]
)
def test_a_georeferenced_mask_must_lie_on_its_tile(tmp_path: Path, left: float, crs: str, good: bool) -> None:
    write(tmp_path / "t0.tif", square()[None], **grid(LEFT + left, TOP, PIXEL, crs))
    problems = masks.read(tmp_path, tiles(), "ana").problems
    assert problems == ([] if good else ["t0.tif lies at another place than its tile"])


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "no mask in" in masks.read(tmp_path, tiles(), "ana").problems[0]
