"""Every backbone that we say works: it is built, takes a training step, and its weights survive a file."""

from pathlib import Path

import numpy as np
import pytest

from cdal import network
from cdal.backend import keras, tf

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", network.BACKBONES)
def test_it_builds_learns_saves_and_loads(name: str, tmp_path: Path) -> None:
    keras.backend.clear_session()
    model = network.build(name, bands=3, decoder=[8, 8, 8, 8, 8], weights=None, seed=1)
    pairs = np.random.default_rng(0).normal(size=(2, 2, 32, 32, 3)).astype(np.float32)
    head = model.get_layer("logit").kernel
    first = np.array(head)
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model(pairs, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    keras.optimizers.SGD(0.1).apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    assert not np.array_equal(first, np.array(head))
    weights = model.get_weights()
    model.save_weights(tmp_path / "all.weights.h5")
    network.reinitialise(model, 2, encoder=True)
    model.load_weights(tmp_path / "all.weights.h5")
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))
