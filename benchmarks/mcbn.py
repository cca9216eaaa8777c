"""The whole stage of MCBN with T = 5 against five plain passes of the compiled network over the same pool."""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measured import Figure, figure, seconds
from benchmarks.stage import LABELLED, run, settings, write_model, write_store
from cdal import checkpoint, posterior
from cdal import store as tiles
from cdal.posterior import Predict
from cdal.scoring import BATCH_PIXELS

PASSES = 5
CASES = ((64, 2_000), (128, 1_000))
"""Side of a tile, tiles in the pool."""


def figures(quick: bool = False) -> list[Figure]:
    """ResNet18. The stage loads the network, draws and captures, compiles, scores and writes; a plain pass reads,
    normalises and predicts with a network that is loaded and compiled; the stage runs between two and three of them."""
    entries = []
    for size, count in ((32, 20),) if quick else CASES:
        with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
            folder = Path(scratch)
            write_store(folder / "store", count, size)
            write_model(folder / "model", "mobilenet" if quick else "resnet18")
            entries.append(_case(folder, size, count))
    return entries


def _case(folder: Path, size: int, count: int) -> Figure:
    images, _ = tiles.load_images(folder / "store")
    model, _, description = checkpoint.load(folder / "model", precision="float32")
    predict = posterior.single(model).predict
    batch = min(64, BATCH_PIXELS // size**2)

    def stage() -> None:
        run(folder / "store", folder / "model", folder / "out", settings())

    def one_pass() -> None:
        plain_pass(predict, images, description.normalisation, batch)

    predict(description.normalisation(images[:batch]))
    before = [seconds(one_pass) for _ in range(PASSES // 2)]
    whole = seconds(stage)
    after = [seconds(one_pass) for _ in range(PASSES - PASSES // 2)]
    name = f"MCBN, T = {PASSES}, whole stage / {PASSES} plain passes, {count} tiles of {size} px"
    return figure(name, whole / sum(before + after), at_most=1.08 if count >= 1000 else None)


def plain_pass(predict: Predict, images: np.memmap, normalise: checkpoint.Normalisation, batch: int) -> None:
    """One pass over the unlabelled tiles, one batch after another; the predictions are thrown away."""
    for start in range(LABELLED, len(images), batch):
        predict(normalise(images[start : start + batch]))
