"""The scoring stage on a made-up tile store: the files that it reads, and one call."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np

from benchmarks.workload import DECODER, NORMALISE, siamese
from cdal import checkpoint, params, pool
from cdal import store as tiles
from cdal.params import Params

LABELLED = 32
"""Tiles of the store that are labelled: the first ones."""


def write_store(folder: Path, count: int, size: int, *, sparse: bool = False) -> None:
    """`count` pool tiles and the labelled ones, of noise; sparse: zeros that take no room on the disk."""
    folder.mkdir(parents=True)
    shape = (count + LABELLED, 2, size, size, 3)
    images = np.lib.format.open_memmap(folder / tiles.IMAGES, "w+", np.uint8, shape)
    filled = LABELLED if sparse else len(images)
    rng = np.random.default_rng(0)
    for start in range(0, filled, 64):
        images[start : start + 64] = rng.integers(0, 255, images[start : start + 64].shape, dtype=np.uint8)
    del images
    header = ("tile_id", "scene", "row", "col", "bounds", "crs", "split")
    rows = ((f"scene_r00000_c{i:06d}", "scene", 0, i * size, f"{i * size} 0 {(i + 1) * size} {size}", "", "pool")
            for i in range(shape[0]))  # fmt: skip
    tiles.write_table(folder / tiles.INDEX, header, rows)


def write_model(folder: Path, backbone: str, decoder: list[int] = DECODER) -> None:
    """A network of random weights as a round's model."""
    model = siamese(backbone, decoder=decoder)
    mean, std = NORMALISE.mean.tolist(), NORMALISE.std.tolist()
    description = checkpoint.Description(
        backbone, decoder, 3, "uint8", 1, mean, std, threshold={"pixel": 0.5, "tile": 0.5}
    )
    checkpoint.save(folder, model, [model.get_weights()], description, [])


def settings(**al: object) -> Params:
    """The parameters in force, scored by MCBN of T = 5 unless `al` says otherwise."""
    raw = params.load().model_dump()
    raw["al"] |= {"method": "MCBN", "acquisition": "Variance", "reduce": "mean", "selector": "top", **al}
    raw["al"]["mcbn"] = {"passes": 5, "batch": 16}
    raw["score"] |= {"batch": 64, "precision": "float32", "pool_fraction": 1.0, "maps": False}
    return Params.model_validate(raw)


def run(store: Path, model: Path, out: Path, chosen: Params) -> None:
    """All that `stages/score.py` does but for MLflow: load, draw, score, write."""
    labelled = list(tiles.load_index(store)["tile_id"][:LABELLED])
    scores = pool.score_pool(store, model, labelled, chosen, out, round="r01", timed=lambda _: nullcontext())
    scores.write(out)
