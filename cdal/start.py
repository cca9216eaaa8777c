"""The start of an experiment: which tiles are labelled before there is any model."""

from pathlib import Path

from cdal import figures, initial
from cdal.opened import Tiles
from cdal.params import Params
from cdal.streams import stream


def first_labelled(tiles: Tiles, params: Params) -> list[str]:
    """Ids of the tiles that are labelled at the start, drawn from the pool."""
    rows = tiles.rows("pool")
    classes = [tiles.classes[tiles.tile_ids[row]] for row in rows]
    positions = initial.first(tiles.images, rows, classes, params.al, stream(params.seed, "initial"))
    return [tiles.tile_ids[rows[position]] for position in positions]


def draw_first(tiles: Tiles, chosen: list[str], path: Path) -> None:
    """A picture of the first labelled tiles, as the gallery of round r00."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = tiles.rows_of(chosen[:6])
    figures.save(figures.sample_pairs(tiles.images[rows, 0], tiles.images[rows, 1], tiles.masks[rows]), path)
