"""Adam as one operation a variable instead of the dozen that Keras makes of it."""

from typing import Any

from cdal.backend import keras, ops, tf


class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` (Kingma and Ba 2015), to rounding, with its state and options, but for `amsgrad`.

    Keras's own passes over a variable's memory once for each product and sum; TensorFlow's kernel does so once. It
    makes the difference to `Model.fit` that `python -m benchmarks training` measures.
    """

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable in place by its gradient; Keras calls it for each."""
        index, dtype = self._get_variable_index(variable), variable.dtype
        step = ops.cast(self.iterations + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=ops.power(ops.cast(self.beta_1, dtype), step),
            beta2_power=ops.power(ops.cast(self.beta_2, dtype), step),
            lr=ops.cast(learning_rate, dtype),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=ops.cast(gradient, dtype),
        )
