"""Losses of the change class, through segmentation_models where it has them."""

from collections.abc import Callable

from cdal.backend import tf
from cdal.network import losses as library

IGNORE = 255

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def loss_function(name: str, class_weights: list[float]) -> Loss:
    """The loss called `name`, from masks (N, H, W) uint8 0/1/255 and probabilities (N, H, W, 1) to a scalar.

    weighted_bce: cross-entropy with weights for no change and change (arXiv 2008.11201, section 3.1);
    bce_dice: binary cross-entropy plus soft Dice; focal: Lin et al. 2017; jaccard: soft intersection over union.
    Pixels marked 255 count as perfectly predicted no change, so they neither pull nor push.
    """
    compute = {
        "weighted_bce": _weighted(class_weights),
        "bce_dice": library.bce_dice_loss,
        "focal": library.binary_focal_loss,
        "jaccard": library.jaccard_loss,
    }[name]

    def loss(masks: tf.Tensor, probs: tf.Tensor) -> tf.Tensor:
        masks = masks[..., tf.newaxis]
        valid = tf.cast(masks != IGNORE, tf.float32)
        return compute(tf.cast(masks, tf.float32) * valid, probs * valid)

    return loss


def _weighted(class_weights: list[float]) -> Loss:
    categorical = library.CategoricalCELoss(class_weights=class_weights)

    def loss(change: tf.Tensor, probs: tf.Tensor) -> tf.Tensor:
        # summed over the two classes, of which one is 0 at every pixel; the library averages over them
        return 2 * categorical(tf.concat([1 - change, change], -1), tf.concat([1 - probs, probs], -1))

    return loss
