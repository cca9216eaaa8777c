"""Batch-norm statistics of given tiles: captured for MCBN, pooled for recalibration after training."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cdal.backend import keras, tf
from cdal.batches import Normalisation, Pairs
from cdal.network import batch_norms

Statistics: TypeAlias = list[tuple[NDArray[np.float32], NDArray[np.float32]]]
"""Mean and biased variance (channels,) of each batch-norm layer, in the order of `batch_norms`."""

Capture: TypeAlias = Callable[[NDArray[np.float32]], Statistics]
"""From normalised pairs (M, 2, H, W, C) to the statistics that training mode normalises them with."""


def capture(model: keras.Model) -> Capture:
    """The function that captures statistics of `model`, compiled once for batches of any size.

    It uses the moving averages as its slate: with momentum 0 a forward pass in training mode leaves exactly the
    batch's own statistics there (Keras 3 keeps the biased variance, the one it normalises with). The network's
    own are put back each time.
    """
    norms = batch_norms(model)

    @tf.function(input_signature=[tf.TensorSpec(model.input.shape, tf.float32)])
    def forward(pairs: tf.Tensor) -> None:
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.momentum = 0.0
        model(pairs, training=True)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum

    def statistics(pairs: NDArray[np.float32]) -> Statistics:
        own = read(model)
        forward(tf.constant(pairs))
        captured = read(model)
        write(model, own)
        return captured

    return statistics


def read(model: keras.Model) -> Statistics:
    """The moving statistics that inference normalises with."""
    return [(np.array(norm.moving_mean), np.array(norm.moving_variance)) for norm in batch_norms(model)]


def write(model: keras.Model, statistics: Statistics) -> None:
    """Put statistics in as the moving ones."""
    for norm, (mean, variance) in zip(batch_norms(model), statistics, strict=True):
        norm.moving_mean.assign(mean)
        norm.moving_variance.assign(variance)


def recalibrate(
    model: keras.Model, images: Pairs, rows: NDArray[np.int64], normalise: Normalisation, *,
    batch: int, statistics: Capture | None = None,
) -> None:  # fmt: skip
    """Replace the moving statistics by those of the labelled tiles, pooled over batches in place.

    Moving averages of momentum 0.99 have not converged after the few steps that few labels allow. images
    (N, 2, H, W, C) is the tile store, rows the labelled ones; mean and variance are pooled by the law of total
    variance, each batch weighted by its tiles. statistics: `capture(model)`, if it is there already.
    """
    statistics = statistics or capture(model)
    sizes, captured = [], []
    for chosen in _chunks(rows, batch):
        sizes.append(len(chosen))
        captured.append(statistics(normalise(images[chosen])))
    weights = np.array(sizes, np.float64) / sum(sizes)
    write(model, [_pool(layer, weights) for layer in zip(*captured, strict=True)])


def _pool(layer: Iterable[tuple[NDArray, NDArray]], weights: NDArray) -> tuple[NDArray, NDArray]:
    means, variances = (np.stack(values).astype(np.float64) for values in zip(*layer, strict=True))
    mean = weights @ means
    return mean.astype(np.float32), (weights @ (variances + (means - mean) ** 2)).astype(np.float32)


def _chunks(rows: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
