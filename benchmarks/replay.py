"""Scoring without a network: predictions that are there already, so that the rest alone takes time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring import settings
from cdal.posterior import Predict
from cdal.scoring import score


@dataclass
class Replay:
    """A posterior that gives back probs (T, N, H, W), tile by tile in order, chunk by chunk."""

    probs: NDArray[np.float32]
    done: int = 0

    def __len__(self) -> int:
        return len(self.probs)

    def __iter__(self) -> Iterator[Predict]:
        for one in self.probs:
            self.position = self.done
            yield lambda pairs, one=one: self._next(one, len(pairs))
        self.done = self.position

    def _next(self, one: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        self.position += count
        return one[self.position - count : self.position]


def accumulate(probs: NDArray[np.float32]) -> None:
    """All that `cdal.scoring.score` does with these predictions; the tiles have no band, so nothing is read."""
    count, (height, width) = probs.shape[1], probs.shape[2:]
    images, rows = np.empty((count, 2, height, width, 0), np.float32), np.arange(count)
    names = [f"tile_{row}" for row in rows]
    for _ in score(Replay(probs), images, rows, lambda pairs: pairs, batch=64, al=settings(), tile_ids=names):
        pass
