"""The running sums against NumPy on all predictions at once, and their share of the time of scoring."""

from functools import partial

import numpy as np

from benchmarks import plain
from benchmarks.measured import Figure, figure, ratio, turns
from benchmarks.replay import accumulate
from benchmarks.scoring import drawn, score_all
from benchmarks.workload import NORMALISE, noise, siamese
from cdal.scoring import CHUNK_PIXELS

TURNS = 3


def figures(quick: bool = False) -> list[Figure]:
    """Against NumPy at 256 px, T = 5; the share at 64 and 256 px, T = 1 and 5."""
    turn_count = 1 if quick else TURNS
    entries = _against_numpy(2 if quick else 64, turn_count)
    for size in (32,) if quick else (64, 256):
        entries += _shares("mobilenet" if quick else "resnet18", size, turn_count)
    return entries


def _against_numpy(tiles: int, turn_count: int) -> list[Figure]:
    probs = np.random.default_rng(0).random((5, tiles, 256, 256), dtype=np.float32)
    taken = turns({"ours": partial(accumulate, probs), "numpy": lambda: plain.scores(probs)}, turn_count)
    seconds = {name: [time / tiles * 1000 for time in times] for name, times in taken.items()}
    what = "accumulators: s per 1000 tiles of 256 px, T = 5"
    return [
        figure(f"{what}, ours", float(np.median(seconds["ours"]))),
        figure(f"{what}, NumPy on all at once", float(np.median(seconds["numpy"]))),
        figure("accumulators: speed against NumPy on all at once", ratio(seconds["numpy"], seconds["ours"])),
    ]


def _shares(backbone: str, size: int, turn_count: int) -> list[Figure]:
    """Scoring with the network, and the same with predictions that are there already."""
    model = siamese(backbone)
    images = noise(CHUNK_PIXELS // size**2 if turn_count > 1 else 2, size)
    entries = []
    for passes in (1, 5):
        posterior = drawn(model, images, passes)
        probs = np.stack([np.concatenate([predict(NORMALISE(images[i : i + 8])) for i in range(0, len(images), 8)])
                          for predict in posterior])  # fmt: skip
        tasks = {"all": partial(score_all, posterior, images), "sums": partial(accumulate, probs)}
        taken = turns(tasks, turn_count)
        share = ratio(taken["sums"], taken["all"])
        entries.append(figure(f"accumulators: share of scoring time, {backbone}, {size} px, T = {passes}", share,
                              at_most=None if turn_count == 1 else 0.03))  # fmt: skip
    return entries
