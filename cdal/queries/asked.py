"""The table of tiles that a round asks people about: queries/rNN/tiles.csv."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cdal import store
from cdal.errors import UserError

TABLE = "tiles.csv"


@dataclass(frozen=True)
class Asked:
    """One tile to label, best first.

    score: nan before there is a model. row, col: offset in pixels of the scene; size: side in pixels. bounds: left,
    bottom, right, top in units of crs, or in pixels of the scene where crs is "".
    """

    rank: int
    tile_id: str
    score: float
    scene: str
    row: int
    col: int
    size: int
    bounds: tuple[float, float, float, float]
    crs: str


def of(index: pd.DataFrame, tile_ids: Sequence[str], scores: Sequence[float], size: int) -> list[Asked]:
    """Tiles by id, in this order, from the tile store's index."""
    known = {row["tile_id"]: row for row in index.to_dict("records")}
    return [
        Asked(
            rank, tile_id, float(score), known[tile_id]["scene"], int(known[tile_id]["row"]),
            int(known[tile_id]["col"]), size, _bounds(known[tile_id]["bounds"]), known[tile_id]["crs"],
        )
        for rank, (tile_id, score) in enumerate(zip(tile_ids, scores, strict=True), start=1)
    ]  # fmt: skip


def write(folder: Path, tiles: Sequence[Asked]) -> None:
    """Write tiles.csv."""
    header = ("rank", "tile_id", "score", "scene", "row", "col", "size", "bounds", "crs")
    rows = [
        (t.rank, t.tile_id, "" if t.score != t.score else f"{t.score:.9g}", t.scene, t.row, t.col, t.size,
         " ".join(map(repr, t.bounds)), t.crs)
        for t in tiles
    ]  # fmt: skip
    store.write_table(folder / TABLE, header, rows)


def read(folder: Path) -> list[Asked]:
    """The tiles that are asked for in `folder`. Raises UserError if there are none."""
    path = folder / TABLE
    if not path.is_file():
        raise UserError(
            f"{path} not found, expected the tiles to label; run `dvc repro` until it asks for {folder.name}"
        )
    with path.open(newline="") as file:
        return [
            Asked(
                int(row["rank"]), row["tile_id"], float(row["score"] or "nan"), row["scene"], int(row["row"]),
                int(row["col"]), int(row["size"]), _bounds(row["bounds"]), row["crs"],
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def compared(tiles: Sequence[Asked], labelled: Sequence[str], round: str) -> str:
    """One line on what came back of what was asked.

    After a correction of an earlier round the model may ask for other tiles than people have labelled; their labels
    count all the same.
    """
    wanted = {tile.tile_id for tile in tiles}
    came, others = len(wanted & set(labelled)), len(set(labelled) - wanted)
    line = f"{round}: {came} of {len(wanted)} tiles asked for are labelled"
    return line + (f", and {others} that were asked for before an earlier round changed" if others else "")


def _bounds(text: str) -> tuple[float, float, float, float]:
    left, bottom, right, top = map(float, text.split())
    return left, bottom, right, top
