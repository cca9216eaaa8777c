"""The network's forward pass in inference mode, from fewer and cheaper operations than Keras makes of it.

Two rewrites, both of them equalities, so that only rounding differs (docs/speed.md has what each is worth):

- Batch normalisation is one operation instead of a product and a sum, and TensorFlow then runs it inside the
  convolution before it and with the ReLU after it.
- A 3x3 convolution of a picture that was doubled by repeating pixels is a 4x4 transposed convolution, of stride 2, of
  the small picture: 16 products for a 2x2 block instead of 36, and the doubled picture is never made.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cdal.backend import keras, layers, tf

CHANNELS_LAST = (-1, 3)
VECTOR = 16
"""Channels below which the one operation is slower than the two (the bands of a picture, in bfloat16: ten times)."""


def forward(model: keras.Model, pairs: tf.Tensor) -> tf.Tensor:
    """What `model(pairs, training=False)` returns, to rounding. Reads the variables of `model` and leaves them.

    pairs (N, 2, H, W, C): of a pair with a value that is not finite, nothing in the result (N, H, W, 1) is.
    """
    # Keras has no public way to run a graph by another function; tests hold the result against Keras's own
    result = model._run_through_graph(pairs, call_fn=_call)
    # a ReLU inside a convolution makes NaN 0, and a broken picture would look like a good one
    finite = tf.math.is_finite(tf.reduce_sum(pairs, axis=(1, 2, 3, 4)))
    return tf.where(finite[:, tf.newaxis, tf.newaxis, tf.newaxis], result, np.nan)


@dataclass(frozen=True)
class _Doubled:
    """A picture (N, 2h, 2w, C), every pixel repeated in both directions, that is kept as (N, h, w, C)."""

    small: tf.Tensor

    def made(self) -> tf.Tensor:
        return tf.repeat(tf.repeat(self.small, 2, axis=1), 2, axis=2)


@dataclass(frozen=True)
class _Joined:
    """A doubled picture with other channels (N, 2h, 2w, D) behind its own."""

    doubled: _Doubled
    rest: tf.Tensor

    def made(self) -> tf.Tensor:
        return tf.concat([self.doubled.made(), self.rest], axis=-1)


def _call(layer: keras.Operation, *inputs: Any, **options: Any) -> Any:
    """One layer: in our way if it is one of those above, else in Keras's."""
    x = inputs[0]
    if isinstance(layer, keras.Model):
        return layer._run_through_graph(x, call_fn=_call)
    if isinstance(layer, layers.BatchNormalization) and _fits(layer):
        return _normalise(layer, _made(x))
    if _doubles(layer):
        return _Doubled(_made(x))
    if isinstance(layer, layers.Concatenate) and len(x) == 2 and isinstance(x[0], _Doubled):
        return _Joined(x[0], _made(x[1]))
    if isinstance(x, _Doubled | _Joined) and _convolves_by_three(layer):
        return _convolve(layer, x)
    return layer(*(tf.nest.map_structure(_made, value) for value in inputs), **options)


def _made(x: Any) -> Any:
    return x.made() if isinstance(x, _Doubled | _Joined) else x


def _fits(norm: layers.BatchNormalization) -> bool:
    return norm.axis in CHANNELS_LAST and norm.moving_mean.shape[0] >= VECTOR


def _doubles(layer: keras.Operation) -> bool:
    return isinstance(layer, layers.UpSampling2D) and layer.size == (2, 2) and layer.interpolation == "nearest"


def _convolves_by_three(layer: keras.Operation) -> bool:
    return (
        type(layer) is layers.Conv2D and layer.kernel_size == (3, 3) and layer.strides == (1, 1)
        and layer.dilation_rate == (1, 1) and layer.padding == "same" and layer.groups == 1
        and not layer.use_bias and layer.activation is keras.activations.linear
    )  # fmt: skip


def _normalise(norm: layers.BatchNormalization, x: tf.Tensor) -> tf.Tensor:
    channels = x.shape[-1]
    scale = tf.convert_to_tensor(norm.gamma) if norm.scale else tf.ones(channels)
    offset = tf.convert_to_tensor(norm.beta) if norm.center else tf.zeros(channels)
    mean, variance = tf.convert_to_tensor(norm.moving_mean), tf.convert_to_tensor(norm.moving_variance)
    return tf.compat.v1.nn.fused_batch_norm(
        tf.cast(x, norm.compute_dtype), scale, offset, mean, variance, epsilon=norm.epsilon, is_training=False
    )[0]


def _convolve(convolution: layers.Conv2D, x: _Doubled | _Joined) -> tf.Tensor:
    kernel, dtype = tf.convert_to_tensor(convolution.kernel), convolution.compute_dtype
    small = tf.cast(x.small if isinstance(x, _Doubled) else x.doubled.small, dtype)
    count, height, width = tf.unstack(tf.shape(small)[:3])
    channels = small.shape[-1]
    transposed = tf.cast(_fixed_on_small(kernel, channels), dtype)
    shape = (count, 2 * height, 2 * width, convolution.filters)
    result = tf.nn.conv2d_transpose(small, transposed, shape, 2, "SAME")
    if isinstance(x, _Doubled):
        return result
    return result + tf.nn.conv2d(tf.cast(x.rest, dtype), tf.cast(kernel[:, :, channels:], dtype), 1, "SAME")


def _fixed_on_small(kernel: tf.Tensor, channels: int) -> tf.Tensor:
    """`_on_small` of the first channels, here and now if the kernel is a constant."""
    value = tf.get_static_value(kernel)
    if value is None:
        return _on_small(kernel[:, :, :channels])
    with tf.init_scope():
        found = _on_small(tf.constant(value[:, :, :channels])).numpy()
    return tf.constant(found)


def _on_small(kernel: tf.Tensor) -> tf.Tensor:
    """A kernel (3, 3, in, out) of a doubled picture as one (4, 4, out, in) of the transposed convolution.

    Along an axis, pixel i of the small picture is 2i and 2i + 1 of the doubled one; the output 2i + t - 1 sees them
    through weights 2 - t and 3 - t, as far as there are such.
    """
    for axis in (0, 1):
        first, second, third = tf.unstack(kernel, axis=axis)
        kernel = tf.stack([third, second + third, first + second, first], axis=axis)
    return tf.transpose(kernel, (0, 1, 3, 2))
