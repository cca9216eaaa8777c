"""The whole stage of MCBN with T = 5 against five plain passes of the compiled network over the same pool."""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measured import Figure, figure, ratio, seconds
from benchmarks.stage import LABELLED, run, settings, write_model, write_store
from cdal import checkpoint, posterior
from cdal import store as tiles
from cdal.posterior import Predict
from cdal.scoring import BATCH_PIXELS

PASSES = 5
CASES = ((64, 2_000), (128, 1_000))
"""Side of a tile, tiles in the pool."""
TURNS = 2


def figures(quick: bool = False) -> list[Figure]:
    """ResNet18. The stage loads the network, draws and captures, compiles, scores and writes; a plain pass reads,
    normalises and predicts with a network that is loaded and compiled."""
    entries = []
    for size, count in ((32, 20),) if quick else CASES:
        with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
            folder = Path(scratch)
            write_store(folder / "store", count, size)
            write_model(folder / "model", "mobilenet" if quick else "resnet18")
            entries.append(_case(folder, size, count, 1 if quick else TURNS))
    return entries


def _case(folder: Path, size: int, count: int, turn_count: int) -> Figure:
    images, _ = tiles.load_images(folder / "store")
    model, _, description = checkpoint.load(folder / "model", precision="float32")
    predict = posterior.predictor(model)
    batch = min(64, BATCH_PIXELS // size**2)

    def stage() -> None:
        run(folder / "store", folder / "model", folder / "out", settings())

    def passes() -> None:
        for _ in range(PASSES):
            plain_pass(predict, images, description.normalisation, batch)

    predict(description.normalisation(images[:batch]))
    whole, plain = [], []
    for _ in range(turn_count):
        plain.append(seconds(passes))
        whole.append(seconds(stage))
    name = f"MCBN, T = {PASSES}, whole stage / {PASSES} plain passes, resnet18, {count} tiles of {size} px"
    return figure(name, ratio(whole, plain), at_most=1.08 if count >= 1000 else None)


def plain_pass(predict: Predict, images: np.memmap, normalise: checkpoint.Normalisation, batch: int) -> None:
    """One pass over the unlabelled tiles, one batch after another; the predictions are thrown away."""
    for start in range(LABELLED, len(images), batch):
        predict(normalise(images[start : start + batch]))
