"""The fused Adam is Keras's Adam."""

import numpy as np
import pytest

from cdal.adam import FusedAdam
from cdal.backend import keras, tf

SHAPES = ((3, 3, 4, 8), (8,), (1,))


def trained(optimizer: keras.optimizers.Optimizer, steps: int) -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    variables = [keras.Variable(rng.normal(size=shape).astype(np.float32)) for shape in SHAPES]
    optimizer.build(variables)

    @tf.function
    def step(gradients: list[tf.Tensor]) -> None:
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    for _ in range(steps):
        step([tf.constant(rng.normal(size=shape).astype(np.float32)) for shape in SHAPES])
    return [np.array(variable) for variable in (*variables, *optimizer.variables)]


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_many_steps_and_their_state_equal_keras_own(schedule: str) -> None:
    rate = 1e-2 if schedule == "constant" else keras.optimizers.schedules.CosineDecay(
        0.0, 20, warmup_target=1e-2, warmup_steps=5
    )  # fmt: skip
    for own, theirs in zip(trained(FusedAdam(rate), 25), trained(keras.optimizers.Adam(rate), 25), strict=True):
        np.testing.assert_allclose(own, theirs, rtol=2e-5, atol=2e-6)


def test_the_first_step_is_the_learning_rate_against_the_gradients_sign() -> None:
    variable = keras.Variable(np.zeros(3, np.float32))
    optimizer = FusedAdam(0.1)
    optimizer.build([variable])
    optimizer.apply_gradients([(tf.constant([2.0, -0.5, 0.0]), variable)])
    np.testing.assert_allclose(np.array(variable), [-0.1, 0.1, 0.0], atol=1e-6)
