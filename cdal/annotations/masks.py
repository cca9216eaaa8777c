"""Mask images of tiles: SOURCE/TILE.png by one person, or SOURCE/PERSON/TILE.png by several."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from cdal.annotations.found import Found
from cdal.annotations.storage import IGNORE, Annotation
from cdal.errors import UserError
from cdal.queries.asked import Asked
from cdal.rasters.files import SUFFIXES, alpha, opened, session

NEAR = 0.01
"""Share of a pixel by which a georeferenced mask may lie beside its tile."""


def read(source: Path, tiles: Sequence[Asked], labeller: str) -> Found:
    """Masks of `tiles` in the folder `source`; an all-0 mask says that nothing changed, a missing one nothing.

    Where any mask has the value 1, that is change and 255 can't tell; otherwise 255 is change. labeller: who drew
    the files that lie in `source` itself.
    """
    files = [(path, labeller) for path in _images(source)]
    for folder in sorted(path for path in source.iterdir() if path.is_dir() and not path.name.startswith(".")):
        files += [(path, folder.name) for path in _images(folder)]
    found, known = Found(), {tile.tile_id: tile for tile in tiles}
    if not files:
        found.problems.append(f"no mask in {source} ({', '.join(SUFFIXES)})")
    for path, name in files:
        tile = known.get(path.stem)
        problem = f"{path.name} is no tile that was asked for" if tile is None else ""
        mask = np.empty(0, np.uint8)
        if tile is not None:
            mask, problem = _read(path, tile)
        if problem:
            found.problems.append(problem)
        else:
            found.annotations.append(Annotation(path.stem, name, mask))
    found.annotations = _meant(found.annotations)
    found.check_duplicates()
    return found


def _images(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))


def _read(path: Path, tile: Asked) -> tuple[NDArray[np.uint8], str]:
    """The mask (H, W), or what is wrong with it."""
    try:
        with session(), opened(path) as file:
            values = file.read([band for band in file.indexes if band != alpha(file)])
            return values[0].astype(np.uint8), _problem(path.name, tile, file, values)
    except UserError as error:
        return np.empty(0, np.uint8), str(error).split(", expected")[0]


def _problem(name: str, tile: Asked, file: DatasetReader, values: NDArray[np.generic]) -> str:
    if file.shape != (tile.size, tile.size):
        return f"{name} has {file.width} x {file.height} pixels, expected {tile.size} x {tile.size}"
    if (values[1:] != values[0]).any():
        return f"{name} has bands that differ, expected grey"
    unknown = sorted(set(np.unique(values[0]).tolist()) - {0, 1, IGNORE})
    if unknown:
        return f"{name} has the values {', '.join(map(str, unknown[:3]))}, expected 0, 1 and 255"
    if file.crs and tile.crs:
        off = np.abs(np.subtract(file.bounds, tile.bounds)).max() if file.crs == tile.crs else np.inf
        if off > NEAR * abs(tile.bounds[2] - tile.bounds[0]) / tile.size:
            return f"{name} lies at another place than its tile"
    return ""


def _meant(annotations: list[Annotation]) -> list[Annotation]:
    """The same with change as 1: white (255) is change where no mask of the source has a 1."""
    if any((one.mask == 1).any() for one in annotations):
        return annotations
    return [Annotation(a.tile_id, a.labeller, (a.mask == IGNORE).astype(np.uint8)) for a in annotations]
