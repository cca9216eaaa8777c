"""The quick forward pass against Keras's own, layer by layer odd and common encoders, and kernels by hand."""

import numpy as np
import pytest

from cdal import batchnorm, inference, network
from cdal.backend import keras, layers, tf
from tests.tiny import NORMALISE

PAIRS = NORMALISE(np.random.default_rng(0).integers(0, 255, (2, 2, 64, 64, 3), dtype=np.uint8))


def outputs(model: keras.Model) -> tuple[np.ndarray, np.ndarray]:
    """Of Keras and of ours, compiled as in scoring."""
    theirs = tf.function(lambda pairs: model(pairs, training=False))
    ours = tf.function(lambda pairs: inference.forward(model, pairs))
    return theirs(PAIRS).numpy(), ours(PAIRS).numpy()


@pytest.mark.parametrize("backbone", ["resnet18", "mobilenetv2", "efficientnetb0", "vgg16"])
def test_it_is_the_forward_pass_of_keras(backbone: str) -> None:
    model = network.build(backbone, bands=3, decoder=[8] * 5, weights=None, seed=1)
    batchnorm.recalibrate(model, PAIRS, np.arange(2), lambda pairs: pairs, batch=2)
    before = model.get_weights()
    theirs, ours = outputs(model)
    assert theirs.std() > 0.01, "a constant output would prove nothing"
    assert np.abs(theirs - ours).max() < 1e-4 * (10 if backbone == "vgg16" else 1)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_in_bfloat16_it_is_as_near_to_float32_as_keras_is() -> None:
    network.set_precision("float32")
    exact = network.build("mobilenet", bands=3, decoder=[16] * 5, weights=None, seed=1)
    batchnorm.recalibrate(exact, PAIRS, np.arange(2), lambda pairs: pairs, batch=2)
    try:
        network.set_precision("bfloat16")
        model = network.build("mobilenet", bands=3, decoder=[16] * 5, weights=None, seed=1)
    finally:
        network.set_precision("float32")
    model.set_weights(exact.get_weights())
    reference = outputs(exact)[0]
    theirs, ours = (np.abs(found - reference).mean() for found in outputs(model))
    assert 0 < ours < 1.2 * theirs


@pytest.mark.parametrize("joined", [False, True])
def test_a_doubled_picture_is_never_made(joined: bool) -> None:
    """Odd sizes, borders and all; and the graph holds no picture that was repeated."""
    small, other = keras.Input((None, None, 3)), keras.Input((None, None, 2))
    x = layers.UpSampling2D(2)(small)
    x = layers.Concatenate()([x, other]) if joined else x
    model = keras.Model([small, other], layers.Conv2D(4, 3, padding="same", use_bias=False)(x))
    rng = np.random.default_rng(1)
    given = [rng.normal(size=(2, 3, 5, 3)).astype("f4"), rng.normal(size=(2, 6, 10, 2)).astype("f4")]
    quick = tf.function(lambda a, b: model._run_through_graph([a, b], call_fn=inference._call))
    assert np.abs(quick(*given).numpy() - model(given).numpy()).max() < 1e-5
    kinds = {operation.type for operation in quick.get_concrete_function(*given).graph.get_operations()}
    assert "Conv2DBackpropInput" in kinds and not kinds & {"Tile", "ResizeNearestNeighbor", "BroadcastTo"}


def test_a_kernel_by_hand() -> None:
    """Rows 1, 2, 3 of a kernel: outputs between two pixels see 3, 2 + 3, 1 + 2 and 1 of them."""
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    kernel[:, 1, 0, 0] = 1, 2, 3
    found = inference._on_small(tf.constant(kernel)).numpy()[..., 0, 0]
    assert np.array_equal(found, np.outer([3, 5, 3, 1], [0, 1, 1, 0]))


def test_other_layers_are_left_to_keras() -> None:
    """A doubled picture that is not convolved by three is made; a layer with a bias or stride is not rewritten."""
    small = keras.Input((None, None, 3))
    doubled = layers.UpSampling2D(2)(small)
    both = layers.Add()([layers.Conv2D(3, 3, padding="same", name="with_bias")(doubled), doubled])
    model = keras.Model(small, layers.Conv2D(2, 3, strides=2, padding="same", use_bias=False)(both))
    given = np.random.default_rng(1).normal(size=(1, 4, 4, 3)).astype("f4")
    found = model._run_through_graph(tf.constant(given), call_fn=inference._call)
    assert np.abs(found.numpy() - model(given).numpy()).max() < 1e-5


def test_a_broken_picture_stays_broken() -> None:
    """Inside a convolution ReLU makes NaN 0; the tile with one NaN is all NaN, and its neighbour untouched."""
    model = network.build("mobilenet", bands=3, decoder=[8] * 5, weights=None, seed=1)
    quick = tf.function(lambda pairs: inference.forward(model, pairs))
    broken = PAIRS.copy()
    broken[1, 0, 5, 5, 0] = np.nan
    found = quick(broken).numpy()
    assert np.isnan(found[1]).all() and np.array_equal(found[0], quick(PAIRS).numpy()[0])
