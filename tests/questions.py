"""Rounds that ask people about a few tiles, made by code."""

from pathlib import Path

import numpy as np
from PIL import Image

from cdal.queries import asked
from cdal.queries.asked import Asked

UTM = "EPSG:32632"
LEFT, TOP, PIXEL = 500_000.0, 5_000_000.0, 10.0


def tiles(count: int = 3, size: int = 8, crs: str = UTM) -> list[Asked]:
    """Tiles in a row from west to east, a tile's side apart: t0, t1, ..."""
    found = []
    for i in range(count):
        col = 2 * i * size
        bounds = (LEFT + col * PIXEL, TOP - size * PIXEL, LEFT + (col + size) * PIXEL, TOP)
        if not crs:
            bounds = (float(col), float(size), float(col + size), 0.0)
        found.append(Asked(i + 1, f"t{i}", 1.0 / (i + 1), "s", 0, col, size, bounds, crs))
    return found


def ask(folder: Path, count: int = 3, **kind: str) -> Path:
    """A round's folder with its table alone."""
    folder.mkdir(parents=True)
    asked.write(folder, tiles(count, **kind))
    return folder


def square(size: int = 8, low: int = 2, high: int = 5) -> np.ndarray:
    """A mask with a square of change."""
    mask = np.zeros((size, size), np.uint8)
    mask[low:high, low:high] = 1
    return mask


def write_mask(path: Path, mask: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(mask).save(path)
    return path
