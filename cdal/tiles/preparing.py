"""From a folder of scenes to the tile store: cut, split, check, write."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from cdal import rasters, splits, store
from cdal.params import Data, Split
from cdal.rasters import Scene
from cdal.splits import Footprints, Names
from cdal.tiles import tables, unlabelled
from cdal.tiles.checks import check_alike, check_usable
from cdal.tiles.classes import classify
from cdal.tiles.cutting import cut_all
from cdal.tiles.lattice import lattice


def prepare(
    root: Path, images_out: Path, labels_out: Path, *, data: Data, split: Split, people: bool = False
) -> dict[str, int]:
    """Cut the scenes in `root` into tiles, split them, and write the tile store that `cdal.store` describes.

    Tiles are whole windows of data.tile pixels every data.stride pixels; a last part row or column that holds
    no whole window is left out. The two folders are replaced together, or, on any error, not touched. The
    result depends on nothing but the files and parameters. Returns counts: scenes, tiles_SPLIT and
    change_tiles_SPLIT for pool, val and test, dropped_ignored (more ignored pixels than data.max_ignored, or
    no valid one), dropped_border (too near to another split) and unused (not drawn for split.val_tiles or
    test_tiles). people: the pool is theirs to label, and its labels, if there are any, are not looked at.

    Raises UserError for anything in files or parameters that does not fit.
    """
    triples, by = rasters.find(root, data, split.by, people=people)
    with store.replacing(images_out, labels_out) as (images, labels):
        scenes = [rasters.inspect(t, data) for t in tqdm(triples, "inspect", unit="scene", disable=None)]
        check_alike(scenes, data.tile)
        tiles, shape = lattice(scenes, data), (data.tile, data.tile)
        wanted = _wanted(scenes, tiles, by, data, split)
        with (
            store.ArrayFile(images / store.IMAGES, (2, *shape, len(scenes[0].bands)), scenes[0].dtype) as pairs,
            store.ArrayFile(labels / store.MASKS, shape, np.uint8) as masks,
        ):
            cut = cut_all(scenes, tiles, wanted, data, pairs, masks)
            names = splits.assign(cut.tiles, by, split)
            if people:
                cut, names = unlabelled.settle(cut, names, scenes, data)
            classes = classify(cut.fractions(), split)
            if people:
                classes = np.where(names == "pool", unlabelled.CLASS, classes)
            drawn = splits.sample(names, classes, split)
            check_usable(drawn, cut.change, by, split)
            keep = np.flatnonzero(drawn != splits.DROPPED)
            rows = (np.cumsum(cut.written) - 1)[keep]
            pairs.keep(rows)
            masks.keep(rows)
        if people:
            unlabelled.hide(labels / store.MASKS, drawn[keep])
        counts = {"scenes": len(scenes)} | _count(drawn, classes) | {"dropped_ignored": cut.dropped}
        counts["dropped_border"] = int((names == splits.DROPPED).sum())
        counts["unused"] = len(names) - counts["dropped_border"] - len(keep)
        tables.write_index(images / store.INDEX, cut.tiles, drawn, keep)
        tables.write_stats(images / store.STATS, cut, drawn, scenes[0])
        tables.write_classes(labels / store.TILES, cut, classes, keep)
    return counts


def _wanted(scenes: Sequence[Scene], tiles: Footprints, by: str, data: Data, split: Split) -> NDArray[np.bool_]:
    """Tiles (N,) that may end up in the store: if no pixel can be ignored, those that have a split, else all.

    What is never written need not be taken out again.
    """
    if any(rasters.has_gaps(scene, data.resampling) for scene in scenes):
        return np.ones(len(tiles.row), bool)
    return splits.assign(tiles, by, split) != splits.DROPPED


def _count(names: Names, classes: Names) -> dict[str, int]:
    tiles = {f"tiles_{name}": int((names == name).sum()) for name in splits.SPLITS}
    changed = {f"change_tiles_{name}": int(((names == name) & (classes == "change")).sum()) for name in splits.SPLITS}
    return tiles | changed
