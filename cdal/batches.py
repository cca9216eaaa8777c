"""Batches of normalised before/after pairs, read from the tile store as they are needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import numpy as np
from albumentations.augmentations.geometric.functional import d4
from numpy.typing import NDArray

from cdal.backend import tf

TURNS = ("r90", "r180", "r270", "v", "h", "t", "hvt")
"""The seven flips and rotations of a square other than leaving it as it is (names of albumentations)."""

Pairs = NDArray[np.generic]
Masks = NDArray[np.uint8]
Entry: TypeAlias = tuple[int, str]
"""A row of the tile store, and how it is turned."""


@dataclass(frozen=True)
class Normalisation:
    """Per-date, per-band z-score; mean and std (2, C), row 0 = before (arXiv 2008.11201, section 4.1)."""

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    def __call__(self, pairs: Pairs) -> NDArray[np.float32]:
        """(N, 2, H, W, C) of any number type to float32 of mean 0 and deviation 1."""
        width, bands = pairs.shape[3:]
        # a whole row of pixels at a time: NumPy is several times as fast as band by band
        mean, std = (np.tile(value, width).reshape(1, 2, 1, width * bands) for value in (self.mean, self.std))
        rows = np.subtract(pairs.reshape(*pairs.shape[:3], width * bands), mean, dtype=np.float32)
        return np.divide(rows, std, out=rows).reshape(pairs.shape)


def turn(pair: Pairs, mask: Masks, member: str) -> tuple[Pairs, Masks]:
    """One flip or quarter turn of both dates (2, H, W, C) and their mask (H, W) together."""
    return np.stack([d4(date, member) for date in pair]), d4(mask, member)


def training_stream(
    images: Pairs,
    masks: Masks,
    rows: NDArray[np.int64],
    normalise: Normalisation,
    *,
    batch: int,
    augmentation: str,
    change_share: float | None,
    rng: np.random.Generator,
) -> Iterator[tuple[NDArray[np.float32], Masks]]:
    """Endless batches of labelled tiles, every tile once before any comes again.

    images (N, 2, H, W, C) and masks (N, H, W): the tile store. rows: which of them are labelled. augmentation: none,
    doubled (each tile once more, in one of the seven turns, drawn once) or random (one of the eight, drawn each time).
    change_share: part of each batch that holds tiles with a changed pixel, so that rare change is seen often; None
    takes tiles as they come, and so does a labelled set that has only one kind.
    """
    entries = [(row, "e") for row in rows]
    if augmentation == "doubled":
        entries += [(row, str(rng.choice(TURNS))) for row in rows]
    while True:
        for chosen in _draws(entries, masks, batch, change_share, rng):
            if augmentation == "random":
                chosen = [(row, str(rng.choice(("e", *TURNS)))) for row, _ in chosen]
            pairs, labels = zip(*(turn(images[row], masks[row], member) for row, member in chosen), strict=True)
            yield normalise(np.stack(pairs)), np.stack(labels)


def _draws(
    entries: list[Entry], masks: Masks, batch: int, change_share: float | None, rng: np.random.Generator
) -> Iterator[list[Entry]]:
    """One epoch of batches as they come, or an endless row of mixed ones."""
    changed = [entry for entry in entries if (masks[entry[0]] == 1).any()]
    if change_share is None or len(changed) in (0, len(entries)):
        order = rng.permutation(len(entries))
        for start in range(0, len(order), batch):
            yield [entries[i] for i in order[start : start + batch]]
        return
    rest = [entry for entry in entries if not (masks[entry[0]] == 1).any()]
    first, second = _cycle(changed, rng), _cycle(rest, rng)
    count = min(max(1, round(change_share * batch)), batch)
    while True:
        yield [*islice(first, count), *islice(second, batch - count)]


def _cycle(entries: list[Entry], rng: np.random.Generator) -> Iterator[Entry]:
    while True:
        yield from (entries[i] for i in rng.permutation(len(entries)))


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
