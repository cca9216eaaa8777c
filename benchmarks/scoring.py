"""Scoring a pool: tiles a second, and as a share of the machine's limit, which is measured in turns with it."""

from functools import partial
from itertools import product
from statistics import median

import numpy as np

from benchmarks.limit import Limit
from benchmarks.measured import Figure, figure, seconds
from benchmarks.workload import NORMALISE, gflop, noise, siamese
from cdal import params, posterior
from cdal.backend import keras
from cdal.batches import Pairs
from cdal.params import AL
from cdal.posterior import Posterior
from cdal.scoring import CHUNK_PIXELS, score

TURNS = 5
SHARE = 0.85


def settings() -> AL:
    """The paper's way to score."""
    return params.load().al.model_copy(update={"method": "MCBN", "acquisition": "Variance", "reduce": "mean"})


def drawn(model: keras.Model, images: Pairs, passes: int) -> Posterior:
    """One plain pass, or MCBN with so many."""
    if passes == 1:
        return posterior.single(model)
    rows = np.arange(min(32, len(images)))
    rng = np.random.default_rng(1)
    return posterior.mcbn(model, images, rows, NORMALISE, passes=passes, batch=16, rng=rng)


def score_all(passes: Posterior, images: Pairs) -> None:
    """Every acquisition function's score of all tiles."""
    names = [f"tile_{row}" for row in range(len(images))]
    rows = np.arange(len(images))
    for _ in score(passes, images, rows, NORMALISE, batch=64, al=settings(), tile_ids=names):
        pass


def figures(quick: bool = False) -> list[Figure]:
    """Sizes and encoders of the issue, T = 1 and T = 5."""
    backbones, sizes = (("mobilenet",), (32,)) if quick else (("resnet18", "resnet34"), (64, 128, 256))
    entries = []
    for backbone, size in product(backbones, sizes):
        model = siamese(backbone)
        images = noise(4 if quick else 2 * CHUNK_PIXELS // size**2, size)
        for passes in (1, 5):
            scoring = partial(score_all, drawn(model, images, passes), images if passes == 1 else images[::2])
            entries += measured(model, scoring, f"{backbone}, {size} px, T = {passes}", size, passes,
                                len(images) if passes == 1 else len(images[::2]), 1 if quick else TURNS)  # fmt: skip
    return entries


def measured(
    model: keras.Model, scoring: partial[None], name: str, size: int, passes: int, tiles: int, turns: int
) -> list[Figure]:
    """Rate and share of the limit; the work of a tile is that of its convolutions as Keras runs them."""
    limit, work = Limit(model, size, "float32"), gflop(model, size) * passes * tiles
    scoring()
    taken, shares = [], []
    for _ in range(turns):
        before, time, after = limit.measure(), seconds(scoring), limit.measure()
        taken.append(time)
        shares.append(work / time / ((before + after) / 2))
    target = SHARE if size >= 128 else None
    return [
        figure(f"scoring: tiles/s, float32, {name}", tiles / median(taken)),
        figure(f"scoring: share of the limit, float32, {name}", median(shares), at_least=target),
    ]
