"""Training tiles a second against plain `Model.fit` on in-memory arrays, and whether augmentation holds it up."""

import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.measured import Figure, figure, ratio
from benchmarks.workload import DECODER, NORMALISE, noise, siamese
from cdal import params
from cdal.backend import keras
from cdal.batches import dataset, training_stream
from cdal.losses import loss_function
from cdal.params import Train
from cdal.training import Labelled, Trainer

CASES = {"resnet18, 64 px": ("resnet18", 64, 3), "resnet18, 128 px": ("resnet18", 128, 1)}
"""Encoder, side of a tile, steps a turn in units of 8; the batch is the paper's."""
BATCH, TURNS = 16, 3


def figures(quick: bool = False) -> list[Figure]:
    """Both ways have the same network, loss, optimiser and batches; ours draws, turns and normalises tiles of a memory
    map meanwhile."""
    cases = {"mobilenet, 32 px": ("mobilenet", 32, 1)} if quick else CASES
    return [entry for name, case in cases.items() for entry in _case(name, *case, turns=1 if quick else TURNS)]


def settings(steps: int) -> Train:
    """The paper's loss and batch, but with the costliest augmentation, and statistics as training left them."""
    own = {"steps": steps, "batch": BATCH, "augmentation": "random", "change_share": 0.5, "loss": "weighted_bce",
           "precision": "float32", "recalibrate": False, "schedule": "constant", "learning_rate": 1e-4}  # fmt: skip
    return params.load().train.model_copy(update=own)


def _case(name: str, backbone: str, size: int, work: int, *, turns: int) -> list[Figure]:
    train = settings(8 * work)
    with tempfile.TemporaryDirectory(prefix="cdal-bench-") as scratch:
        labelled = noisy(Path(scratch), 8 * work * BATCH, size)
        model = params.load().model.model_copy(update={"backbone": backbone, "weights": None, "decoder": DECODER})
        trainer, fit = Trainer(model, train, labelled, seed=1), Fit(backbone, labelled, train)
        ours(trainer)
        fit.run()
        taken = [(ours(trainer), fit.run(), loader(labelled, train)) for _ in range(turns)]
    own, plain, alone = (list(times) for times in zip(*taken, strict=True))
    return [
        figure(f"training: tiles/s, float32, {name}", BATCH / float(np.median(own))),
        figure(f"training: speed against Model.fit, {name}", ratio(plain, own), at_least=1.0),
        figure(f"training: loader alone / training, tiles/s, {name}", ratio(own, alone)),
    ]


def noisy(folder: Path, tiles: int, size: int) -> Labelled:
    """Labelled tiles of noise in a memory map, a square of change in every second one."""
    np.save(folder / "images.npy", noise(tiles, size))
    masks = np.zeros((tiles, size, size), np.uint8)
    masks[::2, : size // 4, : size // 4] = 1
    return Labelled(np.load(folder / "images.npy", mmap_mode="r"), masks, np.arange(tiles), NORMALISE)


def ours(trainer: Trainer) -> float:
    """Seconds a step, the first left out."""
    ends: list[float] = []
    trainer.member(0, lambda network: 0.0, lambda label, step, steps, loss: ends.append(time.perf_counter()))
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def loader(labelled: Labelled, train: Train) -> float:
    """Seconds a batch of the input pipeline alone, the first left out."""
    stream = training_stream(
        labelled.images, labelled.masks, labelled.rows, labelled.normalise, batch=BATCH,
        augmentation=train.augmentation, change_share=train.change_share, rng=np.random.default_rng(0),
    )  # fmt: skip
    batches = iter(dataset(stream, labelled.images.shape[2], labelled.bands))
    ends = [time.perf_counter() for _ in islice(batches, 8 * 4)]
    return (ends[-1] - ends[4]) / (len(ends) - 5)


class Fit:
    """Keras's own training of the same network."""

    def __init__(self, backbone: str, labelled: Labelled, train: Train) -> None:
        self.model = siamese(backbone)
        loss = loss_function(train.loss, train.class_weights)
        self.model.compile(
            keras.optimizers.Adam(train.learning_rate), loss=lambda masks, probs: loss(masks[..., 0], probs)
        )
        self.pairs, self.masks = NORMALISE(labelled.images), labelled.masks[..., np.newaxis]

    def run(self) -> float:
        """Seconds a step of one epoch, the first left out."""
        ends: list[float] = []
        clock = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: ends.append(time.perf_counter()))
        self.model.fit(self.pairs, self.masks, batch_size=BATCH, epochs=1, verbose=0, callbacks=[clock])
        return (ends[-1] - ends[0]) / (len(ends) - 1)
