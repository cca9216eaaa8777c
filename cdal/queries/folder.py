"""queries/rNN as a whole: pictures, footprints, a page to look at, and Label Studio tasks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cdal import store
from cdal.queries import asked, footprints, page, pictures, tasks
from cdal.queries.asked import Asked


def write(
    folder: Path, images: Path, tile_ids: Sequence[str], *, scores: Sequence[float] | None = None,
    probabilities: NDArray[np.floating] | None = None, threshold: float = 0.5,
) -> list[Asked]:  # fmt: skip
    """Write the questions about the tiles in `tile_ids`, best first, into `folder`, whole or not at all.

    images: the tile store's images. scores: one a tile. probabilities (K, h, w) in [0, 1]: the model's P(change),
    possibly coarser than the tiles; together with threshold they give the predicted mask to start from. Both are None
    before there is a model.
    """
    pixels, index = store.load_images(images)
    where = {tile_id: row for row, tile_id in enumerate(index["tile_id"])}
    pairs = pixels[[where[tile_id] for tile_id in tile_ids]]
    size = int(pairs.shape[2])
    tiles = asked.of(index, tile_ids, scores if scores is not None else [np.nan] * len(tile_ids), size)
    masks = None if probabilities is None else pictures.predicted(probabilities, size, threshold)
    with store.replacing(folder) as (partial,):
        asked.write(partial, tiles)
        pictures.write(partial, tiles, pairs, masks)
        footprints.write(partial / footprints.FILE, tiles)
        page.write(partial, folder.name, tiles, predicted=masks is not None)
        tasks.write(partial / tasks.FOLDER, partial, tiles, masks)
    return tiles


def next_steps(folder: Path, tiles: Sequence[Asked]) -> str:
    """What a person does now, as text for the terminal."""
    name = folder.name
    return (
        f"\n{name} asks for labels of {len(tiles)} tiles. Look at them: {folder}/{page.FILE}\n"
        f"  1. Copy {folder} to where you work (DVC owns the original), and label all tiles there with one of\n"
        f"     - masks:         an image TILE.png for every tile; white (or 1) is change\n"
        f"     - QGIS:          polygons around changes; set `status` to done in layer `tiles` of {footprints.FILE}\n"
        f"     - Label Studio:  {tasks.FOLDER}/{tasks.TASKS} and {tasks.FOLDER}/{tasks.CONFIG}; export as JSON\n"
        f"  2. python -m cdal annotations import {name} SOURCE\n"
        f"  3. dvc repro\n"
        f"Until then DVC stops at label@{name}, which misses data/annotations/{name}. See docs/human-in-the-loop.md\n"
    )
