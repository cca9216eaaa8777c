"""Scoring tiles: a pure function of (posterior, tile range), streamed in bounded memory."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cdal.acquisition import ACQUISITIONS, BOUNDS, Moments, reduce, require_finite
from cdal.ahead import ahead
from cdal.batches import Normalisation, Pairs
from cdal.params import AL
from cdal.posterior import Posterior, Predict
from cdal.store import release

CHUNK_PIXELS = 2**20
"""Pixels whose moments are held at a time: five float32 arrays, and the pairs of this chunk and the next."""

BATCH_PIXELS = 3 * 2**16
"""Pixels that the network sees at a time, at most: beyond, activations of 32 MiB are mapped anew in each call."""

PREVIEW = 64
"""Largest side in pixels of the maps that are kept for looking at."""


class Source(Protocol):
    """Tiles (N, 2, H, W, C) to read by rows: the tile store's array, or windows of a scene."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(N, 2, H, W, C)."""

    def __getitem__(self, rows: NDArray[np.int64], /) -> Pairs:
        """The tiles of these rows."""


Seen = Callable[[NDArray[np.int64], Moments], None]
"""Told of every chunk: rows of tiles, and the moments of their predictions."""


@dataclass(frozen=True)
class Scores:
    """Scores (N,) by acquisition function, small maps (N, 2, h, w) uint8: P(change), pixel scores / bound."""

    values: dict[str, NDArray[np.float64]]
    maps: NDArray[np.uint8]


def predictions(
    posterior: Posterior, images: Source, rows: NDArray[np.int64], normalise: Normalisation, *, batch: int
) -> Iterator[tuple[NDArray[np.int64], Moments]]:
    """Moments over the posterior's passes of the tiles in `rows`, a chunk of rows at a time, in order.

    images (N, 2, H, W, C): the tile store. All passes go over a chunk before the next chunk is begun, so memory does
    not grow with the pool. Three things go on at a time: a chunk is read and normalised, the network predicts the one
    before, and the predictions before that are summed up. batch: tiles that the network sees at a time, fewer where
    they are large.
    """
    pixels = int(np.prod(images.shape[2:4]))
    batch = max(1, min(batch, BATCH_PIXELS // pixels))
    size = max(batch, CHUNK_PIXELS // pixels // batch * batch)
    chunks = [rows[start : start + size] for start in range(0, len(rows), size)]
    with (
        closing(ahead(_read(images, chunk, normalise) for chunk in chunks)) as read,
        closing(ahead(_passes(posterior, read, batch))) as probs,
    ):
        for chunk in chunks:
            moments = Moments.start(next(probs))
            for _ in range(1, len(posterior)):
                moments.add(next(probs))
            yield chunk, moments


def score(
    posterior: Posterior, images: Source, rows: NDArray[np.int64], normalise: Normalisation, *,
    batch: int, al: AL, tile_ids: list[str], seen: Seen | None = None,
) -> Iterator[Scores]:  # fmt: skip
    """Every acquisition function's score of the tiles in `rows`, chunk by chunk.

    al: how pixels are reduced to a tile, and whose pixel scores are kept as maps. tile_ids: names of all tiles in the
    store. seen: is shown the full predictions of each chunk. Raises UserError naming the tiles whose predictions are
    not finite.
    """
    for chunk, moments in predictions(posterior, images, rows, normalise, batch=batch):
        names = [tile_ids[row] for row in chunk]
        pixels = {name: function(moments) for name, function in ACQUISITIONS.items()}
        values = {name: reduce(value, al.reduce, al.top_fraction) for name, value in pixels.items()}
        for value in values.values():
            require_finite(value, names)
        if seen is not None:
            seen(chunk, moments)
        shown = pixels[al.acquisition] / BOUNDS[al.acquisition]
        yield Scores(values, np.stack([_preview(moments.mean), _preview(shown)], axis=1))


def _read(images: Source, rows: NDArray[np.int64], normalise: Normalisation) -> NDArray[np.float32]:
    pairs = normalise(images[rows])
    release(images)
    return pairs


def _passes(
    posterior: Posterior, read: Iterator[NDArray[np.float32]], batch: int
) -> Generator[NDArray[np.float32], None, None]:
    """P(change) of every chunk of pairs, pass by pass."""
    for pairs in read:
        for predict in posterior:
            yield _predict(predict, pairs, batch)


def _predict(predict: Predict, pairs: NDArray[np.float32], batch: int) -> NDArray[np.float32]:
    return np.concatenate([predict(pairs[start : start + batch]) for start in range(0, len(pairs), batch)])


def _preview(maps: NDArray[np.floating]) -> NDArray[np.uint8]:
    factor = -(-maps.shape[1] // PREVIEW)
    height, width = (side // factor for side in maps.shape[1:])
    blocks = maps[:, : height * factor, : width * factor].reshape(-1, height, factor, width, factor)
    return np.rint(blocks.mean((2, 4)) * 255).astype(np.uint8)
