"""The posterior as T predictors: `for predict in posterior: probs = predict(pairs)`.

Every predictor is the same compiled function with other values in some variables: all weights for an ensemble, the
batch-norm statistics alone for MCBN (Teye, Azizpour and Smith 2018), none for a single deterministic pass.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cdal import network
from cdal.backend import keras, tf
from cdal.batches import Normalisation, Pairs
from cdal.batchnorm import capture
from cdal.errors import UserError
from cdal.inference import forward

Weights = list[NDArray[np.float32]]
Predict = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From normalised pairs (N, 2, H, W, C) to P(change) (N, H, W) float32."""


@dataclass(frozen=True)
class Posterior:
    """T settings of some of a network's variables. Iterating leaves the network exactly as it was."""

    predict: Predict
    variables: list[keras.Variable]
    settings: list[Weights]

    def __post_init__(self) -> None:
        for setting in self.settings:
            _require_finite(setting)

    def __len__(self) -> int:
        return len(self.settings)

    def __iter__(self) -> Iterator[Predict]:
        own = [np.array(variable) for variable in self.variables]
        try:
            for setting in self.settings:
                _assign(self.variables, setting)
                yield self.predict
        finally:
            _assign(self.variables, own)


def predictor(model: keras.Model, *, fixed: bool = False) -> Predict:
    """The network in inference mode, compiled once: a tile's output never depends on its neighbours in the batch.

    fixed: convolve with the kernels of now whatever becomes of the network's. TensorFlow then brings them into its own
    order once and not in each call: scoring is 6 to 7 % faster, compiling takes a second more, the bits are the same.
    Raises UserError if a weight is not finite.
    """
    _require_finite([np.array(variable) for variable in model.weights])
    kernels = [(weight, np.array(weight)) for weight in model.weights if fixed and len(weight.shape) == 4]

    def infer(pairs: tf.Tensor) -> tf.Tensor:
        constants = [(variable, tf.constant(value)) for variable, value in kernels]
        with keras.StatelessScope(state_mapping=constants):
            return forward(model, pairs)[..., 0]

    # one compilation for every size of batch: the last batch of a pool would cost a second of its own
    compiled = tf.function(infer, input_signature=[tf.TensorSpec(model.input.shape, tf.float32)])

    def predict(pairs: NDArray[np.float32]) -> NDArray[np.float32]:
        return compiled(tf.constant(pairs)).numpy()

    return predict


def single(model: keras.Model) -> Posterior:
    """One deterministic pass, T = 1."""
    return Posterior(predictor(model, fixed=True), [], [[]])


def ensemble(model: keras.Model, members: list[Weights]) -> Posterior:
    """One pass a member (Lakshminarayanan et al. 2017). members: each one's weights, as `model.get_weights()`."""
    return Posterior(predictor(model), model.weights, members)


def mcbn(
    model: keras.Model, images: Pairs, rows: NDArray[np.int64], normalise: Normalisation, *,
    passes: int, batch: int, rng: np.random.Generator,
) -> Posterior:  # fmt: skip
    """Monte-Carlo batch normalisation: each pass normalises with the statistics of its own draw of labelled tiles.

    images (N, 2, H, W, C): the tile store; rows: the labelled tiles, the only ones drawn; batch: tiles M in a draw
    (without replacement; all of them if fewer are labelled); passes: T. No gradient step, no validation data.
    """
    return with_statistics(model, draw_statistics(model, images, rows, normalise, passes=passes, batch=batch, rng=rng))


def draw_statistics(
    model: keras.Model, images: Pairs, rows: NDArray[np.int64], normalise: Normalisation, *,
    passes: int, batch: int, rng: np.random.Generator,
) -> list[Weights]:  # fmt: skip
    """The batch-norm statistics of each of the passes of `mcbn`: values of `moving_statistics`."""
    statistics = capture(model)
    settings = []
    for _ in range(passes):
        drawn = np.sort(rng.choice(rows, size=min(batch, len(rows)), replace=False))
        settings.append([array for pair in statistics(normalise(images[drawn])) for array in pair])
    return settings


def with_statistics(model: keras.Model, settings: list[Weights]) -> Posterior:
    """Monte-Carlo batch normalisation with statistics that were drawn before (`draw_statistics`)."""
    return Posterior(predictor(model, fixed=True), network.moving_statistics(model), settings)


def encode(
    model: keras.Model, images: Pairs, rows: NDArray[np.int64], normalise: Normalisation, *, batch: int
) -> NDArray[np.float16]:
    """Encoder features (len(rows), D) of tile pairs: the bottleneck of both dates, averaged over the tile.

    images (N, 2, H, W, C): the tile store. Without rows the result is (0, 0).
    """
    if not len(rows):
        return np.empty((0, 0), np.float16)
    encoder = keras.Model(model.input, keras.ops.mean(model.get_layer("bottleneck").output, axis=(1, 2)))
    signature = [tf.TensorSpec(model.input.shape, tf.float32)]
    infer = tf.function(lambda pairs: encoder(pairs, training=False), input_signature=signature)
    parts = [rows[start : start + batch] for start in range(0, len(rows), batch)]
    return np.concatenate([infer(normalise(images[part])).numpy().astype(np.float16) for part in parts])


def _require_finite(weights: Weights) -> None:
    if not all(np.isfinite(weight).all() for weight in weights):
        raise UserError(
            "the network's weights are not finite, expected numbers; retrain it with a lower train.learning_rate"
        )


def _assign(variables: list[keras.Variable], values: Weights) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
