"""Batches of normalised before/after pairs, read from the tile store as they are needed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from albumentations.augmentations.geometric.functional import d4
from numpy.typing import NDArray

TURNS = ("r90", "r180", "r270", "v", "h", "t", "hvt")
"""The seven flips and rotations of a square other than leaving it as it is (names of albumentations)."""

Pairs = NDArray[np.generic]
Masks = NDArray[np.uint8]


@dataclass(frozen=True)
class Normalisation:
    """Per-date, per-band z-score; mean and std (2, C), row 0 = before (arXiv 2008.11201, section 4.1)."""

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    def __call__(self, pairs: Pairs) -> NDArray[np.float32]:
        """(N, 2, H, W, C) of any number type to float32 of mean 0 and deviation 1."""
        shape = (1, 2, 1, 1, -1)
        return (pairs.astype(np.float32) - self.mean.reshape(shape)) / self.std.reshape(shape)


def turn(pair: Pairs, mask: Masks, member: str) -> tuple[Pairs, Masks]:
    """One flip or quarter turn of both dates (2, H, W, C) and their mask (H, W) together."""
    return np.stack([d4(date, member) for date in pair]), d4(mask, member)


def training_stream(
    images: Pairs, masks: Masks, rows: NDArray[np.int64], normalise: Normalisation, *,
    batch: int, augmentation: str, rng: np.random.Generator,
) -> Iterator[tuple[NDArray[np.float32], Masks]]:  # fmt: skip
    """Endless batches of labelled tiles: every tile once an epoch, in a new order each time.

    images (N, 2, H, W, C) and masks (N, H, W): the tile store. rows: which of them are labelled; fewer than `batch`
    make smaller batches. augmentation: none, doubled (each tile once more, in one of the seven turns, drawn once) or
    random (one of the eight, drawn each time).
    """
    entries = [(row, "e") for row in rows]
    if augmentation == "doubled":
        entries += [(row, str(rng.choice(TURNS))) for row in rows]
    while True:
        order = rng.permutation(len(entries))
        for start in range(0, len(order), batch):
            chosen = [entries[i] for i in order[start : start + batch]]
            if augmentation == "random":
                chosen = [(row, str(rng.choice(("e", *TURNS)))) for row, _ in chosen]
            pairs, labels = zip(*(turn(images[row], masks[row], member) for row, member in chosen), strict=True)
            yield normalise(np.stack(pairs)), np.stack(labels)


def epoch_steps(tiles: int, batch: int, augmentation: str) -> int:
    """Batches in which every tile (and its copy, if doubled) comes once."""
    return -(-tiles * (2 if augmentation == "doubled" else 1) // batch)


def dataset(stream: Iterator[tuple[NDArray[np.float32], Masks]], size: int, bands: int) -> tf.data.Dataset:
    """The stream as a prefetching tf.data pipeline, so that the network never waits for augmentation."""
    signature = (
        tf.TensorSpec((None, 2, size, size, bands), tf.float32),
        tf.TensorSpec((None, size, size), tf.uint8),
    )
    return tf.data.Dataset.from_generator(lambda: stream, output_signature=signature).prefetch(4)
