"""A cheap annotator: draws the masks that a round asks for from the city's label files.

python -m tests.annotator queries/r01 OUT
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from cdal.queries import asked


def truth(queries: Path, labels: Path = Path("data/raw/synthetic/label")) -> dict[str, np.ndarray]:
    """Mask (size, size) of 0 and 1 of every tile asked for, best first."""
    return {
        tile.tile_id: np.asarray(Image.open(labels / f"{tile.scene}.png"))[
            tile.row : tile.row + tile.size, tile.col : tile.col + tile.size
        ]
        > 0
        for tile in asked.read(queries)
    }


def draw(queries: Path, out: Path, labels: Path = Path("data/raw/synthetic/label")) -> list[str]:
    """Write the masks as black and white PNGs into `out`; returns the tiles' ids."""
    masks = truth(queries, labels)
    out.mkdir(parents=True, exist_ok=True)
    for tile_id, mask in masks.items():
        Image.fromarray(mask.astype(np.uint8) * 255).save(out / f"{tile_id}.png")
    return list(masks)


if __name__ == "__main__":
    print(f"{len(draw(*map(Path, sys.argv[1:])))} masks in {sys.argv[2]}")
