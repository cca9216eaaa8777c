"""What the benchmarks compute with: the paper's network, tiles of noise, and the work that is in the network."""

from math import prod
from typing import NamedTuple

import numpy as np

from cdal import batchnorm, network
from cdal.backend import keras, tf
from cdal.batches import Normalisation, Pairs

DECODER = [256, 128, 64, 32, 16]
"""Filters of the paper's decoder."""

NORMALISE = Normalisation(np.full((2, 3), 127, np.float32), np.full((2, 3), 74, np.float32))
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")


class Convolution(NamedTuple):
    """Shapes of one convolution: input (N, H, W, in), kernel (h, w, in, out), output, and its floating point work."""

    given: tuple[int, ...]
    kernel: tuple[int, ...]
    result: tuple[int, ...]
    flop: int


def siamese(backbone: str, *, precision: str = "float32", decoder: list[int] = DECODER) -> keras.Model:
    """A network of random weights whose batch norms fit the tiles of `noise`."""
    network.set_precision(precision)
    model = network.build(backbone, bands=3, decoder=decoder, weights=None, seed=1)
    batchnorm.recalibrate(model, noise(16, 64), np.arange(16), NORMALISE, batch=16)
    return model


def noise(tiles: int, size: int) -> Pairs:
    """Tiles (N, 2, size, size, 3) uint8, in memory."""
    return np.random.default_rng(0).integers(0, 255, (tiles, 2, size, size, 3), dtype=np.uint8)


def convolutions(model: keras.Model, tiles: int, size: int) -> list[Convolution]:
    """Every convolution of the network as Keras runs it, for so many tiles; a product and a sum are two operations."""
    run = tf.function(lambda pairs: model(pairs, training=False))
    graph = run.get_concrete_function(tf.TensorSpec((tiles, 2, size, size, 3), tf.float32)).graph
    found = []
    for operation in graph.get_operations():
        if operation.type in CONVOLUTIONS:
            given, kernel = (tuple(tensor.shape) for tensor in operation.inputs)
            result = tuple(operation.outputs[0].shape)
            found.append(Convolution(given, kernel, result, 2 * prod(result) * prod(kernel[:3])))
    return found


def gflop(model: keras.Model, size: int) -> float:
    """Work in the convolutions of one tile pair."""
    return sum(convolution.flop for convolution in convolutions(model, 1, size)) / 1e9
