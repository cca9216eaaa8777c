"""The map of the split: every tile where it is, in the colour of its split."""

from pathlib import Path

import numpy as np
import pytest

from cdal import figures
from cdal.figures.splitmap import paint


def test_paint_puts_tiles_where_they_are() -> None:
    cells = paint([(0, 0, "pool"), (0, 4, "val"), (4, 8, "test")], 4, 0.5)
    np.testing.assert_array_equal(
        cells, [[1, 1, 2, 2, 0, 0], [1, 1, 2, 2, 0, 0], [0, 0, 0, 0, 3, 3], [0, 0, 0, 0, 3, 3]]
    )


def test_tiles_smaller_than_a_cell_are_seen() -> None:
    assert paint([(0, 0, "pool"), (96, 96, "test")], 4, 0.1)[-1, -1] == 3


@pytest.mark.parametrize("scenes", [1, 5, 40])
def test_map_is_drawn_and_counts(scenes: int, tmp_path: Path) -> None:
    tiles = {f"s{i:02d}": [(0, 0, "pool"), (0, 64, "val" if i % 2 else "test")] for i in range(scenes)}
    figure = figures.split_map(tiles, 64)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[0] == f"pool: {scenes} tiles" and texts[1] == f"val: {scenes // 2} tiles"
    assert [ax.get_title() for ax in figure.axes if ax.images] == sorted(tiles)[:24]
    figures.save(figure, tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 1000
