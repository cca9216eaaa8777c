"""Training one network or several from the labelled tiles, with the fail-safe of the original code."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cdal import network
from cdal.adam import FusedAdam
from cdal.backend import keras, ops, tf
from cdal.batches import Masks, Normalisation, Pairs, dataset, epoch_steps, training_stream
from cdal.batchnorm import capture, recalibrate
from cdal.errors import UserError
from cdal.losses import loss_function
from cdal.params import Model, Train
from cdal.streams import stream


@dataclass(frozen=True)
class Labelled:
    """The labelled tiles: the tile store's arrays, the rows that may be learned from, and their normalisation."""

    images: Pairs
    masks: Masks
    rows: NDArray[np.int64]
    normalise: Normalisation

    @property
    def bands(self) -> int:
        return int(self.images.shape[-1])


@dataclass
class Member:
    """A trained network's weights and how its training went (mean loss of each epoch; failed initialisations)."""

    weights: list[NDArray[np.float32]]
    history: list[float] = field(default_factory=list)
    failures: int = 0


Validate = Callable[[keras.Model], float]
"""Loss of a network on the validation tiles."""

Progress = Callable[[str, int, int, float], None]
"""Told (label, step, steps, loss) now and then."""


class Trainer:
    """One network and one compiled training step, used for every member and every retry.

    Tracing a step takes longer than a short training; new members draw new weights into the same variables.
    """

    def __init__(self, model: Model, train: Train, labelled: Labelled, *, seed: int) -> None:
        network.set_precision(train.precision)
        self.train, self.labelled, self.seed = train, labelled, seed
        self.pretrained = model.weights is not None
        self.network = network.build(
            model.backbone, bands=labelled.bands, decoder=model.decoder, weights=model.weights, seed=seed
        )
        self.optimizer = FusedAdam(_learning_rate(train, self._steps()))
        self.optimizer.build(self.network.trainable_variables)
        self._step = _training_step(self.network, self.optimizer, train)
        self._statistics = capture(self.network)

    def member(self, index: int, validate: Validate, progress: Progress) -> Member:
        """Train member `index` from its own initialisation and data order; leaves its weights in the network.

        A final validation loss above `train.failsafe.loss`, or a loss that is not finite, starts it again from a
        new initialisation. Raises UserError when all `train.failsafe.tries` failed.
        """
        losses = []
        for attempt in range(self.train.failsafe.tries):
            history = self._fit(index, attempt, progress)
            losses.append(validate(self.network) if np.isfinite(history[-1]) else history[-1])
            if np.isfinite(losses[-1]) and losses[-1] <= self.train.failsafe.loss:
                return Member(self.network.get_weights(), history, failures=attempt)
        shown = ", ".join(f"{loss:.3g}" for loss in losses)
        raise UserError(
            f"training member {index} failed {len(losses)} times: validation losses {shown}, expected at most "
            f"{self.train.failsafe.loss}; lower train.learning_rate, train longer or raise train.failsafe.loss"
        )

    def _fit(self, index: int, attempt: int, progress: Progress) -> list[float]:
        self._restart(index, attempt)
        labelled, train = self.labelled, self.train
        batches = training_stream(
            labelled.images, labelled.masks, labelled.rows, labelled.normalise, batch=train.batch,
            augmentation=train.augmentation,
            change_share=train.change_share, rng=stream(self.seed, "order", index, attempt),
        )  # fmt: skip
        epoch, steps = self._epoch(), self._steps()
        losses = list(self._losses(batches, steps, f"member {index}", progress))
        if train.recalibrate and np.isfinite(losses[-1]):
            recalibrate(
                self.network, labelled.images, labelled.rows, labelled.normalise,
                batch=train.batch, statistics=self._statistics,
            )  # fmt: skip
        return [float(np.mean(losses[i : i + epoch])) for i in range(0, len(losses), epoch)]

    def _losses(self, batches: Iterator, steps: int, label: str, progress: Progress) -> Iterator[float]:
        size = self.labelled.images.shape[2]
        for step, (pairs, masks) in enumerate(dataset(batches, size, self.labelled.bands).take(steps), start=1):
            loss = float(self._step(pairs, masks))
            yield loss
            progress(label, step, steps, loss)
            if not np.isfinite(loss):
                return

    def _steps(self) -> int:
        return self.train.steps or self.train.epochs * self._epoch()

    def _epoch(self) -> int:
        return epoch_steps(len(self.labelled.rows), self.train.batch, self.train.augmentation)

    def _restart(self, index: int, attempt: int) -> None:
        seed = int(stream(self.seed, "weights", index, attempt).integers(2**31))
        network.reinitialise(self.network, seed, encoder=not self.pretrained)
        for variable in self.optimizer.variables:
            if not variable.path.endswith("learning_rate"):  # Adam's step count and moments begin at 0
                variable.assign(ops.zeros_like(variable))


def _learning_rate(train: Train, steps: int) -> float | keras.optimizers.schedules.LearningRateSchedule:
    """Constant, or up in the first tenth of the steps and down to 0 along half a cosine (Loshchilov & Hutter 2017)."""
    if train.schedule == "constant":
        return train.learning_rate
    up = max(1, steps // 10)
    return keras.optimizers.schedules.CosineDecay(0.0, steps - up, warmup_target=train.learning_rate, warmup_steps=up)


def _training_step(model: keras.Model, optimizer: keras.optimizers.Optimizer, train: Train) -> Callable:
    loss_of = loss_function(train.loss, train.class_weights)

    @tf.function(reduce_retracing=True)
    def step(pairs: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = loss_of(masks, model(pairs, training=True))
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return step
