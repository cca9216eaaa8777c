"""The Siamese U-Net (arXiv 2008.11201, section 3.1); the only module that imports segmentation_models."""

import contextlib
import io
import os
import warnings
from pathlib import Path

from cdal.backend import keras, layers, ops, tf
from cdal.errors import UserError

os.environ["SM_FRAMEWORK"] = "tf.keras"
with contextlib.redirect_stdout(io.StringIO()):  # it announces its framework
    from segmentation_models import losses as losses  # for cdal.losses: importing it needs SM_FRAMEWORK
    from segmentation_models.backbones.backbones_factory import Backbones

UNSUPPORTED = ("densenet121", "densenet169", "densenet201")
"""Keras 3 refuses the '/' in their layer names."""

BACKBONES = tuple(name for name in Backbones.models_names() if name not in UNSUPPORTED)


def build(backbone: str, *, bands: int, decoder: list[int], weights: str | None, seed: int) -> keras.Model:
    """A freshly initialised Siamese U-Net.

    One encoder sees both dates in one call (dates stacked on the batch axis, so that batch-norm statistics are joint);
    bottleneck and skips of both dates are concatenated. Input (N, 2, H, W, bands) float32, normalised, axis 1 =
    before, after, H and W multiples of 32; output (N, H, W, 1) float32 P(change).

    decoder: filters of the five blocks, bottleneck first. weights: None, "imagenet" or a local .h5 file.
    seed: of the initial weights. Raises UserError for a backbone or weights that can't be used.
    """
    _check(backbone, weights)
    keras.utils.set_random_seed(seed)
    encoder = _encoder(backbone, bands, weights)
    pair = keras.Input((2, None, None, bands), name="pair")
    features = encoder(ops.concatenate([pair[:, 0], pair[:, 1]], axis=0))
    names = ("bottleneck", "skip0", "skip1", "skip2", "skip3")
    both = [layers.Concatenate(name=name)(ops.split(f, 2, axis=0)) for f, name in zip(features, names, strict=True)]
    x, *skips = both
    for index, filters in enumerate(decoder):
        x = layers.UpSampling2D(2, name=f"decoder{index}_up")(x)
        if index < len(skips):
            x = layers.Concatenate(name=f"decoder{index}_skip")([x, skips[index]])
        x = _convolve(x, filters, f"decoder{index}a")
        x = _convolve(x, filters, f"decoder{index}b")
    x = layers.Conv2D(1, 3, padding="same", name="logit")(x)
    return keras.Model(pair, layers.Activation("sigmoid", dtype="float32", name="change")(x), name="siamese_unet")


def reinitialise(model: keras.Model, seed: int, *, encoder: bool) -> None:
    """Draw new initial weights in place, without building or tracing again.

    seed: of the new weights. encoder: False keeps the encoder's (they are pre-trained).
    """
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    kept = set() if encoder else {id(variable) for layer in nested for variable in layer.weights}
    for index, (variable, initializer) in enumerate(_initialisers(model)):
        if id(variable) not in kept:
            variable.assign(_seeded(initializer, seed, index)(variable.shape, dtype=variable.dtype))
    for state in _dropout_states(model):
        state.assign([seed, 0])


def batch_norms(model: keras.Model) -> list[layers.BatchNormalization]:
    """Every batch-normalisation layer, in the order of the forward pass."""
    return [layer for layer in _flatten(model) if isinstance(layer, layers.BatchNormalization)]


def moving_statistics(model: keras.Model) -> list[keras.Variable]:
    """Moving mean and variance of every batch-normalisation layer, in the order of the forward pass."""
    return [variable for norm in batch_norms(model) for variable in (norm.moving_mean, norm.moving_variance)]


def export(model: keras.Model, folder: Path) -> None:
    """Write the network as a SavedModel that TensorFlow alone can load.

    Its `predict` maps normalised pairs (N, 2, H, W, bands) float32 to P(change) (N, H, W) float32; `weights` and
    `statistics` (the moving ones) are its variables, so that ensembles and MCBN can put in other values.
    """
    pairs = tf.TensorSpec((None, 2, None, None, model.input_shape[-1]), tf.float32, name="pairs")
    module = tf.Module()
    module.weights = [variable.value for variable in model.variables]
    module.statistics = [variable.value for variable in moving_statistics(model)]
    module.predict = tf.function(lambda pairs: model(pairs, training=False)[..., 0], input_signature=[pairs])
    tf.saved_model.save(module, str(folder))


def set_precision(precision: str) -> None:
    """Arithmetic of networks built from now on: float32 or bfloat16 (weights stay float32)."""
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")


def _check(backbone: str, weights: str | None) -> None:
    if backbone not in BACKBONES:
        raise UserError(
            f"model.backbone is {backbone!r}, which can't be used; choose one of {', '.join(sorted(BACKBONES))}"
        )
    if weights not in (None, "imagenet") and not Path(weights).is_file():
        raise UserError(f"model.weights: file {weights} not found; give a .h5 file, `imagenet` or null")


def backbone_model(name: str, bands: int, weights: str | None) -> keras.Model:
    """segmentation_models' encoder without its top, for images of any size; weights: None or "imagenet"."""
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # about bands other than 3
        return Backbones.get_backbone(
            name, input_shape=(None, None, bands), weights=weights, include_top=False, backend=tf.keras.backend,
            layers=tf.keras.layers, models=tf.keras.models, utils=tf.keras.utils,
        )  # fmt: skip


def _encoder(backbone: str, bands: int, weights: str | None) -> keras.Model:
    try:
        model = backbone_model(backbone, bands, "imagenet" if weights == "imagenet" else None)
    except Exception as error:  # Keras reports a failed download as a plain Exception
        if weights != "imagenet" or not (isinstance(error, ValueError) or "URL fetch failure" in str(error)):
            raise
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"model.weights is imagenet, but they can't be had for {backbone} with {bands} bands ({reason}); "
            "they need a network on first use and 3 bands; else give a local .h5 file or null"
        ) from None
    if weights not in (None, "imagenet"):
        _load(model, Path(weights), backbone, bands)
    names = Backbones.get_feature_layers(backbone, n=4)
    skips = [model.get_layer(n) if isinstance(n, str) else model.layers[n] for n in names]
    return keras.Model(model.input, [model.output, *(skip.output for skip in skips)], name="encoder")


def _load(model: keras.Model, path: Path, backbone: str, bands: int) -> None:
    try:
        with warnings.catch_warnings(action="error", category=UserWarning):  # layers that were skipped
            model.load_weights(path)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        reason = " ".join(str(error).split())[:160]
        raise UserError(
            f"model.weights: {path} does not fit {backbone} with {bands} bands ({reason}); "
            "give weights saved from that encoder without its top, or null"
        ) from None


def _convolve(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x)


def _flatten(model: keras.Model) -> list[layers.Layer]:
    nested = [_flatten(layer) if isinstance(layer, keras.Model) else [layer] for layer in model.layers]
    return [layer for group in nested for layer in group]


def _initialisers(model: keras.Model) -> list[tuple[keras.Variable, keras.initializers.Initializer]]:
    found = []
    for layer in _flatten(model):
        for variable in layer.weights:
            initializer = getattr(layer, f"{variable.name}_initializer", None)
            found.append((variable, initializer or layer.depthwise_initializer))
    return found


def _seeded(initializer: keras.initializers.Initializer, seed: int, index: int) -> keras.initializers.Initializer:
    config = initializer.get_config()
    if "seed" in config:
        config = {**config, "seed": (seed * 1_000_003 + index) % 2**31}
    return type(initializer).from_config(config)


def _dropout_states(model: keras.Model) -> list[keras.Variable]:
    return [layer.seed_generator.state for layer in _flatten(model) if hasattr(layer, "seed_generator")]
